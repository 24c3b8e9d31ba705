// pipeline/stages/run_tracker.h — what of a run's results has been delivered, is delivered twice,
// or is missing.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "pipeline/stages/sequence_set.h"
#include "schemas/result_batch.h"

namespace marquee {

/// Accounts for the rows of one run by (sequence, ordinal), whatever order their messages come in
/// and however often.
///
/// A sequence is *accounted for* once a message has told of all its ordinals, each a row or a
/// reject, or once all of them have been delivered as rows, by whatever messages. Messages of fewer
/// ordinals are replayed dead letters. The run is complete when its end messages have told how many
/// messages it has, and all are accounted for.
///
/// Threads: one at a time. Exact: rows, messages, outstanding and lost do not depend on the order
/// of the messages. Cost: 0.14 MB per million messages delivered whole; one with outstanding
/// rejects takes 0.1 KB more and a bit per ordinal, which is 0.2 KB for a batch of 512 rows.
class RunTracker {
 public:
  explicit RunTracker(RunId run) : run_(run) {}

  /// Account for a message of this run. Returns the numbers of its rows that are new; valid until
  /// the next call.
  /// Errors: kData, changing nothing: a sequence or totals that cannot be, or earlier messages of
  /// the sequence told of another number of ordinals.
  Result<std::span<const std::uint16_t>> Add(const ResultBatchView& batch);

  RunId run() const noexcept { return run_; }
  /// Sequences accounted for.
  std::uint64_t messages() const noexcept { return accounted_.size(); }
  /// Distinct rows delivered.
  std::uint64_t rows() const noexcept { return rows_; }
  /// Rows of the sequences accounted for that have been rejected and not been delivered since.
  std::uint64_t outstanding() const noexcept { return outstanding_; }
  /// Rejections by reason, replayed or not.
  const std::array<std::uint64_t, kNumRejectReasons>& rejects() const noexcept { return rejects_; }
  /// Messages that bring rows a second time, or nothing at all that is new; and those rows.
  std::uint64_t duplicated_messages() const noexcept { return duplicated_messages_; }
  std::uint64_t duplicated_rows() const noexcept { return duplicated_rows_; }
  /// What the run holds in all; none before its first end message. Of several (a run that was
  /// resumed after its end) the largest.
  const std::optional<RunTotals>& totals() const noexcept { return totals_; }

  bool complete() const noexcept;
  /// Rows that are neither delivered nor outstanding rejects: those of the missing messages. None
  /// before the totals are known.
  std::optional<std::uint64_t> lost() const noexcept;
  /// Sequences from `first` on that are not accounted for: of the whole run if its totals are known,
  /// else below the highest seen.
  std::uint64_t missing_messages(std::uint64_t first = 0) const {
    const std::uint64_t end = expected_end();
    if (first >= end) return 0;
    // Usually none lies outside, and nothing need be counted: this is asked often.
    const std::uint64_t below_end = end >= end_ ? accounted_.size() : accounted_.CountBelow(end);
    const std::uint64_t below_first = first == 0 ? 0 : accounted_.CountBelow(first);
    return end - first - (below_end - below_first);
  }
  /// The first that are missing of the whole run.
  std::vector<SequenceRange> missing(std::size_t max_ranges) const {
    return accounted_.Gaps(expected_end(), max_ranges);
  }
  /// What keeps the run from being complete, for people; empty if it is.
  std::string MissingText() const;

 private:
  /// Ordinals of a sequence that is not delivered whole.
  struct Partial {
    std::uint32_t num_ordinals = 0;
    std::uint32_t num_delivered = 0;
    std::vector<bool> delivered;  // as long as the highest needs

    /// Mark an ordinal; false if it was.
    bool Deliver(std::size_t ordinal);
  };

  Status Check(const BatchInfo& info) const;
  std::uint64_t expected_end() const noexcept { return totals_ ? totals_->messages : end_; }

  RunId run_;
  SequenceSet accounted_;
  std::unordered_map<std::uint64_t, Partial> partials_;
  std::uint64_t end_ = 0;  // one more than the highest sequence seen
  std::uint64_t rows_ = 0;
  std::uint64_t outstanding_ = 0;
  std::array<std::uint64_t, kNumRejectReasons> rejects_{};
  std::uint64_t duplicated_messages_ = 0;
  std::uint64_t duplicated_rows_ = 0;
  std::optional<RunTotals> totals_;
  std::vector<std::uint16_t> new_rows_;
};

/// Sequences for people: "12-14, 30".
std::string RangesText(std::span<const SequenceRange> ranges);

}  // namespace marquee
