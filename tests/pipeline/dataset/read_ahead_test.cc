#include "pipeline/dataset/read_ahead.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <random>
#include <string>
#include <vector>

#include "tests/support/seed.h"

namespace marquee {
namespace {

/// A source of `text`, and behind it of `failure`.
ReadAhead::Source SourceOf(const std::string& text, StatusCode failure = StatusCode::kOk) {
  return [&text, failure, at = std::size_t{0}](std::span<char> out) mutable -> Result<std::size_t> {
    const std::size_t size = std::min(out.size(), text.size() - at);
    if (size == 0 && failure != StatusCode::kOk) return Status(failure, "damaged");
    std::copy_n(text.begin() + static_cast<std::ptrdiff_t>(at), size, out.begin());
    at += size;
    return size;
  };
}

TEST(ReadAheadTest, GivesTheBytesInOrderThenTheEnd) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, ReadAhead::kBufferBytes,
                                 10 * ReadAhead::kBufferBytes + 7}) {
    std::string text(size, ' ');
    for (char& c : text) c = static_cast<char>(random());
    for (const std::size_t most : {1'000, 1'000'000}) {
      ReadAhead ahead(SourceOf(text));
      std::string read;
      std::vector<char> out(most);
      for (;;) {
        const std::size_t wanted = 1 + random() % most;
        const auto got = ahead.Read(std::span(out).first(wanted));
        ASSERT_TRUE(got);
        read.append(out.data(), *got);
        if (*got < wanted) break;
      }
      EXPECT_TRUE(read == text) << size;
      const auto end = ahead.Read(out);
      ASSERT_TRUE(end);
      EXPECT_EQ(*end, 0U);
    }
  }
}

TEST(ReadAheadTest, AFailureComesBehindTheBytesAndStays) {
  const std::string text(ReadAhead::kBufferBytes + 5, 'x');
  ReadAhead ahead(SourceOf(text, StatusCode::kData));
  std::vector<char> out(2 * text.size());
  const auto got = ahead.Read(out);
  ASSERT_TRUE(got);
  EXPECT_EQ(*got, text.size());
  for (int i = 0; i < 2; ++i) {
    const auto failed = ahead.Read(out);
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), StatusCode::kData);
    EXPECT_EQ(failed.error().message(), "damaged");
  }
}

TEST(ReadAheadTest, HoldsNoMoreThanItsBuffersAndStopsBeforeTheEnd) {
  std::atomic<std::size_t> num_calls = 0;
  {
    ReadAhead ahead([&num_calls](std::span<char> out) -> Result<std::size_t> {
      ++num_calls;
      return out.size();  // without end
    });
    std::vector<char> out(3 * ReadAhead::kBufferBytes);
    ASSERT_TRUE(ahead.Read(out));
    while (num_calls < 3 + ReadAhead::kNumBuffers) std::this_thread::yield();
  }
  EXPECT_EQ(num_calls, 3 + ReadAhead::kNumBuffers);
}

}  // namespace
}  // namespace marquee
