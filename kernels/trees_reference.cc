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

/// Write the number of the leaf each of `num_rows` rows falls into.
void FindLeaves(std::span<const std::uint8_t> features, std::span<const std::uint8_t> borders,
                BinsView bins, std::size_t num_rows, std::uint8_t* __restrict leaf) noexcept {
  std::fill_n(leaf, num_rows, std::uint8_t{0});
  for (std::size_t level = 0; level < features.size(); ++level) {
    const std::uint8_t* __restrict bin = bins.column(features[level]);
    const std::uint8_t border = borders[level];
    const auto bit = static_cast<std::uint8_t>(1u << level);
    for (std::size_t row = 0; row < num_rows; ++row) {
      leaf[row] = static_cast<std::uint8_t>(leaf[row] | (bin[row] > border ? bit : 0));
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
    for (std::size_t row = 0; row < num_rows; ++row) {
      const float* values = leaves + leaf[row] * trees.num_scores;
      float* sums = scores.data() + row * trees.num_scores;
      for (std::size_t s = 0; s < trees.num_scores; ++s) sums[s] += values[s];
    }
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
