#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/pipeline/core/fake_epoch.h"

namespace marquee {
namespace {

TEST(SerialRunnerTest, RunsInOrderAndStopsAtTheFirstFailure) {
  testing_support::CheckRunner([] { return MakeSerialRunner(); });
}

TEST(SerialRunnerTest, TurnsAnExceptionIntoAStatus) {
  class Throws final : public Epoch {
    Result<bool> Read(std::size_t) override { throw std::runtime_error("out of luck"); }
    Status Process(std::size_t, std::size_t) override { return {}; }
    Status Write(std::size_t) override { return {}; }
  } epoch;
  const Status status = MakeSerialRunner()->Run(epoch);
  EXPECT_EQ(status.code(), StatusCode::kInternal);
  EXPECT_EQ(status.message(), "out of luck");
}

TEST(RunnerTest, MakesRunnersByName) {
  EXPECT_EQ((*MakeRunner("serial", 0))->name(), "serial");
  const auto tbb = MakeRunner("tbb", 3);
  EXPECT_EQ((*tbb)->name(), "tbb");
  EXPECT_EQ((*tbb)->num_workers(), 3U);
  EXPECT_GE(AvailableThreads(), 1U);
  const auto none = MakeRunner("fast", 0);
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), StatusCode::kUsage);
}

}  // namespace
}  // namespace marquee
