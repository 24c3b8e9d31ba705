#include "viewer/data/recent_rows.h"

#include <algorithm>

#include "schemas/cut_text.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {
namespace {

constexpr std::size_t kMaxTitle = 256;

}  // namespace

void RecentRows::Add(const ResultBatchView& batch, const Arrival& arrival) {
  last_is_left_ = taken_ >= kMaxRows;
  if (!last_is_left_) Take(batch, arrival);
}

void RecentRows::Finish(const ResultBatchView* last, const Arrival& arrival) {
  if (last_is_left_ && last != nullptr) Take(*last, arrival);
  last_is_left_ = false;
  taken_ = 0;
}

void RecentRows::Clear() {
  rows_.clear();
  taken_ = 0;
  last_is_left_ = false;
}

void RecentRows::Take(const ResultBatchView& batch, const Arrival& arrival) {
  const BatchInfo info = batch.info();
  const RowColumns columns = batch.rows();
  const std::size_t num_rows = batch.num_rows();
  const std::size_t first = num_rows - std::min(num_rows, kMaxRows);
  std::size_t title_begin = 0;
  for (std::size_t i = 0; i < first; ++i) title_begin += columns.title_lengths[i];

  // The oldest rows' places, and their memory, are the new ones'.
  const std::size_t count = num_rows - first;
  const std::size_t grown = std::min(count, kMaxRows - rows_.size());
  for (std::size_t i = 0; i < grown; ++i) rows_.push_back(std::make_unique<wire::RowT>());
  std::rotate(rows_.begin(), rows_.begin() + static_cast<std::ptrdiff_t>(count - grown),
              rows_.end() - static_cast<std::ptrdiff_t>(grown));
  for (std::size_t i = first; i < num_rows; ++i) {
    wire::RowT& row = *rows_[rows_.size() - (num_rows - i)];
    const std::size_t ordinal = columns.ordinals.empty() ? i : columns.ordinals[i];
    row.number = ++number_;
    row.id = columns.ids[i];
    row.title = CutText(columns.titles.substr(title_begin, columns.title_lengths[i]), kMaxTitle);
    title_begin += columns.title_lengths[i];
    row.target = columns.target[i];
    row.target_class = columns.target_class[i];
    row.labelled = columns.labelled[i] != 0;
    row.seen = batch.seen()[i] != 0;
    row.predicted_class = batch.predicted_class()[i];
    row.score = batch.score()[i];
    row.probabilities.resize(batch.num_classes());
    for (std::size_t c = 0; c < batch.num_classes(); ++c) {
      row.probabilities[c] = batch.probability(c)[i];
    }
    row.sequence = info.sequence;
    row.ordinal = static_cast<std::uint32_t>(ordinal);
    row.record = info.first_record + ordinal;
    row.partition = arrival.partition;
    row.offset = arrival.offset;
    row.arrived_ns = arrival.time_ns;
    row.hops.assign(info.hops.begin(),
                    info.hops.begin() + static_cast<std::ptrdiff_t>(info.num_hops));
  }
  taken_ += count;
}

}  // namespace marquee::viewer
