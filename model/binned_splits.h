// model/binned_splits.h — the splits of binary trees as questions to u8 bins, and the columns of
// bins that they need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "kernels/binned_trees.h"
#include "model/trees.h"

namespace marquee::model {

/// A split as a kernel asks it.
struct BinnedSplit {
  /// Of bins.
  std::uint16_t column = 0;
  /// Right if the bin is above it; not if the split is categorical.
  kernels::SignedBin border = 0;
  bool categorical = false;
  /// Among the sets.
  std::uint32_t set = 0;
};

/// A column of bins: values of a column of the model, binned by some borders.
///
/// Bins of the same borders differ in where missing values lie: below all or above all of them, and
/// whether zeros are missing.
struct BinColumn {
  std::uint32_t number = 0;
  bool zero_missing = false;
  bool missing_right = false;
};

/// Columns of bins that share their borders.
struct BinGroup {
  std::uint16_t source = 0;
  /// Ascending, at most kernels::kMaxBorders.
  std::vector<float> borders;
  std::vector<BinColumn> columns;
};

/// All splits of a model over bins.
///
/// A column of many borders becomes several columns of bins: for each split only its own matter.
class BinnedSplits {
 public:
  /// More columns of bins would leave the caches.
  static constexpr std::size_t kMaxBinColumns = 4096;

  explicit BinnedSplits(const BinaryTrees& trees);

  /// Whether every split became a question to at most kMaxBinColumns columns; if not, the rest says
  /// nothing. Only sets of categories that fall into more than 100 ranges, or a model of many columns
  /// and borders, fail.
  bool fits() const noexcept { return fits_; }

  std::span<const BinGroup> groups() const noexcept { return groups_; }
  std::size_t num_columns() const noexcept { return num_columns_; }
  /// As in the trees.
  std::span<const BinnedSplit> splits() const noexcept { return splits_; }
  std::span<const kernels::BinSet> sets() const noexcept { return sets_; }

 private:
  using SplitNumbers = std::vector<std::size_t>;

  void BinNumeric(const BinaryTrees& trees, const SplitNumbers& numbers);
  void BinCategorical(const BinaryTrees& trees, const SplitNumbers& numbers);
  /// Ask these splits of a group of these borders.
  void AskSets(const BinaryTrees& trees, std::span<const std::size_t> numbers,
               const std::vector<float>& borders);
  /// The column of a group, made if it is new.
  std::uint16_t ColumnOf(BinGroup& group, bool zero_missing, bool missing_right);

  bool fits_ = true;
  std::vector<BinGroup> groups_;
  std::size_t num_columns_ = 0;
  std::vector<BinnedSplit> splits_;
  std::vector<kernels::BinSet> sets_;
};

}  // namespace marquee::model
