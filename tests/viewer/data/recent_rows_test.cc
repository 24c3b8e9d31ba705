#include "viewer/data/recent_rows.h"

#include <gtest/gtest.h>

#include "schemas/cut_text.h"
#include "tests/support/result_messages.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {
namespace {

/// Write a batch of so many rows.
void WriteBatch(std::uint64_t sequence, std::size_t num_rows, Message& message) {
  std::vector<marquee::testing_support::ResultRow> rows(num_rows);
  for (std::size_t i = 0; i < num_rows; ++i) {
    rows[i] = {.ordinal = static_cast<std::uint16_t>(i), .truth = 2, .predicted = 1};
  }
  BatchInfo info{.sequence = sequence,
                 .first_record = 1 + sequence * 1000,
                 .num_ordinals = static_cast<std::uint32_t>(num_rows)};
  info.AddHop(wire::StageId::Infer, 1, 2, 3);
  WriteResultBatch(rows, info, message);
}

class RecentRowsTest : public testing::Test {
 protected:
  void Add(std::uint64_t sequence, std::size_t num_rows) {
    WriteBatch(sequence, num_rows, message_);
    recent_.Add(ResultBatchView::Own(message_), {.time_ns = 5, .partition = 2, .offset = 9});
  }
  void Finish() {
    const auto last = ResultBatchView::Own(message_);
    recent_.Finish(&last, {.time_ns = 6});
  }

  Message message_;
  std::vector<std::unique_ptr<wire::RowT>> rows_;
  RecentRows recent_{rows_};
};

TEST_F(RecentRowsTest, ARowTellsAllThatIsKnownOfIt) {
  Add(7, 3);
  ASSERT_EQ(rows_.size(), 3U);
  const wire::RowT& row = *rows_[1];
  EXPECT_EQ(row.number, 2U);
  EXPECT_EQ(row.id, 7001);
  EXPECT_EQ(row.record, 7002U);
  EXPECT_EQ(row.sequence, 7U);
  EXPECT_EQ(row.ordinal, 1U);
  EXPECT_EQ(row.target, 7.5F);
  EXPECT_EQ(row.target_class, 2);
  EXPECT_EQ(row.predicted_class, 1);
  EXPECT_TRUE(row.labelled);
  EXPECT_EQ(row.probabilities, (std::vector<float>{0.25F, 0.5F, 0.25F}));
  EXPECT_EQ(row.partition, 2);
  EXPECT_EQ(row.offset, 9);
  EXPECT_EQ(row.arrived_ns, 5);
  ASSERT_EQ(row.hops.size(), 1U);
  EXPECT_EQ(row.hops[0].finished_ns(), 3);
}

TEST_F(RecentRowsTest, FewRowsAreAllKeptAndOfManyTheFirstAndTheLast) {
  for (std::uint64_t sequence = 0; sequence < 10; ++sequence) Add(sequence, 100);
  ASSERT_EQ(rows_.size(), kMaxRows);
  EXPECT_EQ(rows_.back()->sequence, 5U) << "more would be for nothing, if others follow";
  Finish();
  ASSERT_EQ(rows_.size(), kMaxRows);
  EXPECT_EQ(rows_.back()->sequence, 9U);
  EXPECT_EQ(rows_.back()->ordinal, 99U);
  for (std::size_t i = 1; i < rows_.size(); ++i) {
    EXPECT_EQ(rows_[i]->number, rows_[i - 1]->number + 1);
  }
  Finish();
  EXPECT_EQ(rows_.back()->number, 700U) << "taken once";
  Add(10, 1);
  EXPECT_EQ(rows_.back()->sequence, 10U) << "a new snapshot, new room";
}

TEST_F(RecentRowsTest, WhatLiesThereNoMoreIsLeftOut) {
  Add(0, 600);
  Add(1, 10);
  recent_.Finish(nullptr, {});
  EXPECT_EQ(rows_.back()->sequence, 0U);
  Add(2, 10);
  EXPECT_EQ(rows_.back()->sequence, 2U);
}

TEST_F(RecentRowsTest, OfALargeBatchTheLastRowsAreKept) {
  Add(0, 4000);
  ASSERT_EQ(rows_.size(), kMaxRows);
  EXPECT_EQ(rows_.front()->ordinal, 4000 - kMaxRows);
  EXPECT_EQ(rows_.back()->ordinal, 3999U);
  Add(1, 0);
  Finish();
  EXPECT_EQ(rows_.back()->ordinal, 3999U);
}

TEST(CutTextTest, HalfACharacterIsLeftOut) {
  EXPECT_EQ(CutText("abc", 3), "abc");
  EXPECT_EQ(CutText("abcd", 3), "abc");
  EXPECT_EQ(CutText("日本", 6), "日本");
  EXPECT_EQ(CutText("日本", 5), "日");
  EXPECT_EQ(CutText("日本", 2), "");
}

}  // namespace
}  // namespace marquee::viewer
