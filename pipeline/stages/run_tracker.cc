#include "pipeline/stages/run_tracker.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace marquee {
namespace {

// No run skips so many sequences: not even one whose sequences are offsets of an old topic. One
// that seems to is damaged or forged, and would make every count of what is missing absurd.
constexpr std::uint64_t kMaxGap = std::uint64_t{1} << 40;

// So many ranges tell a person where to look.
constexpr std::size_t kRangesShown = 10;

}  // namespace

Status RunTracker::Check(const BatchInfo& info) const {
  if (info.sequence > end_ && info.sequence - end_ > kMaxGap) {
    return Status::Data(
        fmt::format("run {}: sequence {} is absurd after {}: the message is damaged or forged",
                    run_.ToString(), info.sequence, end_));
  }
  if (info.totals && info.totals->messages <= info.sequence) {
    return Status::Data(fmt::format("run {}: message {} says that the run has {} messages",
                                    run_.ToString(), info.sequence, info.totals->messages));
  }
  const auto partial = partials_.find(info.sequence);
  if (partial != partials_.end() && partial->second.num_ordinals != info.num_ordinals) {
    return Status::Data(fmt::format(
        "run {}, sequence {}: a batch of {} ordinals, after one of {}: two producers "
        "use one run id; give each its own",
        run_.ToString(), info.sequence, info.num_ordinals, partial->second.num_ordinals));
  }
  return {};
}

Result<std::span<const std::uint16_t>> RunTracker::Add(const ResultBatchView& batch) {
  const BatchInfo info = batch.info();
  MARQUEE_RETURN_IF_ERROR(Check(info));
  const std::size_t num_rows = batch.num_rows();
  const bool tells_all = num_rows + info.num_rejects() >= info.num_ordinals;
  const bool was_accounted = accounted_.Contains(info.sequence);
  const bool was_partial = partials_.count(info.sequence) != 0;
  new_rows_.clear();
  if (!was_accounted && !was_partial && num_rows == info.num_ordinals) {
    new_rows_.resize(num_rows);
    std::iota(new_rows_.begin(), new_rows_.end(), std::uint16_t{0});
    accounted_.Add(info.sequence);
  } else if (!was_accounted || was_partial) {
    Partial partial = Recall(info);
    Deliver(batch, partial);
    const std::size_t undelivered = partial.undelivered.size();
    if (was_accounted) {
      outstanding_ -= new_rows_.size();
    } else if (tells_all || undelivered == 0) {
      accounted_.Add(info.sequence);
      outstanding_ += undelivered;
    }
    if (undelivered > 0) Remember(info.sequence, std::move(partial));
  }
  if (tells_all && !was_accounted) {
    for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
      rejects_[reason] += info.rejects[reason];
    }
  }
  const std::size_t old_rows = num_rows - new_rows_.size();
  const bool brings_nothing = was_accounted && tells_all && new_rows_.empty();
  if (old_rows > 0 || brings_nothing) ++duplicated_messages_;
  duplicated_rows_ += old_rows;
  rows_ += new_rows_.size();
  end_ = std::max(end_, info.sequence + 1);
  if (info.totals && (!totals_ || info.totals->messages > totals_->messages)) {
    totals_ = info.totals;
  }
  return std::span<const std::uint16_t>(new_rows_);
}

RunTracker::Partial RunTracker::Recall(const BatchInfo& info) {
  const auto known = partials_.extract(info.sequence);
  if (!known.empty()) {
    open_bytes_ -= known.mapped().bytes();
    return std::move(known.mapped());
  }
  Partial partial{.num_ordinals = info.num_ordinals,
                  .undelivered = std::vector<std::uint16_t>(info.num_ordinals)};
  std::iota(partial.undelivered.begin(), partial.undelivered.end(), std::uint16_t{0});
  return partial;
}

void RunTracker::Deliver(const ResultBatchView& batch, Partial& partial) {
  const auto ordinals = batch.rows().ordinals;
  const auto& before = partial.undelivered;
  std::vector<std::uint16_t> after;
  auto next = before.begin();
  for (std::size_t row = 0; row < batch.num_rows(); ++row) {
    const std::size_t ordinal = ordinals.empty() ? row : ordinals[row];
    while (next != before.end() && *next < ordinal) after.push_back(*next++);
    if (next == before.end() || *next != ordinal) continue;
    ++next;
    new_rows_.push_back(static_cast<std::uint16_t>(row));
  }
  after.insert(after.end(), next, before.end());
  after.shrink_to_fit();
  partial.undelivered = std::move(after);
}

void RunTracker::Remember(std::uint64_t sequence, Partial partial) {
  open_bytes_ += partial.bytes();
  partials_.emplace(sequence, std::move(partial));
  while (open_bytes_ > max_open_bytes_) {
    const auto lowest = partials_.begin();
    // Of one that was not accounted for, only replays have come: what else comes is taken for told.
    if (accounted_.Add(lowest->first)) outstanding_ += lowest->second.undelivered.size();
    open_bytes_ -= lowest->second.bytes();
    partials_.erase(lowest);
    ++forgotten_messages_;
  }
}

bool RunTracker::complete() const noexcept {
  return totals_ && end_ <= totals_->messages && accounted_.size() == totals_->messages &&
         rows_ + outstanding_ == totals_->records;
}

std::optional<std::uint64_t> RunTracker::lost() const noexcept {
  if (!totals_) return std::nullopt;
  return totals_->records - std::min(totals_->records, rows_ + outstanding_);
}

std::string RunTracker::MissingText() const {
  if (complete()) return "";
  const std::uint64_t num_missing = missing_messages();
  std::string text;
  if (!totals_) {
    text = "no end message has come, so that nobody knows how long the run is";
    if (num_missing == 0) return text;
    text += "; missing so far: ";
  } else if (end_ > totals_->messages) {
    text = fmt::format("the run goes on after its end: {} messages were announced, {} began",
                       totals_->messages, end_);
    if (num_missing == 0) return text;
    text += "; missing: ";
  } else if (num_missing == 0) {
    return fmt::format(
        "all {} messages are here, but they hold {} rows and {} rejects where {} "
        "records were read",
        totals_->messages, rows_, outstanding_, totals_->records);
  }
  text += fmt::format("sequences {}", RangesText(missing(kRangesShown)));
  std::uint64_t shown = 0;
  for (const SequenceRange& range : missing(kRangesShown)) shown += range.last - range.first + 1;
  if (shown < num_missing) text += ", …";
  text += fmt::format(" ({} message{}", num_missing, num_missing == 1 ? "" : "s");
  if (const auto rows = lost()) text += fmt::format(", {} rows", *rows);
  return text + ")";
}

std::string RangesText(std::span<const SequenceRange> ranges) {
  std::string text;
  for (const SequenceRange& range : ranges) {
    if (!text.empty()) text += ", ";
    text += range.first == range.last ? fmt::format("{}", range.first)
                                      : fmt::format("{}-{}", range.first, range.last);
  }
  return text;
}

}  // namespace marquee
