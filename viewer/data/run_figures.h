// viewer/data/run_figures.h — what a snapshot tells of a run, beside the counts of its results.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "pipeline/observe/histogram.h"
#include "pipeline/stages/evaluate.h"
#include "pipeline/stages/run_results.h"
#include "viewer/data/recent_rows.h"
#include "viewer/data/timeline.h"

namespace marquee::viewer {

/// The counts of a run: a RunResults, or what an embedded run counts itself.
struct RunCounted {
  const Evaluation* evaluation = nullptr;
  const RunTimes* times = nullptr;
  /// Rows and dead letters.
  std::uint64_t records = 0;
  /// Rejections so far, replayed or not, by reason.
  std::array<std::uint64_t, kNumRejectReasons> rejects{};
};

RunCounted CountedOf(const RunResults& results);

/// Check whether results of so many classes can be shown. Errors: kData.
Status CheckClasses(std::size_t num_classes);

/// Follows the results of a run: the latest rows, figures over time, over the last seconds, and a
/// message. What is counted over the whole run is not counted again: from batch to batch the
/// evaluation is compared with what it was.
///
/// Memory: 3.5 MB for three classes, from the start, however long it runs. What grows is the run's
/// RunTracker: 0.14 MB per million messages, so 24 MB after 24 hours of 1 M rows/s in batches of
/// 512; and what its messages leave open, as its header says.
/// Cost: of a batch, 0.5 µs whatever its rows, and RecentRows'.
/// Threads: one at a time.
class RunFigures {
 public:
  /// `stage_rows_from_hops`: whether a stage's rows over time are those of the results, counted
  /// when the stage had finished them; else others tell them (see recent()).
  RunFigures(wire::SnapshotT& snapshot, bool stage_rows_from_hops);

  /// Forget what happened over time: it will be told again.
  void Forget() { timelines_.clear(); }
  /// A new run begins.
  void Start(std::size_t num_classes, std::int64_t now_ns);

  /// Follow a batch that `counted` counts since the last call.
  void Add(const ResultBatchView& batch, const Arrival& arrival, const RunCounted& counted);
  /// Nothing came until `now_ns`, and would have been noticed.
  void Observe(std::int64_t now_ns);

  /// What came until `now_ns` is not known.
  void Resume(std::int64_t now_ns) { observed_ns_ = now_ns; }

  /// Write all figures. `last`: the batch that Add had last, while it still lies there. `ended`: no
  /// more will come.
  void Write(std::int64_t now_ns, bool ended, const RunCounted& counted,
             const std::optional<ResultBatchView>& last);

  /// Of the run that was started last; 0 = none yet.
  std::size_t num_classes() const noexcept { return num_classes_; }

  /// For what others tell of stages over time: the last five minutes, and all of the time.
  std::vector<Timeline>& timelines() noexcept { return timelines_; }

 private:
  void AddStageRows(const BatchInfo& info, const Arrival& arrival, std::uint64_t rows);
  void WriteQualities(std::int64_t now_ns, const Evaluation& evaluation);
  void WriteCalibration(const Evaluation& evaluation);
  void WriteChallenger(const Evaluation& evaluation);
  void WriteParts(const RunCounted& counted);
  void WriteStages(std::int64_t now_ns, const RunCounted& counted);
  void WriteLatencyCurve(const Histogram& latency);

  wire::SnapshotT& snapshot_;
  bool stage_rows_from_hops_;
  RecentRows rows_;
  std::size_t num_classes_ = 0;
  std::int64_t observed_ns_ = 0;  // nothing is unknown up to here
  std::int64_t lines_written_ns_ = 0;
  Arrival last_arrival_;
  bool last_is_new_ = false;                // the last batch brought rows
  std::vector<Timeline> timelines_;         // recent, session
  std::array<Histogram, kNumParts> parts_;  // of messages, in 1/16 ns a row
  // What the evaluation was when the last batch had been counted.
  std::uint64_t rows_before_ = 0;
  std::uint64_t dead_before_ = 0;
  std::array<std::uint64_t, kNumParts> part_ns_before_{};
  std::vector<std::uint64_t> confusion_before_;
  std::vector<std::uint64_t> confusion_;  // of the last batch
};

/// Say which model scores in this process.
void WriteModel(const model::Model& model, wire::ModelInfoT& info);

/// Say which model scored a run; of another than `model`, only its id is known.
void WriteModel(const model::Model& model, const RunResults& results, wire::ModelInfoT& info);

/// Write the counts of a run over Kafka, or of a recording of it. `first_message`: from where on it
/// was read; what lies before is neither missing nor known not to be lost.
void WriteRun(const RunResults& results, std::uint64_t unreadable, std::uint64_t first_message,
              wire::RunT& run);

/// Write the rejections by reason.
void WriteReasons(const std::array<std::uint64_t, kNumRejectReasons>& rejects,
                  std::vector<std::unique_ptr<wire::ReasonCountT>>& reasons);

}  // namespace marquee::viewer
