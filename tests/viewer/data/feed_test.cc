#include "viewer/data/feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

namespace marquee::viewer {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

/// Does what a test says.
class FakeSource final : public FeedSource {
 public:
  explicit FakeSource(std::function<Status(FeedPort&)> run) : run_(std::move(run)) {}

  wire::SourceT Describe() const override {
    wire::SourceT source;
    source.kind = wire::SourceKind::Recording;
    source.name = "fake";
    return source;
  }
  Status Run(FeedPort& port) override { return run_(port); }

 private:
  std::function<Status(FeedPort&)> run_;
};

std::unique_ptr<Feed> Start(std::function<Status(FeedPort&)> run,
                            std::function<void()> on_publish = {}) {
  return std::make_unique<Feed>(std::make_unique<FakeSource>(std::move(run)),
                                std::move(on_publish));
}

/// Wait until it holds, but not for ever.
template <class Condition>
bool Eventually(const Condition& condition) {
  const auto deadline = Clock::now() + 10s;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

void WaitForStop(FeedPort& port) {
  while (!port.stop_requested()) port.WaitUntil(Clock::now() + 1h);
}

TEST(FeedTest, ThereIsASnapshotFromTheStart) {
  const auto feed = Start([](FeedPort& port) {
    WaitForStop(port);
    return Status();
  });
  const auto first = feed->Latest();
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(first->view().source()->name()->str(), "fake");
  EXPECT_EQ(first->view().source()->state(), wire::SourceState::Waiting);
  EXPECT_TRUE(SnapshotMessage::Verify(first->bytes()));
}

TEST(FeedTest, SnapshotsAreNumberedToldAndNotMoreThanThirtyASecond) {
  std::atomic<int> told = 0;
  const auto feed = Start(
      [](FeedPort& port) {
        wire::SnapshotT snapshot = EmptySnapshot();
        while (!port.stop_requested()) {
          if (port.IsDue()) port.Publish(snapshot);
        }
        return Status();
      },
      [&told] { ++told; });
  std::this_thread::sleep_for(500ms);
  const auto latest = feed->Latest();
  EXPECT_GE(latest->view().number(), 2U);
  EXPECT_LE(latest->view().number(), 17U);
  EXPECT_GE(static_cast<std::uint64_t>(told) + 1, latest->view().number());
}

TEST(FeedTest, ASnapshotStaysAsItWasWhileOthersCome) {
  const auto feed = Start([](FeedPort& port) {
    wire::SnapshotT snapshot = EmptySnapshot();
    for (; !port.stop_requested(); port.WaitUntil(Clock::now() + 1ms)) {
      ++snapshot.run->rows;
      port.Publish(snapshot);
    }
    return Status();
  });
  const auto kept = feed->Latest();
  const std::uint64_t number = kept->view().number();
  ASSERT_TRUE(Eventually([&] { return feed->Latest()->view().number() > number + 5; }));
  EXPECT_EQ(kept->view().number(), number);
}

TEST(FeedTest, AFailureKeepsWhatWasKnownAndSaysWhy) {
  const auto feed = Start([](FeedPort& port) -> Status {
    wire::SnapshotT snapshot = EmptySnapshot();
    snapshot.run->rows = 42;
    port.Publish(snapshot);
    return Status::Data("the file is damaged");
  });
  ASSERT_TRUE(Eventually([&] { return !feed->status().ok(); }));
  EXPECT_EQ(feed->status().code(), StatusCode::kData);
  const auto failed = [&] {
    return feed->Latest()->view().source()->state() == wire::SourceState::Failed;
  };
  ASSERT_TRUE(Eventually(failed));
  EXPECT_EQ(feed->Latest()->view().run()->rows(), 42U);
  EXPECT_EQ(feed->Latest()->view().source()->message()->str(), "the file is damaged");
}

TEST(FeedTest, AnExceptionOfALibraryIsAFailure) {
  const auto feed = Start([](FeedPort&) -> Status { throw std::bad_alloc(); });
  ASSERT_TRUE(Eventually([&] { return !feed->status().ok(); }));
  EXPECT_EQ(feed->status().code(), StatusCode::kInternal);
}

TEST(FeedTest, CommandsWakeTheSourceAndTheLastOfEachKindCounts) {
  std::atomic<double> speed = 0;
  std::atomic<std::int64_t> seek = 0;
  std::atomic<bool> ready = false;
  const auto feed = Start([&](FeedPort& port) {
    ready = true;
    while (!port.stop_requested()) {
      port.WaitUntil(Clock::now() + 1h);
      const Commands commands = port.TakeCommands();
      if (commands.seek_ns) seek = *commands.seek_ns;
      if (commands.speed) speed = *commands.speed;
    }
    return Status();
  });
  ASSERT_TRUE(Eventually([&] { return ready.load(); }));
  feed->Seek(1);
  feed->Seek(5);
  feed->SetSpeed(2);
  EXPECT_TRUE(Eventually([&] { return speed == 2 && seek == 5; }));
}

TEST(FeedTest, StopEndsTheSourceAndKeepsTheSnapshot) {
  std::atomic<bool> ended = false;
  const auto feed = Start([&](FeedPort& port) {
    WaitForStop(port);
    ended = true;
    return Status();
  });
  EXPECT_FALSE(feed->has_ended());
  feed->Stop();
  EXPECT_TRUE(Eventually([&] { return feed->has_ended(); }));
  EXPECT_TRUE(ended);
  EXPECT_NE(feed->Latest(), nullptr);
}

}  // namespace
}  // namespace marquee::viewer
