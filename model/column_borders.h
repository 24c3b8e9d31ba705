// model/column_borders.h — the borders that each column of the classifier is binned by, as engines
// keep them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "model/trees.h"

namespace marquee::model {

/// A copy of a model's borders, by column.
class ColumnBorders {
 public:
  explicit ColumnBorders(const SymmetricTrees& from)
      : nan_above_(from.nan_above.begin(), from.nan_above.end()),
        borders_(from.borders.begin(), from.borders.end()) {
    starts_.push_back(0);
    for (const std::size_t count : from.border_counts) starts_.push_back(starts_.back() + count);
  }

  std::size_t num_columns() const noexcept { return nan_above_.size(); }
  /// Ascending.
  std::span<const float> borders(std::size_t column) const noexcept {
    return std::span(borders_).subspan(starts_[column], starts_[column + 1] - starts_[column]);
  }
  /// Whether NaN lies above all of them; else below.
  bool nan_above(std::size_t column) const noexcept { return nan_above_[column] != 0; }

 private:
  std::vector<std::uint8_t> nan_above_;
  std::vector<std::size_t> starts_;  // one more than columns
  std::vector<float> borders_;
};

}  // namespace marquee::model
