// pipeline/transport/kafka/epoch_thread.h — the thread that has the runner process one epoch after
// the other, so that the I/O thread never waits for it.
#pragma once

#include <condition_variable>
#include <mutex>
#include <thread>

#include "pipeline/core/runner.h"
#include "pipeline/transport/kafka/waker.h"
#include "schemas/check.h"

namespace marquee {

/// Runs epochs. Threads: one at a time calls it.
class EpochThread {
 public:
  /// Notifies `waker` at the end of each epoch. `runner` and `waker` outlive the thread.
  EpochThread(Runner& runner, Waker& waker)
      : runner_(runner), waker_(waker), thread_([this] { Loop(); }) {}

  /// Waits for the epoch that runs.
  ~EpochThread() {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  EpochThread(const EpochThread&) = delete;
  EpochThread& operator=(const EpochThread&) = delete;

  /// Have `epoch` processed. Not while another one is.
  void Start(Epoch& epoch) {
    const std::lock_guard lock(mutex_);
    MARQUEE_CHECK(epoch_ == nullptr);
    epoch_ = &epoch;
    changed_.notify_all();
  }

  /// Whether an epoch is being processed.
  bool busy() const {
    const std::lock_guard lock(mutex_);
    return epoch_ != nullptr;
  }

  /// Wait until none is.
  void Wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return epoch_ == nullptr; });
  }

  /// How the last epoch ended.
  Status TakeStatus() {
    const std::lock_guard lock(mutex_);
    return std::exchange(status_, Status());
  }

 private:
  void Loop() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [this] { return stop_ || epoch_ != nullptr; });
      if (epoch_ == nullptr) return;
      Epoch& epoch = *epoch_;
      lock.unlock();
      Status status = runner_.Run(epoch);
      lock.lock();
      status_ = std::move(status);
      epoch_ = nullptr;
      changed_.notify_all();
      waker_.Notify();
    }
  }

  Runner& runner_;
  Waker& waker_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Epoch* epoch_ = nullptr;  // the one to be processed, until it is
  Status status_;
  bool stop_ = false;
  std::thread thread_;  // last: it uses the others
};

}  // namespace marquee
