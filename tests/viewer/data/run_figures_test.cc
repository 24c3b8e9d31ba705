#include "viewer/data/run_figures.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/result_messages.h"
#include "viewer/data/board.h"

namespace marquee::viewer {
namespace {

using marquee::testing_support::ResultRow;

constexpr RunId kRun{.high = 1, .low = 2};
constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMs;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;

/// A run of which batches arrive, and what is made of them.
class RunFiguresTest : public testing::Test {
 protected:
  void SetUp() override { board_.figures.Start(3, kStart); }

  void Add(std::uint64_t sequence, const std::vector<ResultRow>& rows, std::int64_t arrival_ns,
           std::uint32_t rejected = 0) {
    BatchInfo info{.run = kRun,
                   .sequence = sequence,
                   .num_ordinals = static_cast<std::uint32_t>(rows.size()) + rejected};
    info.rejects[static_cast<std::size_t>(wire::RejectReason::NulByte)] = rejected;
    info.AddHop(wire::StageId::Produce, arrival_ns - 9 * kMs, arrival_ns - 8 * kMs,
                arrival_ns - 6 * kMs);
    info.AddHop(wire::StageId::Infer, arrival_ns - 5 * kMs, arrival_ns - 3 * kMs,
                arrival_ns - 2 * kMs);
    WriteResultBatch(rows, info, message_);
    const auto batch = ResultBatchView::Own(message_);
    ASSERT_TRUE(results_.Add(batch, arrival_ns).ok());
    board_.figures.Add(batch, {.time_ns = arrival_ns, .bytes = 100}, CountedOf(results_));
  }

  const wire::SnapshotT& Write(std::int64_t now_ns, bool ended = false) {
    board_.figures.Write(now_ns, ended, CountedOf(results_), ResultBatchView::Own(message_));
    WriteRun(results_, 0, 0, *board_.snapshot.run);
    board_.snapshot.model->class_names = {"low", "mid", "high"};
    return board_.snapshot;
  }

  Message message_;
  RunResults results_{kRun, 3};
  Board board_{{}, /*stage_rows_from_hops=*/true};
};

std::vector<ResultRow> RandomRows(std::mt19937& random, std::size_t count) {
  std::vector<ResultRow> rows;
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back({.ordinal = static_cast<std::uint16_t>(i),
                    .truth = static_cast<std::uint8_t>(random() % 4 == 0 ? kNoClass : random() % 3),
                    .predicted = static_cast<std::uint8_t>(random() % 3),
                    .seen = random() % 5 == 0});
  }
  return rows;
}

TEST_F(RunFiguresTest, FiguresOfTheRunAreThoseOfRunResults) {
  std::mt19937 random(1);
  std::vector<std::vector<ResultRow>> batches;
  for (int i = 0; i < 50; ++i) batches.push_back(RandomRows(random, 1 + random() % 40));
  for (std::uint64_t i = 0; i < 50; ++i) {
    const auto at = kStart + static_cast<std::int64_t>(i) * 100 * kMs;
    Add(i, batches[i], at, i % 7 == 0 ? 2 : 0);
    if (i % 10 == 3) Add(i, batches[i], at + kMs, i % 7 == 0 ? 2 : 0);  // once more
  }
  const wire::SnapshotT& snapshot = Write(kStart + 5 * kSecond, /*ended=*/true);
  const Evaluation& evaluation = results_.evaluation();
  const ConfusionMatrix& confusion = evaluation.confusion();

  const wire::QualityT& all = *snapshot.qualities[2];
  EXPECT_EQ(all.rows, confusion.total());
  EXPECT_EQ(all.macro_f1, confusion.MacroF1());
  EXPECT_EQ(all.accuracy, confusion.Accuracy());
  for (std::size_t truth = 0; truth < 3; ++truth) {
    EXPECT_EQ(all.classes[truth].f1(), confusion.ForClass(truth).f1);
    EXPECT_EQ(all.classes[truth].support(), confusion.ForClass(truth).support);
    for (std::size_t guess = 0; guess < 3; ++guess) {
      EXPECT_EQ(all.confusion[truth * 3 + guess], confusion.count(truth, guess));
    }
  }
  EXPECT_EQ(snapshot.qualities[0]->confusion, all.confusion) << "all within the last 10 s";
  EXPECT_EQ(snapshot.expected_calibration_error, evaluation.ExpectedCalibrationError());
  EXPECT_EQ(snapshot.calibration[1]->points[2].rows(), evaluation.calibration()[1][2].rows);

  EXPECT_EQ(snapshot.run->rows, results_.records());
  EXPECT_EQ(snapshot.run->labelled, evaluation.labelled());
  EXPECT_EQ(snapshot.run->seen, evaluation.seen());
  EXPECT_EQ(snapshot.run->dead, results_.tracker().outstanding());
  EXPECT_GT(snapshot.run->duplicated_rows, 0U);
  EXPECT_EQ(snapshot.run->duplicated_rows, results_.tracker().duplicated_rows());
  EXPECT_EQ(snapshot.run->latency_p99_ns, evaluation.latency().Percentile(0.99));
  EXPECT_EQ(snapshot.latency_curve.back().ns(), evaluation.latency().max_ns());
  ASSERT_EQ(snapshot.reasons.size(), 1U);
  EXPECT_EQ(snapshot.reasons[0]->reason, "nul_byte");
  EXPECT_EQ(snapshot.reasons[0]->rows, 16U) << "2 in each of 8 batches, told twice or not";

  // 10, 20 and 30 ns a row (see WriteResultBatch), over the rows that were scored.
  const auto rows = static_cast<double>(evaluation.rows());
  EXPECT_DOUBLE_EQ(snapshot.parts[2]->ns_per_row, 30);
  EXPECT_DOUBLE_EQ(snapshot.parts[1]->p50_ns, 20);
  EXPECT_DOUBLE_EQ(snapshot.parts[0]->share, 1.0 / 6);

  double rows_in_line = 0;
  for (const auto& series : snapshot.session->series) {
    if (series->kind != wire::SeriesKind::RowsPerSecond || series->index != 4) continue;
    for (const float rate : std::span(series->values).first(series->values.size() - 1)) {
      rows_in_line += rate / 2;
    }
  }
  EXPECT_NEAR(rows_in_line, rows, 0.01) << "the last interval has only begun";
}

TEST_F(RunFiguresTest, StagesTellHowLongRowsWaitedAndHowLongBatchesTook) {
  for (std::uint64_t i = 0; i < 20; ++i) {
    Add(i, {{.ordinal = 0}, {.ordinal = 1}}, kStart + static_cast<std::int64_t>(i) * 100 * kMs);
  }
  const wire::SnapshotT& snapshot = Write(kStart + 2 * kSecond);
  const wire::StageT& produce = *snapshot.stages[0];
  EXPECT_EQ(produce.id, wire::StageId::Produce);
  EXPECT_NEAR(static_cast<double>(produce.wait_p50_ns), 1e6, 4e4);
  EXPECT_NEAR(static_cast<double>(produce.busy_p99_ns), 2e6, 7e4);
  EXPECT_DOUBLE_EQ(produce.busy_ns_per_row, 1e6);
  EXPECT_DOUBLE_EQ(produce.rows_per_s, 18) << "it had done with the batch at 1.0 s before that";
  EXPECT_DOUBLE_EQ(snapshot.run->rows_per_s_now, 20);
  EXPECT_DOUBLE_EQ(snapshot.run->bytes_per_s_now, 1000);
  EXPECT_EQ(produce.lag, -1);
}

TEST_F(RunFiguresTest, ANewRunBeginsWithNothingOfTheOldOne) {
  Add(0, {{.ordinal = 0, .truth = 1, .predicted = 1}}, kStart);
  board_.figures.Start(3, kStart + 4 * kSecond);
  results_ = RunResults(kRun, 3);
  Add(0, {{.ordinal = 0, .truth = 2, .predicted = 0}}, kStart + 4 * kSecond);
  const wire::SnapshotT& snapshot = Write(kStart + 5 * kSecond);
  EXPECT_EQ(snapshot.qualities[0]->rows, 1U);
  EXPECT_EQ(snapshot.qualities[2]->rows, 1U);
  ASSERT_EQ(snapshot.rows.size(), 1U);
  EXPECT_EQ(snapshot.rows[0]->target_class, 2);
}

TEST_F(RunFiguresTest, ASnapshotDoesNotGrowWithTheRun) {
  std::mt19937 random(1);
  const auto rows = RandomRows(random, 600);
  std::vector<std::size_t> sizes;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    const auto at = kStart + static_cast<std::int64_t>(i) * 2 * kSecond;
    Add(i, rows, at);
    if (i < 1000 || i % 100 != 0) continue;
    const auto message = SnapshotMessage::Make(Write(at));
    EXPECT_TRUE(SnapshotMessage::Verify(message->bytes()));
    sizes.push_back(message->bytes().size());
  }
  EXPECT_LT(*std::ranges::max_element(sizes), 256U << 10);
  EXPECT_NEAR(static_cast<double>(sizes.front()), static_cast<double>(sizes.back()), 40'000)
      << "but for the session's lines, which have 300 to 600 points";
}

}  // namespace
}  // namespace marquee::viewer
