#include "kernels/trees_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace marquee::kernels {
namespace {

using testing::ElementsAre;

TEST(ScoreTreesReferenceTest, AnswersASmallForestByHand) {
  const std::vector<std::uint8_t> depths = {2, 0, 1};
  const std::vector<std::uint8_t> features = {0, 1, 1};
  const std::vector<std::uint8_t> borders = {3, 0, 9};
  const std::vector<float> leaves = {1, 2, 4, 8, 100, 0.25f, 0.5f};
  const std::vector<float> bias = {-1};
  const TreesView trees = {1, depths, features, borders, leaves, 2.0f, bias};
  // Rows (feature 0, feature 1): (3, 0) (4, 0) (3, 1) (4, 10)
  const std::vector<std::uint8_t> bins = {3, 4, 3, 4, 0, 0, 1, 10};
  std::vector<float> scores(4);
  ScoreTreesReference(trees, {bins.data(), 4}, 4, scores);
  EXPECT_THAT(scores,
              ElementsAre(2 * 101.25f - 1, 2 * 102.25f - 1, 2 * 104.25f - 1, 2 * 108.5f - 1));
}

TEST(ScoreTreesReferenceTest, SumsInTheOrderOfTrees) {
  const std::vector<std::uint8_t> depths = {0, 0, 0};
  const std::vector<float> leaves = {1e8f, 1.0f, 1.0f, -1e8f, -1e8f, 1.0f};
  const std::vector<float> bias = {0, 0};
  // Score 0: 1e8 + 1 - 1e8 = 0 in f32; score 1: 1 - 1e8 + 1 = -1e8.
  const TreesView trees = {2, depths, {}, {}, leaves, 1.0f, bias};
  std::vector<float> scores(2);
  const std::vector<float> reordered = {1e8f, 1.0f, -1e8f, -1e8f, 1.0f, 1.0f};
  ScoreTreesReference(trees, {nullptr, 0}, 1, scores);
  EXPECT_THAT(scores, ElementsAre((1e8f + 1.0f) + -1e8f, (1.0f + -1e8f) + 1.0f));
  ScoreTreesReference({2, depths, {}, {}, reordered, 1.0f, bias}, {nullptr, 0}, 1, scores);
  EXPECT_THAT(scores, ElementsAre(1.0f, -1e8f));
}

TEST(ScoreTreesReferenceTest, RowsDoNotTouchOneAnother) {
  // One tree over all eight bits of a bin's neighbours: leaf = f(bin), so that every row's answer
  // is known.
  const std::vector<std::uint8_t> depths = {8};
  const std::vector<std::uint8_t> features(8, 0);
  const std::vector<std::uint8_t> borders = {0, 30, 60, 90, 120, 150, 180, 210};
  std::vector<float> leaves(256);
  for (std::size_t i = 0; i < leaves.size(); ++i) leaves[i] = static_cast<float>(i);
  const std::vector<float> bias = {0.5f};
  const TreesView trees = {1, depths, features, borders, leaves, 1.0f, bias};
  for (const std::size_t num_rows : {0u, 1u, 2u, 255u, 256u, 257u, 511u, 513u}) {
    std::vector<std::uint8_t> bins(num_rows);
    for (std::size_t row = 0; row < num_rows; ++row) bins[row] = static_cast<std::uint8_t>(row * 7);
    std::vector<float> scores(num_rows, -1.0f);
    ScoreTreesReference(trees, {bins.data(), num_rows}, num_rows, scores);
    for (std::size_t row = 0; row < num_rows; ++row) {
      std::size_t leaf = 0;
      for (std::size_t d = 0; d < 8; ++d) leaf += bins[row] > borders[d] ? std::size_t{1} << d : 0;
      EXPECT_EQ(scores[row], static_cast<float>(leaf) + 0.5f)
          << "row " << row << " of " << num_rows;
    }
  }
}

}  // namespace
}  // namespace marquee::kernels
