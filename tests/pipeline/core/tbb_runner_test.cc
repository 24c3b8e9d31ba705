#include <gtest/gtest.h>

#include "tests/pipeline/core/fake_epoch.h"

namespace marquee {
namespace {

TEST(TbbRunnerTest, RunsInOrderAndStopsAtTheFirstFailure) {
  for (const std::size_t threads : {1, 2, 8}) {
    SCOPED_TRACE(threads);
    testing_support::CheckRunner([threads] { return MakeTbbRunner(threads); });
  }
}

}  // namespace
}  // namespace marquee
