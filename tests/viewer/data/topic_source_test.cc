#include "viewer/data/topic_source.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <stdexcept>
#include <thread>

#include "pipeline/core/clock.h"
#include "tests/support/example_messages.h"
#include "tests/support/result_messages.h"
#include "tests/support/wait_for_snapshot.h"

namespace marquee::viewer {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Topics in memory that a test writes to, and brokers that it takes away.
class FakeBrokers {
 public:
  struct Record {
    std::int64_t timestamp_ms = -1;
    std::int32_t partition = 0;
    std::vector<std::byte> value;
  };

  void Write(const std::string& topic, std::span<const std::byte> value,
             std::int64_t timestamp_ms = -1, std::int32_t partition = 0) {
    const std::lock_guard lock(mutex_);
    topics_[topic].push_back({timestamp_ms, partition, {value.begin(), value.end()}});
  }
  /// So many records of results come to who reads a run from its beginning; then none for now.
  void SetReadable(std::size_t records) {
    const std::lock_guard lock(mutex_);
    readable_ = records;
  }
  /// While they are away, nothing can be opened; what is open, breaks.
  void SetAway(bool away) {
    const std::lock_guard lock(mutex_);
    away_ = away;
    if (away) ++life_;
  }

  /// While they are silent, nothing can be opened, and nothing comes of what is open.
  void SetSilent(bool silent) {
    const std::lock_guard lock(mutex_);
    silent_ = silent;
  }
  /// Who opens a topic waits until nobody waits for him.
  void SetSlow() { slow_ = true; }
  /// Who opens a topic next meets an exception.
  void ThrowOnce() { throws_ = true; }

  /// How long one who tried to open a topic would have waited, each time.
  std::vector<std::chrono::milliseconds> tries() {
    const std::lock_guard lock(mutex_);
    return tries_;
  }

  OpenTopicPatiently Opener() {
    return
        [this](const std::string& topic, const StartAt& start, std::chrono::milliseconds patience,
               const std::function<bool()>& stopped) -> Result<std::unique_ptr<TopicReader>> {
          while (slow_ && !stopped()) std::this_thread::sleep_for(1ms);
          if (throws_.exchange(false)) throw std::runtime_error("out of luck");
          const std::lock_guard lock(mutex_);
          tries_.push_back(patience);
          if (away_ || silent_) return Status::Unavailable("no broker at here:9092 answers");
          if (topics_.count(topic) == 0) return Status::Config("topic " + topic + ": unknown");
          auto reader = std::make_unique<Reader>(*this, topic, life_);
          if (start.where == StartAt::Where::kEnd) reader->next = topics_[topic].size();
          reader->of_run = topic == "results" && start.where == StartAt::Where::kTime;
          return std::unique_ptr<TopicReader>(std::move(reader));
        };
  }

 private:
  struct Reader final : TopicReader {
    Reader(FakeBrokers& from, std::string name, int born)
        : brokers(from), topic_name(std::move(name)), life(born) {}

    Result<Event> Next(TopicRecord& record, std::chrono::milliseconds timeout) override {
      Event event = Event::kEnd;
      {
        const std::lock_guard lock(brokers.mutex_);
        if (life != brokers.life_) return Status::Unavailable("the topic is gone");
        const auto& records = brokers.topics_[topic_name];
        const bool is_held = brokers.silent_ || (of_run && next >= brokers.readable_);
        if (is_held) event = Event::kTimeout;
        if (!is_held && next < records.size()) {
          // At an odd address, as Kafka delivers it.
          bytes.assign(1, std::byte{0});
          bytes.insert(bytes.end(), records[next].value.begin(), records[next].value.end());
          record = {.partition = records[next].partition,
                    .offset = static_cast<std::int64_t>(next),
                    .timestamp_ms = records[next].timestamp_ms,
                    .value = std::span(bytes).subspan(1),
                    .headers = {}};
          ++next;
          return Event::kRecord;
        }
      }
      std::this_thread::sleep_for(std::min(timeout, 5ms));
      return event;
    }
    const std::string& topic() const noexcept override { return topic_name; }
    std::int32_t num_partitions() const noexcept override { return 2; }
    std::string TakeComplaint() override {
      const std::lock_guard lock(brokers.mutex_);
      return brokers.silent_ ? "broker away" : "";
    }

    FakeBrokers& brokers;
    std::string topic_name;
    int life;
    bool of_run = false;
    std::size_t next = 0;
    std::vector<std::byte> bytes;
  };

  std::mutex mutex_;
  std::map<std::string, std::vector<Record>> topics_;
  std::size_t readable_ = std::numeric_limits<std::size_t>::max();
  bool away_ = false;
  bool silent_ = false;
  std::atomic<bool> slow_ = false;
  std::atomic<bool> throws_ = false;
  int life_ = 0;
  std::vector<std::chrono::milliseconds> tries_;
};

class TopicSourceTest : public testing::Test {
 protected:
  void MakeTopics() {
    for (const char* topic : {"results", "status", "dead-letter"}) {
      brokers_.Write(topic, std::as_bytes(std::span("noise", 5)));
    }
  }

  static BatchInfo InfoOf(std::uint64_t sequence, std::size_t num_ordinals,
                          std::uint64_t start_ms) {
    return {.run = {.high = start_ms << 16 | 0x7000, .low = 0x8000000000000000},
            .sequence = sequence,
            .num_ordinals = static_cast<std::uint32_t>(num_ordinals)};
  }
  void WriteRows(std::uint64_t sequence, std::vector<marquee::testing_support::ResultRow> rows,
                 std::uint64_t start_ms = 2000) {
    WriteBatch(rows, InfoOf(sequence, rows.size(), start_ms), 3);
  }
  void WriteBatch(const std::vector<marquee::testing_support::ResultRow>& rows,
                  const BatchInfo& info, std::uint32_t num_classes, std::int64_t timestamp_ms = -1,
                  std::int32_t partition = 0) {
    Message message;
    WriteResultBatch(rows, info, message, num_classes);
    brokers_.Write("results", message.bytes(), timestamp_ms, partition);
  }

  void Follow(TopicOptions options = {}) {
    feed_ = std::make_unique<Feed>(MakeTopicSource(std::move(options), brokers_.Opener()), nullptr);
  }

  template <class Condition>
  std::shared_ptr<const SnapshotMessage> WaitFor(const Condition& condition) {
    return marquee::testing_support::WaitForSnapshot(*feed_, condition);
  }
  std::shared_ptr<const SnapshotMessage> WaitForRows(std::uint64_t rows) {
    return WaitFor([rows](const wire::Snapshot& s) { return s.run()->rows() == rows; });
  }
  static std::string MessageOf(const wire::Snapshot& snapshot) {
    const auto* message = snapshot.source()->message();
    return message == nullptr ? "" : message->str();
  }
  std::shared_ptr<const SnapshotMessage> WaitForMessage(const std::string& text) {
    return WaitFor(
        [&text](const wire::Snapshot& s) { return MessageOf(s).find(text) != std::string::npos; });
  }
  std::shared_ptr<const SnapshotMessage> WaitForNoMessage() {
    return WaitFor([](const wire::Snapshot& s) {
      return s.source()->state() == wire::SourceState::Live && s.source()->message() == nullptr;
    });
  }
  static std::string EventsOf(const wire::Snapshot& snapshot) {
    std::string texts;
    for (const auto* event : *snapshot.events()) texts += event->text()->str() + "\n";
    return texts;
  }

  FakeBrokers brokers_;
  std::unique_ptr<Feed> feed_;
};

TEST_F(TopicSourceTest, ItSaysWhatItWaitsForUntilItIsThere) {
  brokers_.SetAway(true);
  Follow();
  const auto waiting = WaitForMessage("no broker at here:9092 answers; trying again");
  EXPECT_EQ(waiting->view().source()->state(), wire::SourceState::Waiting);
  brokers_.SetAway(false);
  WaitForMessage("topic results: unknown");
  MakeTopics();
  WaitForMessage("no results in topic results yet; waiting for a run");
  WriteRows(0, {{.ordinal = 0, .truth = 1, .predicted = 1}});
  const auto live = WaitForRows(1);
  const auto settled = WaitForNoMessage();
  EXPECT_TRUE(SnapshotMessage::Verify(settled->bytes()));
  EXPECT_THAT(EventsOf(settled->view()), HasSubstr("connected"));
}

TEST_F(TopicSourceTest, TheNewestRunIsCaughtUpWithWhenAllOfItIsRead) {
  MakeTopics();
  for (std::uint64_t sequence = 0; sequence < 9; ++sequence) WriteRows(sequence, {{.ordinal = 0}});
  brokers_.SetReadable(5);
  Follow();
  WaitForMessage("catching up");
  EXPECT_THAT(MessageOf(WaitForRows(4)->view()), HasSubstr("catching up"));
  brokers_.SetReadable(100);
  EXPECT_EQ(WaitForNoMessage()->view().run()->rows(), 9U);
}

TEST_F(TopicSourceTest, AYoungRecordTellsThatItsPartitionIsCaughtUpWithAndNoOther) {
  MakeTopics();
  const std::int64_t young_ms = WallClockNs() / 1'000'000 + 3'600'000;
  WriteBatch({{.ordinal = 0}}, InfoOf(0, 1, 2000), 3, young_ms, 0);
  WriteBatch({{.ordinal = 0}}, InfoOf(1, 1, 2000), 3, 2500, 1);
  WriteBatch({{.ordinal = 0}}, InfoOf(3, 1, 2000), 3, young_ms, 1);
  WriteBatch({{.ordinal = 0}}, InfoOf(5, 1, 2000), 3, young_ms, 1);
  brokers_.SetReadable(3);  // nor is the end reached
  Follow();
  WaitForMessage("catching up");
  EXPECT_THAT(MessageOf(WaitForRows(2)->view()), HasSubstr("catching up"));
  brokers_.SetReadable(4);
  EXPECT_EQ(WaitForNoMessage()->view().run()->rows(), 3U);
}

TEST_F(TopicSourceTest, CommandsForRecordingsDoNotHastenItsTries) {
  brokers_.SetAway(true);
  Follow();
  feed_->SetPaused(true);
  WaitForMessage("trying again");
  std::this_thread::sleep_for(300ms);
  EXPECT_LE(brokers_.tries().size(), 2U);
}

TEST_F(TopicSourceTest, BrokersThatAreSlowAreGivenMoreTimeAndAStopNone) {
  brokers_.SetAway(true);
  Follow();
  while (brokers_.tries().size() < 2) std::this_thread::sleep_for(1ms);
  EXPECT_GT(brokers_.tries()[1], brokers_.tries()[0]);
  brokers_.SetSlow();
  std::this_thread::sleep_for(1200ms);  // it tries again
  EXPECT_FALSE(feed_->has_ended());
  feed_->Stop();
  const auto stopped_at = std::chrono::steady_clock::now();
  feed_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - stopped_at, 1s);
}

TEST_F(TopicSourceTest, ThatATopicIsNotThereIsAnAnswerOfTheBrokers) {
  WriteRows(0, {{.ordinal = 0}});
  Follow();
  WaitForRows(1);
  brokers_.SetReadable(1);  // nothing more comes of results
  brokers_.SetSilent(true);
  WaitForMessage("waiting for the brokers");
  brokers_.SetSilent(false);
  const auto back = WaitForNoMessage();
  EXPECT_THAT(EventsOf(back->view()), HasSubstr("the brokers are back"));
}

TEST_F(TopicSourceTest, AnExceptionOfALibraryIsNotTheEnd) {
  MakeTopics();
  WriteRows(0, {{.ordinal = 0}});
  brokers_.ThrowOnce();
  Follow();
  const auto shown = WaitForRows(1);
  EXPECT_THAT(EventsOf(shown->view()), HasSubstr("out of luck"));
}

TEST_F(TopicSourceTest, ASourceThatDiesAndComesBackCountsEachRowOnce) {
  MakeTopics();
  WriteRows(0, {{.ordinal = 0, .truth = 1, .predicted = 1}, {.ordinal = 1}});
  Follow();
  WaitForRows(2);
  brokers_.SetAway(true);
  WriteRows(1, {{.ordinal = 0, .truth = 2, .predicted = 1}});
  const auto away = WaitForMessage("trying again");
  EXPECT_EQ(away->view().run()->rows(), 2U) << "what is known stays";
  brokers_.SetAway(false);
  const auto back = WaitForRows(3);
  EXPECT_EQ(back->view().run()->duplicated_rows(), 0U);
  EXPECT_EQ(back->view().qualities()->Get(2)->rows(), 2U);
  EXPECT_EQ(back->view().rows()->size(), 3U);
  const auto settled = WaitFor([](const wire::Snapshot& s) {
    return s.recent()->series()->size() > 0 && s.recent()->series()->Get(3)->values()->size() > 1;
  });
  double rows = 0;
  for (const float rate : *settled->view().recent()->series()->Get(3)->values()) {
    if (!std::isnan(rate)) rows += rate / 2;
  }
  EXPECT_NEAR(rows, 3, 0.01) << "what is read again is not drawn twice";
  EXPECT_THAT(EventsOf(back->view()), HasSubstr("the topic is gone\nconnected"));
}

TEST_F(TopicSourceTest, WhatIsNoMessageIsCountedAndNamed) {
  MakeTopics();
  WriteRows(0, {{.ordinal = 0}});
  Follow();
  WaitForRows(1);
  const auto told = WaitFor([](const wire::Snapshot& s) {
    return s.run()->unreadable() == 1 && s.events()->size() >= 3 && s.dead_letters()->size() == 1;
  });
  const std::string events = EventsOf(told->view());
  EXPECT_THAT(events, HasSubstr("topic results, partition 0, offset 0: not a ResultBatch"));
  EXPECT_THAT(events, HasSubstr("topic status, offset 0: not a Status"));
  EXPECT_EQ(told->view().dead_letters()->Get(0)->reason()->str(), "unreadable");
}

TEST_F(TopicSourceTest, ANewerRunTakesOverUnlessOneWasAskedFor) {
  MakeTopics();
  WriteRows(0, {{.ordinal = 0}}, 1000);
  WriteRows(0, {{.ordinal = 0}, {.ordinal = 1}}, 2000);
  Follow();
  WaitForRows(2);
  WriteRows(0, {{.ordinal = 0}, {.ordinal = 1}, {.ordinal = 2}}, 3000);
  WriteRows(1, {{.ordinal = 0}}, 2000);
  WaitForRows(3);
  Follow({.run_id = "00000000-03e8-7000-8000-000000000000"});
  EXPECT_EQ(WaitForRows(1)->view().run()->id()->str(), "0000000003e870008000000000000000");
  Follow({.from = "beginning"});
  WaitForRows(3);
  Follow({.from = "end"});
  WaitForMessage("waiting for a run");
  WriteRows(1, {{.ordinal = 0}, {.ordinal = 1}}, 3000);
  WaitForRows(2);
}

TEST_F(TopicSourceTest, OfARunThatIsWatchedFromItsMiddleNothingIsCalledLost) {
  MakeTopics();
  const auto write = [this](std::uint64_t sequence) {
    BatchInfo info = InfoOf(sequence, 1, 2000);
    if (sequence >= 106) info.totals = RunTotals{.messages = 108, .records = 108, .rejected = 0};
    WriteBatch({{.ordinal = 0}}, info, 3, -1, static_cast<std::int32_t>(sequence % 2));
  };
  Follow({.from = "end"});
  WaitForMessage("waiting for a run");
  // One partition is behind the other.
  for (const std::uint64_t sequence : {101, 103, 100, 105, 104, 107, 106}) write(sequence);
  const auto end = WaitForRows(7);
  EXPECT_EQ(end->view().run()->lost(), -1);
  EXPECT_EQ(end->view().run()->first_message(), 101U);
  EXPECT_EQ(end->view().run()->missing_messages(), 1U) << "102";
  EXPECT_FALSE(end->view().run()->complete());
  write(102);
  EXPECT_EQ(WaitForRows(8)->view().run()->missing_messages(), 0U);
  // Of the next one, the beginning is seen.
  WriteBatch({{.ordinal = 0}}, InfoOf(0, 1, 3000), 3);
  BatchInfo last = InfoOf(2, 1, 3000);
  last.totals = RunTotals{.messages = 3, .records = 5, .rejected = 0};
  WriteBatch({{.ordinal = 0}}, last, 3);
  const auto next = WaitForRows(2);
  EXPECT_EQ(next->view().run()->first_message(), 0U);
  EXPECT_EQ(next->view().run()->lost(), 3);
}

TEST_F(TopicSourceTest, ANewerRunOfWhichNothingCountsLeavesTheFiguresAsTheyAre) {
  MakeTopics();
  WriteRows(0, {{.ordinal = 0, .truth = 1, .predicted = 1}}, 1000);
  Follow();
  WaitForRows(1);
  WriteBatch({{.ordinal = 0}}, InfoOf(std::uint64_t{1} << 50, 1, 2000), 2);
  const auto kept = WaitForMessage("no results of run 0000000007d070008000000000000000 yet");
  EXPECT_EQ(kept->view().run()->id()->str(), "0000000003e870008000000000000000");
  EXPECT_EQ(kept->view().run()->rows(), 1U);
  EXPECT_TRUE(SnapshotMessage::Verify(kept->bytes()));
  WriteBatch({{.ordinal = 0}, {.ordinal = 1}}, InfoOf(0, 2, 2000), 2);
  EXPECT_EQ(WaitForRows(2)->view().model()->class_names()->size(), 2U);
}

TEST_F(TopicSourceTest, ARunOfMoreClassesThanCanBeShownIsPassedOver) {
  WriteRows(0, {{.ordinal = 0, .truth = 1, .predicted = 1}}, 1000);
  Follow();
  WaitForRows(1);
  WriteBatch({{.ordinal = 0}}, InfoOf(0, 1, 2000), 40);
  const auto told = WaitFor([](const wire::Snapshot& s) {
    return EventsOf(s).find("results of 40 classes; at most 32 are shown") != std::string::npos;
  });
  EXPECT_EQ(told->view().run()->rows(), 1U);
  WriteRows(1, {{.ordinal = 0}}, 1000);
  EXPECT_EQ(WaitForRows(2)->view().source()->state(), wire::SourceState::Live);
}

TEST_F(TopicSourceTest, AMessageWithoutRowsSaysNothingOfTheRunsClasses) {
  MakeTopics();
  WriteBatch({}, InfoOf(0, 2, 1000), 4);
  Follow();
  WaitFor([](const wire::Snapshot& s) { return s.model()->class_names()->size() == 4; });
  WriteBatch({{.ordinal = 0}, {.ordinal = 1}}, InfoOf(1, 2, 1000), 2);
  const auto shown = WaitForRows(2);
  EXPECT_EQ(shown->view().model()->class_names()->size(), 2U);
  EXPECT_TRUE(SnapshotMessage::Verify(shown->bytes()));
}

TEST_F(TopicSourceTest, ServicesAndDeadLettersAreShownBesideTheRun) {
  MakeTopics();
  WriteRows(0, {{.ordinal = 0}});
  Message message;
  marquee::testing_support::WriteExampleStatus(message);
  brokers_.Write("status", message.bytes());
  brokers_.Write("dead-letter", marquee::testing_support::ExampleDeadLetter(), 1'700'000'000'000);
  Follow();
  const auto shown = WaitFor([](const wire::Snapshot& s) {
    return s.services()->size() == 1 && s.dead_letters()->size() == 2;
  });
  EXPECT_TRUE(SnapshotMessage::Verify(shown->bytes()));
  EXPECT_EQ(shown->view().services()->Get(0)->instance()->str(), "preprocess-a");
  EXPECT_EQ(shown->view().services()->Get(0)->state()->str(), "waiting for brokers");
  const wire::DeadLetter& letter = *shown->view().dead_letters()->Get(0);
  EXPECT_EQ(letter.reason()->str(), "unterminated_quote");
  EXPECT_EQ(letter.time_ns(), 1'700'000'000'000'000'000);
  EXPECT_EQ(letter.offset(), 1);
  EXPECT_EQ(letter.message()->str(), "a quoted field does not end");
  // Microseconds, taken for milliseconds: no later than now.
  brokers_.Write("dead-letter", marquee::testing_support::ExampleDeadLetter(),
                 1'700'000'000'000'000);
  const auto late = WaitFor([](const wire::Snapshot& s) { return s.dead_letters()->size() == 3; });
  EXPECT_LE(late->view().dead_letters()->Get(2)->time_ns(), WallClockNs());
  EXPECT_GT(late->view().dead_letters()->Get(2)->time_ns(), 1'700'000'000'000'000'000);
}

TEST_F(TopicSourceTest, LinesOfStagesGoBackToTheRunsBeginningAlsoAfterAnOutage) {
  MakeTopics();
  const std::int64_t now_ms = WallClockNs() / 1'000'000;
  const std::int64_t start_ms = now_ms - 60'000;
  WriteBatch({{.ordinal = 0}}, InfoOf(0, 1, static_cast<std::uint64_t>(start_ms)), 3, start_ms);
  for (std::int64_t second = 1; second <= 50; ++second) {
    ServiceStatus status = marquee::testing_support::ExampleStatus();
    status.started_ns = start_ms * 1'000'000;
    status.time_ns = (start_ms + second * 1000) * 1'000'000;
    status.rows_out = static_cast<std::uint64_t>(second * 100);
    Message message;
    ASSERT_TRUE(WriteStatus(status, message).ok());
    brokers_.Write("status", message.bytes(), start_ms + second * 1000);
  }
  const auto rows_of_preprocess = [](const wire::Snapshot& snapshot) {
    double rows = 0;
    for (const auto* series : *snapshot.session()->series()) {
      if (series->kind() != wire::SeriesKind::RowsPerSecond || series->index() != 2) continue;
      for (const float rate : *series->values()) rows += std::isnan(rate) ? 0 : rate / 2;
    }
    return rows;
  };
  const auto is_told = [&](const wire::Snapshot& s) { return rows_of_preprocess(s) > 4800; };
  Follow();
  const auto first = WaitFor(is_told);
  EXPECT_NEAR(rows_of_preprocess(first->view()), 4900, 1);
  brokers_.SetAway(true);
  WaitForMessage("trying again");
  brokers_.SetAway(false);
  WaitForNoMessage();
  const auto again = WaitFor(is_told);
  EXPECT_NEAR(rows_of_preprocess(again->view()), 4900, 1);
  const std::string events = EventsOf(again->view());
  EXPECT_EQ(events.find("broker 1 went away"), events.rfind("broker 1 went away")) << events;
}

TEST_F(TopicSourceTest, WhatNoWaitingMendsIsAFailure) {
  MakeTopics();
  for (const auto& [options, text] : {std::pair{TopicOptions{.run_id = "xyz"}, "xyz"},
                                      {TopicOptions{.from = "yesterday"}, "--from yesterday"},
                                      {TopicOptions{.model = "/nonexistent"}, "/nonexistent"}}) {
    Follow(options);
    marquee::testing_support::WaitForState(*feed_, wire::SourceState::Failed);
    EXPECT_THAT(std::string(feed_->status().message()), HasSubstr(text));
  }
}

TEST(ParseFromTest, TimesAreAgoAndWordsArePlaces) {
  const auto ago = [](std::string_view text) {
    const auto start = ParseFrom(text, 1'000'000'000);
    return start && start->where == StartAt::Where::kTime ? 1'000'000'000 - start->time_ms : -1;
  };
  EXPECT_EQ(ago("-90s"), 90'000);
  EXPECT_EQ(ago("-10m"), 600'000);
  EXPECT_EQ(ago("-1h"), 3'600'000);
  EXPECT_EQ(ago("-2d"), 172'800'000);
  EXPECT_EQ(ParseFrom("-100000d", 1'000'000'000)->time_ms, 0);
  EXPECT_EQ(ParseFrom("beginning", 0)->where, StartAt::Where::kBeginning);
  EXPECT_EQ(ParseFrom("end", 0)->where, StartAt::Where::kEnd);
  for (const char* wrong : {"", "1h", "-h", "-1", "-1w", "--1h", "-1.5h", "-99999999999999h"}) {
    EXPECT_EQ(ParseFrom(wrong, 0).error().code(), StatusCode::kUsage) << wrong;
  }
}

}  // namespace
}  // namespace marquee::viewer
