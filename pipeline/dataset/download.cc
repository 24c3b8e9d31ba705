#include "pipeline/dataset/download.h"

#include <curl/curl.h>
#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <memory>
#include <string_view>
#include <thread>

#include "pipeline/dataset/sha256.h"

namespace marquee {
namespace {

// A server that hands out a few bytes a connection must come to an end too.
constexpr int kMaxConnections = 100;
constexpr long kMaxRedirects = 5;
constexpr std::string_view kSchemes[] = {"http://", "https://", "file://"};

std::string ErrnoText() { return std::strerror(errno); }

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

/// The address without what may be secret.
std::string PrintableUrl(const std::string& url) {
  const std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parts(curl_url(), &curl_url_cleanup);
  if (parts == nullptr || curl_url_set(parts.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) {
    return "the configured address";
  }
  for (const CURLUPart part : {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
                               CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    curl_url_set(parts.get(), part, nullptr, 0);
  }
  char* text = nullptr;
  if (curl_url_get(parts.get(), CURLUPART_URL, &text, 0) != CURLUE_OK)
    return "the configured address";
  std::string printable = text;
  curl_free(text);
  return printable;
}

Status CheckRequest(const DownloadRequest& request) {
  const std::string lower = LowerCase(request.url);
  if (std::none_of(std::begin(kSchemes), std::end(kSchemes),
                   [&](std::string_view scheme) { return lower.starts_with(scheme); })) {
    return Status::Usage("download: the address must begin with http://, https:// or file://");
  }
  const bool is_hex = std::all_of(request.sha256.begin(), request.sha256.end(),
                                  [](unsigned char c) { return std::isxdigit(c) != 0; });
  if (!request.sha256.empty() && (request.sha256.size() != 64 || !is_hex)) {
    return Status::Usage(fmt::format("download: \"{}\" is no SHA-256: it has 64 hexadecimal digits",
                                     request.sha256));
  }
  return {};
}

/// What is known of the file that `.part` is the beginning of; kept beside it.
struct PartInfo {
  std::uint64_t url_hash = 0;
  /// A strong ETag or a date of change, for If-Range; without one, the part can't be gone on with.
  std::string validator;

  static PartInfo Load(const std::string& path) {
    PartInfo info;
    std::ifstream file(path);
    if (!(file >> info.url_hash)) return {};
    file.ignore();
    std::getline(file, info.validator);
    return info;
  }
  bool Save(const std::string& path) const {
    std::ofstream file(path, std::ios::trunc);
    file << url_hash << '\n' << validator << '\n';
    file.close();
    return file.good();
  }
};

/// The `.part` file: open, locked against a second download, and closed at the end.
class PartFile {
 public:
  explicit PartFile(std::string path) : path_(std::move(path)) {}
  ~PartFile() {
    if (file_ >= 0) close(file_);
  }
  PartFile(const PartFile&) = delete;
  PartFile& operator=(const PartFile&) = delete;

  Status Open() {
    for (;;) {
      file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
      if (file_ < 0) {
        return Status::Unavailable(fmt::format(
            "{}: cannot write: {}; choose another place for the data", path_, ErrnoText()));
      }
      if (flock(file_, LOCK_EX | LOCK_NB) != 0) {
        return Status::Unavailable(
            fmt::format("{}: another download to it is running; wait for it, or stop it", path_));
      }
      struct stat opened = {};
      struct stat named = {};
      if (fstat(file_, &opened) != 0) return WriteError();
      if (stat(path_.c_str(), &named) == 0 && named.st_ino == opened.st_ino) {
        size_ = static_cast<std::uint64_t>(opened.st_size);
        return {};
      }
      close(file_);  // another download gave this file its final name before we had the lock
    }
  }

  Status Truncate() {
    if (ftruncate(file_, 0) != 0) return WriteError();
    size_ = 0;
    return {};
  }

  Status Append(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t wrote = pwrite(file_, bytes.data(), bytes.size(), static_cast<off_t>(size_));
      if (wrote < 0 && errno == EINTR) continue;
      if (wrote < 0) return WriteError();
      size_ += static_cast<std::uint64_t>(wrote);
      bytes.remove_prefix(static_cast<std::size_t>(wrote));
    }
    return {};
  }

  /// Give the file its final name, once its bytes are on the disk.
  Status Publish(const std::string& destination) {
    if (fsync(file_) != 0 || std::rename(path_.c_str(), destination.c_str()) != 0) {
      return Status::Unavailable(
          fmt::format("{}: cannot be renamed to {}: {}", path_, destination, ErrnoText()));
    }
    return {};
  }

  std::uint64_t size() const noexcept { return size_; }

 private:
  Status WriteError() const {
    return Status::Unavailable(fmt::format(
        "{}: writing failed: {}; make room on the disk, then run again", path_, ErrnoText()));
  }

  std::string path_;
  int file_ = -1;
  std::uint64_t size_ = 0;
};

/// One download: its files, its connections, what the server said in the current one.
class Transfer {
 public:
  explicit Transfer(const DownloadRequest& request)
      : request_(request),
        url_(PrintableUrl(request.url)),
        part_path_(request.destination + ".part"),
        info_path_(part_path_ + ".info"),
        part_(part_path_) {}

  Result<DownloadReport> Run();

 private:
  enum class Outcome : std::uint8_t { kDone, kRetry, kFailed };

  Outcome Connect(CURL* curl);
  void Configure(CURL* curl, bool resume);
  Outcome Judge(CURLcode code, long http_status);
  Status Restart();
  Status Finish();
  Status TooLarge(std::uint64_t bytes) const;
  void OnHeader(std::string_view line);
  bool OnBodyStart();
  bool OnBody(std::string_view bytes);
  bool OnProgress(std::uint64_t total);

  static std::size_t HeaderCallback(char* data, std::size_t size, std::size_t count, void* self) {
    static_cast<Transfer*>(self)->OnHeader({data, size * count});
    return size * count;
  }
  static std::size_t BodyCallback(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Transfer*>(self)->OnBody({data, size * count}) ? size * count
                                                                      : CURL_WRITEFUNC_ERROR;
  }
  static int ProgressCallback(void* self, curl_off_t total, curl_off_t, curl_off_t, curl_off_t) {
    return static_cast<Transfer*>(self)->OnProgress(
               static_cast<std::uint64_t>(std::max<curl_off_t>(total, 0)))
               ? 0
               : 1;
  }

  const DownloadRequest& request_;
  const std::string url_;  // printable
  const std::string part_path_;
  const std::string info_path_;
  PartFile part_;
  PartInfo info_;
  DownloadReport report_;
  Status failure_;

  // Of the current connection:
  CURL* curl_ = nullptr;
  std::uint64_t asked_from_ = 0;  // the first byte asked for
  bool body_started_ = false;
  bool is_answer_ = false;  // the body is the file's, not a redirect's or an error's
  bool stalled_ = false;
  std::chrono::steady_clock::time_point last_heard_;
  std::string etag_;
  std::string last_modified_;
  std::string content_range_;
};

Result<DownloadReport> Transfer::Run() {
  MARQUEE_RETURN_IF_ERROR(part_.Open());
  info_ = PartInfo::Load(info_path_);
  const std::uint64_t url_hash = XXH3_64bits(request_.url.data(), request_.url.size());
  if (info_.url_hash != url_hash || info_.validator.empty()) {
    MARQUEE_RETURN_IF_ERROR(part_.Truncate());
    info_ = {url_hash, ""};
  }
  report_.resumed_bytes = part_.size();
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(),
                                                                 &curl_easy_cleanup);
  if (curl == nullptr) return Status::Internal("download: libcurl did not start");
  std::uint64_t most_bytes = part_.size();
  int vain_attempts = 0;
  for (auto delay = request_.retry_delay;; delay *= 2) {
    ++report_.attempts;
    const Outcome outcome = Connect(curl.get());
    if (outcome == Outcome::kDone) break;
    if (part_.size() > most_bytes) {
      most_bytes = part_.size();
      vain_attempts = 0;
      delay = request_.retry_delay;
    } else {
      ++vain_attempts;
    }
    if (outcome == Outcome::kFailed || vain_attempts >= request_.max_attempts ||
        report_.attempts >= kMaxConnections) {
      return std::move(failure_);
    }
    std::this_thread::sleep_for(delay);
  }
  MARQUEE_RETURN_IF_ERROR(Finish());
  report_.bytes = part_.size();
  return report_;
}

/// Make one connection and take from it what it gives.
Transfer::Outcome Transfer::Connect(CURL* curl) {
  curl_ = curl;
  failure_ = {};
  body_started_ = false;
  is_answer_ = false;
  stalled_ = false;
  last_heard_ = std::chrono::steady_clock::now();
  etag_.clear();
  last_modified_.clear();
  content_range_.clear();
  if (info_.validator.empty() && part_.size() > 0) {
    failure_ = Restart();
    if (!failure_.ok()) return Outcome::kFailed;
  }
  asked_from_ = part_.size();
  curl_easy_reset(curl);
  Configure(curl, asked_from_ > 0);
  std::array<char, CURL_ERROR_SIZE> detail = {};
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, detail.data());
  curl_slist* headers = nullptr;
  if (asked_from_ > 0)
    headers = curl_slist_append(headers, ("If-Range: " + info_.validator).c_str());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
  const CURLcode code = curl_easy_perform(curl);
  curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, nullptr);
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, nullptr);
  curl_slist_free_all(headers);
  long http_status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &http_status);
  if (code == CURLE_OK && !body_started_) OnBodyStart();  // an empty file
  if (!failure_.ok()) return Outcome::kFailed;            // we broke it off ourselves
  if (code != CURLE_OK) {
    const std::string what =
        stalled_            ? fmt::format("nothing came for {} s", request_.stall_timeout.count())
        : detail[0] != '\0' ? std::string(detail.data())
                            : std::string(curl_easy_strerror(code));
    failure_ =
        Status::Unavailable(fmt::format("{}: {} (after {} bytes)", url_, what, part_.size()));
  }
  return Judge(code, http_status);
}

void Transfer::Configure(CURL* curl, bool resume) {
  const bool is_https = LowerCase(request_.url).starts_with("https://");
  curl_easy_setopt(curl, CURLOPT_URL, request_.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
  // A redirect must not reach local files, nor leave encryption behind.
  curl_easy_setopt(curl, CURLOPT_REDIR_PROTOCOLS_STR, is_https ? "https" : "http,https");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl, CURLOPT_MAXREDIRS, kMaxRedirects);
  curl_easy_setopt(curl, CURLOPT_USERAGENT, "marquee");
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                   static_cast<long>(request_.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, &HeaderCallback);
  curl_easy_setopt(curl, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, &BodyCallback);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, &ProgressCallback);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, this);
  // Not CURLOPT_RESUME_FROM: it fails when the server answers with the whole file, which is right
  // if the file has changed.
  if (resume) curl_easy_setopt(curl, CURLOPT_RANGE, fmt::format("{}-", asked_from_).c_str());
}

/// Say what a connection's end means.
Transfer::Outcome Transfer::Judge(CURLcode code, long http_status) {
  if (code == CURLE_OK && is_answer_) return Outcome::kDone;
  if (http_status == 416 && asked_from_ > 0) {
    // Nothing follows the part: it is whole, or belongs to another file.
    if (content_range_ == fmt::format("bytes */{}", asked_from_)) return Outcome::kDone;
    info_.validator.clear();
    failure_ =
        Status::Unavailable(fmt::format("{}: the file on the server has changed meanwhile", url_));
    return Outcome::kRetry;
  }
  if (http_status >= 400) {
    failure_ = Status::Unavailable(fmt::format(
        "{}: the server answers with status {}{}", url_, http_status,
        http_status == 404 ? ": no such file; correct the configured address"
                           : "; try later, or download the file yourself and name it with --data"));
    const bool may_pass = http_status >= 500 || http_status == 408 || http_status == 429;
    return may_pass ? Outcome::kRetry : Outcome::kFailed;
  }
  switch (code) {
    case CURLE_OK:  // without the file
      failure_ = Status::Unavailable(
          fmt::format("{}: the server answers with status {} and no file", url_, http_status));
      return Outcome::kFailed;
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_TOO_MANY_REDIRECTS:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_FILE_COULDNT_READ_FILE:
      return Outcome::kFailed;
    default:
      return Outcome::kRetry;
  }
}

void Transfer::OnHeader(std::string_view line) {
  last_heard_ = std::chrono::steady_clock::now();
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (line.starts_with("HTTP/")) {  // a redirect's headers come before the file's
    etag_.clear();
    last_modified_.clear();
    content_range_.clear();
  }
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string name = LowerCase(line.substr(0, colon));
  std::string_view value = line.substr(colon + 1);
  while (value.starts_with(' ')) value.remove_prefix(1);
  if (name == "etag") etag_ = value;
  if (name == "last-modified") last_modified_ = value;
  if (name == "content-range") content_range_ = value;
}

/// Look at the answer before its first byte is taken. False, with failure_, if it is to be refused.
bool Transfer::OnBodyStart() {
  body_started_ = true;
  long http_status = 0;
  curl_easy_getinfo(curl_, CURLINFO_RESPONSE_CODE, &http_status);
  if (http_status != 0 && http_status != 200 && http_status != 206)
    return true;  // an error's text: not kept
  if (http_status == 206 && !content_range_.starts_with(fmt::format("bytes {}-", asked_from_))) {
    failure_ = Status::Unavailable(
        fmt::format("{}: asked for the bytes from {}, the server sends \"{}\"; delete {} and "
                    "run again",
                    url_, asked_from_, content_range_, part_path_));
    return false;
  }
  is_answer_ = true;
  if (http_status != 206) {
    // The whole file: it is new to us, or has changed, or the server knows no ranges.
    failure_ = part_.Truncate();
    if (!failure_.ok()) return false;
    const bool is_strong = !etag_.empty() && !etag_.starts_with("W/");
    // A local file has no status, and its ranges could not be told from the whole.
    info_.validator = http_status == 0 ? "" : is_strong ? etag_ : last_modified_;
    if (!info_.Save(info_path_)) {
      failure_ = Status::Unavailable(
          fmt::format("{}: cannot write; choose another place for the data", info_path_));
      return false;
    }
  }
  curl_off_t length = -1;
  curl_easy_getinfo(curl_, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  const std::uint64_t whole =
      part_.size() + static_cast<std::uint64_t>(std::max<curl_off_t>(length, 0));
  if (whole > request_.max_bytes) {
    failure_ = TooLarge(whole);
    return false;
  }
  return true;
}

bool Transfer::OnBody(std::string_view bytes) {
  last_heard_ = std::chrono::steady_clock::now();
  if (!body_started_ && !OnBodyStart()) return false;
  if (!is_answer_) return true;
  if (part_.size() + bytes.size() > request_.max_bytes) {
    failure_ = TooLarge(part_.size() + bytes.size());
    return false;
  }
  failure_ = part_.Append(bytes);
  return failure_.ok();
}

bool Transfer::OnProgress(std::uint64_t total) {
  // libcurl's own low-speed limit looks at an average, and so fires many seconds late.
  if (std::chrono::steady_clock::now() - last_heard_ > request_.stall_timeout) {
    stalled_ = true;
    return false;
  }
  if (!request_.progress) return true;
  const bool known = is_answer_ && total > 0;
  const std::uint64_t before = content_range_.empty() ? 0 : asked_from_;
  if (request_.progress(part_.size(), known ? before + total : 0)) return true;
  failure_ = Status::Unavailable(fmt::format(
      "{}: stopped after {} bytes; a new download goes on from there", url_, part_.size()));
  return false;
}

Status Transfer::TooLarge(std::uint64_t bytes) const {
  std::remove(part_path_.c_str());
  std::remove(info_path_.c_str());
  return Status::Data(fmt::format(
      "{}: {} bytes or more, {} are allowed; raise the limit, or download the file yourself and "
      "name it with --data",
      url_, bytes, request_.max_bytes));
}

Status Transfer::Restart() {
  info_.validator.clear();
  return part_.Truncate();
}

/// Check what was fetched and give it its name.
Status Transfer::Finish() {
  if (!request_.sha256.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(const std::string actual, FileSha256(part_path_));
    if (actual != LowerCase(request_.sha256)) {
      std::remove(part_path_.c_str());
      std::remove(info_path_.c_str());
      return Status::Data(
          fmt::format("{}: the file's SHA-256 is {}, {} was expected; it was damaged on the way, "
                      "or replaced on "
                      "the server: try again, then correct the configured checksum",
                      url_, actual, LowerCase(request_.sha256)));
    }
  }
  MARQUEE_RETURN_IF_ERROR(part_.Publish(request_.destination));
  std::remove(info_path_.c_str());
  return {};
}

}  // namespace

Result<DownloadReport> Download(const DownloadRequest& request) {
  MARQUEE_RETURN_IF_ERROR(CheckRequest(request));
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);  // once, and thread-safe
  if (started != CURLE_OK) {
    return Status::Internal(fmt::format("download: libcurl: {}", curl_easy_strerror(started)));
  }
  return Transfer(request).Run();
}

}  // namespace marquee
