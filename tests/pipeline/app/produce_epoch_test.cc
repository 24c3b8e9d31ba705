#include "pipeline/app/produce_epoch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>

#include "pipeline/transport/kafka/produce_service.h"
#include "tests/support/example_messages.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t kPartitions = 3;
constexpr std::size_t kBatchRows = 4;
constexpr std::size_t kFileRows = 10;

/// What one message of raw-data said.
struct Sent {
  std::int32_t partition = 0;
  BatchInfo info;
  std::vector<std::string> ids;
};

class ProduceEpochTest : public testing::Test {
 protected:
  ProduceEpochTest() {
    std::ofstream file(path_);
    file << "id,title\n";
    for (std::size_t i = 1; i <= kFileRows; ++i) file << i << ",T" << i << "\n";
  }

  Result<std::unique_ptr<CsvSource>> Open() const {
    return CsvSource::Open(path_, {.max_rows = batch_rows_});
  }

  Status Run(FeedPlan plan, ResumePoint resume = ResumePoint(kPartitions)) {
    const auto runner = MakeSerialRunner();
    RecordFeed feed(
        *Open(), [this] { return Open(); }, plan);
    epoch_ =
        std::make_unique<ProduceEpoch>(std::move(feed), kRun, std::vector<ProducedColumn>{{0}, {1}},
                                       "id", std::move(resume), *runner, outbox_, control_);
    Status status = runner->Run(*epoch_);
    while (const auto group = outbox_.Pop()) {
      for (std::size_t i = 0; i < group->size(); ++i) Note(*group, i);
    }
    return status;
  }

  void Note(const OutputGroup& group, std::size_t index) {
    if (group.entry(index).topic == Topic::kDeadLetter) {
      ++dead_letters_;
      return;
    }
    Message message;
    testing_support::Receive(group.message(index), message);
    const auto batch = RawBatchView::Verify(message.bytes());
    ASSERT_TRUE(batch) << batch.error().message();
    Sent sent{.partition = group.entry(index).partition, .info = batch->info()};
    const RawColumnView ids = batch->column(0);
    std::size_t begin = 0;
    for (const std::uint16_t length : ids.lengths) {
      sent.ids.emplace_back(ids.bytes.substr(begin, length));
      begin += length;
    }
    sent_.push_back(std::move(sent));
  }

  std::vector<std::uint64_t> Sequences() const {
    std::vector<std::uint64_t> sequences;
    for (const Sent& sent : sent_) sequences.push_back(sent.info.sequence);
    return sequences;
  }

  std::vector<std::string> Ids() const {
    std::vector<std::string> ids;
    for (const Sent& sent : sent_) ids.insert(ids.end(), sent.ids.begin(), sent.ids.end());
    return ids;
  }

  static constexpr RunId kRun{.high = 7, .low = 8};
  testing_support::TempDir dir_;
  std::string path_ = dir_.File("movies.csv");
  std::size_t batch_rows_ = kBatchRows;
  ServiceControl control_;
  Outbox outbox_{control_.waker(), kProduceOutboxBytes};
  std::unique_ptr<ProduceEpoch> epoch_;
  std::vector<Sent> sent_;
  std::size_t dead_letters_ = 0;
};

TEST_F(ProduceEpochTest, SequencesGoRoundThePartitionsAndEachEndsWithTheTotals) {
  ASSERT_TRUE(Run({}).ok());
  EXPECT_THAT(Sequences(), ElementsAre(0, 1, 2, 3, 4, 5));
  std::map<std::int32_t, std::size_t> ends;
  for (const Sent& sent : sent_) {
    EXPECT_EQ(sent.partition, static_cast<std::int32_t>(sent.info.sequence % kPartitions));
    EXPECT_EQ(sent.info.run, kRun);
    EXPECT_EQ(sent.info.totals.has_value(), sent.info.sequence >= 3);
    if (!sent.info.totals) continue;
    ++ends[sent.partition];
    EXPECT_TRUE(sent.ids.empty());
    EXPECT_EQ(sent.info.totals->messages, 6U);
    EXPECT_EQ(sent.info.totals->records, kFileRows);
    EXPECT_EQ(sent.info.totals->rejected, 0U);
  }
  EXPECT_EQ(ends.size(), kPartitions);
  EXPECT_EQ(Ids().size(), kFileRows);
  EXPECT_EQ(epoch_->records_sent(), kFileRows);
  EXPECT_FALSE(epoch_->stopped());
}

TEST_F(ProduceEpochTest, ARepeatedFileHasOtherIds) {
  ASSERT_TRUE(Run({.repeat = 3}).ok());
  const auto ids = Ids();
  ASSERT_EQ(ids.size(), 3 * kFileRows);
  EXPECT_EQ(ids[0], "1");
  EXPECT_EQ(ids[kFileRows], "10000000001");
  EXPECT_EQ(ids[2 * kFileRows + 9], "20000000010");
  EXPECT_EQ(sent_.back().info.totals->records, 3 * kFileRows);
}

TEST_F(ProduceEpochTest, StopsAfterTheRowsThatWereAskedFor) {
  ASSERT_TRUE(Run({.max_records = 6}).ok());
  EXPECT_THAT(Ids(), ElementsAre("1", "2", "3", "4", "5", "6"));
  EXPECT_EQ(sent_.back().info.totals->records, 6U);
}

TEST_F(ProduceEpochTest, RecordsThatCannotBeSplitAreDeadLetters) {
  std::ofstream(path_, std::ios::app) << "1,2,3\n";
  ASSERT_TRUE(Run({}).ok());
  EXPECT_EQ(dead_letters_, 1U);
  EXPECT_EQ(sent_.back().info.totals->records, kFileRows + 1);
  EXPECT_EQ(sent_.back().info.totals->rejected, 1U);
}

TEST_F(ProduceEpochTest, GoesOnAfterWhatEachPartitionHas) {
  // Partition 0 has 0 and 3; partition 1 nothing; partition 2 its first.
  ResumePoint resume(kPartitions);
  resume[0] = LastMessage{.sequence = 3, .first_record = 11, .num_ordinals = 0};
  resume[2] = LastMessage{.sequence = 2, .first_record = 9, .num_ordinals = 2};
  ASSERT_TRUE(Run({}, resume).ok());
  EXPECT_THAT(Sequences(), ElementsAre(1, 4, 5));
  EXPECT_THAT(Ids(), ElementsAre("5", "6", "7", "8"));
  // The totals are the whole run's.
  EXPECT_EQ(sent_.back().info.totals->messages, 6U);
  EXPECT_EQ(sent_.back().info.totals->records, kFileRows);
  EXPECT_EQ(epoch_->records_sent(), 4U);
}

TEST_F(ProduceEpochTest, ARunThatIsAllThereIsNotSentAgain) {
  ResumePoint resume(kPartitions);
  for (std::size_t p = 0; p < kPartitions; ++p) {
    resume[p] = LastMessage{.sequence = 3 + p, .first_record = 11, .num_ordinals = 0};
  }
  ASSERT_TRUE(Run({}, resume).ok());
  EXPECT_TRUE(sent_.empty());
}

TEST_F(ProduceEpochTest, RefusesToGoOnWithMessagesThatWereCutOtherwise) {
  batch_rows_ = 5;
  ResumePoint resume(kPartitions);
  resume[1] = LastMessage{.sequence = 1, .first_record = 5, .num_ordinals = 4};
  const Status status = Run({}, resume);
  EXPECT_EQ(status.code(), StatusCode::kUsage);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--batch-rows"));
}

TEST_F(ProduceEpochTest, AStoppedOneSaysSo) {
  control_.RequestStop();
  ASSERT_TRUE(Run({}).ok());
  EXPECT_TRUE(epoch_->stopped());
  EXPECT_TRUE(sent_.empty());
}

TEST_F(ProduceEpochTest, APacedRowCountsFromItsTimeNotFromItsMessages) {
  // 4 rows at 1,000 a second: each message's first row was due 4 ms after the one before.
  ASSERT_TRUE(Run({.rate = 1000}).ok());
  ASSERT_GE(sent_.size(), 3U);
  const auto received = [this](std::size_t i) { return sent_[i].info.hops[0].received_ns(); };
  EXPECT_EQ(received(1) - received(0), 4'000'000);
  EXPECT_EQ(received(2) - received(0), 8'000'000);
  // And it was not sent before its last row was due.
  EXPECT_GE(sent_[1].info.hops[0].finished_ns() - received(0), 8'000'000);
}

}  // namespace
}  // namespace marquee
