#include "pipeline/app/embedded.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

#include "pipeline/core/clock.h"

namespace marquee {

std::uint64_t RunCounts::dead_letters() const noexcept {
  return std::accumulate(rejects.begin(), rejects.end(), std::uint64_t{0});
}

void StageTimes::Merge(const StageTimes& other) {
  read_ns += other.read_ns;
  produce_ns += other.produce_ns;
  preprocess_ns += other.preprocess_ns;
  infer_ns += other.infer_ns;
  evaluate_ns += other.evaluate_ns;
  write_ns += other.write_ns;
  wait_for_worker_ns += other.wait_for_worker_ns;
  wait_for_turn_ns += other.wait_for_turn_ns;
}

std::uint64_t StageTimes::busy_ns() const noexcept {
  return read_ns + produce_ns + preprocess_ns + infer_ns + evaluate_ns + write_ns;
}

std::vector<ProducedColumn> SelectColumns(const std::vector<std::string>& source_columns,
                                          const FeatureSpec& spec, bool all_columns) {
  std::vector<ProducedColumn> selected;
  for (std::size_t index = 0; index < source_columns.size(); ++index) {
    const ColumnUse use = spec.UseOf(source_columns[index]);
    if (all_columns) {
      selected.push_back({.index = index});
    } else if (use != ColumnUse::kNone) {
      selected.push_back({.index = index, .lengths_only = use == ColumnUse::kLengths});
    }
  }
  return selected;
}

// --- SourceEpoch ---------------------------------------------------------------------------------

SourceEpoch::SourceEpoch(RecordFeed& feed, const PreprocessStage& preprocess, bool all_columns,
                         const Runner& runner, DeadLetterPolicy policy)
    : feed_(feed),
      preprocess_(preprocess),
      produce_(run_, feed.source().columns(),
               SelectColumns(feed.source().columns(), preprocess.spec(), all_columns),
               preprocess.spec().id_column),
      policy_(std::move(policy)) {
  for (std::size_t i = 0; i < runner.num_slots(); ++i) {
    slots_.push_back(std::make_unique<Slot>(feed.source().path()));
  }
  for (std::size_t i = 0; i < runner.num_workers(); ++i) {
    workers_.push_back(std::make_unique<Worker>(preprocess));
  }
  problems_ = workers_.front()->preprocess.problems();
}

Status SourceEpoch::Open() {
  if (policy_.path.empty()) {
    policy_.path = fmt::format("dead-letters-{}.marquee", run_.ToString());
    return {};
  }
  MARQUEE_RETURN_IF_ERROR(RefuseToOverwrite(feed_.source().path(), policy_.path));
  MARQUEE_ASSIGN_OR_RETURN(dead_letters_, MessageFileWriter::Create(policy_.path));
  return {};
}

Result<bool> SourceEpoch::Read(std::size_t slot_index) {
  if (stop_()) return false;
  Slot& slot = *slots_[slot_index];
  {
    const ScopedTimer timer(&read_ns_);
    const CsvSource& source = feed_.source();
    if (progress_ != nullptr) progress_->Update(source.bytes_consumed(), source.bytes_total());
    MARQUEE_ASSIGN_OR_RETURN(const bool more, feed_.Next(slot.block));
    if (!more) return false;
    slot.id_shift = feed_.id_shift();
  }
  // Waiting is no work, so it is not in read_ns_.
  const bool due = feed_.WaitUntilDue(slot.block, stop_);
  slot.received_ns = feed_.received_ns();
  slot.read_ns = SteadyClockNs();
  return due;
}

Status SourceEpoch::Process(std::size_t slot_index, std::size_t worker_index) {
  Slot& slot = *slots_[slot_index];
  Worker& worker = *workers_[worker_index];
  worker.times.wait_for_worker_ns += static_cast<std::uint64_t>(SteadyClockNs() - slot.read_ns);
  slot.rejects.Clear();
  {
    const ScopedTimer timer(&worker.times.produce_ns);
    MARQUEE_RETURN_IF_ERROR(produce_.Process({slot.block, slot.received_ns, slot.id_shift},
                                             worker.produce, worker.raw, slot.rejects));
  }
  {
    const ScopedTimer timer(&worker.times.preprocess_ns);
    MARQUEE_RETURN_IF_ERROR(preprocess_.Process(RawBatchView::Own(worker.raw), worker.preprocess,
                                                slot.features, slot.rejects));
  }
  slot.problems = worker.preprocess.problems();
  MARQUEE_RETURN_IF_ERROR(ProcessFeatures(FeatureBatchView::Own(slot.features), slot_index,
                                          worker_index, slot.rejects, worker.times));
  slot.processed_ns = SteadyClockNs();
  return {};
}

Status SourceEpoch::Write(std::size_t slot_index) {
  const ScopedTimer timer(&write_ns_);
  Slot& slot = *slots_[slot_index];
  wait_for_turn_ns_ += static_cast<std::uint64_t>(SteadyClockNs() - slot.processed_ns);
  counts_.records += slot.block.records.size();
  MARQUEE_RETURN_IF_ERROR(WriteDeadLetters(slot.rejects));
  MARQUEE_RETURN_IF_ERROR(WriteSlot(slot_index));
  for (std::size_t column = 0; column < problems_.size(); ++column) {
    for (std::size_t p = 0; p < kNumFieldProblems; ++p) {
      problems_[column].counts[p] += slot.problems[column].counts[p];
    }
  }
  slot.block.Clear();  // gives its part of the source's memory back
  return {};
}

Status SourceEpoch::WriteDeadLetters(const Rejects& rejects) {
  if (rejects.size() == 0) return {};
  if (!dead_letters_) {
    MARQUEE_ASSIGN_OR_RETURN(dead_letters_, MessageFileWriter::Create(policy_.path));
  }
  for (std::size_t i = 0; i < rejects.size(); ++i) {
    MARQUEE_RETURN_IF_ERROR(dead_letters_->Write(rejects.message(i)));
  }
  for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
    counts_.rejects[reason] += rejects.count(static_cast<wire::RejectReason>(reason));
  }
  return {};
}

Status SourceEpoch::CheckBadShare() const {
  const std::uint64_t dead = counts_.dead_letters();
  if (dead < kMinBadRows ||
      static_cast<double>(dead) <= policy_.max_bad_share * static_cast<double>(counts_.records)) {
    return {};
  }
  return Status::Data(fmt::format(
      "{}: {} of {} records are dead letters, more than --max-bad-share {} allows; "
      "'marquee dead-letters ls {}' tells why",
      feed_.source().path(), dead, counts_.records, policy_.max_bad_share, policy_.path));
}

Status SourceEpoch::Close() { return dead_letters_ ? dead_letters_->Close() : Status(); }

StageTimes SourceEpoch::times() const {
  StageTimes times{
      .read_ns = read_ns_, .write_ns = write_ns_, .wait_for_turn_ns = wait_for_turn_ns_};
  for (const auto& worker : workers_) times.Merge(worker->times);
  return times;
}

// --- FeaturesEpoch -------------------------------------------------------------------------------

FeaturesEpoch::FeaturesEpoch(RecordFeed& feed, const PreprocessStage& preprocess,
                             const Runner& runner, DeadLetterPolicy policy,
                             MessageFileWriter& output)
    : SourceEpoch(feed, preprocess, /*all_columns=*/true, runner, std::move(policy)),
      output_(output) {}

Status FeaturesEpoch::ProcessFeatures(const FeatureBatchView&, std::size_t, std::size_t, Rejects&,
                                      StageTimes&) {
  return {};
}

Status FeaturesEpoch::WriteSlot(std::size_t slot) { return output_.Write(features(slot).bytes()); }

// --- ScoringEpoch --------------------------------------------------------------------------------

ScoringEpoch::ScoringEpoch(RecordFeed& feed, const PreprocessStage& preprocess,
                           const InferStage& infer, bool all_columns, const Runner& runner,
                           DeadLetterPolicy policy, ResultSink& sink)
    : SourceEpoch(feed, preprocess, all_columns, runner, std::move(policy)),
      infer_(infer),
      sink_(sink),
      evaluation_(infer.model().num_classes()) {
  for (std::size_t i = 0; i < runner.num_slots(); ++i) {
    results_.push_back(std::make_unique<Results>());
  }
  for (std::size_t i = 0; i < runner.num_workers(); ++i) {
    scratches_.push_back(std::make_unique<Scratch>(infer));
  }
}

Status ScoringEpoch::ProcessFeatures(const FeatureBatchView& features, std::size_t slot,
                                     std::size_t worker, Rejects& rejects, StageTimes& times) {
  {
    const ScopedTimer timer(&times.infer_ns);
    MARQUEE_RETURN_IF_ERROR(
        infer_.Process(features, scratches_[worker]->infer, results_[slot]->message, rejects));
  }
  const ScopedTimer timer(&times.write_ns);
  sink_.Process(ResultBatchView::Own(results_[slot]->message), slot);
  return {};
}

Status ScoringEpoch::WriteSlot(std::size_t slot) {
  if (rejects(slot).size() > 0) sink_.TakeRejects(rejects(slot));
  const ResultBatchView results = ResultBatchView::Own(results_[slot]->message);
  {
    const ScopedTimer timer(&evaluate_ns_);
    MARQUEE_RETURN_IF_ERROR(evaluation_.Add(results, WallClockNs()));
  }
  return sink_.Write(results, slot);
}

StageTimes ScoringEpoch::times() const {
  StageTimes times = SourceEpoch::times();
  times.evaluate_ns = evaluate_ns_;
  times.write_ns -= evaluate_ns_;  // which is done while writing
  return times;
}

}  // namespace marquee
