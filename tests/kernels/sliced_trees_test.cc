// What engine_general_test does not see of kernels/binned_trees.h: edges of sizes, and a tree that
// is sliced and one that walks, by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/binary_trees.h"
#include "kernels/binned_trees.h"
#include "tests/kernels/float_cases.h"

namespace marquee::kernels {
namespace {

using testing::ElementsAre;

TEST(FinishBinsTest, PutsWhatIsMissingWhereItIsToldForEverySize) {
  const std::vector<float> cases = FloatCases();
  for (const Isa isa : SupportedIsas()) {
    const SlicedKernel kernel = SlicedKernelFor(isa);
    for (std::size_t size = 0; size <= 2 * 64 + 1; ++size) {
      std::vector<float> values;
      std::vector<std::uint8_t> bins;
      for (std::size_t i = 0; i < size; ++i) {
        values.push_back(i % 7 == 0 ? kZeroLimit : cases[i % cases.size()]);
        bins.push_back(static_cast<std::uint8_t>(37 * i));
      }
      for (const bool zero_missing : {false, true}) {
        std::vector<SignedBin> out(size, 5);
        kernel.finish_bins(values, bins.data(), zero_missing, 127, out.data());
        std::vector<std::uint8_t> in_place = bins;
        auto* same = reinterpret_cast<SignedBin*>(in_place.data());
        kernel.finish_bins(values, in_place.data(), zero_missing, 127, same);
        for (std::size_t i = 0; i < size; ++i) {
          const bool is_zero = values[i] >= -1e-35f && values[i] <= 1e-35f;
          const bool missing = std::isnan(values[i]) || (zero_missing && is_zero);
          const int expected = missing ? 127 : int{bins[i]} - 128;
          ASSERT_EQ(out[i], expected) << IsaName(isa) << ", " << values[i] << ", size " << size;
          ASSERT_EQ(same[i], expected);
        }
      }
    }
  }
}

TEST(SlicedKernelTest, EveryRowHasAPlaceOfItsOwn) {
  for (const Isa isa : SupportedIsas()) {
    const SlicedKernel kernel = SlicedKernelFor(isa);
    for (const auto place : {kernel.place_f32, kernel.place_f64}) {
      std::vector<std::size_t> places;
      for (std::size_t row = 0; row < kBlockRows; ++row) places.push_back(place(row));
      std::sort(places.begin(), places.end());
      std::vector<std::size_t> all(kBlockRows);
      std::iota(all.begin(), all.end(), std::size_t{0});
      EXPECT_EQ(places, all) << IsaName(isa);
    }
  }
}

/// Column 0 above bin 4 ? leaf 1 or, by a set of column 1, leaf 2 : leaf 0. Leaves are worth 1, 10
/// and 100.
constexpr std::size_t kNumRows = 4;
constexpr float kExpected[kNumRows] = {1, 10, 100, 1};

std::vector<SignedBin> Bins() {
  std::vector<SignedBin> bins(2 * kBlockRows);
  const int of_column[2][kNumRows] = {{4, 5, 255, 0}, {77, 76, 77, 77}};
  for (std::size_t column = 0; column < 2; ++column) {
    for (std::size_t row = 0; row < kNumRows; ++row) {
      bins[column * kBlockRows + row] = static_cast<SignedBin>(of_column[column][row] - 128);
    }
  }
  return bins;
}

/// Only bin 77, stored as 77 ^ 0x80.
std::vector<BinSet> Sets() {
  std::vector<BinSet> sets(1);
  sets[0][(77 ^ 0x80) / 8] = 1u << (77 ^ 0x80) % 8;
  return sets;
}

TEST(SlicedKernelTest, AnswersATreeByHand) {
  const std::vector<SlicedCompare> compares = {{0x84848484u, 0}};  // bin 4, signed
  const std::vector<SlicedTest> tests = {{0, kBlockRows}};
  // Row 2 answers the compare, row 3 the test; bit 1 is set where both say right.
  const auto at = [](std::size_t number) { return static_cast<BitRow>(number * kBitRowBytes); };
  const std::vector<SlicedSelect> selects = {{at(2), at(3), at(0), at(4)}};
  const std::vector<BinSet> sets = Sets();
  // By the numbers of leaves: 0 left, 1 right, 3 right and in the set.
  std::vector<float> tables(16);
  tables[0] = 1;
  tables[1] = 10;
  tables[3] = 100;
  std::vector<std::uint8_t> planes;
  for (unsigned shift = 0; shift < 32; shift += 8) {
    for (const float value : tables) {
      planes.push_back(static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(value) >> shift));
    }
  }
  SlicedTree tree;
  tree.num_compares = tree.num_tests = tree.num_selects = 1;
  tree.num_bits = 2;
  tree.bits = {at(2), at(4)};
  const SlicedTrees trees = {1, {&tree, 1}, compares, tests, selects, sets, tables, planes};
  const std::vector<SignedBin> bins = Bins();
  for (const Isa isa : SupportedIsas()) {
    const SlicedKernel kernel = SlicedKernelFor(isa);
    if (kernel.score_f32 == nullptr) continue;
    std::vector<std::uint8_t> bits(5 * kBitRowBytes, 0xFF);
    std::fill_n(bits.begin(), kBitRowBytes, std::uint8_t{0});
    std::vector<float> sums(kBlockRows);
    kernel.score_f32(trees, 0, 1, bins.data(), kNumRows, bits.data(), sums.data());
    for (std::size_t i = 0; i < kNumRows; ++i) {
      EXPECT_EQ(sums[kernel.place_f32(i)], kExpected[i]) << IsaName(isa) << ", row " << i;
    }
  }
}

TEST(WalkTest, WalksATreeByHand) {
  const std::vector<BinSet> sets = Sets();
  // Root, leaf 0, the other split, leaves 1 and 2.
  const std::vector<WalkedNode> nodes = {{1, 0, 4 - 128, false}, {1}, {3, 1, 0, true}, {3}, {4}};
  const std::vector<std::uint32_t> node_sets(nodes.size());
  const std::vector<float> values = {0, 1, 0, 10, 100};
  const WalkedTree tree = {0, 0, 0, true};
  const WalkedTrees trees = {1, {&tree, 1}, nodes, node_sets, sets};
  const std::vector<SignedBin> bins = Bins();
  const std::vector<std::uint16_t> places = {3, 2, 1, 0};
  std::vector<float> sums(kBlockRows, 0.5f);
  WalkRows<float>(trees, values, 0, 1, bins.data(), kNumRows, places, nullptr, sums.data());
  EXPECT_THAT(std::vector(sums.begin(), sums.begin() + 5),
              ElementsAre(1.5f, 100.5f, 10.5f, 1.5f, 0.5f));
  for (std::size_t row = 0; row < kNumRows; ++row) {
    float sum = 0;
    WalkTrees<float>(trees, values, bins.data(), row, nullptr, &sum);
    EXPECT_EQ(sum, kExpected[row]);
  }
}

TEST(WalkTest, VectorsWalkAsPlainLoadsDo) {
  // As deep as can be: every split has a leaf to the left, the next split to the right.
  constexpr std::size_t kNumSplits = 200;
  constexpr std::size_t kNumColumns = 3;
  std::vector<WalkedNode> nodes(2 * kNumSplits + 1);
  for (std::uint32_t i = 0; i < nodes.size(); ++i) nodes[i].first = i;
  std::uint32_t split = 0;
  for (std::uint32_t i = 0; i < kNumSplits; ++i) {
    nodes[split] = {2 * i + 1, static_cast<std::uint16_t>(i % kNumColumns),
                    static_cast<SignedBin>(static_cast<int>(i) - 128), false};
    split = 2 * i + 2;
  }
  std::vector<float> values(nodes.size());
  std::iota(values.begin(), values.end(), 0.0f);
  const WalkedTree tree;
  const WalkedTrees trees = {1, {&tree, 1}, nodes, {}, {}};
  std::vector<SignedBin> bins(kNumColumns * kBlockRows + kBinsPadding);
  for (std::size_t i = 0; i < bins.size(); ++i) bins[i] = static_cast<SignedBin>(i * 37);
  std::vector<std::uint16_t> places(kBlockRows);
  std::iota(places.begin(), places.end(), std::uint16_t{0});
  for (const std::size_t num_rows : {std::size_t{1}, kWalks / 2 + 1, kWalks + 7, kBlockRows}) {
    std::vector<float> expected(kBlockRows);
    WalkRows<float>(trees, values, 0, 1, bins.data(), num_rows, places, nullptr, expected.data());
    for (const Isa isa : SupportedIsas()) {
      std::vector<float> sums(kBlockRows);
      WalkRows<float>(trees, values, 0, 1, bins.data(), num_rows, places, WalkKernelFor(isa),
                      sums.data());
      EXPECT_EQ(sums, expected) << IsaName(isa) << ", " << num_rows << " rows";
    }
    // They end at leaves that lie far apart.
    std::sort(expected.begin(), expected.begin() + static_cast<std::ptrdiff_t>(num_rows));
    EXPECT_TRUE(num_rows == 1 || expected[num_rows - 1] > expected[0] + 100);
  }
}

}  // namespace
}  // namespace marquee::kernels
