// pipeline/stages/run_tracker.h — what of a run's results has been delivered, is delivered twice,
// or is missing.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
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
/// What is outstanding is remembered in `max_open_bytes` at most, which suffices for 600,000 messages
/// with up to 12 rejects each. Of more, the lowest sequences are *forgotten*: what they have
/// outstanding stays so, and what is replayed of it counts as delivered twice.
///
/// Threads: one at a time. Exact: rows, messages, outstanding and lost do not depend on the order
/// of the messages, while none is forgotten. Cost: 0.14 MB per million messages delivered whole; one
/// with outstanding rejects takes 0.1 KB more, and 2 bytes a reject from the 13th on.
class RunTracker {
 public:
  static constexpr std::size_t kMaxOpenBytes = std::size_t{64} << 20;

  explicit RunTracker(RunId run, std::size_t max_open_bytes = kMaxOpenBytes)
      : run_(run), max_open_bytes_(max_open_bytes) {}

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
  /// Messages with outstanding rejects that are forgotten.
  std::uint64_t forgotten_messages() const noexcept { return forgotten_messages_; }
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
  /// A sequence that is not delivered whole.
  struct Partial {
    std::uint32_t num_ordinals = 0;
    std::vector<std::uint16_t> undelivered;  // ascending

    /// About what it takes: a node of a map, and the smallest piece of memory or a larger one.
    std::size_t bytes() const noexcept {
      return 80 + std::max<std::size_t>(32, 8 + 2 * undelivered.size());
    }
  };

  Status Check(const BatchInfo& info) const;
  /// What is undelivered of a message's sequence, so far; it is not remembered any more.
  Partial Recall(const BatchInfo& info);
  /// Take out of it what the message delivers; new_rows_ are the rows that do.
  void Deliver(const ResultBatchView& batch, Partial& partial);
  void Remember(std::uint64_t sequence, Partial partial);
  std::uint64_t expected_end() const noexcept { return totals_ ? totals_->messages : end_; }

  RunId run_;
  SequenceSet accounted_;
  std::map<std::uint64_t, Partial> partials_;  // by sequence
  std::size_t max_open_bytes_;
  std::size_t open_bytes_ = 0;  // of partials_
  std::uint64_t forgotten_messages_ = 0;
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
