// viewer/data/feed.h — a source of figures that runs by itself, and the newest snapshot of it.
//
// Start here: open.h opens a feed of each kind; a window asks Latest() in every frame.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "schemas/status.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {

/// What a user wants of a recording that is replayed; empty = as before.
struct Commands {
  std::optional<bool> paused;
  std::optional<std::int64_t> seek_ns;  ///< from the recording's beginning
  std::optional<double> speed;          ///< 1 = as recorded; kFullSpeed = as fast as can be
};
inline constexpr double kFullSpeed = std::numeric_limits<double>::infinity();

/// What lies between a source, which runs in a thread of its own, and those who look at it.
///
/// Threads: any; Publish one at a time.
class FeedPort {
 public:
  using Clock = std::chrono::steady_clock;
  /// So often at most a snapshot is published: no eye sees more.
  static constexpr std::chrono::milliseconds kInterval{34};

  /// `on_publish` is called after each publication by the source's thread.
  explicit FeedPort(std::function<void()> on_publish);

  // For the source.

  bool stop_requested() const noexcept { return stop_; }
  /// Wait until `deadline`; less if a command or the stop comes.
  void WaitUntil(Clock::time_point deadline);
  /// What was commanded since the last call.
  Commands TakeCommands();
  /// Whether kInterval has passed since the last publication.
  bool IsDue() const;
  /// Make `snapshot` the newest. Its number is given here.
  void Publish(wire::SnapshotT& snapshot);
  /// Note that the source failed.
  void Fail(Status status);

  // For those who look.

  std::shared_ptr<const SnapshotMessage> Latest() const;
  Status status() const;
  void Stop();
  void Command(const Commands& commands);

 private:
  const std::function<void()> on_publish_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::atomic<bool> stop_ = false;
  Commands commands_;
  std::shared_ptr<const SnapshotMessage> latest_;
  StatusCode failure_code_ = StatusCode::kOk;
  std::string failure_;
  std::uint64_t number_ = 0;  // the source's thread only, as the next
  Clock::time_point published_at_;
};

/// Where figures come from: a topic, a file, a run.
class FeedSource {
 public:
  virtual ~FeedSource() = default;
  /// Say what this is before anything is known of it: kind and name.
  virtual wire::SourceT Describe() const = 0;
  /// Publish to `port` until the source has ended or failed, or `port` asks to stop.
  virtual Status Run(FeedPort& port) = 0;
};

/// A source that runs in a thread of its own, and publishes immutable snapshots: at most 30 a
/// second while something comes, one a second while a topic is silent, and none once it has ended
/// or is paused. The destructor stops it, and waits for its end.
///
/// Threads: any.
class Feed {
 public:
  /// `on_publish` is called by the source's thread after each publication, so that a main loop that
  /// sleeps can be woken. It must not call the feed's destructor.
  Feed(std::unique_ptr<FeedSource> source, std::function<void()> on_publish);
  ~Feed();
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  /// The newest snapshot; never null. Of a source that failed, its state says so, and why.
  std::shared_ptr<const SnapshotMessage> Latest() const { return port_.Latest(); }
  /// Why the source failed; OK while it has not.
  Status status() const { return port_.status(); }

  /// Ask the source to end; what it has published stays. Returns at once.
  void Stop() { port_.Stop(); }
  /// Whether the source has ended, so that the destructor does not wait.
  bool has_ended() const noexcept { return has_ended_; }
  /// Steer a recording; other sources take no notice.
  void SetPaused(bool paused) { port_.Command({.paused = paused}); }
  void Seek(std::int64_t position_ns) { port_.Command({.seek_ns = position_ns}); }
  void SetSpeed(double speed) { port_.Command({.speed = speed}); }

 private:
  void Run();

  std::unique_ptr<FeedSource> source_;
  FeedPort port_;
  std::atomic<bool> has_ended_ = false;
  std::thread thread_;
};

}  // namespace marquee::viewer
