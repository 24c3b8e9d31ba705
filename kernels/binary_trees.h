// kernels/binary_trees.h — binary trees of any shape: every split asks its own question.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::kernels {

/// A split with |x| up to this one is missing if the split says so: LightGBM's bound.
inline constexpr float kZeroLimit = 1e-35f;

/// A question, and where the answers lead.
struct BinarySplit {
  float threshold = 0;
  /// Of a categorical split: where its set lies among the words.
  std::uint32_t first_word = 0;
  std::uint32_t num_words = 0;
  /// c >= 0: split c of the same tree, above this one's number; c < 0: leaf -1 - c.
  std::int32_t left = -1;
  std::int32_t right = -1;
  std::uint16_t column = 0;
  bool missing_right = false;
  bool zero_missing = false;
  bool categorical = false;
};

/// Where one tree lies among the splits and leaves of all.
struct BinaryTree {
  std::size_t first_split = 0;
  std::size_t num_splits = 0;
  /// Of `leaves`: num_splits + 1 values, or rows of num_scores values.
  std::size_t first_leaf = 0;
  /// The score that it adds to; num_scores: to all.
  std::uint16_t target = 0;
};

/// The trees of a model. Owns nothing; checked by whoever made it.
///
/// schemas/model.fbs says which way a value goes and how leaves become a score.
struct BinaryTreesView {
  std::size_t num_scores = 1;
  std::span<const BinaryTree> trees;
  std::span<const BinarySplit> splits;
  /// The sets of categories: category k is bit k % 32 of a set's word k / 32.
  std::span<const std::uint32_t> words;
  /// One of the two is empty; the other says in which type scores are computed.
  std::span<const float> leaves;
  std::span<const double> leaves_f64;
  /// [num_scores]
  std::span<const double> start;
  double divisor = 1;
  double scale = 1;
  /// [num_scores]
  std::span<const double> bias;

  bool in_f64() const noexcept { return !leaves_f64.empty(); }
};

}  // namespace marquee::kernels
