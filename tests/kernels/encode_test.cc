#include "kernels/encode.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <random>
#include <vector>

#include "model/code_table.h"
#include "tests/kernels/float_cases.h"
#include "tests/kernels/scoped_isa.h"

namespace marquee::kernels {
namespace {

using model::CodeTableStorage;
using testing::Each;
using testing::ElementsAre;

// Rows: two items, none, an unknown one, one three times, code 0 and an unknown one.
const std::vector<std::uint16_t> kLengths = {2, 0, 1, 3, 2};
const std::vector<std::uint32_t> kCodes = {10, 20, 77, 20, 20, 20, 0, 77};
const ListView kList = {kLengths, kCodes};

CodeTableStorage<float> Values() {
  const std::vector<std::uint32_t> codes = {0, 10, 20};
  const std::vector<float> values = {-8.0f, 1.0f, 4.0f};
  return *CodeTableStorage<float>::Make(codes, values, 0.5f);
}

TEST(EncodeTest, HotMarksWhatARowHolds) {
  const std::vector<std::uint32_t> codes = {20, 0};
  const std::vector<std::uint32_t> columns = {0, 1};
  const auto table = *CodeTableStorage<std::uint32_t>::Make(codes, columns, 2);
  std::vector<float> out(3 * 6, 9.0f);  // a stride of 6: one more than rows
  EncodeHot(kList, table.view(), 2, true, {out.data(), 6});
  EXPECT_THAT(out, ElementsAre(1, 0, 0, 1, 0, 9,    // 20
                               0, 0, 0, 0, 1, 9,    // 0
                               0, 1, 1, 0, 0, 9));  // neither
}

TEST(EncodeTest, HotWithoutOtherLeavesTheNextColumnAlone) {
  const std::vector<std::uint32_t> codes = {20};
  const std::vector<std::uint32_t> columns = {0};
  const auto table = *CodeTableStorage<std::uint32_t>::Make(codes, columns, 1);
  std::vector<float> out(2 * 5, 9.0f);
  EncodeHot(kList, table.view(), 1, false, {out.data(), 5});
  EXPECT_THAT(out, ElementsAre(1, 0, 0, 1, 0, 9, 9, 9, 9, 9));
}

TEST(EncodeTest, SumsStartFromWhatIsThere) {
  std::vector<float> sums = {1, 2, 3, 4, 5};
  AddItemValues(kList, Values().view(), sums);
  EXPECT_THAT(sums, ElementsAre(6, 2, 3.5f, 16, -2.5f));
}

TEST(EncodeTest, SumsRunInTheOrderOfItems) {
  // In f32, (1e8 + 1) + -1e8 is 0 and (1e8 + -1e8) + 1 is 1.
  const std::vector<std::uint32_t> known = {1, 2, 3};
  const std::vector<float> values = {1e8f, 1.0f, -1e8f};
  const auto table = *CodeTableStorage<float>::Make(known, values, 0.0f);
  const std::vector<std::uint16_t> lengths = {3, 3};
  const std::vector<std::uint32_t> codes = {1, 2, 3, 1, 3, 2};
  std::vector<float> sums(2, 0.0f);
  AddItemValues({lengths, codes}, table.view(), sums);
  EXPECT_THAT(sums, ElementsAre(0, 1));
}

TEST(EncodeTest, MeanMaxAndMin) {
  const auto table = Values();
  std::vector<float> out(5);
  EncodeMean(kList, table.view(), -1.0f, out);
  EXPECT_THAT(out, ElementsAre(2.5f, -1, 0.5f, 4, -3.75f));
  EncodeMax(kList, table.view(), -1.0f, out);
  EXPECT_THAT(out, ElementsAre(4, -1, 0.5f, 4, 0.5f));
  EncodeMin(kList, table.view(), -1.0f, out);
  EXPECT_THAT(out, ElementsAre(1, -1, 0.5f, 4, -8));
}

/// Many rows: most of a few items, some of none, some of thousands. Every other code is known.
struct ManyItems {
  explicit ManyItems(std::size_t num_rows) {
    std::mt19937_64 random(num_rows);
    for (std::size_t row = 0; row < num_rows; ++row) {
      const std::size_t most = random() % 1000 == 0 ? 5000 : random() % 100 == 0 ? 40 : 4;
      lengths.push_back(static_cast<std::uint16_t>(random() % (most + 1)));
      for (std::size_t i = 0; i < lengths.back(); ++i) {
        codes.push_back(static_cast<std::uint32_t>(random() % 4000));
      }
    }
    for (std::uint32_t code = 0; code < 4000; code += 2) {
      known.push_back(code);
      values.push_back(static_cast<float>(random() % 2001) / 7 - 140);
    }
  }

  std::vector<std::uint16_t> lengths;
  std::vector<std::uint32_t> codes;
  std::vector<std::uint32_t> known;
  std::vector<float> values;
};

TEST(EncodeTest, SumsOfManyItemsAreThoseOfTheirDefinitionForEveryIsa) {
  const ManyItems many(200'000);
  const auto table = *CodeTableStorage<float>::Make(many.known, many.values, 0.125f);
  std::vector<float> expected;
  auto code = many.codes.begin();
  for (const std::size_t length : many.lengths) {
    float sum = 0.5f;
    for (std::size_t i = 0; i < length; ++i, ++code) {
      sum += *code % 2 == 0 ? many.values[*code / 2] : 0.125f;
    }
    expected.push_back(sum);
  }
  for (const Isa isa : SupportedIsas()) {
    const ScopedIsa scoped(isa);
    std::vector<float> sums(many.lengths.size(), 0.5f);
    AddItemValues({many.lengths, many.codes}, table.view(), sums);
    ASSERT_TRUE(SameFloats(sums, expected)) << IsaName(isa);
  }
}

TEST(EncodeTest, SearchesThatCollideEndRightForEveryIsa) {
  // Multiples of the inverse of the table's multiplier begin their search at one place: 300 in a
  // row, of which only every third is known.
  std::vector<std::uint32_t> known;
  std::vector<float> values;
  std::vector<std::uint32_t> codes;
  std::vector<float> expected;
  for (std::uint32_t i = 1; i <= 300; ++i) {
    codes.push_back(i * 244002641u);
    expected.push_back(i % 3 == 0 ? static_cast<float>(i) : -1.0f);
    if (i % 3 != 0) continue;
    known.push_back(codes.back());
    values.push_back(static_cast<float>(i));
  }
  const auto table = *CodeTableStorage<float>::Make(known, values, -1.0f);
  const std::vector<std::uint16_t> lengths(codes.size(), 1);
  for (const Isa isa : SupportedIsas()) {
    const ScopedIsa scoped(isa);
    std::vector<float> sums(codes.size(), 0.0f);
    AddItemValues({lengths, codes}, table.view(), sums);
    EXPECT_EQ(sums, expected) << IsaName(isa);
  }
}

TEST(EncodeTest, NoRowsIsFine) {
  std::vector<float> none;
  AddItemValues({}, Values().view(), none);
  EncodeMean({}, Values().view(), 0.0f, none);
  EncodeMax({}, Values().view(), 0.0f, none);
  EXPECT_TRUE(none.empty());
}

TEST(CodeTableTest, FindsEveryCodeAndNoOther) {
  for (const std::size_t size : {0u, 1u, 2u, 3u, 1000u}) {
    std::vector<std::uint32_t> codes;
    std::vector<float> values;
    for (std::size_t i = 0; i < size; ++i) {
      codes.push_back(static_cast<std::uint32_t>(2 * i));
      values.push_back(static_cast<float>(i) + 1);
    }
    const auto table = *CodeTableStorage<float>::Make(codes, values, -1.0f);
    for (std::uint32_t code = 0; code < 2 * size + 10; ++code) {
      const bool is_known = code % 2 == 0 && code < 2 * size;
      EXPECT_EQ(table.view().Find(code), is_known ? static_cast<float>(code) / 2 + 1 : -1.0f);
    }
  }
}

TEST(CodeTableTest, RefusesCodesThatCollideAsNoHashesDo) {
  // Multiples of the inverse of the table's multiplier all begin their search at one place.
  std::vector<std::uint32_t> codes;
  for (std::uint32_t i = 1; i <= 1000; ++i) codes.push_back(i * 244002641u);
  const std::vector<float> values(codes.size(), 1.0f);
  EXPECT_FALSE(CodeTableStorage<float>::Make(codes, values, 0.0f));
}

}  // namespace
}  // namespace marquee::kernels
