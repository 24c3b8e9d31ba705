#include "pipeline/app/dead_letters.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/app/message_json.h"
#include "tests/support/example_messages.h"
#include "tests/support/fake_topic.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing_support::BytesOf;
using testing_support::FakeReader;
using testing_support::FakeRecord;
using testing_support::FakeWriter;
using Json = nlohmann::ordered_json;

/// A rejected row of the example batch, whose sequence is 7.
std::vector<std::byte> RejectedRow() {
  Message message;
  testing_support::WriteExampleRawBatch(message);
  Rejects rejects("raw-data");
  rejects.AddRow(RawBatchView::Own(message), 1,
                 {.reason = wire::RejectReason::IdAbsent,
                  .stage = wire::StageId::Preprocess,
                  .record = 3586,
                  .column = "id",
                  .message = "the id is empty"});
  return {rejects.message(0).begin(), rejects.message(0).end()};
}

RecordHeaders HeadersOf(const std::string& topic, const std::string& partition) {
  return {{"__connect.errors.topic", topic},
          {"__connect.errors.partition", partition},
          {"__connect.errors.offset", "99"},
          {"__connect.errors.stage", "preprocess"},
          {"__connect.errors.exception.class.name", "unreadable"},
          {"__connect.errors.exception.message", "not a RawBatch"}};
}

/// A row, a record that could not be split, a whole message, and two whose headers lead elsewhere.
std::vector<FakeRecord> Letters() {
  return {{.partition = 1,
           .offset = 10,
           .value = RejectedRow(),
           .headers = HeadersOf("p-raw-data", "1")},
          {.partition = 1, .offset = 11, .value = testing_support::ExampleDeadLetter()},
          {.partition = 2,
           .offset = 5,
           .value = BytesOf("noise"),
           .headers = HeadersOf("p-processed-data", "2")},
          {.partition = 2,
           .offset = 6,
           .value = BytesOf("noise"),
           .headers = HeadersOf("p-dead-letter", "2")},
          {.partition = 2,
           .offset = 7,
           .value = BytesOf("noise"),
           .headers = HeadersOf("p-raw-data", "3")}};
}

/// Visit all letters. Call `visit` with each.
void ForAll(const std::function<void(const DeadLetter&)>& visit) {
  FakeReader reader("p-dead-letter", Letters());
  const Status status = ForEachDeadLetter(reader, [&](const DeadLetter& letter) {
    visit(letter);
    return Result<bool>(true);
  });
  ASSERT_TRUE(status.ok()) << status.message();
}

ReplayCounts ReplayAll(const ReplayFilter& filter, TopicWriter* writer) {
  Replay replay({.topic_prefix = "p-"}, /*raw_data_partitions=*/3, filter, writer);
  ForAll([&](const DeadLetter& letter) { ASSERT_TRUE(replay.Take(letter).ok()); });
  return replay.counts();
}

TEST(DeadLettersTest, TellWhereTheyComeFromAndWhy) {
  std::vector<Json> summaries;
  std::vector<std::string> places;
  ForAll([&](const DeadLetter& letter) {
    summaries.push_back(DeadLetterSummary(letter));
    places.push_back(letter.place);
  });
  EXPECT_THAT(places, ElementsAre("1:10", "1:11", "2:5", "2:6", "2:7"));
  const Json& row = summaries[0];
  EXPECT_EQ(row["origin"], Json::parse(R"({"topic":"p-raw-data","partition":1,"offset":99})"));
  EXPECT_EQ(row["reason"], "id_absent");
  EXPECT_EQ(row["stage"], "preprocess");
  EXPECT_EQ(row["column"], "id");
  EXPECT_EQ(row["row"], 1);
  EXPECT_EQ(row["sequence"], 7);
  EXPECT_FALSE(row.contains("fields"));
  EXPECT_FALSE(summaries[1].contains("origin"));
  EXPECT_EQ(summaries[1]["reason"], "unterminated_quote");
  EXPECT_FALSE(summaries[1].contains("original"));
  EXPECT_EQ(summaries[2]["reason"], "unreadable");
  EXPECT_EQ(summaries[2]["record_bytes"], 5);
}

TEST(DeadLettersTest, DetailsHoldTheBytes) {
  std::vector<Json> details;
  ForAll([&](const DeadLetter& letter) { details.push_back(DeadLetterDetails(letter)); });
  EXPECT_EQ(details[0]["fields"]["title"], "日本");
  EXPECT_EQ(details[1]["original"], "1,\"two");
  EXPECT_EQ(details[2]["original"], "noise");
}

TEST(ReplayTest, RowsGoBackToTheirSequencesPartitionAsTheyAre) {
  FakeWriter writer;
  const ReplayCounts counts = ReplayAll({}, &writer);
  EXPECT_EQ(counts.rows, 1U);
  EXPECT_EQ(counts.whole, 0U);
  EXPECT_EQ(counts.whole_left, 3U);
  EXPECT_EQ(counts.without_row, 1U);
  ASSERT_EQ(writer.records.size(), 1U);
  EXPECT_EQ(writer.records[0].topic, "p-raw-data");
  EXPECT_EQ(writer.records[0].partition, 7 % 3);
  EXPECT_EQ(writer.records[0].value, RejectedRow());
  EXPECT_THAT(writer.records[0].headers,
              ElementsAre(testing::Pair("marquee.replayed.from", "1:10")));
}

TEST(ReplayTest, ARowThatSeveralLettersHoldIsReplayedOnce) {
  FakeWriter writer;
  Replay replay({.topic_prefix = "p-"}, /*raw_data_partitions=*/3, {}, &writer);
  for (int time = 0; time < 2; ++time) {
    ForAll([&](const DeadLetter& letter) { ASSERT_TRUE(replay.Take(letter).ok()); });
  }
  EXPECT_EQ(replay.counts().rows, 1U);
  EXPECT_EQ(replay.counts().repeated, 1U);
  EXPECT_EQ(writer.records.size(), 1U);
}

TEST(ReplayTest, WholeMessagesGoBackToAnInputOfThePipelineAndNowhereElse) {
  FakeWriter writer;
  const ReplayCounts counts = ReplayAll({.reason = "unreadable", .whole = true}, &writer);
  EXPECT_EQ(counts.whole, 1U);
  EXPECT_EQ(counts.from_elsewhere, 2U);
  EXPECT_EQ(counts.not_asked_for, 2U);
  ASSERT_EQ(writer.records.size(), 1U);
  EXPECT_EQ(writer.records[0].topic, "p-processed-data");
  EXPECT_EQ(writer.records[0].partition, 2);
  EXPECT_EQ(writer.records[0].value, BytesOf("noise"));
}

TEST(ReplayTest, OnlyWhatWasAskedForIsReplayed) {
  const RunId run = testing_support::ExampleInfo(3).run;
  EXPECT_EQ(ReplayAll({.run = run}, nullptr).rows, 1U);
  EXPECT_EQ(ReplayAll({.run = run}, nullptr).not_asked_for, 3U) << "whole messages name no run";
  EXPECT_EQ(ReplayAll({.run = RunId{.high = 1, .low = 1}}, nullptr).not_asked_for, 5U);
  EXPECT_EQ(ReplayAll({.reason = "id_absent"}, nullptr).rows, 1U);
  EXPECT_EQ(ReplayAll({.reason = "nul_byte"}, nullptr).rows, 0U);
}

}  // namespace
}  // namespace marquee
