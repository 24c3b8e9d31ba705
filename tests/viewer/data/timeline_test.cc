#include "viewer/data/timeline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "viewer/data/coarse_histogram.h"

namespace marquee::viewer {
namespace {

using testing::ElementsAre;
using testing::FloatEq;
using testing::IsNan;
using testing::NanSensitiveFloatEq;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond + 123;
constexpr std::int64_t kHalf = kSecond / 2;
constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();

auto Floats(std::initializer_list<float> values) {
  std::vector<testing::Matcher<float>> matchers;
  for (const float value : values) matchers.emplace_back(NanSensitiveFloatEq(value));
  return testing::ElementsAreArray(matchers);
}

std::vector<float> Line(Timeline& timeline, std::int64_t now_ns, wire::SeriesKind kind,
                        std::size_t index = 0, bool with_last = false) {
  wire::TimelineT written;
  timeline.Write(now_ns, with_last, written);
  for (const auto& series : written.series) {
    if (series->kind == kind && series->index == index) return series->values;
  }
  ADD_FAILURE() << "no such line";
  return {};
}

constexpr auto kEvaluate = static_cast<std::size_t>(wire::StageId::Evaluate);

TEST(TimelineTest, RowsAreRatesAndWhatIsNotKnownIsAGap) {
  Timeline timeline(Timeline::Keep::kNewest, kHalf, 600, 2);
  timeline.AddStageRows(wire::StageId::Evaluate, kStart, kStart, 100);
  timeline.AddStageRows(wire::StageId::Evaluate, kStart, kStart + kHalf, 0);
  timeline.AddStageRows(wire::StageId::Evaluate, kStart + 3 * kHalf, kStart + 3 * kHalf, 50);
  // 30 rows from the middle of the first interval to the middle of the third.
  timeline.AddStageRows(wire::StageId::Infer, kStart + kHalf / 2, kStart + 5 * kHalf / 2, 30);
  const std::int64_t now = kStart + 4 * kHalf + 1;
  EXPECT_THAT(Line(timeline, now, wire::SeriesKind::RowsPerSecond, kEvaluate),
              Floats({200, 0, kNaN, 100}));
  EXPECT_THAT(Line(timeline, now, wire::SeriesKind::RowsPerSecond,
                   static_cast<std::size_t>(wire::StageId::Infer)),
              Floats({15, 30, kNaN, kNaN}))
      << "the third interval is told of only half";
  EXPECT_DOUBLE_EQ(timeline.LastSecond(now).rows[kEvaluate], 50);
  wire::TimelineT written;
  timeline.Write(now, /*with_last=*/false, written);
  EXPECT_EQ(written.end_ns, kStart + 4 * kHalf);
  EXPECT_EQ(written.interval_ns, kHalf);
}

TEST(TimelineTest, TheLastIntervalsRateIsOverWhatHasPassedOfIt) {
  Timeline timeline(Timeline::Keep::kNewest, kHalf, 600, 2);
  timeline.AddStageRows(wire::StageId::Evaluate, kStart, kStart, 100);
  EXPECT_THAT(Line(timeline, kStart + kHalf / 2, wire::SeriesKind::RowsPerSecond, kEvaluate, true),
              ElementsAre(FloatEq(400)));
  EXPECT_THAT(Line(timeline, kStart + 1, wire::SeriesKind::RowsPerSecond, kEvaluate, true),
              ElementsAre(FloatEq(1000)))
      << "not over a nanosecond";
  EXPECT_TRUE(
      Line(timeline, kStart + 1, wire::SeriesKind::RowsPerSecond, kEvaluate, false).empty());
}

TEST(TimelineTest, BatchesAreCountedWhenTheyArrivedHoweverLateTheyAreTold) {
  Timeline timeline(Timeline::Keep::kNewest, kHalf, 4, 2);
  const std::vector<std::uint64_t> confusion = {1, 0, 0, 1};
  const auto add = [&](std::int64_t interval, std::uint64_t dead) {
    timeline.AddBatch(kStart + interval * kHalf, {.rows = 10,
                                                  .dead = dead,
                                                  .latency_ns = 3'000'000,
                                                  .part_ns = {10, 20, 300},
                                                  .confusion = confusion});
    timeline.AddStageRows(wire::StageId::Evaluate, kStart + interval * kHalf,
                          kStart + interval * kHalf, 10);
  };
  add(0, 0);
  add(3, 4);
  add(2, 5);  // late
  add(5, 0);  // slides: 0 and 1 are gone
  add(1, 1);  // too late
  const std::int64_t now = kStart + 6 * kHalf;
  EXPECT_THAT(Line(timeline, now, wire::SeriesKind::DeadPerSecond), Floats({8, kNaN, 0}));
  EXPECT_THAT(Line(timeline, now, wire::SeriesKind::PartNsPerRow, 2), Floats({30, kNaN, 30}));
  const auto p99 = Line(timeline, now, wire::SeriesKind::LatencyP99Ns);
  EXPECT_GE(p99[0], 3e6F);
  EXPECT_LE(p99[0], 3e6F * 1.13F);
  EXPECT_THAT(p99[1], IsNan());
}

TEST(TimelineTest, QualityIsThatOfTheLastSeconds) {
  Timeline timeline(Timeline::Keep::kNewest, kHalf, 600, 2);
  for (std::int64_t second = 0; second < 100; ++second) {
    // One right row a second, until second 50; wrong ones from then on.
    const std::vector<std::uint64_t> confusion = second < 50
                                                     ? std::vector<std::uint64_t>{1, 0, 0, 0}
                                                     : std::vector<std::uint64_t>{0, 1, 0, 0};
    timeline.AddBatch(kStart + second * kSecond, {.rows = 1, .confusion = confusion});
  }
  const auto window = [&](std::int64_t seconds) {
    const auto sum = timeline.Confusion(kStart + 99 * kSecond + kHalf, seconds * kSecond);
    return std::vector<std::uint64_t>(sum.counts().begin(), sum.counts().end());
  };
  EXPECT_THAT(window(10), ElementsAre(0, 10, 0, 0));
  EXPECT_THAT(window(60), ElementsAre(10, 50, 0, 0));
}

TEST(TimelineTest, QualityIsThatOfTheRunAndNotOfTheOneBefore) {
  Timeline timeline(Timeline::Keep::kNewest, kHalf, 20, 2);
  const std::vector<std::uint64_t> wrong = {0, 1, 0, 0};
  const std::vector<std::uint64_t> right = {1, 0, 0, 0};
  timeline.AddBatch(kStart, {.rows = 1, .confusion = wrong});
  timeline.AddBatch(kStart + 2 * kSecond, {.rows = 1, .confusion = wrong});
  timeline.BeginRun(kStart + 2 * kSecond + 1);
  timeline.AddBatch(kStart + 2 * kSecond + 2, {.rows = 1, .confusion = right});
  timeline.AddBatch(kStart + 3 * kSecond, {.rows = 1, .confusion = right});
  const auto window = [&](std::int64_t second, std::int64_t seconds) {
    const auto sum = timeline.Confusion(kStart + second * kSecond, seconds * kSecond);
    return std::vector<std::uint64_t>(sum.counts().begin(), sum.counts().end());
  };
  EXPECT_THAT(window(3, 10), ElementsAre(2, 0, 0, 0)) << "of one interval both have a part";
  EXPECT_THAT(window(1, 10), ElementsAre(0, 0, 0, 0)) << "a clock that was set back";
  EXPECT_THAT(window(3, 1), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(window(12, 10), ElementsAre(1, 0, 0, 0));
  EXPECT_THAT(window(40, 10), ElementsAre(0, 0, 0, 0));
}

TEST(TimelineTest, F1IsOverTenSecondsAndAGapWithoutRows) {
  Timeline timeline(Timeline::Keep::kNewest, kSecond, 600, 2);
  timeline.AddBatch(kStart, {.rows = 2, .confusion = std::vector<std::uint64_t>{1, 0, 0, 1}});
  timeline.AddBatch(kStart + 5 * kSecond,
                    {.rows = 2, .confusion = std::vector<std::uint64_t>{0, 1, 1, 0}});
  const std::int64_t now = kStart + 16 * kSecond;
  // Two of four right: F1 1/2 for both classes; then, once the first are 10 s old, none.
  EXPECT_THAT(Line(timeline, now, wire::SeriesKind::MacroF1),
              Floats({1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, kNaN}));
  EXPECT_THAT(Line(timeline, now, wire::SeriesKind::ClassF1, 1),
              Floats({1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0, 0, 0, 0, 0, kNaN}));
}

TEST(TimelineTest, ASessionOfADayFitsAndLosesNoRow) {
  Timeline timeline(Timeline::Keep::kAll, kHalf, 600, 2);
  constexpr std::int64_t kDay = 86'400;
  const std::vector<std::uint64_t> confusion = {1, 1, 0, 0};
  std::int64_t second = 0;
  const auto run_until = [&](std::int64_t end) {
    for (; second < end; ++second) {
      const std::int64_t time = kStart + second * kSecond;
      timeline.AddBatch(time, {.rows = 2, .latency_ns = 1000, .confusion = confusion});
      timeline.AddStageRows(wire::StageId::Evaluate, time, time, 2);
      timeline.SetLag(wire::StageId::Infer, time, time, second == 1000 ? 77 : 5);
    }
  };
  for (const auto& [seconds, interval_ns] : {std::pair{300L, kHalf},
                                             {301L, kSecond},
                                             {600L, kSecond},
                                             {601L, 2 * kSecond},
                                             {kDay, 256 * kHalf * 2}}) {
    run_until(seconds);
    const std::int64_t now = kStart + seconds * kSecond - 1;
    const auto rates = Line(timeline, now, wire::SeriesKind::RowsPerSecond, kEvaluate, true);
    EXPECT_LE(rates.size(), 600U);
    EXPECT_EQ(timeline.interval_ns(), interval_ns) << seconds;
    const ConfusionMatrix all = timeline.Confusion(now, 2 * kDay * kSecond);
    EXPECT_EQ(all.total(), static_cast<std::uint64_t>(2 * seconds));
  }
  const auto rates =
      Line(timeline, kStart + kDay * kSecond - 1, wire::SeriesKind::RowsPerSecond, kEvaluate, true);
  for (const float rate : rates) EXPECT_NEAR(rate, 2, 0.02);
  const auto lag = Line(timeline, kStart + kDay * kSecond, wire::SeriesKind::Lag,
                        static_cast<std::size_t>(wire::StageId::Infer), true);
  EXPECT_EQ(*std::max_element(lag.begin(), lag.end()), 77) << "no peak vanishes";
}

TEST(TimelineTest, WhatWasBeforeItsStartIsNoPeakAtIt) {
  for (const auto keep : {Timeline::Keep::kNewest, Timeline::Keep::kAll}) {
    Timeline timeline(keep, kHalf, 600, 2);
    const std::int64_t before = kStart - 60 * kSecond;
    timeline.AddBatch(kStart, {.rows = 1, .dead = 1});
    timeline.AddStageRows(wire::StageId::Evaluate, kStart, kStart, 1);
    timeline.AddBatch(before, {.rows = 1000, .dead = 1000});
    timeline.AddStageRows(wire::StageId::Evaluate, before, before, 1000);
    timeline.AddStageRows(wire::StageId::Infer, before, before + kSecond, 1000);
    timeline.SetLag(wire::StageId::Infer, before, before + kSecond, 77);
    const auto first = [&](wire::SeriesKind kind, wire::StageId stage) {
      return Line(timeline, kStart + kSecond, kind, static_cast<std::size_t>(stage)).front();
    };
    EXPECT_FLOAT_EQ(first(wire::SeriesKind::RowsPerSecond, wire::StageId::Evaluate), 2);
    EXPECT_THAT(first(wire::SeriesKind::RowsPerSecond, wire::StageId::Infer), IsNan());
    EXPECT_THAT(first(wire::SeriesKind::Lag, wire::StageId::Infer), IsNan());
    EXPECT_FLOAT_EQ(Line(timeline, kStart + kSecond, wire::SeriesKind::DeadPerSecond).front(), 2);
    // What reaches over the start is told from there on.
    timeline.SetLag(wire::StageId::Infer, before, kStart + kHalf, 5);
    EXPECT_EQ(first(wire::SeriesKind::Lag, wire::StageId::Infer), 5);
  }
}

TEST(TimelineTest, AJumpOfTheClockCostsNeitherTimeNorMemory) {
  for (const auto keep : {Timeline::Keep::kNewest, Timeline::Keep::kAll}) {
    Timeline timeline(keep, kHalf, 600, 2);
    timeline.AddBatch(0, {.rows = 1});
    timeline.AddStageRows(wire::StageId::Evaluate, 0, kStart, 5);
    timeline.AddBatch(kStart, {.rows = 1});
    wire::TimelineT written;
    timeline.Write(kStart + 1, /*with_last=*/true, written);
    EXPECT_LE(written.series[0]->values.size(), 600U);
  }
}

TEST(CoarseHistogramTest, PercentilesAreAtMostAnEighthAboveTheTruth) {
  CoarseHistogram histogram;
  EXPECT_THAT(histogram.Percentile(0.5), IsNan());
  for (std::int64_t value = 1'000; value < 100'000'000'000; value = value * 9 / 8) {
    CoarseHistogram one;
    one.Add(value, 10);
    const auto truth = static_cast<double>(value);
    EXPECT_GE(one.Percentile(0.5), truth);
    EXPECT_LE(one.Percentile(0.5), truth * 1.125 + 1024);
    histogram.Merge(one);
  }
  EXPECT_LT(histogram.Percentile(0.1), histogram.Percentile(0.9));
  histogram.Add(std::numeric_limits<std::int64_t>::max(), 1);
  EXPECT_GT(histogram.Percentile(1), 1e14);
}

}  // namespace
}  // namespace marquee::viewer
