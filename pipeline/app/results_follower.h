// pipeline/app/results_follower.h — from the records of the topic results to the results of one
// run.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "pipeline/stages/run_results.h"
#include "pipeline/transport/kafka/topic_reader.h"
#include "schemas/message.h"

namespace marquee {

/// Which run's results are wanted.
struct WantedRun {
  /// None: that of the first record.
  std::optional<RunId> run;
  /// Whether to go on with a newer run when one begins. Runs are compared by their start: what
  /// their id tells, else the time at which the source received the rows of the first record.
  bool then_newer = false;
  /// How much of the run's beginning its latency leaves out, see RunResults.
  std::int64_t warm_up_ns = 0;
  /// Refuses results that could not be shown, as if they were none of ours; empty = takes all.
  std::function<Status(const ResultBatchView&)> check;
};

/// Follows one run through a topic that holds several, and records that are none of ours.
///
/// Threads: one at a time.
class ResultsFollower {
 public:
  /// `num_classes` holds for a run until its first result tells. Records older than `opened_ns`
  /// (Unix time) count as arrived when they were written, younger ones when they are taken.
  ResultsFollower(std::string topic, WantedRun wanted, std::size_t num_classes,
                  std::int64_t opened_ns);

  /// Take the next record, at Unix time `now_ns`. Returns the results of the run before, if the
  /// record begins a newer one.
  std::unique_ptr<RunResults> Take(const TopicRecord& record, std::int64_t now_ns);

  /// A batch that was counted, and when its rows count as done (Unix time).
  struct Counted {
    ResultBatchView batch;
    std::int64_t arrival_ns = 0;
  };
  /// What the last Take counted, if anything; valid until the next.
  const std::optional<Counted>& counted() const noexcept { return counted_; }

  /// The run's results so far; null while no run is known.
  const RunResults* results() const noexcept { return results_.get(); }
  /// Records that are no results of ours.
  std::uint64_t unreadable() const noexcept { return unreadable_; }
  /// The first record since the last call that could not be counted, and why; empty if all could.
  std::string TakeComplaint();

 private:
  Result<ResultBatchView> Read(const TopicRecord& record);
  /// Whether a message of this run is to be counted now.
  bool Follows(const BatchInfo& info) const;
  void Complain(const TopicRecord& record, const Status& status);

  std::string topic_;
  WantedRun wanted_;
  std::int64_t opened_ns_;
  Message message_;
  std::optional<Counted> counted_;
  std::unique_ptr<RunResults> results_;
  std::optional<std::int64_t> start_ms_;  // of the run that is followed, once known
  std::set<RunId> left_;                  // runs that gave way to newer ones
  std::uint64_t unreadable_ = 0;
  std::string complaint_;
  std::uint64_t complaints_ = 0;
};

}  // namespace marquee
