#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "pipeline/stages/run_results.h"
#include "pipeline/transport/file/message_file.h"
#include "tests/support/result_messages.h"
#include "tests/support/temp_dir.h"
#include "tests/support/wait_for_snapshot.h"
#include "viewer/data/open.h"

namespace marquee::viewer {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using State = wire::SourceState;

constexpr RunId kRun{.high = 1, .low = 2};
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kStart = 1'700'000'000'000 * kMs;

/// A recording of 100 batches of two rows, one each 100 ms.
class RecordingSourceTest : public testing::Test {
 protected:
  void SetUp() override {
    auto writer = MessageFileWriter::Create(path_);
    ASSERT_TRUE(writer);
    Message message;
    for (std::uint64_t i = 0; i < 100; ++i) {
      const std::int64_t done_ns = kStart + static_cast<std::int64_t>(i) * 100 * kMs;
      BatchInfo info{.run = kRun, .sequence = i, .num_ordinals = 2};
      info.AddHop(wire::StageId::Infer, done_ns - 5 * kMs, done_ns - 2 * kMs, done_ns);
      marquee::testing_support::WriteResultBatch(
          {{.ordinal = 0, .truth = 1, .predicted = static_cast<std::uint8_t>(i % 3)},
           {.ordinal = 1}},
          info, message);
      ASSERT_TRUE(writer->Write(message.bytes()).ok());
      ASSERT_TRUE(expected_.Add(ResultBatchView::Own(message), done_ns).ok());
    }
    ASSERT_TRUE(writer->Close().ok());
  }

  void Replay(double speed) { feed_ = ReplayRecording({.path = path_, .speed = speed}, {}); }

  template <class Condition>
  std::shared_ptr<const SnapshotMessage> WaitFor(const Condition& condition) {
    return marquee::testing_support::WaitForSnapshot(*feed_, condition);
  }
  std::shared_ptr<const SnapshotMessage> WaitForState(State state) {
    return marquee::testing_support::WaitForState(*feed_, state);
  }

  marquee::testing_support::TempDir dir_;
  std::string path_ = dir_.File("x.results");
  RunResults expected_{kRun, 3};
  std::unique_ptr<Feed> feed_;
};

TEST_F(RecordingSourceTest, AtFullSpeedAllOfItIsCountedAsItOnceWas) {
  Replay(kFullSpeed);
  const auto last = WaitForState(State::Ended);
  const wire::Snapshot& snapshot = last->view();
  EXPECT_TRUE(SnapshotMessage::Verify(last->bytes()));
  EXPECT_EQ(snapshot.source()->length_ns(), 9900 * kMs);
  EXPECT_EQ(snapshot.source()->position_ns(), 9900 * kMs);
  EXPECT_EQ(snapshot.source()->progress(), 1);
  EXPECT_EQ(snapshot.taken_ns(), kStart + 9900 * kMs);
  EXPECT_EQ(snapshot.run()->rows(), 200U);
  EXPECT_DOUBLE_EQ(snapshot.run()->seconds(), expected_.seconds());
  EXPECT_EQ(snapshot.qualities()->Get(2)->macro_f1(), expected_.evaluation().confusion().MacroF1());
  EXPECT_EQ(snapshot.qualities()->Get(0)->rows(), 100U) << "9.9 s are within the last 10";
  EXPECT_EQ(snapshot.rows()->size(), 200U);
  EXPECT_DOUBLE_EQ(snapshot.run()->rows_per_s_now(), 20);
}

TEST_F(RecordingSourceTest, ItRunsAtItsSpeedAndCanBePaused) {
  Replay(10);
  const auto live = WaitForState(State::Live);
  feed_->SetPaused(true);
  const auto paused = WaitForState(State::Paused);
  const std::int64_t position = paused->view().source()->position_ns();
  std::this_thread::sleep_for(100ms);
  EXPECT_EQ(feed_->Latest()->view().number(), paused->view().number()) << "nothing changes";
  EXPECT_EQ(paused->view().run()->rows(),
            static_cast<std::uint64_t>(position / (100 * kMs) + 1) * 2);
  const auto began = std::chrono::steady_clock::now();
  feed_->SetPaused(false);
  EXPECT_EQ(WaitForState(State::Ended)->view().run()->rows(), 200U);
  const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - began;
  EXPECT_GE(took.count() * 10 + 1e8, static_cast<double>(9900 * kMs - position));
}

TEST_F(RecordingSourceTest, SeekingGoesForwardsAndBackEvenWhilePaused) {
  Replay(kFullSpeed);
  WaitForState(State::Ended);
  feed_->SetSpeed(1);
  feed_->SetPaused(true);
  for (const auto& [position_ms, rows] :
       {std::pair{5000, 102U}, {2050, 42U}, {0, 2U}, {7000, 142U}}) {
    feed_->Seek(position_ms * kMs);
    const auto there = WaitFor([position_ms = position_ms](const wire::Snapshot& s) {
      return s.source()->position_ns() == position_ms * kMs;
    });
    EXPECT_EQ(there->view().run()->rows(), rows) << position_ms;
    EXPECT_EQ(there->view().source()->state(), State::Paused);
  }
  feed_->Seek(1'000'000 * kMs);
  EXPECT_EQ(WaitForState(State::Ended)->view().run()->rows(), 200U);
}

TEST_F(RecordingSourceTest, PauseAndSpeedRightAfterASeekKeepIt) {
  Replay(0.01);
  WaitForState(State::Live);
  // Whether they are obeyed one by one or together, before or after the place is reached.
  for (const std::int64_t position_ms : {9000, 3000, 6000}) {
    feed_->Seek(position_ms * kMs);
    feed_->SetPaused(true);
    feed_->SetSpeed(0.02);
    const auto there = WaitFor([position_ms](const wire::Snapshot& s) {
      return s.source()->state() == State::Paused && s.source()->position_ns() / kMs == position_ms;
    });
    EXPECT_EQ(there->view().run()->rows(), static_cast<std::uint64_t>(position_ms / 100 + 1) * 2);
    feed_->SetPaused(false);
    WaitForState(State::Live);
  }
}

TEST_F(RecordingSourceTest, AScrubWhilePausedIsNotShownMoreOftenThanAnyEyeSees) {
  Replay(0.01);
  feed_->SetPaused(true);
  const std::uint64_t first = WaitForState(State::Paused)->view().number();
  const auto began = std::chrono::steady_clock::now();
  std::int64_t position_ms = 0;
  while (std::chrono::steady_clock::now() - began < 300ms) {
    feed_->Seek(++position_ms * kMs);
    std::this_thread::sleep_for(1ms);
  }
  const auto last = WaitFor([position_ms](const wire::Snapshot& s) {
    return s.source()->position_ns() == position_ms * kMs;
  });
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  EXPECT_LE(static_cast<double>(last->view().number() - first), took.count() * 30 + 2);
}

TEST_F(RecordingSourceTest, RowsThatAreReplayedAreNumberedOn) {
  Replay(kFullSpeed);
  const auto newest = [](const SnapshotMessage& message) {
    const auto& rows = *message.view().rows();
    return rows.Get(rows.size() - 1)->number();
  };
  const std::uint64_t before = newest(*WaitForState(State::Ended));
  feed_->SetPaused(true);
  feed_->Seek(1000 * kMs);
  const auto again =
      WaitFor([](const wire::Snapshot& s) { return s.source()->position_ns() == 1000 * kMs; });
  EXPECT_EQ(again->view().rows()->size(), 22U);
  EXPECT_GT(newest(*again), before) << "a selected row is not taken for another";
}

TEST_F(RecordingSourceTest, AFileThatIsNoRecordingSaysSo) {
  const auto failure = [&](const std::string& path) {
    feed_ = ReplayRecording({.path = path}, {});
    WaitForState(State::Failed);
    return std::string(feed_->status().message());
  };
  EXPECT_THAT(failure(dir_.File("none")), HasSubstr("cannot read"));
  dir_.Write("text", "hello");
  EXPECT_THAT(failure(dir_.File("text")), HasSubstr("text, byte 0"));
  dir_.Write("empty", "");
  EXPECT_THAT(failure(dir_.File("empty")), HasSubstr("no results"));
  Message message;
  marquee::testing_support::WriteResultBatch({{.ordinal = 0}}, {.run = kRun, .num_ordinals = 1},
                                             message, 40);
  auto writer = MessageFileWriter::Create(dir_.File("wide"));
  ASSERT_TRUE(writer && writer->Write(message.bytes()).ok() && writer->Close().ok());
  EXPECT_THAT(failure(dir_.File("wide")), HasSubstr("40 classes; at most 32 are shown"));
  const std::string whole = marquee::testing_support::ReadFile(path_);
  dir_.Write("cut", whole.substr(0, whole.size() / 2 + 10));
  EXPECT_THAT(failure(dir_.File("cut")), HasSubstr("ends inside a message"));
}

}  // namespace
}  // namespace marquee::viewer
