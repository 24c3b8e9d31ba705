// tests/pipeline/core/fake_epoch.h — an epoch that notes what a runner does with it.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <vector>

#include "pipeline/core/runner.h"

namespace marquee::testing_support {

/// Numbers from 0 to `size` - 1 are read, squared, and written.
class FakeEpoch : public Epoch {
 public:
  FakeEpoch(std::size_t size, const Runner& runner)
      : size_(size), slots_(runner.num_slots()), workers_(runner.num_workers()) {}

  std::optional<std::size_t> fail_read_at;
  std::optional<std::size_t> fail_process_at;
  std::optional<std::size_t> fail_write_at;
  std::vector<std::size_t> written;

  Result<bool> Read(std::size_t slot) override {
    EXPECT_FALSE(slots_[slot].used.exchange(true)) << "slot " << slot << " was not free";
    if (next_ == fail_read_at) return Status::Data("read fails");
    if (next_ == size_) return false;
    slots_[slot].value = next_++;
    return true;
  }

  Status Process(std::size_t slot, std::size_t worker) override {
    EXPECT_FALSE(workers_.at(worker).busy.exchange(true))
        << "worker " << worker << " has two batches";
    Slot& s = slots_[slot];
    s.square = s.value * s.value;
    workers_[worker].busy = false;
    if (s.value == fail_process_at) return Status::Config("process fails");
    return {};
  }

  Status Write(std::size_t slot) override {
    Slot& s = slots_[slot];
    EXPECT_EQ(s.square, s.value * s.value);
    if (s.value == fail_write_at) return Status::Unavailable("write fails");
    written.push_back(s.value);
    s.used = false;
    return {};
  }

 private:
  struct Slot {
    std::atomic<bool> used = false;
    std::size_t value = 0;
    std::size_t square = 0;
  };
  struct Worker {
    std::atomic<bool> busy = false;
  };

  std::size_t size_;
  std::size_t next_ = 0;
  std::vector<Slot> slots_;
  std::vector<Worker> workers_;
};

/// What every runner must do. `make` gives a new one.
template <class Make>
void CheckRunner(Make make) {
  const auto expect_first = [](const std::vector<std::size_t>& written, std::size_t count) {
    ASSERT_EQ(written.size(), count);
    for (std::size_t i = 0; i < count; ++i) EXPECT_EQ(written[i], i) << "out of order";
  };
  for (const std::size_t size : {0, 1, 2, 7, 1000}) {
    SCOPED_TRACE(size);
    const auto runner = make();
    FakeEpoch epoch(size, *runner);
    EXPECT_TRUE(runner->Run(epoch).ok());
    expect_first(epoch.written, size);
  }
  {
    SCOPED_TRACE("a failed read: what was read is written");
    const auto runner = make();
    FakeEpoch epoch(1000, *runner);
    epoch.fail_read_at = 100;
    const Status status = runner->Run(epoch);
    EXPECT_EQ(status.message(), "read fails");
    expect_first(epoch.written, 100);
  }
  {
    SCOPED_TRACE("a failed batch: nothing after it is written");
    const auto runner = make();
    FakeEpoch epoch(1000, *runner);
    epoch.fail_process_at = 500;
    epoch.fail_write_at = 700;
    EXPECT_EQ(runner->Run(epoch).message(), "process fails");
    expect_first(epoch.written, 500);
  }
  {
    SCOPED_TRACE("a failed write");
    const auto runner = make();
    FakeEpoch epoch(1000, *runner);
    epoch.fail_write_at = 3;
    EXPECT_EQ(runner->Run(epoch).message(), "write fails");
    expect_first(epoch.written, 3);
  }
}

}  // namespace marquee::testing_support
