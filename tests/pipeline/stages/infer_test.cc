#include "pipeline/stages/infer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "model/builtin.h"
#include "model/synthetic.h"
#include "pipeline/dataset/made_up_ids.h"
#include "schemas/result_batch.h"
#include "tests/model/scoring.h"
#include "tests/support/feature_messages.h"
#include "tests/support/other_model.h"

namespace marquee {
namespace {

using testing::HasSubstr;

std::shared_ptr<const model::Model> BuiltinModel() {
  auto model = model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
  EXPECT_TRUE(model) << model.error().message();
  return model ? *std::move(model) : nullptr;
}

TEST(InferStageTest, AChallengerStandsBesideTheModelInTheSameResult) {
  const auto model = BuiltinModel();
  ASSERT_NE(model, nullptr);
  Message features;
  std::mt19937_64 random(5);
  testing_support::WriteFeatureBatch(*model, 100, random, features);
  const FeatureBatchView input = FeatureBatchView::Own(features);
  Rejects rejects("test");

  auto alone = InferStage::Make(model, "");
  auto both = InferStage::Make(model, "reference", model);
  ASSERT_TRUE(alone && both);
  Message one;
  Message two;
  InferStage::Scratch alone_scratch(*alone);
  InferStage::Scratch both_scratch(*both);
  ASSERT_TRUE(alone->Process(input, alone_scratch, one, rejects).ok());
  ASSERT_TRUE(both->Process(input, both_scratch, two, rejects).ok());

  EXPECT_FALSE(ResultBatchView::Own(one).challenger().has_value());
  const auto received = ResultBatchView::Verify(two.bytes());
  ASSERT_TRUE(received) << received.error().message();
  const auto challenger = received->challenger();
  ASSERT_TRUE(challenger.has_value());
  EXPECT_EQ(challenger->model_id, model->id());
  EXPECT_GT(challenger->busy_ns, 0U);
  EXPECT_TRUE(std::ranges::equal(challenger->score, ResultBatchView::Own(one).score()));
  EXPECT_TRUE(std::ranges::equal(challenger->predicted_class, received->predicted_class()));
  EXPECT_TRUE(std::ranges::equal(challenger->seen, received->seen()));
  EXPECT_TRUE(
      std::ranges::equal(challenger->probabilities.subspan(100, 100), received->probability(1)));
}

TEST(InferStageTest, ARowThatIsSentAgainUnderAnotherIdIsSeenAsTheFirstOne) {
  const auto model = BuiltinModel();
  ASSERT_NE(model, nullptr);
  auto stage = InferStage::Make(model, "");
  ASSERT_TRUE(stage);
  InferStage::Scratch scratch(*stage);
  Rejects rejects("test");
  const auto seen = [&](std::int64_t first_id) {
    std::mt19937_64 random(5);
    Message features;
    Message results;
    testing_support::WriteFeatureBatch(*model, 1'000, random, features,
                                       testing_support::kNothingMoved, first_id);
    EXPECT_TRUE(stage->Process(FeatureBatchView::Own(features), scratch, results, rejects).ok());
    const auto column = ResultBatchView::Own(results).seen();
    return std::vector<std::uint8_t>(column.begin(), column.end());
  };
  const auto first = seen(1);
  EXPECT_GT(std::ranges::count(first, 1), 100);
  EXPECT_GT(std::ranges::count(first, 0), 100);
  EXPECT_EQ(seen(1 + kRepeatedIdShift), first);
  EXPECT_EQ(seen(1 + 899'999'999 * kRepeatedIdShift), first);
  EXPECT_EQ(std::ranges::count(seen(kFirstGeneratedId), 1), 0);
}

TEST(InferStageTest, RefusesAnEngineThatDoesNotScoreTheGoldenRowsAsItHasTo) {
  const std::string file =
      testing_support::OtherModelFile(testing_support::OtherModel::kGoldenRowsDiffer);
  const auto model = model::Model::FromBytes(std::as_bytes(std::span(file)), "other.model",
                                             model::GoldenCheck::kSkip);
  ASSERT_TRUE(model) << model.error().message();
  const auto stage = InferStage::Make(*model, "reference");
  ASSERT_FALSE(stage);
  EXPECT_EQ(stage.error().code(), StatusCode::kConfig);
  EXPECT_THAT(std::string(stage.error().message()), HasSubstr("but engine reference computes"));
}

TEST(InferStageTest, RefusesAChallengerOfOtherFeatures) {
  const auto model = BuiltinModel();
  ASSERT_NE(model, nullptr);
  model::Random random(1);
  const auto other = model::LoadParts(model::MakeSyntheticModel({}, random));
  ASSERT_TRUE(other) << other.error().message();
  const auto stage = InferStage::Make(model, "", *other);
  ASSERT_FALSE(stage);
  EXPECT_EQ(stage.error().code(), StatusCode::kConfig);
  EXPECT_THAT(std::string(stage.error().message()), HasSubstr("other features or classes"));
}

}  // namespace
}  // namespace marquee
