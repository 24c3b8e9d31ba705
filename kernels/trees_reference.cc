#include "kernels/trees_reference.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "schemas/check.h"

namespace marquee::kernels {
namespace {

/// So many rows walk through a tree together: its splits stay in registers, and the compiler
/// compares 16 bins at a time.
constexpr std::size_t kRowsPerBlock = 256;

static_assert(kMaxTreeDepth <= 8, "a leaf's number is kept in a byte");

/// Set `bit` in the leaf's number of every row whose bin lies above the border.
///
/// A function of its own, never inlined: otherwise GCC 12 walks through two levels at once, one row
/// and one branch after the other, and scoring takes nine times as long.
[[gnu::noinline]] void MarkAbove(const std::uint8_t* __restrict bin, std::uint8_t border,
                                 std::uint8_t bit, std::size_t num_rows,
                                 std::uint8_t* __restrict leaf) noexcept {
  for (std::size_t row = 0; row < num_rows; ++row) {
    const int all_ones_if_above = -static_cast<int>(bin[row] > border);
    leaf[row] = static_cast<std::uint8_t>(leaf[row] | (all_ones_if_above & bit));
  }
}

/// Write the number of the leaf each of `num_rows` rows falls into.
void FindLeaves(std::span<const std::uint8_t> features, std::span<const std::uint8_t> borders,
                BinsView bins, std::size_t num_rows, std::uint8_t* leaf) noexcept {
  std::fill_n(leaf, num_rows, std::uint8_t{0});
  for (std::size_t level = 0; level < features.size(); ++level) {
    MarkAbove(bins.column(features[level]), borders[level], static_cast<std::uint8_t>(1u << level),
              num_rows, leaf);
  }
}

/// Add the values of each row's leaf to its sums.
void AddLeaves(const float* __restrict values, std::size_t num_scores, const std::uint8_t* leaf,
               std::size_t num_rows, float* __restrict sums) noexcept {
  if (num_scores == 1) {
    for (std::size_t row = 0; row < num_rows; ++row) sums[row] += values[leaf[row]];
    return;
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    for (std::size_t s = 0; s < num_scores; ++s) {
      sums[row * num_scores + s] += values[leaf[row] * num_scores + s];
    }
  }
}

void ScoreBlock(const TreesView& trees, BinsView bins, std::size_t num_rows,
                std::span<float> scores) noexcept {
  std::array<std::uint8_t, kRowsPerBlock> leaf;
  std::fill(scores.begin(), scores.end(), 0.0f);
  std::size_t split = 0;
  const float* leaves = trees.leaves.data();
  for (const std::size_t depth : trees.depths) {
    FindLeaves(trees.split_features.subspan(split, depth),
               trees.split_borders.subspan(split, depth), bins, num_rows, leaf.data());
    AddLeaves(leaves, trees.num_scores, leaf.data(), num_rows, scores.data());
    split += depth;
    leaves += (std::size_t{1} << depth) * trees.num_scores;
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      float& score = scores[row * trees.num_scores + s];
      score = score * trees.scale + trees.bias[s];
    }
  }
}

}  // namespace

void ScoreTreesReference(const TreesView& trees, BinsView bins, std::size_t num_rows,
                         std::span<float> scores) noexcept {
  MARQUEE_CHECK(scores.size() == num_rows * trees.num_scores);
  for (std::size_t first = 0; first < num_rows; first += kRowsPerBlock) {
    const std::size_t rows = std::min(kRowsPerBlock, num_rows - first);
    ScoreBlock(trees, {bins.data + first, bins.stride}, rows,
               scores.subspan(first * trees.num_scores, rows * trees.num_scores));
  }
}

}  // namespace marquee::kernels
