// The engine "general" and the reference of binary trees against the format's definition, bit by
// bit, with every instruction set.
#include "model/engine_general.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/synthetic_binary.h"
#include "tests/kernels/float_cases.h"
#include "tests/kernels/scoped_isa.h"
#include "tests/model/scoring.h"

namespace marquee::model {
namespace {

using kernels::Isa;

void ExpectAllEqualNaive(const BinaryShape& shape, std::uint64_t seed, std::size_t num_rows,
                         const std::vector<std::size_t>& batches) {
  Random random(seed);
  const ModelParts parts = MakeBinaryModel(shape, random);
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  ASSERT_THAT(EngineNames(**model), testing::ElementsAre("general", "reference"));
  const std::vector<float> columns = MakeBinaryColumns(parts, num_rows, random);
  const std::vector<float> expected = NaiveBinaryScores(*parts.binary_trees, columns, num_rows);
  ASSERT_TRUE(
      SameFloats(ScoreColumns(**model, "reference", columns, num_rows, num_rows), expected));
  for (const Isa isa : kernels::SupportedIsas()) {
    const ScopedIsa scoped(isa);
    for (const std::size_t batch : batches) {
      ASSERT_TRUE(SameFloats(ScoreColumns(**model, "general", columns, num_rows, batch), expected))
          << kernels::IsaName(isa) << ", " << batch << " rows a batch";
    }
  }
}

TEST(EngineGeneralTest, EqualsTheFormatsDefinitionForEveryShapeAndIsa) {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const std::size_t num_rows = 1 + seed * 11 % 700;
    ExpectAllEqualNaive(RandomBinaryShape(random), seed, num_rows, {num_rows, 37, 1});
  }
}

TEST(EngineGeneralTest, EqualsTheFormatsDefinitionForEveryNumberOfLeaves) {
  for (const bool balanced : {false, true}) {
    for (const std::size_t leaves : {1u, 2u, 3u, 4u, 7u, 8u, 9u, 16u, 17u, 32u, 33u, 64u, 65u, 128u,
                                     129u, 255u, 256u, 257u, 2000u}) {
      SCOPED_TRACE(testing::Message() << leaves << " leaves");
      BinaryShape shape;
      shape.min_leaves = shape.max_leaves = leaves;
      shape.balanced = balanced;
      shape.in_f64 = leaves % 2 == 0;
      shape.num_trees = 18;  // more than walk together
      ExpectAllEqualNaive(shape, leaves, 530, {530, 37, 1});
    }
  }
}

TEST(EngineGeneralTest, EqualsTheFormatsDefinitionForColumnsOfManyThresholds) {
  for (const std::size_t num_thresholds : {1'000u, 1'500u, 6'000u}) {
    SCOPED_TRACE(testing::Message() << num_thresholds << " thresholds");
    BinaryShape shape;
    shape.num_columns = 3;
    shape.num_thresholds = num_thresholds;
    shape.min_leaves = shape.max_leaves = 2'000;
    shape.num_trees = 9;
    shape.zero_missing_of_8 = 2;
    shape.categorical_of_8 = 2;
    ExpectAllEqualNaive(shape, num_thresholds, 530, {530, 37, 1});
  }
}

TEST(EngineGeneralTest, EqualsTheFormatsDefinitionForAMillionRows) {
  BinaryShape shape;  // few columns: making the rows is what takes long
  shape.num_columns = 4;
  shape.num_trees = 16;
  shape.max_leaves = 40;
  shape.categorical_of_8 = 2;
  shape.zero_missing_of_8 = 2;
  ExpectAllEqualNaive(shape, 7, 1'000'000, {1'000'000});
}

TEST(EngineGeneralTest, TakesNoSetsOfManyRanges) {
  // Every other category of 300: more ranges than bins.
  BinaryShape shape;
  Random random(1);
  ModelParts parts = MakeBinaryModel(shape, random);
  BinaryTreesParts& trees = *parts.binary_trees;
  trees.split_thresholds[0] = 0;
  trees.split_flags[0] = kCategorical;
  trees.set_words.assign(10, 0x55555555);
  trees.set_ends = {10};
  const auto golden = [&] {
    return NaiveBinaryScores(trees, parts.golden.rows.numeric, parts.golden.rows.num_rows);
  };
  parts.golden.scores = golden();
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_THAT(EngineNames(**model), testing::ElementsAre("reference"));
  const auto engine = MakeEngine(**model, "general");
  ASSERT_FALSE(engine);
  EXPECT_THAT(engine.error().message(), testing::HasSubstr("choose one of: reference"));
  trees.set_words.assign(10, 0x0F0F0F0F);
  parts.golden.scores = golden();
  const auto fitting = LoadParts(parts);
  ASSERT_TRUE(fitting) << fitting.error().message();
  EXPECT_THAT(EngineNames(**fitting), testing::ElementsAre("general", "reference"));
}

}  // namespace
}  // namespace marquee::model
