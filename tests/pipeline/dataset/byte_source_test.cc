#include "pipeline/dataset/byte_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

#include "tests/support/gzip.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::Gzip;
using testing_support::TempDir;

/// Bytes that gzip can't make much smaller, so that its input buffer is filled more than once.
std::string Noise(std::size_t size, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string text(size, ' ');
  for (char& c : text) c = static_cast<char>(random());
  return text;
}

struct Content {
  std::string bytes;
  Status status;
};

Content ReadAll(ByteSource& source, std::size_t at_once) {
  Content content;
  std::vector<char> buffer(at_once);
  for (;;) {
    auto got = source.Read(buffer);
    if (!got) {
      content.status = std::move(got).error();
      return content;
    }
    if (*got == 0) return content;
    content.bytes.append(buffer.data(), *got);
  }
}

Content ReadAll(const std::string& path, std::size_t at_once = 1 << 20) {
  auto source = ByteSource::Open(path);
  if (!source) return {"", std::move(source).error()};
  return ReadAll(**source, at_once);
}

TEST(ByteSourceTest, ReadsPlainFiles) {
  TempDir dir;
  for (const std::size_t size : {0, 1, 2, 3, 1000, 700'000}) {
    const std::string text = Noise(size, size);
    const std::string path = dir.Write("plain", text);
    for (const std::size_t at_once : {1 << 10, 1 << 20}) {
      const Content content = ReadAll(path, at_once);
      EXPECT_TRUE(content.status.ok()) << content.status.message();
      EXPECT_TRUE(content.bytes == text) << size;
    }
  }
}

TEST(ByteSourceTest, ReadsGzip) {
  TempDir dir;
  for (const std::size_t size : {0, 1, 2, 1000, 700'000}) {
    const std::string text = Noise(size, size);
    const std::string path = dir.Write("packed.gz", Gzip(text));
    for (const std::size_t at_once : {1 << 10, 1 << 20}) {
      const Content content = ReadAll(path, at_once);
      EXPECT_TRUE(content.status.ok()) << content.status.message();
      EXPECT_TRUE(content.bytes == text) << size;
    }
  }
}

TEST(ByteSourceTest, ReadsGzipOfSeveralMembersAndPadding) {
  TempDir dir;
  const std::string path =
      dir.Write("members.gz", Gzip("one,") + Gzip("") + Gzip("two,") + std::string(1000, '\0') +
                                  Gzip("three") + std::string(512, '\0'));
  const Content content = ReadAll(path);
  EXPECT_TRUE(content.status.ok()) << content.status.message();
  EXPECT_EQ(content.bytes, "one,two,three");
}

TEST(ByteSourceTest, TellsHowFarItIs) {
  TempDir dir;
  const std::string packed = Gzip(Noise(700'000, 1));
  auto source = ByteSource::Open(dir.Write("packed.gz", packed));
  ASSERT_TRUE(source) << source.error().message();
  EXPECT_TRUE((*source)->is_gzip());
  EXPECT_EQ((*source)->bytes_total(), packed.size());
  std::vector<char> buffer(10'000);
  ASSERT_TRUE((*source)->Read(buffer));
  EXPECT_GE((*source)->bytes_consumed(), 10'000u);
  EXPECT_LT((*source)->bytes_consumed(), packed.size());
  EXPECT_TRUE(ReadAll(**source, 1 << 20).status.ok());
  EXPECT_EQ((*source)->bytes_consumed(), packed.size());
}

TEST(ByteSourceTest, GzipCutAnywhereGivesTheBytesBeforeTheCutThenAnError) {
  TempDir dir;
  const std::string text = "some text, some more text, and the end";
  const std::string packed = Gzip(text);
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const std::string path = dir.Write("cut.gz", packed.substr(0, size));
    const Content content = ReadAll(path, 7);
    EXPECT_EQ(content.status.code(), StatusCode::kData) << size;
    EXPECT_THAT(std::string(content.status.message()),
                testing::AllOf(HasSubstr(path), HasSubstr("byte " + std::to_string(size)),
                               HasSubstr("get the file again")));
    EXPECT_EQ(content.bytes, text.substr(0, content.bytes.size())) << size;
    if (size + 8 >= packed.size()) {
      EXPECT_EQ(content.bytes, text) << "only the checksum is cut: " << size;
    }
  }
}

TEST(ByteSourceTest, GzipWithAFlippedBitIsRefusedOrTheSame) {
  const std::uint64_t seed = testing_support::TestSeed();
  std::mt19937_64 random(seed);
  TempDir dir;
  const std::string text = Noise(3000, seed);
  const std::string packed = Gzip(text);
  int refused = 0;
  for (int round = 0; round < 500; ++round) {
    std::string bad = packed;
    const std::size_t bit =
        16 + random() % (8 * packed.size() - 16);  // the magic bytes stay: else it is a plain file
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const Content content = ReadAll(dir.Write("bad.gz", bad));
    // Time stamp, flags and name in the header are covered by no checksum: then the content is the
    // same.
    if (content.status.ok()) {
      EXPECT_TRUE(content.bytes == text) << "bit " << bit;
    } else {
      EXPECT_EQ(content.status.code(), StatusCode::kData);
      ++refused;
    }
  }
  EXPECT_GT(refused, 400);
}

TEST(ByteSourceTest, RefusesOtherBytesBehindGzip) {
  TempDir dir;
  const Content content = ReadAll(dir.Write("tail.gz", Gzip("abc") + "tail"));
  EXPECT_EQ(content.bytes, "abc");
  EXPECT_EQ(content.status.code(), StatusCode::kData);
  EXPECT_THAT(std::string(content.status.message()), HasSubstr("no gzip data follow"));
}

TEST(ByteSourceTest, FailureStays) {
  TempDir dir;
  auto source = ByteSource::Open(dir.Write("tail.gz", Gzip("abc") + "tail"));
  ASSERT_TRUE(source);
  std::vector<char> buffer(100);
  const auto first = (*source)->Read(buffer);
  ASSERT_TRUE(first);
  EXPECT_EQ(*first, 3u);
  EXPECT_FALSE((*source)->Read(buffer));
  EXPECT_FALSE((*source)->Read(buffer));
}

TEST(ByteSourceTest, RefusesWhatIsNoFile) {
  TempDir dir;
  const Content absent = ReadAll(dir.File("absent.csv"));
  EXPECT_EQ(absent.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(absent.status.message()), HasSubstr("absent.csv: cannot open"));
  const Content directory = ReadAll(dir.path().string());
  EXPECT_EQ(directory.status.code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(directory.status.message()), HasSubstr("is a directory"));
}

}  // namespace
}  // namespace marquee
