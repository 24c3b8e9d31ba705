#include "viewer/data/service_board.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "viewer/data/board.h"

namespace marquee::viewer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;

class ServiceBoardTest : public testing::Test {
 protected:
  void SetUp() override { board_.figures.Start(3, kStart); }

  /// A status of `instance` at `second`, by when it has put out so many rows.
  static ServiceStatus StatusAt(std::int64_t second, std::uint64_t rows,
                                const std::string& instance = "infer-a") {
    return {.stage = "infer",
            .instance = instance,
            .started_ns = kStart,
            .time_ns = kStart + second * kSecond,
            .state = ServiceState::kRunning,
            .rows_out = rows,
            .bytes_out = 10 * rows,
            .cpu_ns = static_cast<std::uint64_t>(second * kSecond / 2)};
  }

  void Add(const ServiceStatus& status) {
    board_.services.Add(status, status.time_ns, board_.figures.timelines());
  }

  const wire::SnapshotT& WriteAt(std::int64_t second) {
    RunResults results({}, 3);
    board_.figures.Write(kStart + second * kSecond, false, CountedOf(results), std::nullopt);
    board_.services.Write(kStart + second * kSecond);
    board_.snapshot.model->class_names = {"low", "mid", "high"};
    return board_.snapshot;
  }

  std::vector<std::string> Events() const {
    std::vector<std::string> texts;
    for (const auto& event : board_.snapshot.events) {
      texts.push_back(fmt::format("{}: {}", event->source, event->text));
    }
    return texts;
  }

  Board board_{{}, /*stage_rows_from_hops=*/false};
};

TEST_F(ServiceBoardTest, RatesAreFromOneStatusToTheNext) {
  Add(StatusAt(10, 1000));
  Add(StatusAt(12, 5000));
  Add(StatusAt(12, 5000));  // read twice
  const wire::SnapshotT& snapshot = WriteAt(13);
  ASSERT_EQ(snapshot.services.size(), 1U);
  const wire::ServiceT& service = *snapshot.services[0];
  EXPECT_EQ(service.state, "running");
  EXPECT_DOUBLE_EQ(service.rows_per_s, 2000);
  EXPECT_DOUBLE_EQ(service.bytes_per_s, 20'000);
  EXPECT_DOUBLE_EQ(service.cpu_share, 0.5);
  EXPECT_EQ(service.age_ns, kSecond);
  EXPECT_EQ(service.uptime_ns, 12 * kSecond);
  const wire::StageT& infer = *snapshot.stages[2];
  EXPECT_EQ(infer.id, wire::StageId::Infer);
  EXPECT_EQ(infer.instances, 1U);
  EXPECT_DOUBLE_EQ(infer.rows_per_s, 2000);
}

TEST_F(ServiceBoardTest, AfterARestartCountersBeginAtNothing) {
  Add(StatusAt(10, 1000));
  ServiceStatus again = StatusAt(14, 400);
  again.started_ns = kStart + 12 * kSecond;
  Add(again);
  EXPECT_DOUBLE_EQ(WriteAt(14).services[0]->rows_per_s, 200);
}

TEST_F(ServiceBoardTest, AClockThatIsAheadAndSetBackDoesNotSilenceTheService) {
  constexpr std::int64_t kDay = 86'400;
  ServiceStatus ahead = StatusAt(kDay, 1000);
  ahead.events = {{.time_ns = ahead.time_ns, .text = "clock ahead"}};
  const auto hear = [this](const ServiceStatus& status, std::int64_t second) {
    board_.services.Add(status, kStart + second * kSecond, board_.figures.timelines());
  };
  hear(ahead, 10);
  EXPECT_EQ(board_.snapshot.events.back()->time_ns, kStart + 10 * kSecond);
  hear(StatusAt(12, 5000), 12);
  EXPECT_EQ(WriteAt(13).services[0]->rows_out, 5000U);
  EXPECT_DOUBLE_EQ(WriteAt(13).services[0]->rows_per_s, 0) << "over which time is not known";
  hear(StatusAt(14, 9000), 14);
  EXPECT_DOUBLE_EQ(WriteAt(14).services[0]->rows_per_s, 2000);
}

TEST_F(ServiceBoardTest, EventsAfterAClockWasSetBackAreToldToo) {
  constexpr std::int64_t kHour = 3600;
  ServiceStatus status = StatusAt(kHour, 0);
  status.events = {{.time_ns = status.time_ns, .text = "before"}};
  board_.services.Add(status, kStart + 10 * kSecond, board_.figures.timelines());
  status.time_ns = kStart + 11 * kSecond;
  status.events.push_back({.time_ns = status.time_ns, .text = "after"});
  board_.services.Add(status, kStart + 11 * kSecond, board_.figures.timelines());
  EXPECT_THAT(Events(), ElementsAre("infer-a: before", "infer-a: after"));
}

TEST_F(ServiceBoardTest, LinesThatBeginAnewHearOfThePastAgainAndTheJournalDoesNot) {
  std::vector<ServiceStatus> statuses;
  for (std::int64_t second = 1; second <= 20; ++second) {
    statuses.push_back(StatusAt(second, static_cast<std::uint64_t>(100 * second)));
    statuses.back().stalls = static_cast<std::uint64_t>(second / 5);
    statuses.back().events = {{.time_ns = kStart + second / 7, .text = "partitions assigned"}};
    statuses.back().lags = {{.partition = 0, .lag = second}};
    Add(statuses.back());
  }
  WriteAt(20);
  const auto events = Events();
  EXPECT_EQ(events.size(), 7U);
  board_.figures.Forget();
  board_.figures.Start(3, kStart);
  board_.services.Retell();
  EXPECT_EQ(WriteAt(19).services[0]->rows_out, 2000U) << "what is known stays";
  for (const ServiceStatus& status : statuses) Add(status);
  const wire::SnapshotT& snapshot = WriteAt(20);
  EXPECT_EQ(Events(), events);
  EXPECT_EQ(snapshot.services[0]->rows_out, 2000U);
  for (const auto& series : snapshot.recent->series) {
    if (series->index != static_cast<std::uint8_t>(wire::StageId::Infer)) continue;
    if (series->kind == wire::SeriesKind::RowsPerSecond) {
      EXPECT_EQ(series->values[20], 100);
    }
    if (series->kind == wire::SeriesKind::Lag) {
      EXPECT_EQ(series->values[20], 11);
    }
  }
  // From here on it is as ever.
  ServiceStatus next = StatusAt(21, 2100);
  next.stalls = 5;
  Add(next);
  Add(statuses.back());
  EXPECT_EQ(Events().size(), 8U);
  EXPECT_DOUBLE_EQ(WriteAt(21).services[0]->rows_per_s, 100);
}

TEST_F(ServiceBoardTest, LagIsTheSumOverInstancesAndUnknownWithoutAny) {
  ServiceStatus a = StatusAt(10, 0, "infer-a");
  a.lags = {{.partition = 0, .lag = 5}, {.partition = 1, .lag = -1}};
  ServiceStatus b = StatusAt(10, 0, "infer-b");
  b.lags = {{.partition = 2, .lag = 7}};
  Add(a);
  Add(b);
  const wire::SnapshotT& snapshot = WriteAt(11);
  EXPECT_EQ(snapshot.services[0]->lag, 5);
  EXPECT_EQ(snapshot.stages[2]->lag, 12);
  EXPECT_EQ(snapshot.stages[1]->lag, -1);
  for (const auto& series : snapshot.session->series) {
    if (series->kind == wire::SeriesKind::Lag && series->index == 3) {
      EXPECT_EQ(series->values.front(), 12);
    }
  }
}

TEST_F(ServiceBoardTest, AServiceThatSaysNothingIsSilentAndItsReturnIsTold) {
  Add(StatusAt(0, 0));
  EXPECT_EQ(WriteAt(10).services[0]->state, "running");
  EXPECT_EQ(WriteAt(11).services[0]->state, "silent");
  EXPECT_EQ(board_.snapshot.stages[2]->instances, 0U);
  Add(StatusAt(20, 0));
  EXPECT_EQ(WriteAt(20).services[0]->state, "running");
  EXPECT_THAT(Events(),
              ElementsAre("infer-a: has said nothing for 10 s", "infer-a: is heard again"));
  EXPECT_TRUE(WriteAt(4000).services.empty()) << "forgotten after an hour";
}

TEST_F(ServiceBoardTest, AServiceThatSaidThatItEndsIsNotMissed) {
  ServiceStatus stopping = StatusAt(0, 0, "infer-a");
  stopping.state = ServiceState::kStopping;
  Add(stopping);
  ServiceStatus failed = StatusAt(0, 0, "infer-b");
  failed.state = ServiceState::kFailed;
  Add(failed);
  EXPECT_EQ(WriteAt(1).services[0]->state, "stopping");
  EXPECT_EQ(WriteAt(11).services[0]->state, "stopped");
  EXPECT_EQ(WriteAt(11).services[1]->state, "failed");
  EXPECT_TRUE(Events().empty());
}

TEST_F(ServiceBoardTest, EventsAreToldOnceAndCountersThatGrowAreEvents) {
  ServiceStatus status = StatusAt(1, 0);
  status.events = {{.time_ns = kStart, .text = "partitions 0, 1 assigned"}};
  Add(status);
  status.time_ns += kSecond;
  status.events.push_back({.time_ns = kStart + kSecond, .text = "broker 1 away"});
  status.stalls = 2;
  status.state = ServiceState::kStalled;
  status.not_ready_reason = "no record for 30 s";
  Add(status);
  status.time_ns += kSecond;
  status.commit_failures = 1;
  status.rebalances = 3;
  Add(status);
  EXPECT_THAT(Events(), ElementsAre("infer-a: partitions 0, 1 assigned", "infer-a: broker 1 away",
                                    "infer-a: stalled: no record for 30 s",
                                    "infer-a: 2 stalls (2 since its start)",
                                    "infer-a: 1 failed commits (1 since its start)",
                                    "infer-a: rebalance 3 since its start"));
  EXPECT_EQ(board_.snapshot.events[3]->severity, wire::Severity::Warning);
}

TEST_F(ServiceBoardTest, OfTheInstancesDriftsTheLargestIsShownUntilTheyAreSilent) {
  ServiceStatus one = StatusAt(10, 1000, "infer-a");
  ServiceStatus two = StatusAt(10, 1000, "infer-b");
  one.drift = {{.feature = "runtime", .psi = 0.5}, {.feature = "year", .psi = 0.01}};
  two.drift = {{.feature = "runtime", .psi = 0.1}, {.feature = "year", .psi = 0.02}};
  one.drift_rows = 3'000;
  two.drift_rows = 4'000;
  Add(one);
  Add(two);
  const auto& snapshot = WriteAt(11);
  ASSERT_EQ(snapshot.drift.size(), 2U);
  EXPECT_EQ(snapshot.drift[0]->feature, "runtime");
  EXPECT_EQ(snapshot.drift[0]->psi, 0.5);
  EXPECT_EQ(snapshot.drift[1]->psi, 0.02);
  EXPECT_EQ(snapshot.drift_rows, 7'000U);
  EXPECT_TRUE(WriteAt(60).drift.empty());
}

TEST_F(ServiceBoardTest, WhoeverWritesToTheTopicCannotFillTheMemory) {
  for (int i = 0; i < 1000; ++i) {
    ServiceStatus status = StatusAt(i, 0, fmt::format("infer-{}", i));
    status.events = {{.time_ns = kStart + i, .text = std::string(1024, 'x')}};
    Add(status);
  }
  const wire::SnapshotT& snapshot = WriteAt(1000);
  EXPECT_EQ(snapshot.services.size(), kMaxServices);
  EXPECT_EQ(snapshot.events.size(), kMaxEvents);
  EXPECT_THAT(snapshot.services.back()->instance, HasSubstr("infer-9"));
  EXPECT_TRUE(SnapshotMessage::Verify(SnapshotMessage::Make(snapshot)->bytes()));
}

TEST(JournalTest, TheYoungestAreKeptInTheirOrder) {
  wire::SnapshotT snapshot = EmptySnapshot();
  Journal journal(snapshot);
  for (const std::int64_t time : {3, 1, 2}) journal.Add(time, wire::Severity::Info, "a", "b");
  EXPECT_EQ(snapshot.events[0]->time_ns, 1);
  EXPECT_EQ(snapshot.events[2]->time_ns, 3);
  for (std::int64_t time = 10; time < 110; ++time) {
    wire::DeadLetterT letter;
    letter.time_ns = time;
    letter.message = std::string(2000, 'x');
    journal.Add(std::move(letter));
  }
  ASSERT_EQ(snapshot.dead_letters.size(), kMaxDeadLetters);
  EXPECT_EQ(snapshot.dead_letters.back()->time_ns, 109);
  EXPECT_EQ(snapshot.dead_letters.front()->time_ns, 109 - 63);
  EXPECT_EQ(snapshot.dead_letters.front()->message.size(), kMaxText);
}

TEST(JournalTest, DeadLettersThatATopicTellsAgainAreKeptOnce) {
  wire::SnapshotT snapshot = EmptySnapshot();
  Journal journal(snapshot);
  const auto add = [&journal](std::int64_t time_ns, std::int32_t partition, std::int64_t offset) {
    wire::DeadLetterT letter;
    letter.time_ns = time_ns;
    letter.partition = partition;
    letter.offset = offset;
    journal.Add(std::move(letter));
  };
  for (int reading = 0; reading < 2; ++reading) {
    for (std::int64_t offset = 0; offset < 10; ++offset) {
      add(offset, 0, offset);
      add(offset, 1, offset);
    }
  }
  EXPECT_EQ(snapshot.dead_letters.size(), 20U);
  add(77, 0, 0);   // a topic made anew
  add(5, -1, -1);  // of no topic
  add(5, -1, -1);
  EXPECT_EQ(snapshot.dead_letters.size(), 23U);
}

}  // namespace
}  // namespace marquee::viewer
