#include "pipeline/app/results_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "model/builtin.h"
#include "tests/support/result_messages.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::ResultRow;
using Json = nlohmann::ordered_json;

constexpr RunId kRun{.high = 0x017f22e279b07cc3, .low = 0x98c4dc0c0c07398f};
constexpr std::int64_t kMs = 1'000'000;

class ResultsViewTest : public testing::Test {
 protected:
  /// Eight rows of one batch of ten: two rejected, one seen, two not labelled.
  void AddBatch(std::uint64_t sequence) {
    BatchInfo info{.run = kRun, .sequence = sequence, .num_ordinals = 10};
    info.rejects[static_cast<std::size_t>(wire::RejectReason::InvalidUtf8)] = 2;
    info.AddHop(wire::StageId::Produce, 1000 * kMs, 1001 * kMs, 1002 * kMs);
    std::vector<ResultRow> rows;
    for (std::uint16_t ordinal = 0; ordinal < 8; ++ordinal) {
      rows.push_back({.ordinal = ordinal,
                      .truth = ordinal < 6 ? static_cast<std::uint8_t>(ordinal % 3) : kNoClass,
                      .predicted = 1,
                      .seen = ordinal == 5});
    }
    Add(rows, info);
  }
  void AddEnd(std::uint64_t sequence, RunTotals totals) {
    Add({}, {.run = kRun, .sequence = sequence, .totals = totals});
  }
  void Add(const std::vector<ResultRow>& rows, const BatchInfo& info) {
    testing_support::WriteResultBatch(rows, info, message_);
    const Status status = results_.Add(ResultBatchView::Own(message_), 1500 * kMs);
    ASSERT_TRUE(status.ok()) << status.message();
  }
  ResultsSnapshot Snapshot() const {
    return {.results = &results_, .model = model_.get(), .rows_per_s_now = 7, .unreadable = 3};
  }

  std::shared_ptr<const model::Model> model_ =
      *model::Model::FromBytes(model::BuiltinModelBytes(), "built-in");
  Message message_;
  RunResults results_{kRun, 3};
};

TEST_F(ResultsViewTest, JsonHasTheKeysOfARunAndWhatBecameOfTheMessages) {
  AddBatch(0);
  AddBatch(0);
  AddBatch(2);
  AddEnd(3, {.messages = 4, .records = 30, .rejected = 6});
  const Json json = ResultsJson(Snapshot());
  EXPECT_EQ(json["run"], kRun.ToString());
  EXPECT_EQ(json["complete"], false);
  EXPECT_EQ(json["messages"], 3);
  EXPECT_EQ(json["messages_expected"], 4);
  EXPECT_EQ(json["missing"], Json::parse("[[1,1]]"));
  EXPECT_EQ(json["missing_messages"], 1);
  EXPECT_EQ(json["lost"], 10);
  EXPECT_EQ(json["duplicated"], 8);
  EXPECT_EQ(json["duplicated_messages"], 1);
  EXPECT_EQ(json["unreadable"], 3);
  EXPECT_EQ(json["rows"], 20);
  EXPECT_EQ(json["labelled"], 12);
  EXPECT_EQ(json["unlabelled"], 4);
  EXPECT_EQ(json["dead_letters"], 4);
  EXPECT_EQ(json["dead_letter_reasons"], Json::parse(R"({"invalid_utf8":4})"));
  EXPECT_EQ(json["seen"], 2);
  EXPECT_DOUBLE_EQ(json["seconds"], 0.5);
  EXPECT_DOUBLE_EQ(json["rows_per_s"], 40);
  EXPECT_EQ(json["confusion"], Json::parse("[[0,4,0],[0,4,0],[0,2,0]]"));
  EXPECT_EQ(json["confusion_seen"], Json::parse("[[0,0,0],[0,0,0],[0,2,0]]"));
  EXPECT_EQ(json["classes"][2]["name"], "high");
  EXPECT_EQ(json["latency"]["max_ns"], 500 * kMs);
  EXPECT_DOUBLE_EQ(json["parts"]["encoder"]["ns_per_row"], 20);
  EXPECT_DOUBLE_EQ(json["stages"]["produce"]["ns_per_row"], 2.0 * kMs / 20);
  EXPECT_EQ(json["stages"]["produce"]["wait_p50_ns"], kMs);
  EXPECT_EQ(json["model"]["id"], "0000000000000077");
  EXPECT_TRUE(json["model"]["name"].is_null()) << "another model than ours scored the rows";
}

TEST_F(ResultsViewTest, TextSaysWhatIsMissingUntilTheRunIsComplete) {
  AddBatch(0);
  EXPECT_THAT(ResultsText(Snapshot(), false), HasSubstr("not complete: no end message"));
  EXPECT_TRUE(ResultsJson(Snapshot())["lost"].is_null());
  AddEnd(1, {.messages = 3, .records = 10, .rejected = 2});
  EXPECT_THAT(ResultsText(Snapshot(), false),
              HasSubstr("not complete: sequences 2 (1 message, 0 rows)"));
  AddEnd(2, {.messages = 3, .records = 10, .rejected = 2});
  const std::string text = ResultsText(Snapshot(), false);
  EXPECT_THAT(text, HasSubstr(kRun.ToString() + ": complete\n  10 rows = 6 labelled + 2 unlabelled "
                                                "+ 2 dead letters, in 3 messages"));
  EXPECT_THAT(text, HasSubstr("labelled rows that the model has not seen"));
  EXPECT_THAT(text, HasSubstr("latency of a row: p50 500 ms"));
  EXPECT_THAT(text, HasSubstr("3 records of the topic are no results"));
  EXPECT_THAT(text, Not(HasSubstr("twice")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b"))) << "no colour was asked for";
  EXPECT_THAT(ResultsText(Snapshot(), true), HasSubstr("\x1b[32mcomplete"));
  EXPECT_THAT(ResultsLine(Snapshot()), HasSubstr("3 messages of 3, 10 rows, 7 rows/s"));
}

TEST_F(ResultsViewTest, ReplayedDeadLettersAreRows) {
  AddBatch(0);
  Add({{.ordinal = 8}}, {.run = kRun, .sequence = 0, .num_ordinals = 10});
  const Json json = ResultsJson(Snapshot());
  EXPECT_EQ(json["rows"], 10);
  EXPECT_EQ(json["dead_letters"], 1);
  EXPECT_EQ(json["replayed"], 1);
  EXPECT_EQ(json["duplicated_messages"], 0);
  EXPECT_THAT(ResultsText(Snapshot(), false),
              HasSubstr("1 rows are dead letters that were replayed"));
}

TEST_F(ResultsViewTest, ARunWithoutResultsHasNoFigures) {
  const Json json = ResultsJson(Snapshot());
  EXPECT_EQ(json["rows"], 0);
  EXPECT_EQ(json["complete"], false);
  EXPECT_TRUE(json["macro_f1"].is_null());
  EXPECT_EQ(json["seconds"], 0);
  EXPECT_THAT(ResultsText(Snapshot(), false), HasSubstr("no F1"));
}

TEST(DurationTextTest, ChoosesTheUnitThatFits) {
  EXPECT_EQ(DurationText(0), "0 ns");
  EXPECT_EQ(DurationText(850), "850 ns");
  EXPECT_EQ(DurationText(1'250), "1.25 us");
  EXPECT_EQ(DurationText(12'500'000), "12.5 ms");
  EXPECT_EQ(DurationText(17'000'000'000), "17.0 s");
}

}  // namespace
}  // namespace marquee
