#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/parallel_pipeline.h>
#include <oneapi/tbb/task_arena.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/core/runner.h"
#include "schemas/check.h"

namespace marquee {
namespace {

// A slot more for reading, one for writing, and one so that neither waits for the other.
constexpr std::size_t kExtraSlots = 3;

// What different threads write lies in different cache lines.
constexpr std::size_t kCacheLine = 64;

/// The free slots of an epoch. parallel_pipeline has as many tokens as there are slots, so one is
/// always free when it reads.
class alignas(kCacheLine) FreeSlots {
 public:
  explicit FreeSlots(std::size_t num_slots) {
    for (std::size_t slot = num_slots; slot > 0; --slot) free_.push_back(slot - 1);
  }

  std::size_t Take() {
    const std::lock_guard lock(mutex_);
    MARQUEE_CHECK(!free_.empty());
    const std::size_t slot = free_.back();
    free_.pop_back();
    return slot;
  }

  void Return(std::size_t slot) {
    const std::lock_guard lock(mutex_);
    free_.push_back(slot);
  }

 private:
  std::mutex mutex_;
  std::vector<std::size_t> free_;
};

/// One run of one epoch: the three filters and what they share.
class TbbRun {
 public:
  TbbRun(Epoch& epoch, std::size_t num_slots)
      : epoch_(epoch), free_(num_slots), processed_(num_slots) {}

  Status Run(std::size_t num_slots) {
    namespace tbb = oneapi::tbb;
    tbb::parallel_pipeline(
        num_slots,
        tbb::make_filter<void, std::size_t>(
            tbb::filter_mode::serial_in_order,
            [this](tbb::flow_control& flow) { return Read(flow); }) &
            tbb::make_filter<std::size_t, std::size_t>(
                tbb::filter_mode::parallel, [this](std::size_t slot) { return Process(slot); }) &
            tbb::make_filter<std::size_t, void>(tbb::filter_mode::serial_in_order,
                                                [this](std::size_t slot) { Write(slot); }));
    return failure_.ok() ? std::move(read_failure_) : std::move(failure_);
  }

 private:
  std::size_t Read(oneapi::tbb::flow_control& flow) {
    if (failed_.load(std::memory_order_relaxed)) {
      flow.stop();
      return 0;
    }
    const std::size_t slot = free_.Take();
    Result<bool> more = epoch_.Read(slot);
    if (!more || !*more) {
      if (!more) read_failure_ = std::move(more).error();
      free_.Return(slot);
      flow.stop();
    }
    return slot;
  }

  std::size_t Process(std::size_t slot) {
    const auto worker =
        static_cast<std::size_t>(oneapi::tbb::this_task_arena::current_thread_index());
    processed_[slot].status = epoch_.Process(slot, worker);
    return slot;
  }

  void Write(std::size_t slot) {
    if (failure_.ok()) {
      Status& processed = processed_[slot].status;
      failure_ = processed.ok() ? epoch_.Write(slot) : std::move(processed);
      if (!failure_.ok()) failed_.store(true, std::memory_order_relaxed);
    }
    free_.Return(slot);
  }

  struct alignas(kCacheLine) Processed {
    Status status;
  };

  Epoch& epoch_;
  FreeSlots free_;
  std::vector<Processed> processed_;  // by slot
  Status read_failure_;               // only the read filter writes it
  Status failure_;                    // only the write filter writes it
  std::atomic<bool> failed_ = false;  // tells the read filter of failure_
};

class TbbRunner final : public Runner {
 public:
  explicit TbbRunner(std::size_t num_threads) : num_threads_(num_threads) {}

  std::string_view name() const noexcept override { return "tbb"; }
  std::size_t num_workers() const noexcept override { return num_threads_; }
  std::size_t num_slots() const noexcept override { return num_threads_ + kExtraSlots; }

  Status Run(Epoch& epoch) override {
    if (epoch.FitsOneThread()) return serial_->Run(epoch);
    // An arena alone does not allow more threads than there are cores.
    const oneapi::tbb::global_control limit(oneapi::tbb::global_control::max_allowed_parallelism,
                                            num_threads_);
    oneapi::tbb::task_arena arena(static_cast<int>(num_threads_));
    try {
      return arena.execute([&] { return TbbRun(epoch, num_slots()).Run(num_slots()); });
    } catch (const std::exception& exception) {
      return Status::Internal(exception.what());
    }
  }

 private:
  std::size_t num_threads_;
  std::unique_ptr<Runner> serial_ = MakeSerialRunner();
};

}  // namespace

std::unique_ptr<Runner> MakeTbbRunner(std::size_t num_threads) {
  return std::make_unique<TbbRunner>(num_threads > 0 ? num_threads : AvailableThreads());
}

}  // namespace marquee
