// kernels/trees_reference.h — scoring symmetric trees in plain C++: what every other tree kernel
// must equal, bit by bit.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/matrix.h"
#include "kernels/trees.h"

namespace marquee::kernels {

/// Score a batch of rows.
///
/// Shapes: bins [a column for every feature the trees use][num_rows]; scores row-major [num_rows x
/// num_scores], overwritten. Exact:  the sum of a row runs in the order of the trees; rows do not
/// touch one another. Cost:   no allocation; O(num_rows * sum of depths). Fastest when the bins lie
/// in the first-level cache.
void ScoreTreesReference(const TreesView& trees, BinsView bins, std::size_t num_rows,
                         std::span<float> scores) noexcept;

}  // namespace marquee::kernels
