// The tree kernels of every instruction set against the reference, bit by bit, on bins: what
// engine_test does with engines, on floats.
#include "kernels/trees_simd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "kernels/trees_reference.h"
#include "model/trees_layout.h"
#include "tests/kernels/float_cases.h"

namespace marquee::kernels {
namespace {

using Random = std::mt19937_64;

/// Trees of any shape that the model loader admits, but for their number.
struct Trees {
  Trees(std::size_t num_trees, std::size_t min_depth, std::size_t max_depth, Random& random)
      : num_columns(1 + random() % (random() % 8 == 0 ? 255 : 20)),
        num_scores(random() % 2 == 0 ? 1 : 1 + random() % 6) {
    for (std::size_t tree = 0; tree < num_trees; ++tree) {
      const std::size_t depth = min_depth + random() % (max_depth - min_depth + 1);
      depths.push_back(static_cast<std::uint8_t>(depth));
      for (std::size_t level = 0; level < depth; ++level) {
        features.push_back(static_cast<std::uint8_t>(random() % num_columns));
        borders.push_back(static_cast<std::uint8_t>(random() % 254));
      }
      for (std::size_t i = 0; i < num_scores << depth; ++i) leaves.push_back(Leaf(random));
    }
    for (std::size_t s = 0; s < num_scores; ++s) bias.push_back(Leaf(random));
    scale = Leaf(random);
  }

  /// Of very different sizes, so that another order of the sum gives another result.
  static float Leaf(Random& random) {
    static const std::vector<float> specials = {0.0f,
                                                -0.0f,
                                                1e25f,
                                                -1e25f,
                                                std::numeric_limits<float>::denorm_min(),
                                                -std::numeric_limits<float>::denorm_min()};
    if (random() % 8 == 0) return specials[random() % specials.size()];
    return (static_cast<float>(random() % 20001) - 10000) / 7;
  }

  TreesView view() const { return {num_scores, depths, features, borders, leaves, scale, bias}; }

  std::size_t num_columns;
  std::size_t num_scores;
  std::vector<std::uint8_t> depths;
  std::vector<std::uint8_t> features;
  std::vector<std::uint8_t> borders;
  std::vector<float> leaves;
  float scale = 1;
  std::vector<float> bias;
};

/// Score `num_rows` random rows with every kernel, by block and (the first `single_rows`) by row.
void ExpectAllEqualReference(const Trees& trees, std::size_t num_rows, std::size_t single_rows,
                             Random& random) {
  const model::TreesLayoutStorage layout(trees.view());
  std::vector<std::uint8_t> bins(trees.num_columns * kBlockRows);
  for (std::uint8_t& bin : bins) {
    // Often at a border or one beside it.
    const std::size_t border = trees.borders.empty() ? 0 : random() % trees.borders.size();
    bin = static_cast<std::uint8_t>(trees.borders.empty() || random() % 2 == 0
                                        ? random()
                                        : trees.borders[border] + random() % 2);
  }
  std::vector<float> expected(num_rows * trees.num_scores);
  ScoreTreesReference(trees.view(), {bins.data(), kBlockRows}, num_rows, expected);
  for (const Isa isa : SupportedIsas()) {
    const TreesKernel kernel = TreesKernelFor(isa);
    const float nan = std::numeric_limits<float>::quiet_NaN();
    std::vector<float> scores(expected.size(), nan);
    std::vector<float> sums(kBlockRows * trees.num_scores, nan);
    kernel.score_block(layout.view(), {bins.data(), kBlockRows}, num_rows, scores, sums);
    ASSERT_TRUE(SameFloats(scores, expected)) << IsaName(isa) << ", " << num_rows << " rows";
    for (std::size_t row = 0; row < std::min(num_rows, single_rows); ++row) {
      std::vector<std::uint8_t> of_row((trees.num_columns + 15) / 16 * 16, 99);
      for (std::size_t c = 0; c < trees.num_columns; ++c) of_row[c] = bins[c * kBlockRows + row];
      std::vector<float> score(trees.num_scores, nan);
      kernel.score_row(layout.view(), std::span(of_row).first(trees.num_columns), score);
      const auto first = expected.begin() + static_cast<std::ptrdiff_t>(row * trees.num_scores);
      ASSERT_TRUE(SameFloats(score, {first, first + static_cast<std::ptrdiff_t>(trees.num_scores)}))
          << IsaName(isa) << ", row " << row;
    }
  }
}

TEST(TreesSimdTest, EqualsReferenceForEveryDepthAndNumberOfRows) {
  Random random(1);
  for (std::size_t depth = 0; depth <= kMaxTreeDepth; ++depth) {
    for (std::size_t num_rows = 0; num_rows <= kBlockRows;
         num_rows += num_rows < 130 ? 1 : 1 + random() % 64) {
      SCOPED_TRACE(testing::Message() << "depth " << depth);
      ExpectAllEqualReference(Trees(1 + random() % 4, depth, depth, random), num_rows, 1, random);
    }
  }
}

TEST(TreesSimdTest, EqualsReferenceForAMillionRowsOfRandomModels) {
  Random random(2);
  for (std::size_t rows = 0; rows < 1'000'000; rows += kBlockRows) {
    SCOPED_TRACE(testing::Message() << "after " << rows << " rows");
    const std::size_t max_depth = random() % (kMaxTreeDepth + 1);
    const std::size_t min_depth = random() % (max_depth + 1);
    const Trees trees(random() % 20, min_depth, max_depth, random);
    ExpectAllEqualReference(trees, kBlockRows, 2, random);
  }
}

TEST(TreesSimdTest, EqualsReferenceForGroupsOfTrees) {
  Random random(3);
  for (const std::size_t num_trees :
       {kGroupTrees - 1, kGroupTrees, kGroupTrees + 1, std::size_t{600}}) {
    SCOPED_TRACE(testing::Message() << num_trees << " trees");
    ExpectAllEqualReference(Trees(num_trees, 0, 8, random), 100, 100, random);
    ExpectAllEqualReference(Trees(num_trees, 6, 6, random), 100, 100, random);
  }
}

}  // namespace
}  // namespace marquee::kernels
