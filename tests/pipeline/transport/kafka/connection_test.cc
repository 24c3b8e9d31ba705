#include "pipeline/transport/kafka/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "pipeline/transport/kafka/topic_writer.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::HasSubstr;

std::string Refusal(const std::string& property) {
  const Status status = CheckProperties({property});
  EXPECT_EQ(status.code(), StatusCode::kUsage) << property;
  return std::string(status.message());
}

TEST(KafkaConnectionTest, TopicsHaveThePrefix) {
  EXPECT_EQ(KafkaConnection{}.TopicName(Topic::kRawData), "raw-data");
  const KafkaConnection connection{.topic_prefix = "a-"};
  EXPECT_EQ(connection.TopicName(Topic::kProcessedData), "a-processed-data");
  EXPECT_EQ(connection.TopicName(Topic::kDeadLetter), "a-dead-letter");
}

TEST(KafkaConnectionTest, PropertiesOfTheClientPass) {
  EXPECT_TRUE(CheckProperties({"linger.ms=20", "security.protocol=ssl", "debug=broker"}).ok());
  EXPECT_TRUE(CheckProperties({"partition.assignment.strategy=roundrobin"}).ok());
}

TEST(KafkaConnectionTest, WhatMarqueeOwnsIsRefusedWithTheRightWay) {
  EXPECT_THAT(Refusal("bootstrap.servers=a:1"), HasSubstr("--brokers"));
  EXPECT_THAT(Refusal("transactional.id=a"), HasSubstr("--instance"));
  EXPECT_THAT(Refusal("enable.auto.commit=true"), HasSubstr("commits offsets itself"));
  EXPECT_THAT(Refusal("partition.assignment.strategy=cooperative-sticky"), HasSubstr("range"));
}

TEST(KafkaConnectionTest, AliasesAreRefusedToo) {
  EXPECT_THAT(Refusal("metadata.broker.list=a:1"), HasSubstr("--brokers"));
  EXPECT_THAT(Refusal("request.required.acks=1"), HasSubstr("in-sync"));
  EXPECT_THAT(Refusal("auto.commit.enable=true"), HasSubstr("commits offsets itself"));
  EXPECT_THAT(Refusal("delivery.timeout.ms=1"), HasSubstr("acknowledged"));
}

TEST(KafkaConnectionTest, SecretsAreRefusedWithTheVariableThatTakesThem) {
  EXPECT_THAT(Refusal("sasl.password=hidden"),
              AllOf(HasSubstr("MARQUEE_SASL_PASSWORD_FILE"), testing::Not(HasSubstr("hidden"))));
  EXPECT_THAT(Refusal("ssl.key.password=hidden"), HasSubstr("MARQUEE_SSL_KEY_PASSWORD"));
}

TEST(KafkaConnectionTest, NonsenseIsRefused) {
  EXPECT_THAT(Refusal("linger.ms"), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(Refusal("=1"), HasSubstr("KEY=VALUE"));
  EXPECT_THAT(Refusal("no.such.property=1"), HasSubstr("no.such.property"));
  EXPECT_THAT(Refusal("linger.ms=soon"), HasSubstr("linger.ms"));
}

TEST(KafkaConnectionTest, ASecretsFileThatIsNotThereIsNamed) {
  setenv("MARQUEE_SASL_PASSWORD_FILE", "/nowhere/password", 1);
  const auto writer = TopicWriter::Open({});
  unsetenv("MARQUEE_SASL_PASSWORD_FILE");
  ASSERT_FALSE(writer);
  EXPECT_EQ(writer.error().code(), StatusCode::kConfig);
  EXPECT_THAT(std::string(writer.error().message()),
              AllOf(HasSubstr("MARQUEE_SASL_PASSWORD_FILE"), HasSubstr("/nowhere/password")));
}

}  // namespace
}  // namespace marquee
