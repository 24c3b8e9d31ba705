#include "model/classifier.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace marquee::model {
namespace {

using testing::ElementsAre;
using testing::FloatNear;

struct Decided {
  std::vector<std::uint8_t> classes;
  std::vector<float> score;
  std::vector<float> probabilities;
};

Decided Decide(const Classifier& classifier, const std::vector<float>& scores) {
  const std::size_t num_rows = scores.size() / classifier.num_scores();
  Decided out{std::vector<std::uint8_t>(num_rows), std::vector<float>(num_rows),
              std::vector<float>(num_rows * classifier.num_classes())};
  classifier.Decide(scores, num_rows, out.classes, out.score, out.probabilities);
  return out;
}

TEST(OrdinalTest, AScoreAtACutpointIsInTheUpperClass) {
  const std::vector<float> cuts = {6.0f, 7.0f};
  const std::vector<float> offsets = {12.0f, 14.0f};
  const auto out = Decide(Classifier::Ordinal(cuts, 2.0f, offsets),
                          {5.9999995f, 6.0f, 6.9999995f, 7.0f, -1e30f, 1e30f});
  EXPECT_THAT(out.classes, ElementsAre(0, 1, 1, 2, 0, 2));
  EXPECT_THAT(out.score, ElementsAre(5.9999995f, 6.0f, 6.9999995f, 7.0f, -1e30f, 1e30f));
}

TEST(OrdinalTest, ProbabilitiesAreACumulativeLogistic) {
  const std::vector<float> cuts = {6.0f, 7.0f};
  const std::vector<float> offsets = {12.0f, 14.0f};
  // At 6: P(> low) = 1/2 and P(> mid) = 1/(1+e^2) = 0.1192029. At ±1e30 all is decided.
  const auto out = Decide(Classifier::Ordinal(cuts, 2.0f, offsets), {6.0f, -1e30f, 1e30f});
  EXPECT_THAT(out.probabilities, ElementsAre(0.5f, 1.0f, 0.0f,                            // low
                                             FloatNear(0.3807971f, 1e-7f), 0.0f, 0.0f,    // mid
                                             FloatNear(0.1192029f, 1e-7f), 0.0f, 1.0f));  // high
}

TEST(SoftmaxTest, TheFirstOfEqualScoresWins) {
  const auto out = Decide(Classifier::Softmax(3), {1, 2, 2, 5, 5, 5, -1, -2, -3});
  EXPECT_THAT(out.classes, ElementsAre(1, 0, 0));
  EXPECT_THAT(out.score, ElementsAre(2, 5, -1));
}

TEST(SoftmaxTest, TheFirstOfEqualScoresWinsInTheOrderOfTies) {
  const std::vector<std::uint8_t> order = {2, 0, 1};
  const auto out =
      Decide(Classifier::Softmax(3).InOrder(order), {1, 2, 2, 5, 5, 5, 3, 3, 2, 1, 3, 2});
  EXPECT_THAT(out.classes, ElementsAre(2, 2, 0, 1));
  EXPECT_THAT(out.score, ElementsAre(2, 5, 3, 3));
}

TEST(SoftmaxTest, ProbabilitiesSurviveLargeScores) {
  const auto out = Decide(Classifier::Softmax(2), {1e30f, -1e30f, 1000.0f, 1000.0f});
  EXPECT_THAT(out.probabilities, ElementsAre(1.0f, 0.5f, 0.0f, 0.5f));
}

TEST(OneVsRestTest, ProbabilitiesAreSharesOfLogistics) {
  // At 0 and ln 3: 1/2 and 3/4, of 5/4. Far below and above, the larger one has all or both half.
  const auto out =
      Decide(Classifier::OneVsRest(2, 2.0f), {0.0f, 0.54930614f, -1e30f, -1e29f, 1e30f, 1e30f});
  EXPECT_THAT(out.classes, ElementsAre(1, 1, 0));
  EXPECT_THAT(out.probabilities,
              ElementsAre(FloatNear(0.4f, 1e-7f), 0.0f, 0.5f, FloatNear(0.6f, 1e-7f), 1.0f, 0.5f));
}

TEST(SharesTest, ProbabilitiesAreSharesOfWhatIsAbove0) {
  const auto out = Decide(Classifier::Shares(3), {1, 3, 0, -1, 2, 2, -3, -2, -2, 0, 0, 0});
  EXPECT_THAT(out.classes, ElementsAre(1, 1, 1, 0));
  const float third = 1.0f / 3.0f;
  EXPECT_THAT(out.probabilities, ElementsAre(0.25f, 0.0f, third, third,  //
                                             0.75f, 0.5f, third, third,  //
                                             0.0f, 0.5f, third, third));
}

}  // namespace
}  // namespace marquee::model
