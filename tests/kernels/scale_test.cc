#include "kernels/scale.h"

#include <gtest/gtest.h>

#include "tests/kernels/float_cases.h"

namespace marquee::kernels {
namespace {

/// `size` values: the special ones over and over, with `phase` of them left out in front.
std::vector<float> Cases(std::size_t size, std::size_t phase) {
  const std::vector<float> cases = FloatCases();
  std::vector<float> values;
  for (std::size_t i = 0; i < size; ++i) values.push_back(cases[(i + phase) % cases.size()]);
  return values;
}

TEST(StandardiseTest, FollowsItsFormula) {
  const std::vector<float> values = {5.0f, 1.0f, -2.5f};
  std::vector<float> out(3);
  Standardise(values, 1.0f, 0.5f, out);
  EXPECT_THAT(out, testing::ElementsAre(2.0f, 0.0f, -1.75f));
}

TEST(StandardiseTest, EqualsReferenceForEverySizeAndAlignment) {
  for (std::size_t size = 0; size < 70; ++size) {
    for (std::size_t offset = 0; offset < 4; ++offset) {
      const std::vector<float> values = Cases(size + offset, offset);
      std::vector<float> out(size + offset, 7.0f);
      std::vector<float> expected(size + offset, 7.0f);
      Standardise(std::span(values).subspan(offset), 0.3f, 1.7f, std::span(out).subspan(offset));
      StandardiseReference(std::span(values).subspan(offset), 0.3f, 1.7f,
                           std::span(expected).subspan(offset));
      EXPECT_TRUE(SameFloats(out, expected)) << "size " << size << ", offset " << offset;
    }
  }
}

TEST(StandardiseTest, GivesAValueTheSameBitsWhereverItLies) {
  for (const float value : FloatCases()) {
    const float expected = (value - 0.7f) * 3.1f;
    const std::vector<float> values(37, value);
    std::vector<float> out(values.size());
    Standardise(values, 0.7f, 3.1f, out);
    EXPECT_THAT(out, testing::Each(SameBits(expected)));
  }
}

TEST(StandardiseTest, EqualsReferenceForColumnsLongerThanCaches) {
  // Their outputs go past the caches, in whole aligned vectors between two ragged ends.
  for (std::size_t offset = 0; offset < 5; ++offset) {
    const std::vector<float> values = Cases((std::size_t{4} << 20) + 2 * offset + 1, offset);
    std::vector<float> out(values.size());
    std::vector<float> expected(values.size());
    Standardise(std::span(values).subspan(offset), 0.3f, 1.7f, std::span(out).subspan(offset));
    StandardiseReference(std::span(values).subspan(offset), 0.3f, 1.7f,
                         std::span(expected).subspan(offset));
    EXPECT_TRUE(SameFloats(out, expected)) << "offset " << offset;
  }
}

TEST(StandardiseTest, WorksInPlace) {
  std::vector<float> values = Cases(33, 2);
  std::vector<float> expected(values.size());
  StandardiseReference(values, -2.0f, 0.25f, expected);
  Standardise(values, -2.0f, 0.25f, values);
  EXPECT_TRUE(SameFloats(values, expected));
}

}  // namespace
}  // namespace marquee::kernels
