#include "pipeline/app/sample_sink.h"

#include <algorithm>

namespace marquee {

Status SampleSink::Write(const ResultBatchView& results, std::size_t) {
  const RowColumns rows = results.rows();
  // From the end of the batch, so that only rows that stay are copied.
  struct Found {
    std::size_t row;
    std::size_t title_begin;
  };
  std::array<Found, kRows> found;
  std::size_t num_found = 0;
  std::size_t title_begin = rows.titles.size();
  for (std::size_t row = results.num_rows(); row > 0 && num_found < kRows; --row) {
    const std::size_t i = row - 1;
    title_begin -= rows.title_lengths[i];
    if (rows.labelled[i] != 0 && results.seen()[i] == 0) found[num_found++] = {i, title_begin};
  }
  while (num_found > 0) {
    const auto [i, begin] = found[--num_found];
    SampleRow& kept = rows_[num_kept_++ % kRows];
    kept.title.assign(rows.titles.substr(begin, rows.title_lengths[i]));
    kept.target = rows.target[i];
    kept.target_class = rows.target_class[i];
    kept.predicted_class = results.predicted_class()[i];
    kept.score = results.score()[i];
  }
  return {};
}

std::deque<SampleRow> SampleSink::sample() const {
  std::deque<SampleRow> sample;
  for (std::size_t i = num_kept_ - std::min(num_kept_, kRows); i < num_kept_; ++i) {
    sample.push_back(rows_[i % kRows]);
  }
  return sample;
}

}  // namespace marquee
