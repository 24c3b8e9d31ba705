#include "pipeline/transport/kafka/bad_share.h"

#include <gtest/gtest.h>

namespace marquee {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST(BadShareTest, FewBadRecordsSayNothing) {
  BadShare share(0.05);
  share.Add(0, 99, 99);
  EXPECT_FALSE(share.exceeded());
  share.Add(0, 1, 1);
  EXPECT_TRUE(share.exceeded());
}

TEST(BadShareTest, TheShareItselfIsAllowed) {
  BadShare share(0.05);
  share.Add(0, 2000, 100);
  EXPECT_FALSE(share.exceeded());
  share.Add(0, 1, 1);
  EXPECT_TRUE(share.exceeded());
}

TEST(BadShareTest, OnlyTheLastTenSecondsCount) {
  BadShare share(0.05);
  share.Add(5 * kSecond, 1000, 1000);
  share.Add(14 * kSecond, 10, 0);
  EXPECT_TRUE(share.exceeded());
  EXPECT_EQ(share.records(), 1010U);
  share.Add(15 * kSecond, 10, 0);
  EXPECT_FALSE(share.exceeded());
  EXPECT_EQ(share.records(), 20U);
  // Long after, no old second may pass for a new one.
  share.Add(1015 * kSecond, 10, 0);
  EXPECT_EQ(share.records(), 10U);
}

}  // namespace
}  // namespace marquee
