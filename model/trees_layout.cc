#include "model/trees_layout.h"

#include <algorithm>
#include <bit>
#include <cstddef>
#include <span>

namespace marquee::model {
namespace {

using kernels::kGroupTrees;

template <class T>
std::vector<T> CopyOf(std::span<const T> from) {
  return {from.begin(), from.end()};
}

}  // namespace

TreesLayoutStorage::TreesLayoutStorage(const kernels::TreesView& trees)
    : depths_(CopyOf(trees.depths)),
      split_features_(CopyOf(trees.split_features)),
      split_borders_(CopyOf(trees.split_borders)),
      leaves_(CopyOf(trees.leaves)),
      bias_(CopyOf(trees.bias)) {
  MakeTables(trees);
  MakeGroups();
  layout_ = {.trees = {.num_scores = trees.num_scores,
                       .depths = depths_,
                       .split_features = split_features_,
                       .split_borders = split_borders_,
                       .leaves = leaves_,
                       .scale = trees.scale,
                       .bias = bias_},
             .tables = tables_,
             .planes = planes_,
             .group_depths = group_depths_,
             .group_features = group_features_,
             .group_borders = group_borders_};
}

/// From leaves [2^depth][num_scores] to tables [num_scores][TableSize], once as floats and once as
/// planes of bytes.
void TreesLayoutStorage::MakeTables(const kernels::TreesView& trees) {
  const float* leaves = trees.leaves.data();
  for (const std::size_t depth : trees.depths) {
    const std::size_t num_leaves = std::size_t{1} << depth;
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      std::vector<float> table(kernels::TableSize(depth));
      for (std::size_t leaf = 0; leaf < num_leaves; ++leaf) {
        table[leaf] = leaves[leaf * trees.num_scores + s];
      }
      tables_.insert(tables_.end(), table.begin(), table.end());
      for (unsigned shift = 0; shift < 32; shift += 8) {
        for (const float value : table) {
          planes_.push_back(
              static_cast<std::uint8_t>(std::bit_cast<std::uint32_t>(value) >> shift));
        }
      }
    }
    leaves += num_leaves * trees.num_scores;
  }
}

void TreesLayoutStorage::MakeGroups() {
  std::size_t split = 0;
  for (std::size_t first = 0; first < depths_.size(); first += kGroupTrees) {
    const std::size_t count = std::min(kGroupTrees, depths_.size() - first);
    const auto depths = std::span(depths_).subspan(first, count);
    const std::size_t depth = *std::max_element(depths.begin(), depths.end());
    const std::size_t place = group_features_.size();
    group_depths_.push_back(static_cast<std::uint8_t>(depth));
    group_features_.resize(place + depth * kGroupTrees, 0);
    group_borders_.resize(place + depth * kGroupTrees, 255);
    for (std::size_t tree = 0; tree < count; ++tree) {
      for (std::size_t level = 0; level < depths[tree]; ++level, ++split) {
        group_features_[place + level * kGroupTrees + tree] = split_features_[split];
        group_borders_[place + level * kGroupTrees + tree] = split_borders_[split];
      }
    }
  }
}

}  // namespace marquee::model
