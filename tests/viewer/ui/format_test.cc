#include "viewer/ui/format.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace marquee::viewer {
namespace {

TEST(Format, QuantitiesHaveThreeDigitsAndTheirUnit) {
  EXPECT_EQ(Quantity(0, Unit::kCount), "0");
  EXPECT_EQ(Quantity(999, Unit::kCount), "999");
  EXPECT_EQ(Quantity(12'345, Unit::kCount), "12.3 k");
  EXPECT_EQ(Quantity(1'234'567, Unit::kCount), "1.23 M");
  EXPECT_EQ(Quantity(58'340, Unit::kRowsPerSecond), "58.3 k rows/s");
  EXPECT_EQ(Quantity(6.1e6, Unit::kBytesPerSecond), "6.10 MB/s");
  EXPECT_EQ(Quantity(420, Unit::kBytes), "420 B");
  EXPECT_EQ(Quantity(4'200'000, Unit::kNanoseconds), "4.20 ms");
  EXPECT_EQ(Quantity(3.1, Unit::kNanoseconds), "3.10 ns");
  EXPECT_EQ(Quantity(90e9, Unit::kNanoseconds), "1.50 min");
  EXPECT_EQ(Quantity(0.981, Unit::kShare), "98.1 %");
}

TEST(Format, RoundingNeverMakesAThousandOfAUnit) {
  EXPECT_EQ(Quantity(999.4, Unit::kCount), "999");
  EXPECT_EQ(Quantity(999'600, Unit::kCount), "1.00 M");
  EXPECT_EQ(Quantity(9'999, Unit::kCount), "10.0 k");
  EXPECT_EQ(Quantity(999'960, Unit::kNanoseconds), "1.00 ms");
}

TEST(Format, WhatIsNoNumberIsADash) {
  EXPECT_EQ(Quantity(std::nan(""), Unit::kCount), kNothing);
  EXPECT_EQ(Quantity(std::numeric_limits<double>::infinity(), Unit::kNanoseconds), kNothing);
  EXPECT_EQ(Score(std::nan("")), kNothing);
  EXPECT_EQ(Stretch(std::nan("")), kNothing);
  EXPECT_EQ(Stretch(-1), kNothing);
}

TEST(Format, MarksOfAxesHaveNoTrailingZeros) {
  EXPECT_EQ(AxisMark(20'000, 5'000, Unit::kRowsPerSecond), "20 k");
  EXPECT_EQ(AxisMark(2'500'000, 500'000, Unit::kNanoseconds), "2.5 ms");
  EXPECT_EQ(AxisMark(100, 20, Unit::kCount), "100");
  EXPECT_EQ(AxisMark(2'000'000, 250'000, Unit::kBytesPerSecond), "2 MB");
  EXPECT_EQ(AxisMark(0.6, 0.2, Unit::kShare), "60 %");
  EXPECT_EQ(AxisMark(0, 0.2, Unit::kShare), "0 %");
  EXPECT_EQ(AxisMark(0, 1, Unit::kNanoseconds), "0");
  EXPECT_EQ(AxisMark(-0.5, 0.25, Unit::kPlain), "-0.5");
}

TEST(Format, MarksOfAxesHaveTheDigitsOfTheirStep) {
  EXPECT_EQ(AxisMark(0.5675, 0.0025, Unit::kShare), "56.75 %");
  EXPECT_EQ(AxisMark(0.57, 0.0025, Unit::kShare), "57 %");
  EXPECT_EQ(AxisMark(0.5705, 0.0005, Unit::kShare), "57.05 %");
  // A third of a minute has no digits that end.
  EXPECT_EQ(AxisMark(80e9, 20e9, Unit::kNanoseconds), "80 s");
}

TEST(Format, ExactCountsHaveTheirThousandsApart) {
  EXPECT_EQ(Exact(0), "0");
  EXPECT_EQ(Exact(999), "999");
  EXPECT_EQ(Exact(1'000), "1,000");
  EXPECT_EQ(Exact(1'234'567), "1,234,567");
}

TEST(Format, TimesOfDayAreOfTheTimeZoneGiven) {
  const std::int64_t noon = (1'772'368'496LL * 1000 + 123) * 1'000'000;
  EXPECT_EQ(TimeOfDay(noon, 0), "12:34:56");
  EXPECT_EQ(TimeOfDay(noon, 3600, true), "13:34:56.123");
  EXPECT_EQ(TimeOfDay(noon, -13 * 3600), "23:34:56");
  EXPECT_EQ(TimeOfDay(0, 0), "");
}

TEST(Format, DaysAreToldWhereTheyAreNotToday) {
  const std::int64_t noon = 1'772'368'496LL * 1'000'000'000;
  EXPECT_EQ(Day(noon, 0), "2026-03-01");
  EXPECT_EQ(Day(noon, 12 * 3600), "2026-03-02");
  EXPECT_EQ(Day(-1, -3600), "1969-12-31");
  EXPECT_EQ(Day(0, 0), "");
  EXPECT_EQ(Moment(noon, noon + 3'600'000'000'000, 0), "12:34:56");
  EXPECT_EQ(Moment(noon, noon + 86'400'000'000'000, 0), "03-01 12:34:56");
  EXPECT_EQ(Moment(noon, noon + 3'600'000'000'000, 11 * 3600), "03-01 23:34:56");
  EXPECT_EQ(Moment(0, noon, 0), "");
}

TEST(Format, StretchesOfTime) {
  EXPECT_EQ(Stretch(3.14), "3.1 s");
  EXPECT_EQ(Stretch(59.4), "59 s");
  EXPECT_EQ(Stretch(60), "1 min");
  EXPECT_EQ(Stretch(200), "3 min 20 s");
  EXPECT_EQ(Stretch(18'720), "5 h 12 min");
  EXPECT_EQ(Stretch(273'600), "3 d 4 h");
}

TEST(Format, OneRowIsNotRows) {
  EXPECT_EQ(Rows(1), "1 row");
  EXPECT_EQ(Rows(0), "0 rows");
  EXPECT_EQ(Rows(64'500), "64.5 k rows");
}

}  // namespace
}  // namespace marquee::viewer
