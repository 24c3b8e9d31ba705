#include "model/binned_splits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "kernels/bin.h"
#include "kernels/binary_trees_reference.h"

namespace marquee::model {
namespace {

using kernels::BinarySplit;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
/// Where missing values lie if they go right at any threshold; no border has this number.
constexpr std::uint8_t kMissingBin = 255;

/// x >= y as x > FloatBelow(y).
float FloatBelow(float y) { return std::nextafter(y, -kInfinity); }

bool HasCategory(std::span<const std::uint32_t> set, std::size_t category) {
  return category < set.size() * 32 && (set[category / 32] >> (category % 32) & 1) != 0;
}

/// Between any two of these, all values go the same way at a categorical split.
std::set<float> EdgesOf(const BinarySplit& split, std::span<const std::uint32_t> words) {
  const auto set = words.subspan(split.first_word, split.num_words);
  std::set<float> edges;
  bool before = false;
  for (std::size_t category = 0; category <= set.size() * 32; ++category) {
    const bool now = HasCategory(set, category);
    // Category 0 begins above -1.
    if (now != before) {
      edges.insert(category == 0 ? -1.0f : FloatBelow(static_cast<float>(category)));
    }
    before = now;
  }
  if (split.zero_missing) {
    edges.insert(FloatBelow(-kernels::kZeroLimit));
    edges.insert(kernels::kZeroLimit);
  }
  return edges;
}

/// The bins, of these borders, that go right; and the one of what is missing.
kernels::BinSet SetOf(const BinarySplit& split, std::span<const std::uint32_t> words,
                      std::span<const float> borders) {
  kernels::BinSet set{};
  const auto put = [&](std::size_t bin, float value) {
    const std::size_t stored = bin ^ 0x80;
    if (GoesRight(split, words, value)) {
      set[stored / 8] |= static_cast<std::uint8_t>(1u << (stored % 8));
    }
  };
  // A bin's upper border is in it, and as good as any other value.
  for (std::size_t bin = 0; bin < borders.size(); ++bin) put(bin, borders[bin]);
  put(borders.size(), kInfinity);
  put(kMissingBin, std::numeric_limits<float>::quiet_NaN());
  return set;
}

}  // namespace

BinnedSplits::BinnedSplits(const BinaryTrees& trees) : splits_(trees.splits.size()) {
  std::vector<SplitNumbers> numeric(trees.num_columns);
  std::vector<SplitNumbers> categorical(trees.num_columns);
  for (std::size_t i = 0; i < trees.splits.size(); ++i) {
    const BinarySplit& split = trees.splits[i];
    (split.categorical ? categorical : numeric)[split.column].push_back(i);
  }
  for (std::size_t c = 0; c < trees.num_columns; ++c) {
    BinNumeric(trees, numeric[c]);
    BinCategorical(trees, categorical[c]);
  }
  fits_ = fits_ && num_columns_ <= kMaxBinColumns;
}

void BinnedSplits::BinNumeric(const BinaryTrees& trees, const SplitNumbers& numbers) {
  std::vector<float> borders;
  for (const std::size_t i : numbers) borders.push_back(trees.splits[i].threshold);
  std::sort(borders.begin(), borders.end());
  borders.erase(std::unique(borders.begin(), borders.end()), borders.end());
  const std::size_t first_group = groups_.size();
  for (std::size_t first = 0; first < borders.size(); first += kernels::kMaxBorders) {
    const std::size_t count = std::min(kernels::kMaxBorders, borders.size() - first);
    const auto begin = borders.begin() + static_cast<std::ptrdiff_t>(first);
    groups_.push_back({.source = trees.splits[numbers[0]].column,
                       .borders = {begin, begin + static_cast<std::ptrdiff_t>(count)},
                       .columns = {}});
  }
  for (const std::size_t i : numbers) {
    const BinarySplit& split = trees.splits[i];
    const auto found = std::lower_bound(borders.begin(), borders.end(), split.threshold);
    const auto border = static_cast<std::size_t>(found - borders.begin());
    BinGroup& group = groups_[first_group + border / kernels::kMaxBorders];
    splits_[i].column = ColumnOf(group, split.zero_missing, split.missing_right);
    splits_[i].border = static_cast<kernels::SignedBin>(border % kernels::kMaxBorders ^ 0x80);
  }
}

void BinnedSplits::BinCategorical(const BinaryTrees& trees, const SplitNumbers& numbers) {
  std::vector<float> borders;
  std::size_t first = 0;
  for (std::size_t i = 0; i < numbers.size() && fits_; ++i) {
    const std::set<float> edges = EdgesOf(trees.splits[numbers[i]], trees.words);
    std::vector<float> both;
    std::set_union(borders.begin(), borders.end(), edges.begin(), edges.end(),
                   std::back_inserter(both));
    if (both.size() > kernels::kMaxBorders) {
      AskSets(trees, std::span(numbers).subspan(first, i - first), borders);
      first = i;
      both.assign(edges.begin(), edges.end());
      fits_ = both.size() <= kernels::kMaxBorders;
    }
    borders = std::move(both);
  }
  if (fits_) AskSets(trees, std::span(numbers).subspan(first), borders);
}

void BinnedSplits::AskSets(const BinaryTrees& trees, std::span<const std::size_t> numbers,
                           const std::vector<float>& borders) {
  if (numbers.empty()) return;
  BinGroup& group = groups_.emplace_back();
  group.source = trees.splits[numbers[0]].column;
  group.borders = borders;
  for (const std::size_t i : numbers) {
    splits_[i].column = ColumnOf(group, false, true);
    splits_[i].categorical = true;
    splits_[i].set = static_cast<std::uint32_t>(sets_.size());
    sets_.push_back(SetOf(trees.splits[i], trees.words, borders));
  }
}

std::uint16_t BinnedSplits::ColumnOf(BinGroup& group, bool zero_missing, bool missing_right) {
  for (const BinColumn& column : group.columns) {
    if (column.zero_missing == zero_missing && column.missing_right == missing_right) {
      return static_cast<std::uint16_t>(column.number);
    }
  }
  // Too many are refused in the end, whatever the number became.
  group.columns.push_back({static_cast<std::uint32_t>(num_columns_), zero_missing, missing_right});
  return static_cast<std::uint16_t>(num_columns_++);
}

}  // namespace marquee::model
