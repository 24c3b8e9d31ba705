// pipeline/app/sample_sink.h — some predictions to show at the end of a run.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>

#include "pipeline/app/embedded.h"

namespace marquee {

/// One row of the sample.
struct SampleRow {
  std::string title;
  float target = 0;
  std::uint8_t target_class = kNoClass;
  std::uint8_t predicted_class = 0;
  float score = 0;
};

/// Keeps the last labelled rows that the model has not seen.
/// Cost: a batch allocates nothing, unless a title is longer than those before it.
class SampleSink final : public ResultSink {
 public:
  static constexpr std::size_t kRows = 8;

  void Process(const ResultBatchView&, std::size_t) override {}
  Status Write(const ResultBatchView& results, std::size_t slot) override;

  /// The rows, oldest first.
  std::deque<SampleRow> sample() const;

 private:
  std::array<SampleRow, kRows> rows_;  // row i of all that were kept is rows_[i % kRows]
  std::size_t num_kept_ = 0;
};

}  // namespace marquee
