#include "pipeline/dataset/download.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <random>
#include <string>

#include "pipeline/dataset/sha256.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing_support::ReadFile;
using testing_support::TempDir;

constexpr std::size_t kFileBytes = 450'000;  // five answers of /cut

/// tests/support/file_server.py, serving one file until the object goes.
class FileServer {
 public:
  explicit FileServer(const std::string& file) {
    std::array<int, 2> to = {};
    std::array<int, 2> from = {};
    if (pipe2(to.data(), O_CLOEXEC) != 0 || pipe2(from.data(), O_CLOEXEC) != 0) return;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, to[0], 0);
    posix_spawn_file_actions_adddup2(&actions, from[1], 1);
    std::string program = "python3";
    std::string script = MARQUEE_SOURCE_DIR "/tests/support/file_server.py";
    std::string argument = file;
    std::array<char*, 4> args = {program.data(), script.data(), argument.data(), nullptr};
    if (posix_spawnp(&process_, "python3", &actions, nullptr, args.data(), environ) != 0)
      process_ = -1;
    posix_spawn_file_actions_destroy(&actions);
    close(to[0]);
    close(from[1]);
    stdin_ = to[1];
    std::FILE* output = fdopen(from[0], "r");
    if (std::fscanf(output, "%d", &port_) != 1) port_ = 0;
    std::fclose(output);
  }
  ~FileServer() {
    close(stdin_);  // which ends it
    if (process_ > 0) waitpid(process_, nullptr, 0);
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;

  bool running() const { return port_ > 0; }
  std::string Url(const std::string& path) const {
    return "http://127.0.0.1:" + std::to_string(port_) + path;
  }

 private:
  pid_t process_ = -1;
  int stdin_ = -1;
  int port_ = 0;
};

std::string Noise(std::size_t size) {
  std::mt19937_64 random(7);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

class DownloadTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}) unsetenv(name);
    if (std::system("python3 -c '' 2>/dev/null") != 0) {
      GTEST_SKIP() << "python3 is not there to serve the file";
    }
    server_.emplace(served_);
    ASSERT_TRUE(server_->running());
  }

  DownloadRequest Request(const std::string& path) const {
    DownloadRequest request;
    request.url = server_->Url(path);
    request.destination = destination_;
    request.retry_delay = std::chrono::milliseconds(1);
    request.max_attempts = 3;
    return request;
  }

  /// Download, which must work and give the whole file.
  DownloadReport Fetch(const DownloadRequest& request) const {
    auto report = Download(request);
    EXPECT_TRUE(report) << report.error().message();
    if (!report) return {};
    EXPECT_EQ(report->bytes, kFileBytes);
    EXPECT_TRUE(ReadFile(destination_) == content_);
    ExpectNoParts();
    return *report;
  }

  /// Download, which must fail and leave no destination; returns the message.
  std::string Fail(const DownloadRequest& request, StatusCode code) const {
    const auto report = Download(request);
    EXPECT_FALSE(report);
    if (report) return "";
    EXPECT_EQ(report.error().code(), code) << report.error().message();
    EXPECT_FALSE(std::filesystem::exists(destination_));
    return std::string(report.error().message());
  }

  void ExpectNoParts() const {
    EXPECT_FALSE(std::filesystem::exists(destination_ + ".part"));
    EXPECT_FALSE(std::filesystem::exists(destination_ + ".part.info"));
  }

  /// What the server was asked for: "PATH RANGE IF-RANGE" lines.
  std::string Log() const {
    DownloadRequest request = Request("/log");
    request.destination = dir_.File("log");
    EXPECT_TRUE(Download(request));
    return ReadFile(request.destination);
  }

  TempDir dir_;
  std::string content_ = Noise(kFileBytes);
  std::string served_ = dir_.Write("served", content_);
  std::string destination_ = dir_.File("movies.csv.gz");
  std::optional<FileServer> server_;
};

TEST_F(DownloadTest, FetchesAFile) {
  for (const char* path : {"/good", "/dated", "/no-ranges", "/unknown", "/redirect", "/flaky"}) {
    SCOPED_TRACE(path);
    std::filesystem::remove(destination_);
    EXPECT_EQ(Fetch(Request(path)).resumed_bytes, 0u);
  }
}

TEST_F(DownloadTest, ReplacesWhatIsThere) {
  dir_.Write("movies.csv.gz", "old");
  Fetch(Request("/good"));
}

TEST_F(DownloadTest, FetchesFromAFileAddress) {
  DownloadRequest request = Request("");
  request.url = "file://" + served_;
  Fetch(request);
}

TEST_F(DownloadTest, FetchesAnEmptyFile) {
  DownloadRequest request = Request("");
  request.url = "file://" + dir_.Write("empty", "");
  const auto report = Download(request);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->bytes, 0u);
  EXPECT_EQ(ReadFile(destination_), "");
}

TEST_F(DownloadTest, TakesACutConnectionUpAgain) {
  EXPECT_EQ(Fetch(Request("/cut")).attempts, 5);
  EXPECT_EQ(Log(),
            "/cut - -\n/cut bytes=100000- \"one\"\n/cut bytes=200000- \"one\"\n/cut bytes=300000- "
            "\"one\"\n"
            "/cut bytes=400000- \"one\"\n");
}

TEST_F(DownloadTest, GivesUpWithoutProgressButKeepsNothingItCannotUse) {
  EXPECT_THAT(Fail(Request("/cut-plain"), StatusCode::kUnavailable),
              AllOf(HasSubstr("/cut-plain"), HasSubstr("after 100000 bytes")));
  // Without a validator nobody can know that the rest belongs to the same file.
  EXPECT_EQ(Fetch(Request("/good")).resumed_bytes, 0u);
}

TEST_F(DownloadTest, GoesOnWhereAnEarlierDownloadStopped) {
  DownloadRequest request = Request("/cut");
  request.progress = [](std::uint64_t done, std::uint64_t) { return done < 200'000; };
  EXPECT_THAT(Fail(request, StatusCode::kUnavailable), HasSubstr("goes on from there"));
  std::uint64_t last_total = 0;
  request.progress = [&](std::uint64_t, std::uint64_t total) {
    if (total > 0) last_total = total;
    return true;
  };
  const DownloadReport report = Fetch(request);
  EXPECT_GE(report.resumed_bytes, 200'000u);
  EXPECT_EQ(last_total, kFileBytes);
}

TEST_F(DownloadTest, DoesNotGoOnWithThePartOfAnotherAddress) {
  DownloadRequest request = Request("/cut");
  request.progress = [](std::uint64_t done, std::uint64_t) { return done < 200'000; };
  Fail(request, StatusCode::kUnavailable);
  EXPECT_EQ(Fetch(Request("/good")).resumed_bytes, 0u);
}

TEST_F(DownloadTest, StartsAgainWhenTheFileHasChanged) {
  EXPECT_EQ(Fetch(Request("/changing")).attempts, 2);
  EXPECT_EQ(Log(), "/changing - -\n/changing bytes=100000- \"1\"\n");
}

TEST_F(DownloadTest, APartThatIsWholeIsTakenAsItIs) {
  DownloadRequest request = Request("/cut");
  request.progress = [](std::uint64_t done, std::uint64_t) { return done < 200'000; };
  Fail(request, StatusCode::kUnavailable);
  // As a crash between the last byte and the new name leaves it:
  dir_.Write("movies.csv.gz.part", content_);
  request.progress = nullptr;
  EXPECT_EQ(Fetch(request).resumed_bytes, kFileBytes);
}

TEST_F(DownloadTest, RefusesARangeThatWasNotAskedFor) {
  EXPECT_THAT(Fail(Request("/lying"), StatusCode::kUnavailable),
              AllOf(HasSubstr("asked for the bytes from 100000"), HasSubstr("bytes 100007-")));
}

TEST_F(DownloadTest, ChecksTheChecksum) {
  DownloadRequest request = Request("/good");
  const auto sha256 = FileSha256(served_);
  ASSERT_TRUE(sha256);
  request.sha256 = *sha256;
  Fetch(request);
  std::filesystem::remove(destination_);
  request.sha256.front() = request.sha256.front() == '0' ? '1' : '0';
  EXPECT_THAT(Fail(request, StatusCode::kData),
              AllOf(HasSubstr(*sha256), HasSubstr(request.sha256)));
  ExpectNoParts();
  request.sha256 = "abc";
  EXPECT_THAT(Fail(request, StatusCode::kUsage), HasSubstr("64 hexadecimal digits"));
}

TEST_F(DownloadTest, RefusesAFileOverTheLimit) {
  for (const char* path : {"/good", "/unknown"}) {
    SCOPED_TRACE(path);
    DownloadRequest request = Request(path);
    request.max_bytes = kFileBytes;
    Fetch(request);
    std::filesystem::remove(destination_);
    request.max_bytes = kFileBytes - 1;
    EXPECT_THAT(Fail(request, StatusCode::kData), HasSubstr("449999 are allowed"));
    ExpectNoParts();
  }
}

TEST_F(DownloadTest, SaysWhatTheServerSaid) {
  EXPECT_THAT(Fail(Request("/missing"), StatusCode::kUnavailable),
              HasSubstr("status 404: no such file"));
  EXPECT_EQ(Log(), "/missing - -\n") << "a 404 is not asked for twice";
  EXPECT_THAT(Fail(Request("/loop"), StatusCode::kUnavailable), HasSubstr("redirects"));
  EXPECT_THAT(Fail(Request("/to-file"), StatusCode::kUnavailable), HasSubstr("file"));
}

TEST_F(DownloadTest, GivesUpOnAServerThatStalls) {
  DownloadRequest request = Request("/stall");
  request.stall_timeout = std::chrono::seconds(1);
  request.max_attempts = 1;
  const auto before = std::chrono::steady_clock::now();
  EXPECT_THAT(Fail(request, StatusCode::kUnavailable),
              AllOf(HasSubstr("nothing came for 1 s"), HasSubstr("after 1000 bytes")));
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(10));
}

TEST_F(DownloadTest, RefusesOtherSchemesAndHidesSecrets) {
  DownloadRequest request = Request("");
  request.url = "ftp://example.org/movies.csv";
  EXPECT_THAT(Fail(request, StatusCode::kUsage), HasSubstr("http://, https:// or file://"));
  request = Request("/missing/movies.csv?token=hush");
  request.url.insert(std::string_view("http://").size(), "user:secret@");
  EXPECT_THAT(
      Fail(request, StatusCode::kUnavailable),
      AllOf(HasSubstr("/missing/movies.csv"), Not(HasSubstr("hush")), Not(HasSubstr("secret"))));
}

TEST_F(DownloadTest, SaysThatNothingAnswersOrNothingCanBeWritten) {
  DownloadRequest request = Request("/good");
  request.url = "http://127.0.0.1:1/movies.csv";
  EXPECT_THAT(Fail(request, StatusCode::kUnavailable), HasSubstr("127.0.0.1"));
  request = Request("/good");
  request.destination = dir_.File("absent/movies.csv");
  EXPECT_THAT(Fail(request, StatusCode::kUnavailable), HasSubstr("cannot write"));
}

TEST_F(DownloadTest, OneDownloadAtATime) {
  DownloadRequest request = Request("/good");
  std::string message;
  request.progress = [&](std::uint64_t, std::uint64_t) {
    const auto second = Download(Request("/good"));
    if (!second && message.empty()) message = second.error().message();
    return true;
  };
  Fetch(request);
  EXPECT_THAT(message, HasSubstr("another download to it is running"));
}

TEST(Sha256Test, KnownAnswers) {
  TempDir dir;
  // FIPS 180-2, appendix B, and the empty message.
  const std::pair<std::string, std::string> cases[] = {
      {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
      {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
      {std::string(1'000'000, 'a'),
       "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
  };
  for (const auto& [text, expected] : cases) {
    const auto sha256 = FileSha256(dir.Write("file", text));
    ASSERT_TRUE(sha256);
    EXPECT_EQ(*sha256, expected);
  }
  EXPECT_FALSE(FileSha256(dir.File("absent")));
}

}  // namespace
}  // namespace marquee
