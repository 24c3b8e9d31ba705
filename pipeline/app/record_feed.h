// pipeline/app/record_feed.h — the records of a CSV file, as a command wants them: so many, so
// often, so fast.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "pipeline/dataset/csv_source.h"
#include "pipeline/dataset/made_up_ids.h"
#include "pipeline/dataset/record_block.h"

namespace marquee {

/// Which records come, and when.
struct FeedPlan {
  /// Records a second, in open loop: each has its time, and waits for nothing else. 0 = at once.
  double rate = 0;
  /// With a rate: how long a record may wait for others of its block.
  double linger_ms = 5;
  /// At most so many records; 0 = all.
  std::uint64_t max_records = 0;
  /// How often the file is read; each time, its ids are other ones.
  std::uint64_t repeat = 1;

  /// `limits`, with no more rows in a block than come while they may wait.
  CsvLimits Paced(CsvLimits limits) const;
};

/// Cuts a source into blocks after a plan.
///
/// Threads: one reader.
class RecordFeed {
 public:
  /// Opens the source's file once more, at its beginning.
  using Reopen = std::function<Result<std::unique_ptr<CsvSource>>()>;

  RecordFeed(std::unique_ptr<CsvSource> source, Reopen reopen, FeedPlan plan);

  /// Put the next records into `block`, numbered on over all readings. False at the end.
  /// Errors: of CsvSource::Next; of opening the file again; kData if its columns are others then.
  Result<bool> Next(RecordBlock& block);

  /// What is added to the ids of the block that Next gave last.
  std::int64_t id_shift() const noexcept {
    return static_cast<std::int64_t>(repetition_) * kRepeatedIdShift;
  }

  /// Wait for the time of the last record of `block`, which Next gave last, if the plan has a rate.
  /// False if `stop` says so before.
  bool WaitUntilDue(const RecordBlock& block, const std::function<bool()>& stop);

  /// When the block that Next gave last counts as received (Unix time, ns): when its reading began;
  /// one that was waited for at the time of its first record, however late this process is.
  std::int64_t received_ns() const noexcept { return received_ns_; }

  /// Whether the plan's rate is far below what one thread can do, whatever is done with the records.
  bool IsSlow() const noexcept { return plan_.rate > 0 && plan_.rate <= kSlowRate; }

  /// The file that is read at present.
  const CsvSource& source() const noexcept { return *source_; }
  /// Records given so far.
  std::uint64_t num_records() const noexcept { return num_records_; }
  /// Empty lines skipped so far.
  std::uint64_t blank_lines() const noexcept {
    return earlier_blank_lines_ + source_->blank_lines();
  }

 private:
  // A fifth of what a core of 2.3 GHz scores.
  static constexpr double kSlowRate = 200'000;

  Status Reopened();

  std::unique_ptr<CsvSource> source_;
  Reopen reopen_;
  FeedPlan plan_;
  std::uint64_t repetition_ = 0;
  std::uint64_t num_blocks_ = 0;
  std::uint64_t num_records_ = 0;
  std::uint64_t earlier_blank_lines_ = 0;
  std::int64_t received_ns_ = 0;
  // Times of the first paced record, which has the number paced_from_.
  std::int64_t start_ns_ = 0;  // steady; 0 = nothing has been paced yet
  std::int64_t start_wall_ns_ = 0;
  std::uint64_t paced_from_ = 0;
};

}  // namespace marquee
