// model/trees_layout.h — builds and owns the layout of trees that kernels/trees_simd.h describes.
#pragma once

#include <cstdint>
#include <vector>

#include "kernels/trees_simd.h"

namespace marquee::model {

/// The memory of a TreesLayout, and of the trees in it.
class TreesLayoutStorage {
 public:
  /// Copies all of `trees`.
  explicit TreesLayoutStorage(const kernels::TreesView& trees);
  TreesLayoutStorage(const TreesLayoutStorage&) = delete;
  TreesLayoutStorage& operator=(const TreesLayoutStorage&) = delete;

  const kernels::TreesLayout& view() const noexcept { return layout_; }

 private:
  void MakeTables(const kernels::TreesView& trees);
  void MakeGroups();

  std::vector<std::uint8_t> depths_;
  std::vector<std::uint8_t> split_features_;
  std::vector<std::uint8_t> split_borders_;
  std::vector<float> leaves_;
  std::vector<float> bias_;
  std::vector<float> tables_;
  std::vector<std::uint8_t> planes_;
  std::vector<std::uint8_t> group_depths_;
  std::vector<std::uint8_t> group_features_;
  std::vector<std::uint8_t> group_borders_;
  kernels::TreesLayout layout_;  // of the others
};

}  // namespace marquee::model
