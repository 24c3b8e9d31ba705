// model/binned_trees_layout.h — builds and owns the layouts of trees that kernels/binned_trees.h
// describes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/binned_trees.h"
#include "model/binned_splits.h"
#include "model/trees.h"

namespace marquee::model {

/// Consecutive trees that are scored in the same way.
struct TreeRun {
  bool sliced = false;
  /// Among the sliced trees, or among all if walked.
  std::size_t first = 0;
  std::size_t count = 0;
};

/// Trees in both forms: sliced those that can be, and all of them walked.
class BinnedTreesLayout {
 public:
  /// `splits`: of the same trees, and fits().
  BinnedTreesLayout(const BinaryTrees& trees, const BinnedSplits& splits);
  BinnedTreesLayout(const BinnedTreesLayout&) = delete;
  BinnedTreesLayout& operator=(const BinnedTreesLayout&) = delete;

  const kernels::SlicedTrees& sliced() const noexcept { return sliced_; }
  const kernels::WalkedTrees& walked() const noexcept { return walked_; }
  /// Leaves of the walked trees; one of the two is empty.
  std::span<const float> values() const noexcept { return values_; }
  std::span<const double> values_f64() const noexcept { return values_f64_; }
  /// All trees, in their order.
  std::span<const TreeRun> runs() const noexcept { return runs_; }
  /// Rows of bits that sliced trees write to.
  std::size_t num_bit_rows() const noexcept { return num_bit_rows_; }

 private:
  /// Append a tree to the sliced ones, unless it has too many leaves or asks for too many rows.
  bool Slice(const BinaryTrees& trees, const kernels::BinaryTree& tree,
             std::span<const BinnedSplit> splits);
  /// Append a tree to the walked ones.
  void AddWalked(const BinaryTrees& trees, const kernels::BinaryTree& tree,
                 std::span<const BinnedSplit> splits);
  void AddRun(bool sliced, std::size_t number);

  std::vector<kernels::SlicedTree> sliced_trees_;
  std::vector<kernels::SlicedCompare> compares_;
  std::vector<kernels::SlicedTest> tests_;
  std::vector<kernels::SlicedSelect> selects_;
  std::vector<float> tables_;
  std::vector<std::uint8_t> planes_;
  std::vector<kernels::WalkedTree> walked_trees_;
  std::vector<kernels::WalkedNode> nodes_;
  std::vector<std::uint32_t> node_sets_;
  std::vector<float> values_;
  std::vector<double> values_f64_;
  std::vector<kernels::BinSet> sets_;
  std::vector<TreeRun> runs_;
  std::size_t num_bit_rows_ = 2;
  kernels::SlicedTrees sliced_;  // of the others
  kernels::WalkedTrees walked_;  // of the others
};

}  // namespace marquee::model
