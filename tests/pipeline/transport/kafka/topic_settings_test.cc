#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/transport/kafka/topic_admin.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TopicFacts GoodFacts() {
  return {.name = "raw-data",
          .partitions = 3,
          .replication_factor = 3,
          .in_sync = 3,
          .min_insync = 2,
          .max_message_bytes = 1'048'588};
}

std::string Complaint(const std::optional<TopicFacts>& facts, const TopicSettings& wanted = {}) {
  const Status status = CheckTopic("raw-data", facts, wanted);
  EXPECT_EQ(status.code(), StatusCode::kConfig);
  return std::string(status.message());
}

TEST(CheckTopicTest, AcceptsWhatItWouldMake) {
  EXPECT_TRUE(CheckTopic("raw-data", GoodFacts(), {}).ok());
}

TEST(CheckTopicTest, MoreReplicasThanWantedAreFine) {
  EXPECT_TRUE(CheckTopic("raw-data", GoodFacts(), {.replication_factor = 1, .min_insync = 1}).ok());
}

TEST(CheckTopicTest, AnyNumberOfPartitionsCanBeFine) {
  TopicFacts facts = GoodFacts();
  facts.partitions = 7;
  EXPECT_TRUE(CheckTopic("raw-data", facts, {.partitions = 0}).ok());
  EXPECT_THAT(Complaint(facts), AllOf(HasSubstr("partitions is 7"), HasSubstr("must be 3")));
}

TEST(CheckTopicTest, NamesWhatIsWrongAndTheRemedy) {
  EXPECT_THAT(Complaint(std::nullopt), HasSubstr("marquee topics create"));
  TopicFacts facts = GoodFacts();
  facts.replication_factor = 1;
  EXPECT_THAT(Complaint(facts),
              AllOf(HasSubstr("replication factor is 1"), HasSubstr("--replication-factor")));
  facts = GoodFacts();
  facts.min_insync = 1;
  EXPECT_THAT(Complaint(facts),
              AllOf(HasSubstr("min.insync.replicas is 1"), HasSubstr("--min-insync")));
  facts = GoodFacts();
  facts.max_message_bytes = 900'000;
  EXPECT_THAT(Complaint(facts), HasSubstr("max.message.bytes is 900000"));
}

TEST(CheckRetentionTest, WhatIsKeptForAnotherTimeOrInAnotherAmountIsNamed) {
  const TopicSettings wanted{.retention_ms = 1000, .retention_bytes = 2000};
  TopicFacts facts = GoodFacts();
  facts.retention_ms = 1000;
  facts.retention_bytes = 2000;
  EXPECT_TRUE(CheckRetention(facts, wanted).ok());
  facts.retention_bytes = -1;
  EXPECT_THAT(CheckRetention(facts, wanted).message(),
              AllOf(HasSubstr("topic raw-data: retention.bytes is -1, but must be 2000"),
                    HasSubstr("--retention-bytes")));
  facts.retention_ms = 999;
  const Status status = CheckRetention(facts, wanted);
  EXPECT_EQ(status.code(), StatusCode::kConfig);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("retention.ms is 999, but must be 1000"),
                                      HasSubstr("--retention-ms")));
}

}  // namespace
}  // namespace marquee
