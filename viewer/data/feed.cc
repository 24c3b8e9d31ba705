#include "viewer/data/feed.h"

#include <exception>

#include "pipeline/core/clock.h"

namespace marquee::viewer {

// --- FeedPort ------------------------------------------------------------------------------------

FeedPort::FeedPort(std::function<void()> on_publish) : on_publish_(std::move(on_publish)) {}

void FeedPort::WaitUntil(Clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  changed_.wait_until(lock, deadline, [this] {
    return stop_ || commands_.paused || commands_.seek_ns || commands_.speed;
  });
}

Commands FeedPort::TakeCommands() {
  const std::lock_guard lock(mutex_);
  return std::exchange(commands_, {});
}

bool FeedPort::IsDue() const { return Clock::now() - published_at_ >= kInterval; }

void FeedPort::Publish(wire::SnapshotT& snapshot) {
  snapshot.number = ++number_;
  auto message = SnapshotMessage::Make(snapshot);
  {
    const std::lock_guard lock(mutex_);
    latest_.swap(message);
  }
  published_at_ = Clock::now();
  if (on_publish_) on_publish_();
}

void FeedPort::Fail(Status status) {
  const std::lock_guard lock(mutex_);
  failure_code_ = status.code();
  failure_ = status.message();
}

std::shared_ptr<const SnapshotMessage> FeedPort::Latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

Status FeedPort::status() const {
  const std::lock_guard lock(mutex_);
  return failure_code_ == StatusCode::kOk ? Status() : Status(failure_code_, failure_);
}

void FeedPort::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
}

void FeedPort::Command(const Commands& commands) {
  {
    const std::lock_guard lock(mutex_);
    if (commands.paused) commands_.paused = commands.paused;
    if (commands.seek_ns) commands_.seek_ns = commands.seek_ns;
    if (commands.speed) commands_.speed = commands.speed;
  }
  changed_.notify_all();
}

// --- Feed ----------------------------------------------------------------------------------------

Feed::Feed(std::unique_ptr<FeedSource> source, std::function<void()> on_publish)
    : source_(std::move(source)), port_(std::move(on_publish)) {
  wire::SnapshotT first = EmptySnapshot();
  *first.source = source_->Describe();
  first.source->state = wire::SourceState::Waiting;
  first.taken_ns = WallClockNs();
  port_.Publish(first);
  thread_ = std::thread([this] {
    Run();
    has_ended_ = true;
  });
}

Feed::~Feed() {
  port_.Stop();
  thread_.join();
}

void Feed::Run() {
  Status status;
  try {
    status = source_->Run(port_);
  } catch (const std::exception& error) {  // a library's
    status = Status::Internal(error.what());
  }
  if (status.ok()) return;
  // What was known before the failure stays to be seen.
  wire::SnapshotT last;
  port_.Latest()->view().UnPackTo(&last);
  last.source->state = wire::SourceState::Failed;
  last.source->message = status.message();
  last.taken_ns = WallClockNs();
  port_.Fail(std::move(status));
  port_.Publish(last);
}

}  // namespace marquee::viewer
