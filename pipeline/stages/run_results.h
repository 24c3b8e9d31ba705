// pipeline/stages/run_results.h — everything that a run's results tell: what came, how good it is,
// how long it took.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/model.h"
#include "pipeline/observe/histogram.h"
#include "pipeline/stages/evaluate.h"
#include "pipeline/stages/run_tracker.h"

namespace marquee {

/// How long one stage took over the rows of a run.
struct StageFigures {
  /// Sum over the batches, from the stage's start to its end; and each batch.
  std::uint64_t busy_ns = 0;
  Histogram busy;
  /// How long each row waited for the stage since the one before had done with it (for the first:
  /// since the source meant to have it).
  Histogram wait;
};

/// How long a run took, and each of its stages. Threads: one at a time.
class RunTimes {
 public:
  /// Count `num_rows` rows of a batch. `arrival_ns`: Unix time at which they count as done.
  void Add(const BatchInfo& info, std::int64_t arrival_ns, std::size_t num_rows);
  /// Count what it took to evaluate, which no hop tells.
  void AddEvaluation(std::uint64_t busy_ns);

  /// Of evaluate, the wait is that of a result for its reader.
  const StageFigures& stage(wire::StageId stage) const {
    return stages_[static_cast<std::size_t>(stage)];
  }
  /// When the source received the first row; 0 = none yet.
  std::int64_t first_received_ns() const noexcept { return first_received_ns_; }
  /// From the first row's reception by the source to the last row's arrival here.
  double seconds() const noexcept;

 private:
  std::array<StageFigures, static_cast<std::size_t>(wire::StageId::MAX) + 1> stages_{};
  std::int64_t first_received_ns_ = 0;
  std::int64_t last_arrival_ns_ = 0;
};

/// Counts the results of one run, each row once. Threads: one at a time.
class RunResults {
 public:
  /// Rows that the source received in the first `warm_up_ns` of the run are left out of the
  /// evaluation's latency: caches and brokers are cold then.
  RunResults(RunId run, std::size_t num_classes, std::int64_t warm_up_ns = 0)
      : tracker_(run), evaluation_(num_classes), warm_up_ns_(warm_up_ns) {}

  /// Count what is new in a message of this run. `arrival_ns`: Unix time at which its rows count as
  /// done.
  /// Errors: kData, counting nothing but refused(): what RunTracker::Add refuses, or another number
  /// of classes.
  Status Add(const ResultBatchView& batch, std::int64_t arrival_ns);

  const RunTracker& tracker() const noexcept { return tracker_; }
  const Evaluation& evaluation() const noexcept { return evaluation_; }
  /// Messages that Add refused.
  std::uint64_t refused() const noexcept { return refused_; }
  const RunTimes& times() const noexcept { return times_; }
  const StageFigures& stage(wire::StageId stage) const { return times_.stage(stage); }
  /// Rows delivered or rejected: labelled, unlabelled and dead ones.
  std::uint64_t records() const noexcept { return tracker_.rows() + tracker_.outstanding(); }
  double seconds() const noexcept { return times_.seconds(); }
  /// The model that scored the last message with rows.
  std::uint64_t model_id() const noexcept { return model_id_; }
  /// Of the table whose classes they are, the feature spec's hash; 0 = not known.
  std::uint64_t feature_spec() const noexcept { return feature_spec_; }
  /// Whether rows were scored by different models.
  bool several_models() const noexcept { return several_models_; }

 private:
  Status Count(const ResultBatchView& batch, std::int64_t arrival_ns);
  bool IsWarmUp(const BatchInfo& info) const;

  RunTracker tracker_;
  Evaluation evaluation_;
  RunTimes times_;
  std::int64_t warm_up_ns_;
  std::uint64_t refused_ = 0;
  std::uint64_t model_id_ = 0;
  std::uint64_t feature_spec_ = 0;
  bool several_models_ = false;
};

/// The names of a run's classes: the model's if it is of the same table, else numbers.
class ClassNames {
 public:
  ClassNames(const model::Model& model, const RunResults& results);
  ClassNames(const ClassNames&) = delete;
  ClassNames& operator=(const ClassNames&) = delete;

  bool are_known() const noexcept { return numbered_.empty(); }
  /// They live as long as this and the model.
  std::span<const std::string_view> views() const noexcept { return views_; }

 private:
  std::vector<std::string> numbered_;
  std::vector<std::string_view> views_;
};

}  // namespace marquee
