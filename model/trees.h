// model/trees.h — the checked trees of a model, as engines take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "kernels/binary_trees.h"
#include "kernels/trees.h"

namespace marquee::model {

/// Symmetric trees and the borders of their bins. Owns nothing: an engine that keeps something
/// copies it.
struct SymmetricTrees {
  /// Per column of the classifier: how many borders, and whether NaN lies above (1) or below (0)
  /// all of them.
  std::span<const std::uint8_t> border_counts;
  std::span<const std::uint8_t> nan_above;
  /// Of all columns end to end, ascending within one.
  std::span<const float> borders;
  kernels::TreesView trees;
};

/// Binary trees of any shape. Owns all that a view shows.
struct BinaryTrees {
  std::size_t num_scores = 1;
  /// Of the classifier.
  std::size_t num_columns = 0;
  std::vector<kernels::BinaryTree> trees;
  std::vector<kernels::BinarySplit> splits;
  std::vector<std::uint32_t> words;
  std::vector<float> leaves;
  std::vector<double> leaves_f64;
  std::vector<double> start;
  double divisor = 1;
  double scale = 1;
  std::vector<double> bias;

  kernels::BinaryTreesView view() const noexcept {
    return {num_scores, trees, splits, words, leaves, leaves_f64, start, divisor, scale, bias};
  }
};

/// What a model scores with.
using ModelTrees = std::variant<SymmetricTrees, BinaryTrees>;

}  // namespace marquee::model
