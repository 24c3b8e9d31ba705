#include "pipeline/observe/histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

#include "tests/support/seed.h"

namespace marquee {
namespace {

TEST(HistogramTest, IsEmptyAtFirst) {
  const Histogram histogram;
  EXPECT_EQ(histogram.count(), 0U);
  EXPECT_EQ(histogram.Percentile(0.5), 0U);
}

TEST(HistogramTest, PercentilesAreAtMostOneThirtySecondAboveTheTruth) {
  std::mt19937_64 random(testing_support::TestSeed());
  std::vector<std::int64_t> values;
  Histogram histogram;
  for (int i = 0; i < 10'000; ++i) {
    values.push_back(static_cast<std::int64_t>(random() >> (random() % 62 + 2)));
    histogram.Add(values.back());
  }
  std::sort(values.begin(), values.end());
  EXPECT_EQ(histogram.count(), values.size());
  EXPECT_EQ(histogram.max_ns(), static_cast<std::uint64_t>(values.back()));
  for (const double share : {0.01, 0.5, 0.9, 0.99, 0.999, 1.0}) {
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(values.size()) + 0.5);
    const auto truth = static_cast<double>(values[rank - 1]);
    const auto found = static_cast<double>(histogram.Percentile(share));
    EXPECT_GE(found, truth) << share;
    EXPECT_LE(found, truth * (1 + 1.0 / 32) + 1) << share;
  }
}

TEST(HistogramTest, CountsWholeBatchesAndExtremes) {
  Histogram histogram;
  histogram.Add(-5, 10);
  histogram.Add(std::numeric_limits<std::int64_t>::max(), 1);
  EXPECT_EQ(histogram.count(), 11U);
  EXPECT_EQ(histogram.Percentile(0.5), 0U);
  EXPECT_EQ(histogram.Percentile(1.0),
            static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max()));
}

}  // namespace
}  // namespace marquee
