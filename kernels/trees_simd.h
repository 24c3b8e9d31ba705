// kernels/trees_simd.h — scoring symmetric trees with SIMD: all rows of a block go through one tree
// at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/isa.h"
#include "kernels/matrix.h"
#include "kernels/trees.h"

namespace marquee::kernels {

/// Rows are scored in blocks of so many: the bins of 60 columns are 30 KiB then, and stay in the
/// first-level cache while all trees look at them.
inline constexpr std::size_t kBlockRows = 512;

/// Trees whose splits lie together in TreesLayout, for scoring single rows.
inline constexpr std::size_t kGroupTrees = 64;

/// The floats of one table of leaves: 2^depth, filled up to what one byte shuffle looks up.
constexpr std::size_t TableSize(std::size_t depth) noexcept {
  return depth < 4 ? 16 : std::size_t{1} << depth;
}

/// Trees as the kernels want them. Owns nothing.
struct TreesLayout {
  TreesView trees;
  /// Tables of leaves: per tree, per score TableSize(depth) floats.
  std::span<const float> tables;
  /// The same tables, each as four planes of bytes: first the lowest byte of every float, and so on.
  std::span<const std::uint8_t> planes;
  /// The splits by groups of kGroupTrees trees: per group its largest depth, then per level one byte
  /// for each tree. Trees that are less deep, or not there, have feature 0 and border 255, which no
  /// bin lies above.
  std::span<const std::uint8_t> group_depths;
  std::span<const std::uint8_t> group_features;
  std::span<const std::uint8_t> group_borders;
};

/// A kernel of one ISA.
struct TreesKernel {
  /// Score up to kBlockRows rows.
  ///
  /// Shapes: bins feature-major, each column readable up to kBlockRows; scores row-major [num_rows x
  ///         num_scores], overwritten; sums [kBlockRows x num_scores], scratch.
  /// Exact:  bitwise equal to ScoreTreesReference.
  /// Cost:   no allocation; 2 to 4 vector instructions a level and vector of bins, 5 to 20 a vector
  ///         of floats for the leaves.
  void (*score_block)(const TreesLayout& layout, BinsView bins, std::size_t num_rows,
                      std::span<float> scores, std::span<float> sums) noexcept;

  /// Score one row; faster than a block of few.
  ///
  /// Shapes: bins [of every column], readable up to a multiple of 16; scores [num_scores].
  /// Exact:  likewise.
  void (*score_row)(const TreesLayout& layout, std::span<const std::uint8_t> bins,
                    std::span<float> scores) noexcept;

  /// From so many rows on, a block takes less time than its rows one by one.
  std::size_t block_pays;
};

/// The kernel compiled for `isa`, one of SupportedIsas().
TreesKernel TreesKernelFor(Isa isa) noexcept;

}  // namespace marquee::kernels
