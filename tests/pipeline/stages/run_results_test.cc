#include "pipeline/stages/run_results.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/builtin.h"
#include "tests/support/example_messages.h"
#include "tests/support/result_messages.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::ResultRow;
using testing_support::WriteResultBatch;

constexpr RunId kRun{.high = 1, .low = 2};
constexpr std::int64_t kMs = 1'000'000;

/// A message of ten labelled rows, read at `read_ms`, that took 1 ms in each stage and waited 2, 3
/// and 4 ms for them.
void WriteTimed(std::uint64_t sequence, std::int64_t read_ms, Message& message) {
  BatchInfo info{.run = kRun, .sequence = sequence, .num_ordinals = 10};
  const auto hop = [&](wire::StageId stage, std::int64_t received, std::int64_t started) {
    info.AddHop(stage, (read_ms + received) * kMs, (read_ms + started) * kMs,
                (read_ms + started + 1) * kMs);
  };
  hop(wire::StageId::Produce, 0, 2);
  // A part of it in the topic, a part at the stage.
  hop(wire::StageId::Preprocess, 5, 6);
  hop(wire::StageId::Infer, 10, 11);
  std::vector<ResultRow> rows;
  for (std::uint16_t ordinal = 0; ordinal < 10; ++ordinal) {
    rows.push_back({.ordinal = ordinal, .truth = 1, .predicted = 1});
  }
  WriteResultBatch(rows, info, message);
}

TEST(RunResultsTest, TimesAreThoseOfTheRowsThatAreNew) {
  RunResults results(kRun, 3);
  Message message;
  for (const std::int64_t sequence : {1, 0, 1}) {  // the last one a duplicate, late
    WriteTimed(static_cast<std::uint64_t>(sequence), 5000 + 1000 * sequence, message);
    const std::int64_t arrival_ms = results.tracker().messages() == 2 ? 99'000 : 6017;
    ASSERT_TRUE(results.Add(ResultBatchView::Own(message), arrival_ms * kMs).ok());
  }
  EXPECT_EQ(results.records(), 20U);
  EXPECT_EQ(results.tracker().duplicated_rows(), 10U);
  EXPECT_DOUBLE_EQ(results.seconds(), 1.017);
  for (const auto& [stage, wait_ms] : {std::pair{wire::StageId::Produce, 2U},
                                       {wire::StageId::Preprocess, 3U},
                                       {wire::StageId::Infer, 4U}}) {
    EXPECT_EQ(results.stage(stage).busy_ns, 2U * kMs) << StageName(stage);
    EXPECT_EQ(results.stage(stage).wait.Percentile(0.5), wait_ms * kMs) << StageName(stage);
    EXPECT_EQ(results.stage(stage).wait.count(), 20U) << StageName(stage);
  }
  const StageFigures& evaluate = results.stage(wire::StageId::Evaluate);
  EXPECT_NEAR(static_cast<double>(evaluate.wait.Percentile(0.5)), 5.0 * kMs, 0.04 * 5 * kMs);
  EXPECT_EQ(evaluate.wait.max_ns(), 1005U * kMs);
  EXPECT_GT(evaluate.busy_ns, 0U);
  EXPECT_EQ(results.evaluation().latency().max_ns(), 1017U * kMs);
  EXPECT_EQ(results.evaluation().confusion().count(1, 1), 20U);
  EXPECT_EQ(results.model_id(), 0x77U);
  EXPECT_FALSE(results.several_models());
}

TEST(RunResultsTest, LatencyLeavesTheWarmUpOut) {
  RunResults results(kRun, 3, /*warm_up_ns=*/1000 * kMs);
  Message message;
  std::uint64_t sequence = 0;
  for (const std::int64_t read_ms : {5000, 5999, 6000, 6500}) {
    WriteTimed(sequence++, read_ms, message);
    const std::int64_t latency_ms = read_ms < 6000 ? 700 : 20;
    ASSERT_TRUE(results.Add(ResultBatchView::Own(message), (read_ms + latency_ms) * kMs).ok());
  }
  EXPECT_EQ(results.evaluation().latency().count(), 20U);
  EXPECT_EQ(results.evaluation().latency().max_ns(), 20U * kMs);
  EXPECT_EQ(results.evaluation().confusion().total(), 40U) << "all else counts them";
  EXPECT_DOUBLE_EQ(results.seconds(), 1.699);
}

TEST(RunResultsTest, ResultsOfOtherClassesChangeNothing) {
  RunResults results(kRun, 4);
  Message message;
  WriteTimed(0, 1000, message);
  const Status status = results.Add(ResultBatchView::Own(message), 1);
  EXPECT_EQ(status.code(), StatusCode::kData);
  EXPECT_THAT(std::string(status.message()), HasSubstr("3 classes among results of 4"));
  EXPECT_EQ(results.refused(), 1U);
  EXPECT_EQ(results.tracker().messages(), 0U);
  EXPECT_EQ(results.records(), 0U);
}

TEST(RunResultsTest, ASecondModelIsNoticed) {
  RunResults results(kRun, 3);
  Message message;
  WriteTimed(0, 1000, message);
  ASSERT_TRUE(results.Add(ResultBatchView::Own(message), 1).ok());
  testing_support::WriteExampleResultBatch(message);
  ASSERT_TRUE(results.Add(ResultBatchView::Own(message), 1).ok());
  EXPECT_TRUE(results.several_models());
}

TEST(ClassNamesTest, AreTheModelsOfTheSameTableOnly) {
  const auto movies = model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
  ASSERT_TRUE(movies);
  const auto names_of = [&](std::uint64_t feature_spec, std::uint32_t num_classes) {
    RunResults results(kRun, num_classes);
    Message message;
    const BatchInfo info{.run = kRun, .sequence = 0, .num_ordinals = 1};
    WriteResultBatch({{.ordinal = 0, .truth = 1}}, info, message, num_classes, feature_spec);
    EXPECT_TRUE(results.Add(ResultBatchView::Own(message), 1).ok());
    const ClassNames names(**movies, results);
    return std::vector<std::string>(names.views().begin(), names.views().end());
  };
  const auto low_mid_high = ElementsAre("low", "mid", "high");
  EXPECT_THAT(names_of((*movies)->feature_spec(), 3), low_mid_high);
  EXPECT_THAT(names_of(0, 3), low_mid_high) << "results of before they told it";
  EXPECT_THAT(names_of(1, 3), ElementsAre("class_0", "class_1", "class_2"));
  EXPECT_THAT(names_of((*movies)->feature_spec(), 2), ElementsAre("class_0", "class_1"));
}

}  // namespace
}  // namespace marquee
