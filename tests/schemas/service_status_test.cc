#include "schemas/service_status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>

#include "schemas/service_status_generated.h"
#include "tests/support/example_messages.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using namespace testing_support;

/// What a reader gets of `status`.
ServiceStatus WrittenAndRead(const ServiceStatus& status) {
  Message message;
  EXPECT_TRUE(WriteStatus(status, message).ok());
  Message received;
  Receive(message.bytes(), received);
  auto read = ReadStatus(received.bytes());
  EXPECT_TRUE(read) << read.error().message();
  return read ? *std::move(read) : ServiceStatus();
}

TEST(ServiceStatusTest, ReadsWhatWasWritten) {
  ServiceStatus expected = ExampleStatus();
  expected.drift = {{.feature = "log_votes", .psi = 0.125}, {.feature = "runtime", .psi = 0.5}};
  expected.drift_rows = 4'096;
  const ServiceStatus read = WrittenAndRead(expected);
  EXPECT_EQ(read.stage, expected.stage);
  EXPECT_EQ(read.instance, expected.instance);
  EXPECT_EQ(read.host, expected.host);
  EXPECT_EQ(read.pid, expected.pid);
  EXPECT_EQ(read.started_ns, expected.started_ns);
  EXPECT_EQ(read.time_ns, expected.time_ns);
  EXPECT_EQ(read.state, expected.state);
  EXPECT_EQ(read.not_ready_reason, expected.not_ready_reason);
  EXPECT_EQ(read.messages_in, expected.messages_in);
  EXPECT_EQ(read.rows_in, expected.rows_in);
  EXPECT_EQ(read.bytes_in, expected.bytes_in);
  EXPECT_EQ(read.messages_out, expected.messages_out);
  EXPECT_EQ(read.rows_out, expected.rows_out);
  EXPECT_EQ(read.bytes_out, expected.bytes_out);
  EXPECT_EQ(read.dead_letters, expected.dead_letters);
  EXPECT_EQ(read.unreadable_messages, expected.unreadable_messages);
  EXPECT_EQ(read.epochs, expected.epochs);
  EXPECT_EQ(read.commits, expected.commits);
  EXPECT_EQ(read.commit_failures, expected.commit_failures);
  EXPECT_EQ(read.transactions_aborted, expected.transactions_aborted);
  EXPECT_EQ(read.rebalances, expected.rebalances);
  EXPECT_EQ(read.stalls, expected.stalls);
  EXPECT_EQ(read.busy_ns, expected.busy_ns);
  EXPECT_EQ(read.cpu_ns, expected.cpu_ns);
  EXPECT_EQ(read.rss_bytes, expected.rss_bytes);
  EXPECT_EQ(read.input_topic, expected.input_topic);
  ASSERT_EQ(read.lags.size(), 2U);
  EXPECT_EQ(read.lags[0].lag, 40);
  EXPECT_EQ(read.lags[1].partition, 2);
  EXPECT_EQ(read.lags[1].position, 300);
  EXPECT_EQ(read.lags[1].lag, -1);
  ASSERT_EQ(read.events.size(), 2U);
  EXPECT_EQ(read.events[1].time_ns, expected.events[1].time_ns);
  EXPECT_EQ(read.events[1].text, expected.events[1].text);
  ASSERT_EQ(read.drift.size(), 2U);
  EXPECT_EQ(read.drift[1].feature, "runtime");
  EXPECT_EQ(read.drift[1].psi, 0.5);
  EXPECT_EQ(read.drift_rows, 4'096U);
}

TEST(ServiceStatusTest, ReadsAStatusThatTellsNothing) {
  const ServiceStatus read = WrittenAndRead(ServiceStatus());
  EXPECT_EQ(read.stage, "");
  EXPECT_EQ(read.state, ServiceState::kStarting);
  EXPECT_TRUE(read.is_ready());
  EXPECT_TRUE(read.lags.empty());
}

TEST(ServiceStatusTest, WritesTheBeginningOfLongTextsAndTheNewestEvents) {
  ServiceStatus status;
  // Two bytes, then characters of three: the limit falls into one, which begins at 1022.
  status.not_ready_reason = "xx";
  for (int i = 0; i < 400; ++i) status.not_ready_reason += "日";
  for (std::size_t i = 0; i < kMaxStatusEvents + 3; ++i) {
    status.events.push_back({.time_ns = static_cast<std::int64_t>(i), .text = "rebalance"});
  }
  const ServiceStatus read = WrittenAndRead(status);
  EXPECT_EQ(read.not_ready_reason, status.not_ready_reason.substr(0, 1022));
  ASSERT_EQ(read.events.size(), kMaxStatusEvents);
  EXPECT_EQ(read.events.front().time_ns, 3);
}

TEST(ServiceStatusTest, RefusesToWriteMoreLagsThanItReads) {
  ServiceStatus status;
  status.lags.resize(kMaxStatusLags);
  EXPECT_EQ(WrittenAndRead(status).lags.size(), kMaxStatusLags);
  status.lags.resize(kMaxStatusLags + 1);
  Message message;
  EXPECT_EQ(WriteStatus(status, message).code(), StatusCode::kInternal);
}

/// The parts of a Status as another program might write them.
struct WireParts {
  std::string stage = "infer";
  std::string reason;
  int state = 2;
  std::vector<wire::DeadLetterCount> dead_letters;
  std::vector<wire::PartitionLag> lags;
  std::vector<std::string> events;
  std::int64_t started_ns = 1;
  std::int64_t time_ns = 1;
  std::int64_t event_time_ns = 1;
};

Status ReadParts(const WireParts& parts) {
  Message message;
  auto& builder = message.Begin();
  const auto stage = builder.CreateString(parts.stage);
  const auto instance = builder.CreateString("a");
  const auto reason = builder.CreateString(parts.reason);
  const auto dead_letters = builder.CreateVectorOfStructs(parts.dead_letters);
  const auto lags = builder.CreateVectorOfStructs(parts.lags);
  std::vector<flatbuffers::Offset<wire::ServiceEvent>> events;
  for (const std::string& text : parts.events) {
    events.push_back(
        wire::CreateServiceEvent(builder, parts.event_time_ns, builder.CreateString(text)));
  }
  const auto events_offset = builder.CreateVector(events);
  wire::StatusBuilder table(builder);
  table.add_stage(stage);
  table.add_instance(instance);
  table.add_started_ns(parts.started_ns);
  table.add_time_ns(parts.time_ns);
  table.add_state(static_cast<wire::ServiceState>(parts.state));
  table.add_not_ready_reason(reason);
  table.add_dead_letters(dead_letters);
  table.add_lags(lags);
  table.add_events(events_offset);
  MARQUEE_RETURN_IF_ERROR(message.Finish(table.Finish(), wire::StatusIdentifier()));
  Message received;
  Receive(message.bytes(), received);
  auto read = ReadStatus(received.bytes());
  return read ? Status() : std::move(read).error();
}

TEST(ServiceStatusTest, RefusesEveryLengthAndNumberThatCodeReliesOn) {
  const auto refused = [](const char* what, const WireParts& parts) {
    const Status status = ReadParts(parts);
    EXPECT_EQ(status.code(), StatusCode::kData) << what;
    EXPECT_THAT(std::string(status.message()), HasSubstr(what));
  };
  const std::string long_text(kMaxStatusText + 1, 'x');
  EXPECT_TRUE(ReadParts({.dead_letters = {{10, 1}}, .lags = {{0, 5, -1}}, .events = {"x"}}).ok());
  refused("a text of 1025 bytes", {.stage = long_text});
  refused("a text of 1025 bytes", {.reason = long_text});
  refused("an event's text of 1025 bytes", {.events = {long_text}});
  refused("65 events", {.events = std::vector<std::string>(kMaxStatusEvents + 1)});
  refused("unknown state 6", {.state = 6});
  refused("unknown reject reason", {.dead_letters = {{kNumRejectReasons, 1}}});
  refused("counts of dead letters",
          {.dead_letters = std::vector<wire::DeadLetterCount>(kNumRejectReasons + 1)});
  refused("partition -1", {.lags = {{-1, 5, 0}}});
  refused("partition 4294967296", {.lags = {{std::int64_t{1} << 32, 5, 0}}});
  refused("lag -2", {.lags = {{0, 5, -2}}});
  refused("lag 8796093022209", {.lags = {{0, 5, (std::int64_t{1} << 43) + 1}}});
  const std::int64_t late = std::numeric_limits<std::int64_t>::max();
  refused("a time is before 1970 or after 2116", {.started_ns = -1});
  refused("a time is before 1970 or after 2116", {.time_ns = late});
  refused("a time is before 1970 or after 2116", {.events = {"x"}, .event_time_ns = late});
  refused("lags of 10001", {.lags = std::vector<wire::PartitionLag>(kMaxStatusLags + 1)});
}

TEST(ServiceStatusTest, RefusesADriftThatCannotBe) {
  for (const double psi : {-0.5, std::numeric_limits<double>::infinity(), std::nan("")}) {
    Message message;
    ServiceStatus status = ExampleStatus();
    status.drift = {{.feature = "runtime", .psi = psi}};
    ASSERT_TRUE(WriteStatus(status, message).ok());
    Message received;
    Receive(message.bytes(), received);
    const auto read = ReadStatus(received.bytes());
    ASSERT_FALSE(read) << psi;
    EXPECT_THAT(std::string(read.error().message()), HasSubstr("drift"));
  }
}

TEST(ServiceStatusTest, RefusesAnotherMessage) {
  Message message;
  WriteExampleResultBatch(message);
  Message received;
  Receive(message.bytes(), received);
  const auto read = ReadStatus(received.bytes());
  ASSERT_FALSE(read);
  EXPECT_THAT(std::string(read.error().message()), HasSubstr("not a Status"));
}

}  // namespace
}  // namespace marquee
