#include "pipeline/app/record_feed.h"

#include <gtest/gtest.h>

#include <fstream>

#include "pipeline/core/clock.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

constexpr std::size_t kFileRows = 5;

class RecordFeedTest : public testing::Test {
 protected:
  RecordFeedTest() {
    std::ofstream file(path_);
    file << "id,title\n\n";  // a blank line too
    for (std::size_t i = 1; i <= kFileRows; ++i) file << i << ",T" << i << "\n";
  }

  RecordFeed Feed(FeedPlan plan) const {
    const auto open = [path = path_, plan] {
      return CsvSource::Open(path, plan.Paced({.max_rows = 2}));
    };
    return {*open(), open, plan};
  }

  testing_support::TempDir dir_;
  std::string path_ = dir_.File("movies.csv");
};

TEST_F(RecordFeedTest, NumbersBlocksAndRecordsOnOverAllReadings) {
  RecordFeed feed = Feed({.repeat = 2});
  RecordBlock block;
  std::uint64_t records = 0;
  for (std::uint64_t blocks = 0; blocks < 6; ++blocks) {
    ASSERT_TRUE(*feed.Next(block));
    EXPECT_EQ(block.sequence, blocks);
    EXPECT_EQ(block.first_record, records + 1);
    EXPECT_EQ(feed.id_shift(), blocks < 3 ? 0 : kRepeatedIdShift);
    records += block.records.size();
  }
  EXPECT_EQ(records, 2 * kFileRows);
  EXPECT_FALSE(*feed.Next(block));
  EXPECT_EQ(feed.num_records(), 2 * kFileRows);
  EXPECT_EQ(feed.blank_lines(), 2U);
}

TEST_F(RecordFeedTest, GivesNoMoreRecordsThanWereAskedFor) {
  RecordFeed feed = Feed({.max_records = 3});
  RecordBlock block;
  ASSERT_TRUE(*feed.Next(block));
  EXPECT_EQ(block.records.size(), 2U);
  ASSERT_TRUE(*feed.Next(block));
  EXPECT_EQ(block.records.size(), 1U);
  EXPECT_FALSE(*feed.Next(block));
  EXPECT_TRUE(block.records.empty());
}

TEST_F(RecordFeedTest, AFileWithoutRowsIsNotReadAgain) {
  std::ofstream(path_) << "id,title\n";
  RecordFeed feed = Feed({.repeat = 900'000'000});
  RecordBlock block;
  EXPECT_FALSE(*feed.Next(block));
}

TEST_F(RecordFeedTest, AFileThatIsGoneByItsSecondReadingFails) {
  RecordFeed feed = Feed({.repeat = 2});
  RecordBlock block;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(*feed.Next(block));
  std::remove(path_.c_str());
  const auto next = feed.Next(block);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), StatusCode::kUnavailable);
}

TEST_F(RecordFeedTest, AFileWithOtherColumnsByItsSecondReadingFails) {
  RecordFeed feed = Feed({.max_records = 0, .repeat = 2});
  RecordBlock block;
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(*feed.Next(block));
  std::ofstream(path_) << "id,name\n1,T1\n";
  const auto next = feed.Next(block);
  ASSERT_FALSE(next);
  EXPECT_EQ(next.error().code(), StatusCode::kData);
  EXPECT_NE(next.error().message().find(path_), std::string::npos);
}

TEST_F(RecordFeedTest, APacedBlockCountsFromItsFirstRecordAndComesAfterItsLast) {
  RecordFeed feed = Feed({.rate = 500});
  RecordBlock block;
  ASSERT_TRUE(*feed.Next(block));
  const std::int64_t before_ns = SteadyClockNs();
  ASSERT_TRUE(feed.WaitUntilDue(block, [] { return false; }));
  EXPECT_GE(SteadyClockNs() - before_ns, 4'000'000);  // two records at 500 a second
  const std::int64_t first_ns = feed.received_ns();
  ASSERT_TRUE(*feed.Next(block));
  ASSERT_TRUE(feed.WaitUntilDue(block, [] { return false; }));
  EXPECT_EQ(feed.received_ns() - first_ns, 4'000'000);
}

TEST_F(RecordFeedTest, AStoppedWaitSaysSo) {
  RecordFeed feed =
      Feed({.rate = 0.001});  // the first record would come after a quarter of an hour
  RecordBlock block;
  ASSERT_TRUE(*feed.Next(block));
  EXPECT_FALSE(feed.WaitUntilDue(block, [] { return true; }));
}

TEST(FeedPlanTest, APacedBlockHoldsNoMoreRowsThanComeWhileTheyMayWait) {
  const CsvLimits limits{.max_rows = 512};
  EXPECT_EQ(FeedPlan{}.Paced(limits).max_rows, 512U);
  EXPECT_EQ((FeedPlan{.rate = 1000, .linger_ms = 5}).Paced(limits).max_rows, 5U);
  EXPECT_EQ((FeedPlan{.rate = 1, .linger_ms = 5}).Paced(limits).max_rows, 1U);
  EXPECT_EQ((FeedPlan{.rate = 1e9, .linger_ms = 60'000}).Paced(limits).max_rows, 512U);
}

}  // namespace
}  // namespace marquee
