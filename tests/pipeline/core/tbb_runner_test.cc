#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "tests/pipeline/core/fake_epoch.h"

namespace marquee {
namespace {

TEST(TbbRunnerTest, RunsInOrderAndStopsAtTheFirstFailure) {
  for (const std::size_t threads : {1, 2, 8}) {
    SCOPED_TRACE(threads);
    testing_support::CheckRunner([threads] { return MakeTbbRunner(threads); });
  }
}

/// Counts what is not done by the thread that made it.
class SmallEpoch : public testing_support::FakeEpoch {
 public:
  using FakeEpoch::FakeEpoch;

  Status Process(std::size_t slot, std::size_t worker) override {
    if (std::this_thread::get_id() != thread_) ++elsewhere;
    std::this_thread::sleep_for(std::chrono::microseconds(50));  // so that others would have time
    return FakeEpoch::Process(slot, worker);
  }
  bool FitsOneThread() const noexcept override { return true; }

  std::atomic<std::size_t> elsewhere = 0;

 private:
  std::thread::id thread_ = std::this_thread::get_id();
};

TEST(TbbRunnerTest, WakesNoOtherThreadForAnEpochThatFitsOne) {
  const auto runner = MakeTbbRunner(4);
  SmallEpoch epoch(1000, *runner);
  ASSERT_TRUE(runner->Run(epoch).ok());
  EXPECT_EQ(epoch.written.size(), 1000U);
  EXPECT_EQ(epoch.elsewhere, 0U);
}

}  // namespace
}  // namespace marquee
