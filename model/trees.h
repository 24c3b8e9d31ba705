// model/trees.h — the checked trees of a model, as engines take them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/trees.h"

namespace marquee::model {

/// A model's trees and the borders of their bins. Owns nothing: an engine that keeps something
/// copies it.
struct ModelTrees {
  /// Per column of the classifier: how many borders, and whether NaN lies above (1) or below (0)
  /// all of them.
  std::span<const std::uint8_t> border_counts;
  std::span<const std::uint8_t> nan_above;
  /// Of all columns end to end, ascending within one.
  std::span<const float> borders;
  kernels::TreesView trees;
};

}  // namespace marquee::model
