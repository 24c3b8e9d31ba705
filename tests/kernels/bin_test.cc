#include "kernels/bin.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/kernels/float_cases.h"
#include "tests/kernels/scoped_isa.h"

namespace marquee::kernels {
namespace {

std::vector<std::uint8_t> BinsOf(const std::vector<float>& values,
                                 const std::vector<float>& borders, bool nan_above) {
  std::vector<std::uint8_t> bins(values.size(), 99);
  Bin(values, borders, nan_above, bins);
  return bins;
}

/// `count` ascending borders around 0, of very different sizes; 0 is one of them if count > 2.
std::vector<float> Borders(std::size_t count) {
  std::vector<float> borders;
  for (std::size_t i = 0; i < count; ++i) {
    const float x = static_cast<float>(i) - static_cast<float>(count / 2);
    borders.push_back(x * std::abs(x) * 1e-3f);
  }
  return borders;
}

/// Every border, the floats next to it, and the special cases.
std::vector<float> ValuesAround(const std::vector<float>& borders) {
  const float infinity = std::numeric_limits<float>::infinity();
  std::vector<float> values = FloatCases();
  for (const float border : borders) {
    values.insert(values.end(),
                  {border, std::nextafter(border, infinity), std::nextafter(border, -infinity)});
  }
  return values;
}

TEST(BinTest, CountsTheBordersBelowAValue) {
  EXPECT_THAT(BinsOf({0.0f, 1.0f, 1.5f, 2.0f, 2.5f}, {1.0f, 2.0f}, false),
              testing::ElementsAre(0, 0, 1, 1, 2));
}

TEST(BinTest, PutsNanWhereItIsTold) {
  const float nan = std::nanf("");
  EXPECT_THAT(BinsOf({nan, -nan}, {1.0f, 2.0f, 3.0f}, false), testing::ElementsAre(0, 0));
  EXPECT_THAT(BinsOf({nan, -nan}, {1.0f, 2.0f, 3.0f}, true), testing::ElementsAre(3, 3));
  EXPECT_THAT(BinsOf({nan}, {}, true), testing::ElementsAre(0));
}

TEST(BinTest, TakesBothZerosForEqual) {
  EXPECT_THAT(BinsOf({0.0f, -0.0f}, {0.0f}, false), testing::ElementsAre(0, 0));
  EXPECT_THAT(BinsOf({0.0f, -0.0f}, {-0.0f}, false), testing::ElementsAre(0, 0));
}

TEST(BinTest, EqualsReferenceForEveryNumberOfBorders) {
  for (std::size_t count = 0; count <= kMaxBorders; ++count) {
    const std::vector<float> borders = Borders(count);
    const std::vector<float> values = ValuesAround(borders);
    for (const bool nan_above : {false, true}) {
      std::vector<std::uint8_t> expected(values.size());
      BinReference(values, borders, nan_above, expected);
      for (const Isa isa : SupportedIsas()) {
        const ScopedIsa scoped(isa);
        ASSERT_EQ(BinsOf(values, borders, nan_above), expected)
            << count << " borders, " << IsaName(isa);
      }
    }
  }
}

TEST(BinTest, EqualsReferenceForEveryNumberOfValues) {
  const std::vector<float> borders = Borders(100);
  const std::vector<float> all = ValuesAround(borders);
  for (const Isa isa : SupportedIsas()) {
    const ScopedIsa scoped(isa);
    for (std::size_t count = 0; count <= 70; ++count) {
      // From everywhere, so that the last value of one vector is the first of another.
      const std::vector<float> values(all.begin() + static_cast<std::ptrdiff_t>(count),
                                      all.begin() + static_cast<std::ptrdiff_t>(2 * count));
      std::vector<std::uint8_t> expected(count);
      BinReference(values, borders, true, expected);
      ASSERT_EQ(BinsOf(values, borders, true), expected) << count << " values, " << IsaName(isa);
    }
  }
}

TEST(BinTest, MakesComparingBinsTheSameAsComparingFloats) {
  const std::vector<float> borders = Borders(254);
  const std::vector<float> values = ValuesAround(borders);
  const std::vector<std::uint8_t> bins = BinsOf(values, borders, false);
  for (std::size_t i = 0; i < values.size(); ++i) {
    for (std::size_t b = 0; b < borders.size(); ++b) {
      ASSERT_EQ(bins[i] > b, values[i] > borders[b]) << values[i] << " against " << borders[b];
    }
  }
}

}  // namespace
}  // namespace marquee::kernels
