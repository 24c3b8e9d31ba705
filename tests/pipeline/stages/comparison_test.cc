#include "pipeline/stages/comparison.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

namespace marquee {
namespace {

struct Row {
  std::size_t truth;
  std::size_t model;
  std::size_t challenger;
};

Comparison Compare(const std::vector<Row>& rows) {
  Comparison comparison(3);
  for (const Row& row : rows) {
    comparison.AddPredictions(row.model, row.challenger);
    comparison.AddLabelled(row.truth, row.model, row.challenger);
  }
  return comparison;
}

/// Rows that the model gets right with this chance, the challenger with that; where both are wrong
/// they often agree, as real models do.
std::vector<Row> RandomRows(std::size_t num_rows, double model, double challenger,
                            std::mt19937_64& random) {
  std::uniform_real_distribution<double> uniform(0, 1);
  std::vector<Row> rows;
  for (std::size_t i = 0; i < num_rows; ++i) {
    const std::size_t truth = random() % 3;
    const double ease = uniform(random);
    const std::size_t wrong = (truth + 1 + random() % 2) % 3;
    rows.push_back({truth, ease < model ? truth : wrong, ease < challenger ? truth : wrong});
  }
  return rows;
}

TEST(ComparisonTest, CountsEachModelAndWhereTheyAgree) {
  const Comparison comparison =
      Compare({{0, 0, 0}, {0, 1, 0}, {1, 1, 1}, {1, 1, 2}, {2, 0, 2}, {2, 2, 2}});
  EXPECT_EQ(comparison.rows(), 6U);
  EXPECT_DOUBLE_EQ(comparison.Agreement(), 3.0 / 6);
  EXPECT_EQ(comparison.Model().count(2, 0), 1U);
  EXPECT_EQ(comparison.Challenger().count(1, 2), 1U);
  EXPECT_EQ(comparison.Challenger().count(2, 2), 2U);
  EXPECT_DOUBLE_EQ(comparison.Model().Accuracy(), 4.0 / 6);
  EXPECT_DOUBLE_EQ(comparison.Challenger().Accuracy(), 5.0 / 6);
  EXPECT_DOUBLE_EQ(comparison.MacroF1().value,
                   comparison.Challenger().MacroF1() - comparison.Model().MacroF1());
}

TEST(ComparisonTest, WithoutRowsOrDifferencesThereIsNone) {
  for (const auto& rows : {std::vector<Row>{}, {{0, 0, 0}, {0, 1, 1}, {1, 1, 1}}}) {
    const Difference difference = Compare(rows).MacroF1();
    EXPECT_EQ(difference.value, 0);
    EXPECT_EQ(difference.low, 0);
    EXPECT_EQ(difference.high, 0);
    EXPECT_FALSE(difference.is_clear());
  }
}

TEST(ComparisonTest, TheIntervalIsThatOfABootstrap) {
  std::mt19937_64 random(7);
  const std::vector<Row> rows = RandomRows(3'000, 0.60, 0.63, random);
  const Difference difference = Compare(rows).MacroF1();
  constexpr int kSamples = 1'000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kSamples; ++i) {
    std::vector<Row> sample;
    for (std::size_t j = 0; j < rows.size(); ++j) sample.push_back(rows[random() % rows.size()]);
    const double value = Compare(sample).MacroF1().value;
    sum += value;
    squares += value * value;
  }
  const double mean = sum / kSamples;
  const double deviation = std::sqrt(squares / kSamples - mean * mean);
  // The deviation of 1,000 samples is itself known to about 2 %.
  EXPECT_NEAR((difference.high - difference.low) / (2 * 1.96 * deviation), 1, 0.08);
}

TEST(ComparisonTest, ABetterChallengerIsShownAsSuchAndAnEqualOneIsNot) {
  std::mt19937_64 random(11);
  EXPECT_GT(Compare(RandomRows(3'000, 0.60, 0.66, random)).MacroF1().low, 0);
  EXPECT_LT(Compare(RandomRows(3'000, 0.66, 0.60, random)).MacroF1().high, 0);
  // Two models as good as each other that differ in many rows.
  std::vector<Row> rows = RandomRows(3'000, 0.60, 0.60, random);
  for (Row& row : rows) {
    if (random() % 4 != 0) continue;
    (random() % 2 == 0 ? row.model : row.challenger) = random() % 3;
  }
  EXPECT_FALSE(Compare(rows).MacroF1().is_clear());
}

}  // namespace
}  // namespace marquee
