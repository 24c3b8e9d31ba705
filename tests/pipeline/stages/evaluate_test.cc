#include "pipeline/stages/evaluate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/example_messages.h"

namespace marquee {
namespace {

TEST(ConfusionMatrixTest, FiguresAreThoseOfTheTextbook) {
  // Expected values: sklearn.metrics.classification_report of the same counts.
  ConfusionMatrix matrix(3);
  const int counts[3][3] = {{5, 2, 0}, {1, 3, 1}, {0, 4, 4}};
  for (std::size_t truth = 0; truth < 3; ++truth) {
    for (std::size_t guess = 0; guess < 3; ++guess) {
      for (int i = 0; i < counts[truth][guess]; ++i) matrix.Add(truth, guess);
    }
  }
  EXPECT_EQ(matrix.total(), 20U);
  EXPECT_DOUBLE_EQ(matrix.Accuracy(), 0.6);
  EXPECT_DOUBLE_EQ(matrix.ForClass(0).precision, 5.0 / 6);
  EXPECT_DOUBLE_EQ(matrix.ForClass(0).recall, 5.0 / 7);
  EXPECT_DOUBLE_EQ(matrix.ForClass(1).f1, 6.0 / 14);
  EXPECT_EQ(matrix.ForClass(2).support, 8U);
  EXPECT_NEAR(matrix.MacroF1(), (10.0 / 13 + 6.0 / 14 + 8.0 / 13) / 3, 1e-12);
}

TEST(ConfusionMatrixTest, AnEmptyClassCountsAsZero) {
  ConfusionMatrix matrix(3);
  matrix.Add(0, 0);
  EXPECT_EQ(matrix.ForClass(2).f1, 0.0);
  EXPECT_DOUBLE_EQ(matrix.MacroF1(), 1.0 / 3);
  EXPECT_EQ(ConfusionMatrix(3).MacroF1(), 0.0);
  EXPECT_EQ(ConfusionMatrix(3).Accuracy(), 0.0);
}

TEST(EvaluationTest, CountsLabelledSeenAndUnlabelledRowsApart) {
  // Row 0 is labelled, of class 2, predicted 2 and seen; rows 1 and 2 are not labelled.
  Message message;
  testing_support::WriteExampleResultBatch(message);
  const ResultBatchView batch = ResultBatchView::Own(message);
  Evaluation evaluation(3);
  ASSERT_TRUE(evaluation.Add(batch, 501'000).ok());
  EXPECT_EQ(evaluation.rows(), 3U);
  EXPECT_EQ(evaluation.labelled(), 1U);
  EXPECT_EQ(evaluation.unlabelled(), 2U);
  EXPECT_EQ(evaluation.seen(), 1U);
  EXPECT_EQ(evaluation.confusion().total(), 0U);
  EXPECT_EQ(evaluation.confusion_seen().count(2, 2), 1U);
  EXPECT_EQ(evaluation.classifier_ns(), 300U);
  EXPECT_EQ(evaluation.latency().count(), 3U);
  EXPECT_EQ(evaluation.latency().max_ns(), 500'000U);
}

TEST(EvaluationTest, CalibrationComparesProbabilityAndFrequency) {
  // Make the labelled row unseen: class 2 was given 0.75 and came true, class 1 0.25, class 0 0.
  Message message;
  testing_support::WriteExampleResultBatch(message);
  const auto* wire = wire::GetResultBatch(message.bytes().data());
  const_cast<std::uint8_t*>(wire->seen()->Data())[0] = 0;
  Evaluation evaluation(3);
  ASSERT_TRUE(evaluation.Add(ResultBatchView::Own(message), 0).ok());
  const auto& bin = evaluation.calibration()[2][7];
  EXPECT_EQ(bin.rows, 1U);
  EXPECT_EQ(bin.hits, 1U);
  EXPECT_DOUBLE_EQ(bin.mean_probability(), 0.75);
  EXPECT_NEAR(evaluation.ExpectedCalibrationError(), (0.25 + 0.25 + 0.0) / 3, 1e-9);
}

TEST(EvaluationTest, RefusesResultsOfAnotherNumberOfClasses) {
  Message message;
  testing_support::WriteExampleResultBatch(message);
  Evaluation evaluation(4);
  EXPECT_EQ(evaluation.Add(ResultBatchView::Own(message), 0).code(), StatusCode::kData);
}

}  // namespace
}  // namespace marquee
