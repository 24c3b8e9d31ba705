#include "pipeline/stages/run_tracker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <set>

#include "pipeline/dataset/random.h"
#include "pipeline/stages/evaluate.h"
#include "tests/support/result_messages.h"
#include "tests/support/seed.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing_support::ResultRow;
using testing_support::TestSeed;
using testing_support::WriteResultBatch;

constexpr RunId kRun{.high = 0x017f22e279b07000, .low = 0x8000000000000001};
constexpr auto kReason = static_cast<std::size_t>(wire::RejectReason::FieldCount);

/// What a test says of a message.
struct Sent {
  std::uint64_t sequence = 0;
  std::uint32_t num_ordinals = 0;
  std::vector<std::uint16_t> ordinals;
  std::uint32_t rejects = 0;
  std::optional<RunTotals> totals;
};

class RunTrackerTest : public testing::Test {
 protected:
  Result<std::span<const std::uint16_t>> Add(const Sent& sent) {
    BatchInfo info{.run = kRun, .sequence = sent.sequence, .num_ordinals = sent.num_ordinals};
    info.rejects[kReason] = sent.rejects;
    info.totals = sent.totals;
    std::vector<ResultRow> rows;
    for (const std::uint16_t ordinal : sent.ordinals) rows.push_back({.ordinal = ordinal});
    WriteResultBatch(rows, info, message_);
    return tracker_.Add(ResultBatchView::Own(message_));
  }

  /// Add, expecting so many new rows.
  void Expect(std::size_t num_new, const Sent& sent) {
    const auto added = Add(sent);
    ASSERT_TRUE(added) << added.error().message();
    EXPECT_EQ(added->size(), num_new) << "sequence " << sent.sequence;
  }

  Message message_;
  RunTracker tracker_{kRun};
};

TEST_F(RunTrackerTest, ARunIsCompleteWhenAllItsSequencesAreAccountedFor) {
  const RunTotals totals{.messages = 5, .records = 5, .rejected = 1};
  Expect(2, {.sequence = 1, .num_ordinals = 2, .ordinals = {0, 1}});
  EXPECT_FALSE(tracker_.complete());
  EXPECT_EQ(tracker_.lost(), std::nullopt) << "nobody knows yet";
  EXPECT_THAT(tracker_.MissingText(), HasSubstr("no end message"));
  Expect(0, {.sequence = 4, .totals = totals});
  EXPECT_EQ(tracker_.lost(), 3U);
  EXPECT_EQ(tracker_.MissingText(), "sequences 0, 2-3 (3 messages, 3 rows)");
  Expect(2, {.sequence = 0, .num_ordinals = 3, .ordinals = {0, 2}, .rejects = 1});
  Expect(0, {.sequence = 3, .totals = totals});
  EXPECT_EQ(tracker_.MissingText(), "sequences 2 (1 message, 0 rows)");
  EXPECT_FALSE(tracker_.complete());
  Expect(0, {.sequence = 2, .totals = totals});
  EXPECT_TRUE(tracker_.complete());
  EXPECT_EQ(tracker_.MissingText(), "");
  EXPECT_EQ(tracker_.lost(), 0U);
  EXPECT_EQ(tracker_.rows(), 4U);
  EXPECT_EQ(tracker_.outstanding(), 1U);
  EXPECT_EQ(tracker_.rejects()[kReason], 1U);
  EXPECT_EQ(tracker_.duplicated_messages(), 0U);
}

TEST_F(RunTrackerTest, WhatComesTwiceIsCountedOnce) {
  const Sent whole{.sequence = 0, .num_ordinals = 3, .ordinals = {0, 1, 2}};
  const Sent with_reject{.sequence = 1, .num_ordinals = 3, .ordinals = {0, 2}, .rejects = 1};
  const Sent end{.sequence = 2, .totals = RunTotals{.messages = 3, .records = 6, .rejected = 1}};
  for (const Sent& sent : {whole, with_reject, end}) Expect(sent.ordinals.size(), sent);
  EXPECT_TRUE(tracker_.complete());
  for (const Sent& sent : {end, whole, with_reject, whole}) Expect(0, sent);
  EXPECT_TRUE(tracker_.complete());
  EXPECT_EQ(tracker_.rows(), 5U);
  EXPECT_EQ(tracker_.outstanding(), 1U);
  EXPECT_EQ(tracker_.rejects()[kReason], 1U);
  EXPECT_EQ(tracker_.duplicated_messages(), 4U);
  EXPECT_EQ(tracker_.duplicated_rows(), 8U);
}

TEST_F(RunTrackerTest, AReplayedDeadLetterIsANewRowOnceAndOnlyOnce) {
  const Sent replay{.sequence = 0, .num_ordinals = 4, .ordinals = {2}};
  const Sent rejected_again{.sequence = 0, .num_ordinals = 4, .rejects = 1};
  Expect(2, {.sequence = 0, .num_ordinals = 4, .ordinals = {0, 3}, .rejects = 2});
  EXPECT_EQ(tracker_.outstanding(), 2U);
  Expect(0, rejected_again);
  EXPECT_EQ(tracker_.outstanding(), 2U);
  Expect(1, replay);
  EXPECT_EQ(tracker_.outstanding(), 1U);
  EXPECT_EQ(tracker_.duplicated_messages(), 0U);
  Expect(0, replay);
  EXPECT_EQ(tracker_.duplicated_rows(), 1U);
  Expect(1, {.sequence = 0, .num_ordinals = 4, .ordinals = {1}});
  EXPECT_EQ(tracker_.outstanding(), 0U);
  EXPECT_EQ(tracker_.rows(), 4U);
  EXPECT_EQ(tracker_.rejects()[kReason], 2U) << "that they were rejected once stays true";
}

TEST_F(RunTrackerTest, AReplayThatOvertakesItsBatchDoesNotAccountForIt) {
  Expect(1, {.sequence = 0, .num_ordinals = 3, .ordinals = {1}});
  Expect(0, {.sequence = 1, .totals = RunTotals{.messages = 2, .records = 3, .rejected = 0}});
  EXPECT_EQ(tracker_.messages(), 1U);
  EXPECT_EQ(tracker_.outstanding(), 0U);
  EXPECT_EQ(tracker_.lost(), 2U);
  Expect(2, {.sequence = 0, .num_ordinals = 3, .ordinals = {0, 2}, .rejects = 1});
  EXPECT_TRUE(tracker_.complete());
  EXPECT_EQ(tracker_.outstanding(), 0U);
}

TEST_F(RunTrackerTest, RowsOfTwoTimesInOneMessageAreToldApart) {
  Expect(2, {.sequence = 0, .num_ordinals = 4, .ordinals = {0, 3}, .rejects = 2});
  const auto added = Add({.sequence = 0, .num_ordinals = 4, .ordinals = {0, 1, 2, 3}});
  ASSERT_TRUE(added);
  EXPECT_THAT(*added, ElementsAre(1, 2));
  EXPECT_EQ(tracker_.duplicated_rows(), 2U);
  EXPECT_EQ(tracker_.duplicated_messages(), 1U);
}

TEST_F(RunTrackerTest, RowsThatAStageDroppedSilentlyAreMissing) {
  Expect(1, {.sequence = 0, .num_ordinals = 3, .ordinals = {1}, .rejects = 1});
  Expect(0, {.sequence = 1, .totals = RunTotals{.messages = 2, .records = 3, .rejected = 1}});
  EXPECT_EQ(tracker_.MissingText(), "sequences 0 (1 message, 2 rows)");
}

TEST_F(RunTrackerTest, ARunThatIsResumedAfterItsEndIsCompleteAtItsNewEnd) {
  Expect(1, {.sequence = 0, .num_ordinals = 1, .ordinals = {0}});
  Expect(0, {.sequence = 1, .totals = RunTotals{.messages = 2, .records = 1, .rejected = 0}});
  EXPECT_TRUE(tracker_.complete());
  Expect(1, {.sequence = 2, .num_ordinals = 1, .ordinals = {0}});
  EXPECT_FALSE(tracker_.complete());
  EXPECT_THAT(tracker_.MissingText(), HasSubstr("goes on"));
  Expect(0, {.sequence = 3, .totals = RunTotals{.messages = 4, .records = 2, .rejected = 0}});
  EXPECT_TRUE(tracker_.complete());
}

TEST_F(RunTrackerTest, TotalsThatDoNotAddUpAreSaid) {
  Expect(1, {.sequence = 0, .num_ordinals = 1, .ordinals = {0}});
  Expect(0, {.sequence = 1, .totals = RunTotals{.messages = 2, .records = 9, .rejected = 0}});
  EXPECT_FALSE(tracker_.complete());
  EXPECT_EQ(tracker_.lost(), 8U);
  EXPECT_THAT(tracker_.MissingText(), HasSubstr("9 records"));
}

TEST_F(RunTrackerTest, SequencesThatAreOffsetsNeedNoTotalsAndLittleMemory) {
  // As of JSON records: three partitions, read from far behind their beginning, one with gaps.
  constexpr std::uint64_t kOffset = 20'000'000'000;
  for (std::uint64_t i = 0; i < 3000; ++i) {
    if (i % 3 != 1) Expect(1, {.sequence = kOffset + i, .num_ordinals = 1, .ordinals = {0}});
  }
  EXPECT_EQ(tracker_.messages(), 2000U);
  EXPECT_FALSE(tracker_.complete());
  EXPECT_EQ(tracker_.missing_messages(), kOffset + 1000);
  EXPECT_EQ(tracker_.missing_messages(kOffset), 1000U);
  EXPECT_EQ(tracker_.missing_messages(kOffset + 2999), 0U);
  EXPECT_EQ(tracker_.missing_messages(kOffset + 9999), 0U) << "nobody knows of any so far";
  EXPECT_THAT(tracker_.missing(2),
              ElementsAre(SequenceRange{0, kOffset - 1}, SequenceRange{kOffset + 1, kOffset + 1}));
}

TEST_F(RunTrackerTest, AbsurdAndContradictingMessagesAreRefused) {
  Expect(1, {.sequence = 5, .num_ordinals = 3, .ordinals = {0}, .rejects = 2});
  for (const auto& [sent, complaint] : std::vector<std::pair<Sent, std::string>>{
           {{.sequence = std::uint64_t{1} << 60, .num_ordinals = 1, .ordinals = {0}}, "absurd"},
           {{.sequence = ~std::uint64_t{0}, .num_ordinals = 1, .ordinals = {0}}, "absurd"},
           {{.sequence = 5, .num_ordinals = 4, .ordinals = {1}}, "one run id"},
           {{.sequence = 6, .totals = RunTotals{.messages = 6, .records = 1, .rejected = 0}},
            "6 messages"}}) {
    const auto added = Add(sent);
    ASSERT_FALSE(added);
    EXPECT_EQ(added.error().code(), StatusCode::kData);
    EXPECT_THAT(added.error().message(), HasSubstr(complaint));
  }
  EXPECT_EQ(tracker_.messages(), 1U);
  EXPECT_EQ(tracker_.rows(), 1U);
  EXPECT_EQ(tracker_.totals().has_value(), false);
  EXPECT_EQ(tracker_.missing_messages(), 5U);
}

TEST_F(RunTrackerTest, OfMoreOutstandingRejectsThanItMayRememberTheLowestAreForgotten) {
  tracker_ = RunTracker(kRun, /*max_open_bytes=*/1000);
  const auto with_reject = [](std::uint64_t sequence) {
    return Sent{.sequence = sequence, .num_ordinals = 3, .ordinals = {0, 2}, .rejects = 1};
  };
  const auto replay = [](std::uint64_t sequence) {
    return Sent{.sequence = sequence, .num_ordinals = 3, .ordinals = {1}};
  };
  Expect(1, replay(0));  // ahead of its batch, which never comes
  for (std::uint64_t sequence = 1; sequence < 1000; ++sequence) Expect(2, with_reject(sequence));
  const std::uint64_t forgotten = tracker_.forgotten_messages();
  EXPECT_GT(forgotten, 980U);
  EXPECT_LT(forgotten, 1000U);
  EXPECT_EQ(tracker_.messages(), 1000U);
  EXPECT_EQ(tracker_.outstanding(), 1001U) << "the lowest had two left";
  Expect(1, replay(999));
  EXPECT_EQ(tracker_.outstanding(), 1000U);
  EXPECT_EQ(tracker_.duplicated_rows(), 0U);
  Expect(0, replay(1));
  Expect(0, with_reject(0));
  EXPECT_EQ(tracker_.outstanding(), 1000U);
  EXPECT_EQ(tracker_.duplicated_rows(), 3U);
  // What is delivered whole takes no room.
  for (std::uint64_t sequence = 1000; sequence < 2000; ++sequence) {
    Expect(2, with_reject(sequence));
    Expect(1, replay(sequence));
  }
  EXPECT_LE(tracker_.forgotten_messages(), forgotten + 1);
}

TEST(SequenceSetTest, FindsGapsAcrossWordsAndPages) {
  SequenceSet set;
  for (std::uint64_t sequence = 0; sequence < 10'000; ++sequence) {
    if (sequence != 63 && sequence != 64 && sequence != 8191) set.Add(sequence);
  }
  EXPECT_FALSE(set.Add(62));
  EXPECT_EQ(set.size(), 9997U);
  EXPECT_THAT(set.Gaps(10'000, 9), ElementsAre(SequenceRange{63, 64}, SequenceRange{8191, 8191}));
  EXPECT_THAT(set.Gaps(10'005, 1), ElementsAre(SequenceRange{63, 64}));
  EXPECT_THAT(set.Gaps(64, 9), ElementsAre(SequenceRange{63, 63}));
  EXPECT_THAT(set.Gaps(63, 9), IsEmpty());
  EXPECT_EQ(set.CountBelow(8192), 8189U);
  EXPECT_EQ(set.CountBelow(65), 63U);
  EXPECT_FALSE(set.Contains(8191));
  EXPECT_FALSE(set.Contains(1'000'000));
}

// --- against a model -----------------------------------------------------------------------------

/// What RunTracker promises, said with sets.
struct NaiveTracker {
  std::set<std::pair<std::uint64_t, std::uint16_t>> rows;
  std::map<std::uint64_t, std::uint32_t> ordinals;
  std::set<std::uint64_t> told;
  std::uint64_t duplicated_rows = 0;

  std::size_t Add(const Sent& sent) {
    std::size_t num_new = 0;
    for (const std::uint16_t ordinal : sent.ordinals) {
      num_new += rows.emplace(sent.sequence, ordinal).second ? 1 : 0;
    }
    duplicated_rows += sent.ordinals.size() - num_new;
    ordinals[sent.sequence] = sent.num_ordinals;
    if (sent.ordinals.size() + sent.rejects == sent.num_ordinals) told.insert(sent.sequence);
    return num_new;
  }
  std::uint64_t Delivered(std::uint64_t sequence) const {
    const auto begin = rows.lower_bound({sequence, 0});
    return static_cast<std::uint64_t>(std::distance(begin, rows.lower_bound({sequence + 1, 0})));
  }
  bool Accounted(std::uint64_t sequence) const {
    return told.count(sequence) != 0 ||
           (ordinals.count(sequence) != 0 && Delivered(sequence) == ordinals.at(sequence));
  }
  std::uint64_t Outstanding() const {
    std::uint64_t sum = 0;
    for (const std::uint64_t sequence : told) sum += ordinals.at(sequence) - Delivered(sequence);
    return sum;
  }
};

/// The messages of a run: some rows rejected, some of these replayed, some messages sent again,
/// shuffled.
std::vector<Sent> RandomRun(Random& random) {
  std::vector<Sent> sent;
  RunTotals totals;
  const std::uint64_t num_batches = 1 + random.Below(150);
  totals.messages = num_batches + 3;
  for (std::uint64_t sequence = 0; sequence < num_batches; ++sequence) {
    Sent batch{.sequence = sequence, .num_ordinals = random.Below(9)};
    const bool flawed = random.Chance(0.4);
    for (std::uint16_t ordinal = 0; ordinal < batch.num_ordinals; ++ordinal) {
      if (!flawed || random.Chance(0.6)) {
        batch.ordinals.push_back(ordinal);
        continue;
      }
      ++batch.rejects;
      if (!random.Chance(0.5)) continue;
      Sent replay{.sequence = sequence, .num_ordinals = batch.num_ordinals};
      if (random.Chance(0.8)) replay.ordinals = {ordinal};
      replay.rejects = replay.ordinals.empty() ? 1 : 0;
      sent.push_back(replay);
    }
    totals.records += batch.num_ordinals;
    totals.rejected += batch.rejects;
    if (random.Chance(0.98)) sent.push_back(batch);
  }
  for (std::uint64_t i = 0; i < 3; ++i)
    sent.push_back({.sequence = num_batches + i, .totals = totals});
  for (std::size_t i = sent.size(); i > 0; --i) {
    if (random.Chance(0.1)) sent.push_back(sent[random.Below(static_cast<std::uint32_t>(i))]);
  }
  for (std::size_t i = sent.size(); i > 1; --i) {
    std::swap(sent[i - 1], sent[random.Below(static_cast<std::uint32_t>(i))]);
  }
  return sent;
}

TEST(RunTrackerPropertyTest, CountsAsSetsDo) {
  Random random(TestSeed());
  Message message;
  int num_complete = 0;
  for (int round = 0; round < 200; ++round) {
    RunTracker tracker(kRun);
    NaiveTracker naive;
    std::optional<RunTotals> totals;
    for (const Sent& sent : RandomRun(random)) {
      BatchInfo info{.run = kRun, .sequence = sent.sequence, .num_ordinals = sent.num_ordinals};
      info.rejects[kReason] = sent.rejects;
      info.totals = sent.totals;
      if (sent.totals) totals = sent.totals;
      std::vector<ResultRow> rows;
      for (const std::uint16_t ordinal : sent.ordinals) rows.push_back({.ordinal = ordinal});
      WriteResultBatch(rows, info, message);
      const auto added = tracker.Add(ResultBatchView::Own(message));
      ASSERT_TRUE(added) << added.error().message();
      ASSERT_EQ(added->size(), naive.Add(sent));
      ASSERT_EQ(tracker.rows(), naive.rows.size());
      ASSERT_EQ(tracker.outstanding(), naive.Outstanding());
      ASSERT_EQ(tracker.duplicated_rows(), naive.duplicated_rows);
    }
    std::uint64_t num_missing = 0;
    std::uint64_t num_ranges = 0;
    for (std::uint64_t sequence = 0; sequence < totals->messages; ++sequence) {
      if (naive.Accounted(sequence)) continue;
      ++num_missing;
      num_ranges += sequence == 0 || naive.Accounted(sequence - 1) ? 1 : 0;
    }
    EXPECT_EQ(tracker.missing_messages(), num_missing);
    EXPECT_EQ(tracker.missing(1000).size(), num_ranges);
    EXPECT_EQ(tracker.complete(), num_missing == 0);
    EXPECT_EQ(tracker.lost(), totals->records - naive.rows.size() - naive.Outstanding());
    num_complete += tracker.complete() ? 1 : 0;
  }
  EXPECT_GT(num_complete, 0);
  EXPECT_LT(num_complete, 200);
}

TEST(RunTrackerPropertyTest, RowsCountedInPartsGiveTheFiguresOfTheWhole) {
  Random random(TestSeed());
  Message message;
  Evaluation expected(3);
  Evaluation actual(3);
  RunTracker tracker(kRun);
  for (std::uint64_t sequence = 0; sequence < 50; ++sequence) {
    std::vector<ResultRow> rows;
    for (std::uint16_t ordinal = 0; ordinal < 40; ++ordinal) {
      rows.push_back(
          {.ordinal = ordinal,
           .truth = random.Chance(0.5) ? static_cast<std::uint8_t>(random.Below(3)) : kNoClass,
           .predicted = static_cast<std::uint8_t>(random.Below(3)),
           .seen = random.Chance(0.3)});
    }
    BatchInfo info{.run = kRun, .sequence = sequence, .num_ordinals = 40};
    info.AddHop(wire::StageId::Produce, 1'000, 2'000, 3'000);
    WriteResultBatch(rows, info, message);
    ASSERT_TRUE(expected.Add(ResultBatchView::Own(message), 5'000).ok());
    // Any part first, then everything.
    std::vector<ResultRow> part;
    for (const ResultRow& row : rows) {
      if (random.Chance(0.5)) part.push_back(row);
    }
    for (const auto* sent : {&part, &rows, &part}) {
      WriteResultBatch(*sent, info, message);
      const ResultBatchView batch = ResultBatchView::Own(message);
      const auto added = tracker.Add(batch);
      ASSERT_TRUE(added);
      ASSERT_TRUE(actual.Add(batch, 5'000, *added).ok());
    }
  }
  EXPECT_EQ(actual.rows(), expected.rows());
  EXPECT_EQ(actual.labelled(), expected.labelled());
  EXPECT_EQ(actual.seen(), expected.seen());
  for (std::size_t truth = 0; truth < 3; ++truth) {
    for (std::size_t guess = 0; guess < 3; ++guess) {
      EXPECT_EQ(actual.confusion().count(truth, guess), expected.confusion().count(truth, guess));
      EXPECT_EQ(actual.confusion_seen().count(truth, guess),
                expected.confusion_seen().count(truth, guess));
    }
  }
  EXPECT_EQ(actual.ExpectedCalibrationError(), expected.ExpectedCalibrationError());
  EXPECT_EQ(actual.latency().count(), expected.latency().count());
  EXPECT_EQ(actual.classifier_ns(), expected.classifier_ns());
}

}  // namespace
}  // namespace marquee
