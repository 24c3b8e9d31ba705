// model/tree_slicer.h — from a tree's shape to the selects that number its leaves
// (kernels/binned_trees.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernels/binary_trees.h"
#include "kernels/binned_trees.h"

namespace marquee::model {

/// What a kernel does with the answers of a tree's splits.
struct SlicedShape {
  std::vector<kernels::SlicedSelect> selects;
  /// Of the bits of a leaf's number, lowest first.
  std::vector<kernels::BitRow> bits;
  /// Per leaf its number, which tables are ordered by.
  std::vector<std::uint8_t> numbers;
  /// Rows used, the constant ones included.
  std::size_t num_rows = 0;
};

/// Find the selects of a tree; none if it has too many leaves or needs too many rows. `answers`: the
/// row of each split.
std::optional<SlicedShape> SliceTree(std::span<const kernels::BinarySplit> splits,
                                     std::span<const kernels::BitRow> answers);

}  // namespace marquee::model
