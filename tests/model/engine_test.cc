// Every engine and every instruction set against the engine "reference", bit by bit.
#include "model/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>

#include "model/synthetic.h"
#include "tests/kernels/float_cases.h"
#include "tests/kernels/scoped_isa.h"
#include "tests/model/scoring.h"

namespace marquee::model {
namespace {

using kernels::Isa;

/// Values at borders, one ulp beside them, and special ones.
std::vector<float> ColumnsAtBorders(const TreesParts& trees, std::size_t num_rows, Random& random) {
  const float infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> specials = FloatCases();
  std::vector<float> columns;
  std::size_t first_border = 0;
  for (const std::size_t count : trees.border_counts) {
    for (std::size_t row = 0; row < num_rows; ++row) {
      const float border = count == 0 ? 0.0f : trees.borders[first_border + random() % count];
      const std::array<float, 5> choices = {border, std::nextafter(border, infinity),
                                            std::nextafter(border, -infinity),
                                            specials[random() % specials.size()], border * 1.5f};
      columns.push_back(choices[random() % choices.size()]);
    }
    first_border += count;
  }
  return columns;
}

void ExpectAllEqualReference(const SyntheticShape& shape, std::uint64_t seed, std::size_t num_rows,
                             const std::vector<std::size_t>& batches) {
  Random random(seed);
  const ModelParts parts = MakeSyntheticModel(shape, random);
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  const std::vector<float> columns = ColumnsAtBorders(parts.trees, num_rows, random);
  const std::vector<float> expected =
      ScoreColumns(**model, "reference", columns, num_rows, num_rows);
  for (const Isa isa : kernels::SupportedIsas()) {
    const ScopedIsa scoped(isa);
    for (const std::size_t batch : batches) {
      ASSERT_TRUE(
          SameFloats(ScoreColumns(**model, "oblivious", columns, num_rows, batch), expected))
          << kernels::IsaName(isa) << ", " << batch << " rows a batch";
    }
  }
}

TEST(EngineTest, EqualsReferenceForEveryShapeAndIsa) {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const std::size_t num_rows = 1 + seed * 11 % 700;
    ExpectAllEqualReference(RandomShape(random), seed, num_rows, {num_rows, 37, 1});
  }
}

TEST(EngineTest, EqualsReferenceForEveryDepth) {
  for (std::size_t depth = 0; depth <= 8; ++depth) {
    SCOPED_TRACE(testing::Message() << "depth " << depth);
    SyntheticShape shape;
    shape.num_trees = 130;  // two groups and a bit
    shape.min_depth = shape.max_depth = depth;
    ExpectAllEqualReference(shape, depth + 1, 600, {600, 37, 1});
  }
}

TEST(EngineTest, EqualsReferenceForManyTreesOfSeveralScores) {
  SyntheticShape shape;
  shape.classifier = ClassifierKind::kSoftmax;
  shape.num_trees = 200;
  ExpectAllEqualReference(shape, 3, 300, {300, 37, 1});
}

TEST(EngineTest, EqualsReferenceForAMillionRows) {
  SyntheticShape shape;  // few columns: making the rows is what takes long
  shape.num_trees = 16;
  shape.min_borders = 200;
  ExpectAllEqualReference(shape, 7, 1'000'000, {1'000'000});
}

TEST(EngineTest, UnknownNameListsTheKnownOnes) {
  Random random(5);
  const auto model = LoadParts(MakeSyntheticModel(SyntheticShape(), random));
  ASSERT_TRUE(model) << model.error().message();
  const auto engine = MakeEngine(**model, "warp");
  ASSERT_FALSE(engine);
  EXPECT_EQ(engine.error().code(), StatusCode::kUsage);
  EXPECT_THAT(engine.error().message(), testing::HasSubstr("'warp'"));
  EXPECT_THAT(engine.error().message(), testing::HasSubstr("oblivious, reference"));
}

TEST(EngineTest, OutlivesItsModel) {
  Random random(6);
  const ModelParts parts = MakeSyntheticModel(SyntheticShape(), random);
  const auto loaded = LoadParts(parts);
  ASSERT_TRUE(loaded) << loaded.error().message();
  for (const std::string_view name : EngineNames(**loaded)) {
    auto model = LoadParts(parts);
    ASSERT_TRUE(model) << model.error().message();
    const RowsParts rows = MakeSyntheticRows(parts, 40, random);
    const Scored scored = ScoreRows(**model, rows);
    const auto engine = MakeEngine(**model, name);
    *model = nullptr;
    EngineScratch scratch = (*engine)->MakeScratch();
    std::vector<float> scores(40);
    (*engine)->Score({scored.columns.data(), 40}, 40, scores, scratch);
    EXPECT_EQ(scores, scored.scores);
  }
}

}  // namespace
}  // namespace marquee::model
