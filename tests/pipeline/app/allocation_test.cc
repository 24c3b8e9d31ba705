// From the file to the figures, a batch asks nobody for memory: all of it is there from the batches before.
#include <gtest/gtest.h>

#include <cstdlib>

#include "bench/perf_check/counted_malloc.h"
#include "bench/perf_check/steady_state.h"
#include "pipeline/app/sample_sink.h"
#include "pipeline/core/runner.h"
#include "tests/support/temp_dir.h"

namespace marquee::bench {
namespace {

TEST(AllocationTest, CountsTheAllocationsOfEveryKind) {
  const std::uint64_t before = NumAllocations();
  // volatile: what nobody looks at need not be allocated.
  int* volatile made = new int[100];
  void* volatile zeroed = std::calloc(10, 10);
  void* volatile grown = std::realloc(zeroed, 1000);
  void* volatile aligned = std::aligned_alloc(64, 64);
  const std::uint64_t counted = NumAllocations() - before;
  delete[] made;
  std::free(grown);
  std::free(aligned);
  EXPECT_EQ(counted, 4u);
}

void ExpectNoneOf(Runner& runner) {
  const testing_support::TempDir dir;
  const std::string path = dir.File("movies.csv");
  const Status written = WriteEqualBatches(path);
  ASSERT_TRUE(written.ok()) << written.message();
  SampleSink sink;
  const auto run = CountAllocations(path, runner, sink);
  ASSERT_TRUE(run) << run.error().message();
  EXPECT_EQ(run->rows, 200u * 512u);
  EXPECT_EQ(sink.sample().size(), SampleSink::kRows);
  EXPECT_EQ(run->batches, 100u);
  EXPECT_EQ(run->allocations, 0u);
}

TEST(AllocationTest, ASettledSerialRunAllocatesNothing) { ExpectNoneOf(*MakeSerialRunner()); }

TEST(AllocationTest, ASettledTbbRunAllocatesNothing) { ExpectNoneOf(*MakeTbbRunner(3)); }

}  // namespace
}  // namespace marquee::bench
