// Everything that binary trees in a well-formed model with a right checksum may get wrong: refused,
// with the field's name.
#include "model/validate_binary_trees.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "model/synthetic_binary.h"
#include "model/validate.h"
#include "tests/model/scoring.h"

namespace marquee::model {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

/// One way to spoil trees, and what the refusal must name, behind "classifier.binary_trees.".
struct Refusal {
  const char* name;
  void (*spoil)(BinaryTreesParts&);
  const char* named;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

/// Two scores in f32; tree 0 has splits 0 to 2 and adds to score 0, tree 1 has split 3, which is
/// categorical, and adds to both.
///
/// Tree 0 is: split 0 ? split 1 (leaves 0, 1) : split 2 (leaves 2, 3).
ModelParts ValidModel() {
  BinaryShape shape;
  shape.num_scores = 2;
  Random random(1);
  ModelParts parts = MakeBinaryModel(shape, random);
  BinaryTreesParts trees;
  trees.num_scores = 2;
  trees.split_counts = {3, 1};
  trees.targets = {0, 2};
  trees.split_columns = {0, 1, 0, 2};
  trees.split_thresholds = {1.5f, -2, 7, 0};
  trees.split_flags = {0, kMissingRight, kZeroMissing, kCategorical};
  trees.split_lefts = {1, -1, -3, -1};
  trees.split_rights = {2, -2, -4, -2};
  trees.set_ends = {2};
  trees.set_words = {5, 1};
  trees.leaves = {1, 2, 3, 4, 10, 20, 30, 40};
  trees.start = {0.5, 0};
  trees.bias = {0, -0.5};
  parts.binary_trees = trees;
  parts.golden.scores =
      NaiveBinaryScores(trees, parts.golden.rows.numeric, parts.golden.rows.num_rows);
  return parts;
}

/// A chain of splits, each the left child of the one before.
void MakeChain(BinaryTreesParts& trees, std::int32_t num_splits) {
  trees = {};
  trees.num_scores = 2;
  trees.split_counts = {static_cast<std::uint32_t>(num_splits)};
  trees.targets = {1};
  for (std::int32_t i = 0; i < num_splits; ++i) {
    trees.split_lefts.push_back(i + 1 < num_splits ? i + 1 : -1 - num_splits);
    trees.split_rights.push_back(-1 - i);
  }
  const auto size = static_cast<std::size_t>(num_splits);
  trees.split_columns.resize(size);
  trees.split_thresholds.resize(size);
  trees.split_flags.resize(size);
  trees.leaves.resize(size + 1);
  trees.start = trees.bias = {0, 0};
}

using Trees = BinaryTreesParts;

const Refusal kRefusals[] = {
    {"NoTrees", [](Trees& t) { t.split_counts.clear(); }, "split_counts has 0 entries"},
    {"TooManyTrees", [](Trees& t) { t.split_counts.resize(kMaxTrees + 1); },
     "split_counts has 65537 entries"},
    {"TargetMissing", [](Trees& t) { t.targets.pop_back(); }, "targets has 1 entries instead of 2"},
    {"TargetOut", [](Trees& t) { t.targets[1] = 3; }, "targets[1] is 3"},
    {"SplitCountTooLarge", [](Trees& t) { t.split_counts[1] = 0xFFFFFFFF; },
     "split_columns has 4 entries"},
    {"SplitCountWrong", [](Trees& t) { ++t.split_counts[0]; }, "split_columns has 4 entries"},
    {"ColumnMissing", [](Trees& t) { t.split_columns.pop_back(); }, "split_columns has 3"},
    {"ThresholdMissing", [](Trees& t) { t.split_thresholds.pop_back(); }, "split_thresholds has 3"},
    {"FlagMissing", [](Trees& t) { t.split_flags.pop_back(); }, "split_flags has 3"},
    {"LeftMissing", [](Trees& t) { t.split_lefts.pop_back(); }, "split_lefts has 3"},
    {"RightMissing", [](Trees& t) { t.split_rights.pop_back(); }, "split_rights has 3"},
    {"LeafMissing", [](Trees& t) { t.leaves.pop_back(); }, "leaves has 7 entries instead of 8"},
    {"NoLeaves", [](Trees& t) { t.leaves.clear(); }, "leaves has 0 entries instead of 8"},
    {"LeafOfTwoTypes", [](Trees& t) { t.leaves_f64.assign(8, 0); }, "leaves are there, and"},
    {"ColumnOut", [](Trees& t) { t.split_columns[2] = 8; }, "split_columns[2] is 8"},
    {"UnknownFlag", [](Trees& t) { t.split_flags[1] = 8; }, "split_flags[1] is 8"},
    {"ThresholdNan", [](Trees& t) { t.split_thresholds[2] = kNan; }, "split_thresholds[2] is nan"},
    {"ThresholdOfASet", [](Trees& t) { t.split_thresholds[3] = 1; },
     "split_thresholds[3] is 1; that of a categorical split is 0"},
    {"SetMissing", [](Trees& t) { t.set_ends.clear(); }, "set_ends has 0 entries instead of 1"},
    {"SetWithoutSplit", [](Trees& t) { t.split_flags[3] = 0; }, "set_ends has 1 entries instead"},
    {"SetBeyondWords", [](Trees& t) { t.set_ends[0] = 3; }, "set_words has 2 entries instead of 3"},
    {"SetsDescend",
     [](Trees& t) {
       t.split_flags[1] = kCategorical;
       t.split_thresholds[1] = 0;
       t.set_ends = {3, 2};
     },
     "set_ends[1] is 2, below 3"},
    {"TooManyWords",
     [](Trees& t) {
       t.set_words.resize(kMaxSetWords + 1);
       t.set_ends[0] = kMaxSetWords + 1;
     },
     "set_words has 524289 entries"},
    {"ChildIsItself", [](Trees& t) { t.split_lefts[1] = 1; },
     "split_lefts[1] is 1: split 1 of its tree does not come after it"},
    {"ChildIsRoot", [](Trees& t) { t.split_rights[2] = 0; }, "split_rights[2] is 0: split 0"},
    {"ChildOfAnotherTree", [](Trees& t) { t.split_rights[2] = 3; },
     "split_rights[2] is 3: split 3 of its tree is not there"},
    {"ChildFarOut", [](Trees& t) { t.split_lefts[3] = 0x7FFFFFFF; },
     "split_lefts[3] is 2147483647"},
    {"LeafOut", [](Trees& t) { t.split_lefts[1] = -5; },
     "split_lefts[1] is -5: leaf 4 of its tree is not there"},
    {"LeafFarOut", [](Trees& t) { t.split_lefts[1] = std::numeric_limits<std::int32_t>::min(); },
     "split_lefts[1] is -2147483648: leaf 2147483647 of its tree is not there"},
    {"LeafTwice", [](Trees& t) { t.split_rights[1] = -1; },
     "split_rights[1] is -1: leaf 0 of its tree is a child already"},
    {"SplitTwice", [](Trees& t) { t.split_rights[0] = 1; },
     "split_rights[0] is 1: split 1 of its tree is a child already"},
    {"TooDeep", [](Trees& t) { MakeChain(t, kMaxBinaryDepth + 1); },
     "split_lefts[1023] is 1024: split 1024 of its tree lies deeper than 1024 splits"},
    {"LeafNan", [](Trees& t) { t.leaves[5] = kNan; }, "leaves[5] is nan"},
    {"LeafF64Infinite",
     [](Trees& t) {
       t.leaves_f64.assign(8, std::numeric_limits<double>::infinity());
       t.leaves.clear();
     },
     "leaves_f64[0] is inf"},
    {"LeavesOverflow", [](Trees& t) { t.leaves[5] = 1e38f; }, "leaves may sum up to"},
    {"StartMissing", [](Trees& t) { t.start.pop_back(); }, "start has 1 entries instead of 2"},
    {"StartNan", [](Trees& t) { t.start[1] = kNan; }, "start[1]"},
    {"StartNoF32", [](Trees& t) { t.start[1] = 0.1; }, "start[1] is 0.1, which is no f32"},
    {"StartOverflows", [](Trees& t) { t.start[1] = 1e31; }, "start[1] is 1e+31; at most"},
    {"BiasMissing", [](Trees& t) { t.bias.clear(); }, "bias has 0 entries instead of 2"},
    {"BiasNoF32", [](Trees& t) { t.bias[0] = 0.1; }, "bias[0] is 0.1"},
    {"DivisorZero", [](Trees& t) { t.divisor = 0; }, "divisor is 0, not above 0"},
    {"DivisorNegative", [](Trees& t) { t.divisor = -1; }, "divisor is -1, not above 0"},
    {"DivisorNan", [](Trees& t) { t.divisor = kNan; }, "divisor"},
    {"DivisorTiny", [](Trees& t) { t.divisor = std::numeric_limits<float>::denorm_min(); },
     "leaves may sum up to"},
    {"ScaleInfinite", [](Trees& t) { t.scale = std::numeric_limits<double>::infinity(); }, "scale"},
    {"ScaleOverflows", [](Trees& t) { t.scale = 0x1p98; }, "leaves may sum up to"},
};

class BinaryRefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(BinaryRefusalTest, NamesTheFileAndTheField) {
  ModelParts parts = ValidModel();
  GetParam().spoil(*parts.binary_trees);
  const auto model = LoadParts(parts);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), StatusCode::kConfig);
  EXPECT_THAT(
      model.error().message(),
      testing::StartsWith(std::string("test.model: classifier.binary_trees.") + GetParam().named));
}

INSTANTIATE_TEST_SUITE_P(All, BinaryRefusalTest, testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

TEST(ValidateBinaryTreesTest, AcceptsTheModelThatTheRefusalsSpoil) {
  const auto model = LoadParts(ValidModel());
  EXPECT_TRUE(model) << model.error().message();
}

TEST(ValidateBinaryTreesTest, AcceptsTheDeepestTree) {
  ModelParts parts = ValidModel();
  MakeChain(*parts.binary_trees, kMaxBinaryDepth);
  std::fill(parts.golden.scores.begin(), parts.golden.scores.end(), 0.0f);
  const auto model = LoadParts(parts);
  EXPECT_TRUE(model) << model.error().message();
}

TEST(ValidateBinaryTreesTest, RefusesModelsWithBothKindsOfTreesOrNone) {
  ModelParts parts = ValidModel();
  Random random(2);
  parts.trees = MakeSyntheticModel(SyntheticShape(), random).trees;
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier has both trees and binary_trees"));
  parts.trees = {};
  parts.binary_trees.reset();
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier has neither trees nor binary_trees"));
}

TEST(ValidateBinaryTreesTest, RefusesGoldenRowsThatWouldTakeLong) {
  ModelParts parts = ValidModel();
  MakeChain(*parts.binary_trees, kMaxBinaryDepth);
  Trees& trees = *parts.binary_trees;
  // 33 such trees of 1024 splits, and 8192 rows: 2^28 steps and some.
  const Trees one = trees;
  for (int i = 1; i < 33; ++i) {
    const auto append = [](auto& to, const auto& from) {
      to.insert(to.end(), from.begin(), from.end());
    };
    append(trees.split_counts, one.split_counts);
    append(trees.targets, one.targets);
    append(trees.split_columns, one.split_columns);
    append(trees.split_thresholds, one.split_thresholds);
    append(trees.split_flags, one.split_flags);
    append(trees.split_lefts, one.split_lefts);
    append(trees.split_rights, one.split_rights);
    append(trees.leaves, one.leaves);
  }
  parts.golden.rows.num_rows = kMaxGoldenRows;
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("golden.num_rows is 8192, times 33825 steps"));
}

TEST(ValidateBinaryTreesTest, AsksForTheScoresOfTheClassifier) {
  ModelParts parts = ValidModel();
  parts.classifier = ClassifierKind::kOneVsRest;
  parts.logistic_slope = 0;
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.logistic_slope is 0"));
  parts.logistic_slope = 2;
  EXPECT_TRUE(LoadParts(parts)) << LoadParts(parts).error().message();
  parts.class_names.push_back("one more");
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.binary_trees.num_scores is 2 instead of 3"));
}

}  // namespace
}  // namespace marquee::model
