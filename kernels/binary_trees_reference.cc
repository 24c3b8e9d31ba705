#include "kernels/binary_trees_reference.h"

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "schemas/check.h"

namespace marquee::kernels {
namespace {

bool InSet(std::span<const std::uint32_t> set, float value) noexcept {
  const float whole = std::trunc(value);
  if (!(whole >= 0.0f && whole < static_cast<float>(set.size()) * 32)) return false;
  const auto category = static_cast<std::uint32_t>(whole);
  return (set[category / 32] >> (category % 32) & 1) != 0;
}

/// The number of the leaf that a row falls into.
std::size_t FindLeaf(const BinaryTreesView& trees, const BinaryTree& tree, ConstMatrixView columns,
                     std::size_t row) noexcept {
  if (tree.num_splits == 0) return 0;
  std::int32_t child = 0;
  do {
    const BinarySplit& split = trees.splits[tree.first_split + static_cast<std::size_t>(child)];
    const float value = columns.column(split.column)[row];
    child = GoesRight(split, trees.words, value) ? split.right : split.left;
  } while (child >= 0);
  return static_cast<std::size_t>(-1 - child);
}

/// Computes in Number, float or double, whose leaves these are.
template <class Number>
void ScoreRow(const BinaryTreesView& trees, std::span<const Number> leaves, ConstMatrixView columns,
              std::size_t row, std::span<float> scores, std::span<double> sums) noexcept {
  // A double holds any float, so sums are rounded where they are computed: in Number.
  std::copy(trees.start.begin(), trees.start.end(), sums.begin());
  const auto add = [&sums](std::size_t score, Number leaf) {
    sums[score] = static_cast<Number>(sums[score]) + leaf;
  };
  for (const BinaryTree& tree : trees.trees) {
    const std::size_t leaf = FindLeaf(trees, tree, columns, row);
    if (tree.target < trees.num_scores) {
      add(tree.target, leaves[tree.first_leaf + leaf]);
      continue;
    }
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      add(s, leaves[tree.first_leaf + leaf * trees.num_scores + s]);
    }
  }
  for (std::size_t s = 0; s < trees.num_scores; ++s) {
    const Number mean = static_cast<Number>(sums[s]) / static_cast<Number>(trees.divisor);
    const Number scaled = mean * static_cast<Number>(trees.scale);
    scores[s] = static_cast<float>(scaled + static_cast<Number>(trees.bias[s]));
  }
}

}  // namespace

bool GoesRight(const BinarySplit& split, std::span<const std::uint32_t> words,
               float value) noexcept {
  if (std::isnan(value) || (split.zero_missing && std::abs(value) <= kZeroLimit)) {
    return split.missing_right;
  }
  if (split.categorical) return InSet(words.subspan(split.first_word, split.num_words), value);
  return value > split.threshold;
}

void ScoreBinaryTreesReference(const BinaryTreesView& trees, ConstMatrixView columns,
                               std::size_t num_rows, std::span<float> scores,
                               std::span<double> sums) noexcept {
  MARQUEE_CHECK(scores.size() == num_rows * trees.num_scores);
  MARQUEE_CHECK(sums.size() == trees.num_scores);
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto of_row = scores.subspan(row * trees.num_scores, trees.num_scores);
    if (trees.in_f64()) {
      ScoreRow(trees, trees.leaves_f64, columns, row, of_row, sums);
    } else {
      ScoreRow(trees, trees.leaves, columns, row, of_row, sums);
    }
  }
}

}  // namespace marquee::kernels
