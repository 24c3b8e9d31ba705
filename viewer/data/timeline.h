// viewer/data/timeline.h — what happened when, in a fixed number of equal intervals.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/stages/evaluate.h"
#include "schemas/snapshot_generated.h"
#include "viewer/data/coarse_histogram.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {

inline constexpr std::size_t kNumStages = static_cast<std::size_t>(wire::StageId::MAX) + 1;
/// Stages that are shown, in the order of the pipeline.
inline constexpr std::array kMeasuredStages = {wire::StageId::Produce, wire::StageId::Preprocess,
                                               wire::StageId::Infer, wire::StageId::Evaluate};
inline constexpr std::size_t kNumParts = 3;
/// F1 is measured over so long where it is drawn over time: over less it would only jump.
inline constexpr std::int64_t kF1WindowNs = 10'000'000'000;

/// What one batch adds to an interval.
struct BatchSums {
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
  std::uint64_t dead = 0;
  std::int64_t latency_ns = -1;  ///< of its rows; -1 = unknown
  std::array<std::uint64_t, kNumParts> part_ns{};
  /// By truth and prediction; empty = nothing.
  std::span<const std::uint64_t> confusion;
};

/// Sums over equal intervals of time. Either the intervals slide, so that the newest ones are kept;
/// or all of the time is kept: when the intervals do not suffice, two and two become one.
///
/// Threads: one at a time. Cost: 2.6 KB an interval, all of them from the start.
class Timeline {
 public:
  enum class Keep : std::uint8_t { kNewest, kAll };

  Timeline(Keep keep, std::int64_t interval_ns, std::size_t max_intervals, std::size_t num_classes);

  // It starts at the first time that is told. What was before, and what is older than what is kept,
  // is left out. All times are Unix times in ns.

  /// Count a batch that arrived at this time.
  void AddBatch(std::int64_t time_ns, const BatchSums& sums);
  /// Count rows that a stage passed from one time to another, evenly; 0 rows say that it passed
  /// none, which is not the same as nothing known.
  void AddStageRows(wire::StageId stage, std::int64_t from_ns, std::int64_t to_ns, double rows);
  /// Note the lag that a stage had from one time to another; of several in an interval the largest
  /// is kept.
  void SetLag(wire::StageId stage, std::int64_t from_ns, std::int64_t to_ns, std::int64_t lag);

  /// A new run begins: what was counted until `now_ns` is none of its quality. As Confusion, for
  /// Keep::kNewest.
  void BeginRun(std::int64_t now_ns);
  /// Sum of the confusions of the last `window_ns` before `now_ns`, but of none before the run.
  ConfusionMatrix Confusion(std::int64_t now_ns, std::int64_t window_ns);
  /// Rows and bytes a second in the last full second before `now_ns`.
  struct Rates {
    std::array<double, kNumStages> rows{};
    double bytes = 0;
  };
  Rates LastSecond(std::int64_t now_ns);

  /// Write the intervals that were over at `now_ns`; if `with_last`, the one that is not, too.
  void Write(std::int64_t now_ns, bool with_last, wire::TimelineT& timeline);

  std::int64_t interval_ns() const noexcept { return interval_ns_; }

 private:
  struct Interval {
    std::array<double, kNumStages> stage_rows{};
    std::array<bool, kNumStages> stage_measured{};
    std::array<std::int64_t, kNumStages> lag;
    std::uint64_t rows = 0;
    std::uint64_t bytes = 0;
    std::uint64_t dead = 0;
    std::array<std::uint64_t, kNumParts> part_ns{};
    CoarseHistogram latency;
    // Of `latency`, unless it has grown since.
    bool percentiles_known = false;
    float p50_ns = 0;
    float p99_ns = 0;

    Interval() { lag.fill(-1); }
    void Merge(const Interval& later);
  };

  // Intervals are numbered on from start_ns_; interval i is intervals_[i % size].
  std::int64_t NumberOf(std::int64_t time_ns) const;
  bool IsKept(std::int64_t time_ns) const;
  /// Make the interval of this time the newest, unless there is a newer one.
  void Advance(std::int64_t time_ns);
  void Double();
  void Clear(std::int64_t number);
  std::int64_t oldest() const;
  Interval& At(std::int64_t number) { return intervals_[IndexOf(number)]; }
  std::size_t IndexOf(std::int64_t number) const {
    return static_cast<std::size_t>(number) % intervals_.size();
  }
  std::span<std::uint64_t> ConfusionAt(std::int64_t number);

  void WriteSums(std::span<const double> seconds, std::int64_t first, std::int64_t end,
                 wire::TimelineT& timeline);
  void WriteF1(std::int64_t first, std::int64_t end, wire::TimelineT& timeline);

  Keep keep_;
  std::int64_t interval_ns_;
  std::size_t num_classes_;
  std::vector<Interval> intervals_;
  std::vector<std::uint64_t> confusions_;  // num_classes² an interval
  bool started_ = false;
  std::int64_t start_ns_ = 0;
  std::int64_t newest_ = 0;
  // By stage: the end of the last length of time whose rows were told.
  std::array<std::int64_t, kNumStages> told_until_ns_{};
  // The run that was begun last: in which interval, and what that held of the run before.
  std::int64_t run_begin_ = 0;
  std::vector<std::uint64_t> confusion_before_;
};

}  // namespace marquee::viewer
