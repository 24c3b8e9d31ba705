#include "pipeline/app/record_feed.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <thread>
#include <utility>

#include "pipeline/core/clock.h"

namespace marquee {

CsvLimits FeedPlan::Paced(CsvLimits limits) const {
  if (rate > 0) {
    const double rows = std::min(std::ceil(rate * linger_ms * 1e-3), 1e9);
    limits.max_rows = std::clamp(static_cast<std::size_t>(rows), std::size_t{1}, limits.max_rows);
  }
  return limits;
}

RecordFeed::RecordFeed(std::unique_ptr<CsvSource> source, Reopen reopen, FeedPlan plan)
    : source_(std::move(source)), reopen_(std::move(reopen)), plan_(plan) {}

Result<bool> RecordFeed::Next(RecordBlock& block) {
  block.Clear();
  received_ns_ = WallClockNs();
  const std::uint64_t left =
      plan_.max_records == 0 ? ~std::uint64_t{0} : plan_.max_records - num_records_;
  if (left == 0) return false;
  for (;;) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, source_->Next(block));
    if (more) break;
    if (source_->num_records() == 0 || repetition_ + 1 == plan_.repeat) return false;
    ++repetition_;
    earlier_blank_lines_ += source_->blank_lines();
    MARQUEE_RETURN_IF_ERROR(Reopened());
  }
  if (block.records.size() > left) block.records.resize(left);
  block.sequence = num_blocks_++;
  block.first_record = num_records_ + 1;
  num_records_ += block.records.size();
  return true;
}

/// The stages took what they know of the columns from the first reading.
Status RecordFeed::Reopened() {
  MARQUEE_ASSIGN_OR_RETURN(std::unique_ptr<CsvSource> again, reopen_());
  if (again->columns() != source_->columns()) {
    return Status::Data(
        again->path() +
        ": header: the columns are others than when the file was read before; it must not "
        "change while it is repeated");
  }
  source_ = std::move(again);
  return {};
}

bool RecordFeed::WaitUntilDue(const RecordBlock& block, const std::function<bool()>& stop) {
  if (plan_.rate == 0) return true;
  const std::uint64_t first_record = block.first_record - 1;
  if (start_ns_ == 0) {
    start_ns_ = SteadyClockNs();
    start_wall_ns_ = WallClockNs();
    paced_from_ = first_record;
  }
  const auto after_ns = [this](std::uint64_t record) {
    return static_cast<std::int64_t>(static_cast<double>(record - paced_from_) * 1e9 / plan_.rate);
  };
  const std::int64_t due_ns = start_ns_ + after_ns(first_record + block.records.size());
  for (std::int64_t left = due_ns - SteadyClockNs(); left > 0; left = due_ns - SteadyClockNs()) {
    if (stop()) return false;
    std::this_thread::sleep_for(std::chrono::nanoseconds(std::min<std::int64_t>(left, 50'000'000)));
  }
  received_ns_ = start_wall_ns_ + after_ns(first_record);
  return true;
}

}  // namespace marquee
