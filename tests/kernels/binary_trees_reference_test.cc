#include "kernels/binary_trees_reference.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <vector>

namespace marquee::kernels {
namespace {

using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

BinarySplit At(float threshold) {
  BinarySplit split;
  split.threshold = threshold;
  return split;
}

TEST(GoesRightTest, ANumberGoesRightAboveTheThresholdOnly) {
  const BinarySplit split = At(1.5f);
  EXPECT_FALSE(GoesRight(split, {}, 1.5f));
  EXPECT_TRUE(GoesRight(split, {}, std::nextafter(1.5f, 2.0f)));
  EXPECT_TRUE(GoesRight(split, {}, kInfinity));
  EXPECT_FALSE(GoesRight(split, {}, -kInfinity));
  EXPECT_FALSE(GoesRight(At(0.0f), {}, -0.0f));
  EXPECT_FALSE(GoesRight(At(-0.0f), {}, 0.0f));
  EXPECT_FALSE(GoesRight(At(-kInfinity), {}, -kInfinity));
  EXPECT_TRUE(GoesRight(At(-kInfinity), {}, std::numeric_limits<float>::lowest()));
  EXPECT_FALSE(GoesRight(At(kInfinity), {}, kInfinity));
}

TEST(GoesRightTest, WhatIsMissingGoesWhereTheSplitSays) {
  BinarySplit split = At(1.5f);
  EXPECT_FALSE(GoesRight(split, {}, kNan));
  split.missing_right = true;
  EXPECT_TRUE(GoesRight(split, {}, kNan));
  EXPECT_FALSE(GoesRight(split, {}, 0.0f));
  split.zero_missing = true;
  for (const float zero : {0.0f, -0.0f, kZeroLimit, -kZeroLimit}) {
    EXPECT_TRUE(GoesRight(split, {}, zero)) << zero;
  }
  EXPECT_FALSE(GoesRight(split, {}, std::nextafter(kZeroLimit, 1.0f)));
  EXPECT_FALSE(GoesRight(split, {}, std::nextafter(-kZeroLimit, -1.0f)));
}

TEST(GoesRightTest, ACategoryGoesRightIfTheSetHasIt) {
  // Behind another set: categories 0, 33 and 63.
  const std::vector<std::uint32_t> words = {0xFFFFFFFF, 1u, 1u << 1 | 1u << 31};
  BinarySplit split;
  split.categorical = true;
  split.first_word = 1;
  split.num_words = 2;
  for (const float in : {0.0f, -0.0f, -0.99f, 0.99f, 33.0f, 33.5f, 63.99f}) {
    EXPECT_TRUE(GoesRight(split, words, in)) << in;
  }
  for (const float out :
       {-1.0f, 1.0f, 32.0f, 62.0f, 64.0f, 1e30f, -1e30f, kInfinity, -kInfinity, kNan}) {
    EXPECT_FALSE(GoesRight(split, words, out)) << out;
  }
  split.num_words = 0;
  EXPECT_FALSE(GoesRight(split, words, 0.0f));
  EXPECT_FALSE(GoesRight(split, words, -0.5f));
  split.missing_right = true;
  EXPECT_TRUE(GoesRight(split, words, kNan));
}

/// A tree of three leaves that asks columns 0 and 1, one without splits, one that adds to all of two
/// scores.
struct Forest {
  std::vector<BinaryTree> trees = {{0, 2, 0, 0}, {2, 0, 3, 1}, {2, 1, 4, 2}};
  std::vector<BinarySplit> splits = {At(1), At(5), At(0)};
  std::vector<float> leaves = {1, 2, 4, 100, 0.25f, 8, 0.5f, 16};
  std::vector<double> start = {1000, 2000};
  std::vector<double> bias = {-1, -2};

  Forest() {
    splits[0].left = -1;
    splits[0].right = 1;
    splits[1].column = 1;
    splits[1].left = -3;
    splits[1].right = -2;
    splits[2].column = 1;
    splits[2].left = -1;
    splits[2].right = -2;
  }

  BinaryTreesView view() const { return {2, trees, splits, {}, leaves, {}, start, 4, 3, bias}; }
};

TEST(ScoreBinaryTreesReferenceTest, AnswersASmallForestByHand) {
  const Forest forest;
  // Rows (column 0, column 1): (0, 9) (2, 9) (2, -1)
  const std::vector<float> columns = {0, 2, 2, 9, 9, -1};
  std::vector<float> scores(6);
  std::vector<double> sums(2);
  ScoreBinaryTreesReference(forest.view(), {columns.data(), 3}, 3, scores, sums);
  EXPECT_THAT(scores, ElementsAre((1000 + 1 + 0.5f) / 4 * 3 - 1, (2000 + 100 + 16) / 4.0f * 3 - 2,
                                  (1000 + 2 + 0.5f) / 4 * 3 - 1, (2000 + 100 + 16) / 4.0f * 3 - 2,
                                  (1000 + 4 + 0.25f) / 4 * 3 - 1, (2000 + 100 + 8) / 4.0f * 3 - 2));
}

TEST(ScoreBinaryTreesReferenceTest, SumsFromTheStartInTheOrderAndTypeOfTheLeaves) {
  const std::vector<BinaryTree> trees = {{0, 0, 0, 0}, {0, 0, 1, 0}, {0, 0, 2, 0}};
  const std::vector<float> leaves = {1.0f, -1e8f, 1.0f};
  const std::vector<double> leaves_f64(leaves.begin(), leaves.end());
  const std::vector<double> start = {1e8};
  const std::vector<double> bias = {0};
  std::vector<float> scores(1);
  std::vector<double> sums(1);
  ScoreBinaryTreesReference({1, trees, {}, {}, leaves, {}, start, 1, 1, bias}, {nullptr, 0}, 1,
                            scores, sums);
  EXPECT_THAT(scores, ElementsAre(1.0f));  // 1e8f + 1 is 1e8f
  ScoreBinaryTreesReference({1, trees, {}, {}, {}, leaves_f64, start, 1, 1, bias}, {nullptr, 0}, 1,
                            scores, sums);
  EXPECT_THAT(scores, ElementsAre(2.0f));
  // Divided, scaled and biased in f64 too, and rounded once.
  const std::vector<double> less = {-1.0};
  ScoreBinaryTreesReference({1, trees, {}, {}, {}, leaves_f64, start, 3e-8, 1e-8, less},
                            {nullptr, 0}, 1, scores, sums);
  EXPECT_THAT(scores, ElementsAre(static_cast<float>(2.0 / 3e-8 * 1e-8 - 1.0)));
}

}  // namespace
}  // namespace marquee::kernels
