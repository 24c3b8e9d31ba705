#include "pipeline/dataset/gunzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing_support::TempDir;

/// Gzip data with a block of an invalid type right behind `text`.
std::string DamagedBehind(std::string_view text) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 100, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FULL_FLUSH), Z_OK);  // ends the block, and its last byte
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed + "\x07";
}

TEST(GunzipTest, EveryByteBeforeTheDamageIsDeliveredHoweverFewAreAskedFor) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  TempDir dir;
  std::string text;
  while (text.size() < 300'000) text += "a title," + std::to_string(random() % 100'000) + "\n";
  for (int round = 0; round < 100; ++round) {
    const std::string sound = text.substr(0, 1 + random() % text.size());
    auto file = InputFile::Open(dir.Write("bad.gz", DamagedBehind(sound)));
    ASSERT_TRUE(file);
    Gunzip gunzip(**file, {});
    std::string bytes;
    std::vector<char> out(1 + random() % 5'000);
    auto got = gunzip.Read(out);
    for (; got && *got > 0; got = gunzip.Read(out)) bytes.append(out.data(), *got);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error().code(), StatusCode::kData);
    EXPECT_FALSE(gunzip.Read(out)) << "failures stay";
    ASSERT_TRUE(bytes == sound) << bytes.size() << " of " << sound.size();
  }
}

}  // namespace
}  // namespace marquee
