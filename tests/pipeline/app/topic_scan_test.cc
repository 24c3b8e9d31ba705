#include "pipeline/app/topic_scan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "pipeline/app/message_json.h"
#include "tests/support/example_messages.h"
#include "tests/support/fake_topic.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing_support::BytesOf;
using testing_support::FakeReader;
using Json = nlohmann::ordered_json;

/// A record of these bytes, as JSON.
Json Decoded(std::vector<std::byte> value, const RecordHeaders& headers = {}) {
  FakeReader reader("results",
                    {{.partition = 2, .offset = 7, .value = std::move(value), .headers = headers}});
  Message memory;
  Json json;
  const Status status = ScanTopic(reader, /*follow=*/false, [&](const TopicRecord& record) {
    json = RecordJson(reader.topic(), record, memory);
    return Result<bool>(true);
  });
  EXPECT_TRUE(status.ok()) << status.message();
  // It must be printable, whatever it holds.
  return Json::parse(JsonText(json));
}

TEST(RecordJsonTest, AMessageStandsBesideItsPlace) {
  Message message;
  testing_support::WriteExampleResultBatch(message);
  const Json json = Decoded({message.bytes().begin(), message.bytes().end()}, {{"key", "value"}});
  EXPECT_EQ(json["topic"], "results");
  EXPECT_EQ(json["partition"], 2);
  EXPECT_EQ(json["offset"], 7);
  EXPECT_EQ(json["timestamp_ms"], 1'700'000'000'000);
  EXPECT_EQ(json["headers"]["key"], "value");
  EXPECT_EQ(json["type"], "ResultBatch");
  EXPECT_EQ(json["rows"].size(), 3U);
}

TEST(RecordJsonTest, AJsonRecordIsShownAsItIs) {
  const Json json = Decoded(BytesOf(R"({"id":1,"title":"Heat"})"));
  EXPECT_EQ(json["record"], Json::parse(R"({"id":1,"title":"Heat"})"));
  EXPECT_FALSE(json.contains("unreadable"));
}

TEST(RecordJsonTest, WhatIsUnreadableIsShownAndToldWhy) {
  for (const std::string text : {"{\"id\":1", "caf\xE9", "", "\0\0\0\0noisenoise"}) {
    const Json json = Decoded(BytesOf(text));
    EXPECT_EQ(json["bytes"], text.size());
    EXPECT_TRUE(json.contains("unreadable"));
    EXPECT_FALSE(json["reason"].get<std::string>().empty());
  }
  const Json large = Decoded(BytesOf(std::string(1'000'000, 'x')));
  EXPECT_EQ(large["unreadable"].get<std::string>().size(), 256U);
  EXPECT_THAT(large["reason"].get<std::string>(), HasSubstr("at most 900000"));
}

TEST(ScanTopicTest, EndsWhenTheVisitorHasEnoughOrFails) {
  const std::vector<testing_support::FakeRecord> records(5);
  FakeReader enough("t", records);
  ASSERT_TRUE(ScanTopic(enough, false, [&](const TopicRecord&) {
                return Result<bool>(enough.num_read() < 3);
              }).ok());
  EXPECT_EQ(enough.num_read(), 3U);
  FakeReader failing("t", records);
  const Status status = ScanTopic(failing, false, [](const TopicRecord&) -> Result<bool> {
    return Status::Unavailable("disk full");
  });
  EXPECT_EQ(status.message(), "disk full");
  EXPECT_EQ(failing.num_read(), 1U);
}

}  // namespace
}  // namespace marquee
