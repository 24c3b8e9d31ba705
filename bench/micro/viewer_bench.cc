// The viewer's data: what following a batch costs, and what a snapshot costs, while a million rows a
// second are fed in; an item is a row. Counting the rows alone is the anchor.
#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "bench/micro/measure.h"
#include "schemas/result_batch.h"
#include "viewer/data/board.h"

namespace marquee::bench {
namespace {

using viewer::Board;
using viewer::RunCounted;
using viewer::SnapshotMessage;

constexpr std::size_t kBatchRows = 512;
constexpr std::size_t kClasses = 3;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kStart = 1'700'000'000 * kSecond;
/// At a million rows a second.
constexpr std::int64_t kBatchNs = kSecond * kBatchRows / 1'000'000;
constexpr std::int64_t kSnapshotNs = kSecond / 30;
constexpr RunId kRun{.high = 1, .low = 2};

/// Write a batch like those of a run: titles, hops, three classes.
void WriteBatch(std::size_t number, Message& message) {
  const std::size_t n = kBatchRows;
  std::vector<std::int64_t> ids(n);
  std::vector<float> target(n, 6.5F);
  std::vector<std::uint8_t> truth(n);
  std::vector<std::uint8_t> predicted(n);
  for (std::size_t i = 0; i < n; ++i) {
    ids[i] = static_cast<std::int64_t>(number * n + i);
    truth[i] = static_cast<std::uint8_t>(i % 3);
    predicted[i] = static_cast<std::uint8_t>((i + number) % 5 % 3);
  }
  const std::vector<std::uint16_t> lengths(n, 16);
  const std::string titles(16 * n, 'x');
  const std::vector<std::uint8_t> ones(n, 1);
  const std::vector<std::uint8_t> zeros(n, 0);
  auto& builder = message.Begin();
  const RowColumnOffsets o = CopyRowColumns({.ordinals = {},
                                             .ids = ids,
                                             .title_lengths = lengths,
                                             .titles = titles,
                                             .target = target,
                                             .target_class = truth,
                                             .labelled = ones},
                                            n, message);
  const auto predicted_offset = message.Copy<std::uint8_t>(predicted, n);
  const auto score = message.Copy<float>(target, n);
  const auto probabilities =
      message.Copy<float>(std::vector<float>(kClasses * n, 1.0F / kClasses), n);
  const auto seen = message.Copy<std::uint8_t>(zeros, n);
  BatchInfo info{.run = kRun, .sequence = number, .num_ordinals = n};
  for (const auto stage :
       {wire::StageId::Produce, wire::StageId::Preprocess, wire::StageId::Infer}) {
    info.AddHop(stage, kStart - 3'000'000, kStart - 2'000'000, kStart - 1'000'000);
  }
  const auto wire_info = WriteBatchInfo(builder, info);
  const Status status = message.Finish(
      wire::CreateResultBatch(builder, wire_info, 0x77, n, kClasses, o.ordinals, o.ids,
                              o.title_lengths, o.title_bytes, o.target, o.target_class, o.labelled,
                              predicted_offset, score, probabilities, seen, 10 * n, 20 * n, 30 * n),
      wire::ResultBatchIdentifier());
  if (!status.ok()) std::abort();
}

/// Batches whose predictions differ.
class Batches {
 public:
  Batches() {
    for (std::size_t i = 0; i < kCount; ++i) WriteBatch(i, messages_[i]);
  }
  ResultBatchView Next() { return ResultBatchView::Own(messages_[next_++ % kCount]); }

 private:
  static constexpr std::size_t kCount = 8;
  std::array<Message, kCount> messages_;
  std::size_t next_ = 0;
};

/// What every program that reads results counts.
struct Counts {
  Evaluation evaluation{kClasses};
  RunTimes times;

  bool Add(const ResultBatchView& batch, std::int64_t now_ns) {
    times.Add(batch.info(), now_ns, batch.num_rows());
    return evaluation.Add(batch, now_ns).ok();
  }
  RunCounted Counted() const {
    return {.evaluation = &evaluation, .times = &times, .records = evaluation.rows()};
  }
};

/// A viewer that is fed a million rows a second, by the clock of the rows, and its snapshots.
class Fed {
 public:
  Fed() {
    board_.snapshot.model->class_names = {"low", "mid", "high"};
    board_.figures.Start(kClasses, now_ns_);
  }

  /// Feed one batch; each thirtieth of a second, a snapshot is made.
  bool Feed() {
    now_ns_ += kBatchNs;
    last_ = batches_.Next();
    if (!counts_.Add(*last_, now_ns_)) return false;
    board_.figures.Add(*last_, {.time_ns = now_ns_}, counts_.Counted());
    if (now_ns_ - taken_ns_ >= kSnapshotNs) {
      benchmark::DoNotOptimize(Snapshot());
    }
    return true;
  }

  std::shared_ptr<const SnapshotMessage> Snapshot() {
    taken_ns_ = now_ns_;
    board_.figures.Write(now_ns_, /*ended=*/false, counts_.Counted(), last_);
    return SnapshotMessage::Make(board_.snapshot);
  }

  /// Let time pass, so that the next snapshot draws its lines anew.
  void Pass(std::int64_t ns) { now_ns_ += ns; }
  const Counts& counts() const { return counts_; }

 private:
  Board board_{{}, /*stage_rows_from_hops=*/true};
  Batches batches_;
  Counts counts_;
  std::optional<ResultBatchView> last_;
  std::int64_t now_ns_ = kStart;
  std::int64_t taken_ns_ = kStart;
};

/// Whether the snapshot counts what was counted.
bool IsRight(Fed& fed) {
  const auto message = fed.Snapshot();
  if (!SnapshotMessage::Verify(message->bytes())) return false;
  const wire::Snapshot& snapshot = message->view();
  const auto counts = fed.counts().evaluation.confusion().counts();
  const auto* confusion = snapshot.qualities()->Get(2)->confusion();
  return snapshot.rows()->size() == viewer::kMaxRows &&
         std::equal(counts.begin(), counts.end(), confusion->begin(), confusion->end());
}

void BM_Viewer_Reference(benchmark::State& state) {
  Batches batches;
  Counts counts;
  std::int64_t now_ns = kStart;
  for (auto _ : state) {
    now_ns += kBatchNs;
    if (!counts.Add(batches.Next(), now_ns)) state.SkipWithError("a batch is refused");
    benchmark::ClobberMemory();
  }
  CountRows(state, kBatchRows);
}

void BM_Viewer_Fed(benchmark::State& state) {
  Fed fed;
  for (int i = 0; i < 1000; ++i) {
    if (!fed.Feed()) return state.SkipWithError("a batch is refused");
  }
  if (!IsRight(fed)) return state.SkipWithError("the snapshot counts otherwise than Evaluation");
  for (auto _ : state) benchmark::DoNotOptimize(fed.Feed());
  CountRows(state, kBatchRows);
}

/// An item is a snapshot of a viewer that has been fed for five minutes. `lines`: whether its lines
/// are drawn anew, as twice a second.
void BM_Viewer_Snapshot(benchmark::State& state) {
  Fed fed;
  for (std::int64_t fed_ns = 0; fed_ns < 300 * kSecond; fed_ns += kBatchNs) {
    if (!fed.Feed()) return state.SkipWithError("a batch is refused");
    // A hundredth of the batches, over the whole time.
    fed.Pass(99 * kBatchNs);
    fed_ns += 99 * kBatchNs;
  }
  if (!IsRight(fed)) return state.SkipWithError("the snapshot counts otherwise than Evaluation");
  const std::int64_t passed_ns = state.range(0) != 0 ? kSecond / 2 : 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    fed.Pass(passed_ns);
    bytes = fed.Snapshot()->bytes().size();
  }
  state.counters["bytes"] = static_cast<double>(bytes);
  CountRows(state, 1);
}

BENCHMARK(BM_Viewer_Reference);
BENCHMARK(BM_Viewer_Fed);
BENCHMARK(BM_Viewer_Snapshot)->ArgName("lines")->Arg(0)->Arg(1);

}  // namespace
}  // namespace marquee::bench
