// Random models against the format's definition in the plainest words (model/synthetic.h, Naive…),
// bit by bit.
#include "tests/model/scoring.h"

#include <gtest/gtest.h>

#include <cmath>

#include "model/synthetic.h"
#include "tests/kernels/float_cases.h"

namespace marquee::model {
namespace {

constexpr std::uint64_t kNumSeeds = 150;

/// The definition of a row's class and probabilities, from its scores.
void ExpectDecided(const ModelParts& parts, const Scored& scored, std::size_t row) {
  const std::size_t num_classes = parts.class_names.size();
  const std::size_t num_rows = scored.classes.size();
  const std::size_t num_scores = parts.trees.num_scores;
  const float* scores = scored.scores.data() + row * num_scores;
  std::size_t expected_class = 0;
  std::vector<double> expected(num_classes);
  if (parts.classifier == ClassifierKind::kOrdinal) {
    const auto above = [&](std::size_t k) {
      const double slope = parts.logistic_slope;
      return 1.0 / (1.0 + std::exp(parts.logistic_offsets[k] - slope * scores[0]));
    };
    for (std::size_t k = 0; k < num_classes; ++k) {
      expected[k] = (k == 0 ? 1.0 : above(k - 1)) - (k + 1 == num_classes ? 0.0 : above(k));
    }
    for (const float cut : parts.cutpoints) expected_class += scores[0] >= cut ? 1 : 0;
  } else {
    double sum = 0;
    for (std::size_t k = 0; k < num_classes; ++k) {
      if (scores[k] > scores[expected_class]) expected_class = k;
      sum += std::exp(static_cast<double>(scores[k]));
    }
    for (std::size_t k = 0; k < num_classes; ++k) {
      expected[k] = std::exp(static_cast<double>(scores[k])) / sum;
    }
  }
  EXPECT_EQ(scored.classes[row], expected_class);
  EXPECT_EQ(scored.score[row], num_scores == 1 ? scores[0] : scores[expected_class]);
  for (std::size_t k = 0; k < num_classes; ++k) {
    EXPECT_NEAR(scored.probabilities[k * num_rows + row], expected[k], 1e-6) << "class " << k;
  }
}

TEST(ScoringTest, EqualsTheFormatsDefinitionForRandomModels) {
  for (std::uint64_t seed = 1; seed <= kNumSeeds; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const ModelParts parts = MakeSyntheticModel(RandomShape(random), random);
    const auto model = LoadParts(parts);
    ASSERT_TRUE(model) << model.error().message();
    const RowsParts rows = MakeSyntheticRows(parts, 1 + seed % 67, random);
    const Scored scored = ScoreRows(**model, rows);
    const std::vector<float> columns = NaiveColumns(parts, rows);
    ASSERT_TRUE(SameFloats(scored.columns, columns));
    ASSERT_TRUE(SameFloats(scored.scores, NaiveScores(parts.trees, columns, rows.num_rows)));
    for (std::size_t row = 0; row < rows.num_rows; ++row) ExpectDecided(parts, scored, row);
  }
}

TEST(ScoringTest, ValuesAtABorderFallOnTheRightSide) {
  // Columns straight to the engine, so that a value is exactly a border or one ulp beside it.
  const float infinity = std::numeric_limits<float>::infinity();
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    SyntheticShape shape = MoviesShape();
    shape.num_trees = 40;
    const ModelParts parts = MakeSyntheticModel(shape, random);
    const auto model = LoadParts(parts);
    ASSERT_TRUE(model) << model.error().message();
    constexpr std::size_t kNumRows = 300;
    std::vector<float> columns;
    std::size_t first_border = 0;
    for (const std::size_t count : parts.trees.border_counts) {
      for (std::size_t row = 0; row < kNumRows; ++row) {
        const float border = parts.trees.borders[first_border + random() % count];
        const std::vector<float> choices = {border, std::nextafter(border, infinity),
                                            std::nextafter(border, -infinity), std::nanf("")};
        columns.push_back(choices[random() % choices.size()]);
      }
      first_border += count;
    }
    const auto engine = MakeEngine(**model, "reference");
    ASSERT_TRUE(engine) << engine.error().message();
    EngineScratch scratch = (*engine)->MakeScratch();
    std::vector<float> scores(kNumRows);
    (*engine)->Score({columns.data(), kNumRows}, kNumRows, scores, scratch);
    ASSERT_TRUE(SameFloats(scores, NaiveScores(parts.trees, columns, kNumRows)));
  }
}

TEST(ScoringTest, DoesNotDependOnHowRowsAreBatched) {
  for (std::uint64_t seed = 1; seed <= 12; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Random random(seed);
    const ModelParts parts = MakeSyntheticModel(RandomShape(random), random);
    const auto model = LoadParts(parts);
    ASSERT_TRUE(model) << model.error().message();
    constexpr std::size_t kNumRows = 523;
    const RowsParts rows = MakeSyntheticRows(parts, kNumRows, random);
    const Scored whole = ScoreRows(**model, rows);
    for (const std::size_t batch : {1u, 7u, 256u, 257u}) {
      for (std::size_t first = 0; first < kNumRows; first += batch) {
        const std::size_t size = std::min<std::size_t>(batch, kNumRows - first);
        const Scored part = ScoreRows(**model, SliceRows(rows, first, size));
        for (std::size_t row = 0; row < size; ++row) {
          ASSERT_EQ(part.classes[row], whole.classes[first + row]);
          ASSERT_THAT(part.score[row], SameBits(whole.score[first + row]));
          for (std::size_t k = 0; k < (*model)->num_classes(); ++k) {
            ASSERT_THAT(part.probabilities[k * size + row],
                        SameBits(whole.probabilities[k * kNumRows + first + row]));
          }
        }
      }
    }
  }
}

TEST(ScoringTest, TakesABatchOfNoRows) {
  Random random(5);
  const ModelParts parts = MakeSyntheticModel(SyntheticShape(), random);
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_TRUE(ScoreRows(**model, MakeSyntheticRows(parts, 0, random)).classes.empty());
}

}  // namespace
}  // namespace marquee::model
