#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <set>

#include "schemas/batch_info.h"

namespace marquee {
namespace {

using testing::HasSubstr;

std::int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(RunIdTest, ANewIdBeginsWithTheTimeAndIsNeverGivenTwice) {
  const std::int64_t before = NowMs();
  std::set<RunId> runs;
  for (int i = 0; i < 100; ++i) runs.insert(RunId::Random());
  EXPECT_EQ(runs.size(), 100U);
  for (const RunId& run : runs) {
    ASSERT_TRUE(run.start_ms().has_value());
    EXPECT_GE(*run.start_ms(), before);
    EXPECT_LE(*run.start_ms(), NowMs());
    const std::string text = run.ToString();
    EXPECT_EQ(text[12], '7') << text;
    EXPECT_THAT(std::string("89ab"), HasSubstr(text.substr(16, 1))) << text;
  }
}

TEST(RunIdTest, TheTimeIsThatOfTheStandardsExample) {
  // RFC 9562, appendix A.6: a UUID of Tuesday, 22 February 2022, 19:22:22 UTC.
  const auto run = RunId::Parse("017F22E2-79B0-7CC3-98C4-DC0C0C07398F");
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_EQ(run->start_ms(), 1'645'557'742'000);
  EXPECT_EQ(run->ToString(), "017f22e279b07cc398c4dc0c0c07398f");
}

TEST(RunIdTest, OtherIdsTellNoTime) {
  for (const char* text : {"00000000000000000000000000000000", "017f22e279b04cc398c4dc0c0c07398f",
                           "017f22e279b07cc3d8c4dc0c0c07398f"}) {
    EXPECT_EQ(RunId::Parse(text)->start_ms(), std::nullopt) << text;
  }
}

TEST(RunIdTest, WhatIsNoIdIsRefused) {
  for (const char* text :
       {"", "-", "017f22e279b07cc398c4dc0c0c07398", "017f22e279b07cc398c4dc0c0c0739800",
        "017f22e279b07cc398c4dc0c0c07398g", "+17f22e279b07cc398c4dc0c0c07398f",
        "017f22e279b07cc3 8c4dc0c0c07398f", "0x7f22e279b07cc398c4dc0c0c07398f"}) {
    const auto run = RunId::Parse(text);
    ASSERT_FALSE(run) << text;
    EXPECT_EQ(run.error().code(), StatusCode::kUsage);
    EXPECT_THAT(run.error().message(), HasSubstr("32 hexadecimal digits"));
  }
}

}  // namespace
}  // namespace marquee
