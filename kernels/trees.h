// kernels/trees.h — symmetric (oblivious) trees over u8 bins: every level of a tree asks one
// question of all its nodes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::kernels {

inline constexpr std::size_t kMaxTreeDepth = 8;

/// The trees of a model, end to end. Owns nothing; checked by whoever made it.
///
/// Level d of a tree sets bit d of the leaf's number where bin(feature) > border.
/// score[s] = (sum of the leaves, f32, from 0 in the order of the trees) * scale + bias[s].
struct TreesView {
  std::size_t num_scores = 1;
  /// [num_trees], each at most kMaxTreeDepth.
  std::span<const std::uint8_t> depths;
  /// [sum of depths]
  std::span<const std::uint8_t> split_features;
  std::span<const std::uint8_t> split_borders;
  /// Per tree [2^depth][num_scores].
  std::span<const float> leaves;
  float scale = 1.0f;
  /// [num_scores]
  std::span<const float> bias;
};

}  // namespace marquee::kernels
