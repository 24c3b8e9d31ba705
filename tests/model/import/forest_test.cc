#include "model/import/forest.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <random>

#include "model/validate.h"
#include "tests/support/seed.h"

namespace marquee::model {
namespace {

using testing::HasSubstr;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kMax = std::numeric_limits<float>::max();

FileNode Leaf(std::size_t values) { return {.values = values, .is_leaf = true}; }
FileNode Inner(std::int64_t left, std::int64_t right) { return {.left = left, .right = right}; }

TEST(ForestTest, ThresholdsOfDoublesBecomeFloatsThatDivideFloatsAlike) {
  std::mt19937_64 random(testing_support::TestSeed());
  for (int i = 0; i < 100'000; ++i) {
    const auto x = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (std::isnan(x)) continue;
    for (const double t :
         {static_cast<double>(x), std::nextafter(static_cast<double>(x), 1e300),
          std::nextafter(static_cast<double>(x), -1e300), std::bit_cast<double>(random())}) {
      if (std::isnan(t)) continue;
      EXPECT_EQ(x > FloatNotAbove(t), static_cast<double>(x) > t) << x << ' ' << t;
    }
    if (x > -kInf) {
      EXPECT_GT(x, FloatBelow(x));
    }
  }
  EXPECT_EQ(FloatNotAbove(1e300), kMax);
  EXPECT_EQ(FloatNotAbove(-1e300), -kInf);
  EXPECT_EQ(FloatBelow(0.0f), -std::numeric_limits<float>::denorm_min());
}

TEST(ForestTest, PutsChildrenBehindTheirParents) {
  // In the file, the root's left child comes last.
  const auto tree = MakeTree({Inner(4, 1), Inner(2, 3), Leaf(0), Leaf(1), Leaf(2)}, {10, 20, 30}, 1,
                             1, false, "tree");
  ASSERT_TRUE(tree) << tree.error().message();
  ASSERT_EQ(tree->splits.size(), 2u);
  EXPECT_EQ(tree->splits[0].left, -1);
  EXPECT_EQ(tree->splits[0].right, 1);
  EXPECT_EQ(tree->splits[1].left, -2);
  EXPECT_EQ(tree->splits[1].right, -3);
  EXPECT_THAT(tree->leaves, testing::ElementsAre(30, 10, 20));
  EXPECT_EQ(tree->depth, 2u);
}

TEST(ForestTest, TakesUnreachedNodesOnlyWhereTheyAreAllowed) {
  const std::vector<FileNode> nodes = {Leaf(0), Leaf(1)};
  EXPECT_TRUE(MakeTree(nodes, {1, 2}, 1, 1, true, "tree"));
  EXPECT_THAT(MakeTree(nodes, {1, 2}, 1, 1, false, "tree").error().message(),
              HasSubstr("tree: has 2 nodes, of which the root reaches 1 only"));
}

TEST(ForestTest, RefusesATreeThatIsTooDeep) {
  std::vector<FileNode> nodes;
  for (std::size_t i = 0; i <= kMaxBinaryDepth; ++i) {
    const auto next = static_cast<std::int64_t>(2 * i + 1);
    nodes.push_back(Inner(next, next + 1));
    nodes.push_back(Leaf(0));
    std::swap(nodes.back().left, nodes.back().right);
    // The right child goes on.
    nodes[2 * i].left = next;
    nodes[2 * i].right = next + 1;
  }
  nodes.push_back(Leaf(0));
  EXPECT_THAT(MakeTree(nodes, {1}, 1, 1, false, "tree").error().message(),
              HasSubstr("lies deeper than 1024 splits"));
}

}  // namespace
}  // namespace marquee::model
