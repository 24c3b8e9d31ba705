// kernels/binary_trees_reference.h — scoring binary trees in plain C++: what every other kernel for
// them must equal, bit by bit.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/binary_trees.h"
#include "kernels/matrix.h"

namespace marquee::kernels {

/// Whether `value` goes right at this split; else it goes left.
bool GoesRight(const BinarySplit& split, std::span<const std::uint32_t> words,
               float value) noexcept;

/// Score a batch of rows.
///
/// Shapes: columns [a column for every column the trees use][num_rows]; scores row-major [num_rows x
/// num_scores], overwritten; sums [num_scores], scratch.
/// Exact:  the sum of a row runs in the order of the trees; rows do not touch one another.
/// Cost:   no allocation; O(num_rows * sum of depths).
void ScoreBinaryTreesReference(const BinaryTreesView& trees, ConstMatrixView columns,
                               std::size_t num_rows, std::span<float> scores,
                               std::span<double> sums) noexcept;

}  // namespace marquee::kernels
