#include "model/engine_oblivious.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <vector>

#include "kernels/bin.h"
#include "kernels/trees_simd.h"
#include "model/column_borders.h"
#include "model/validate.h"
#include "schemas/check.h"

namespace marquee::model {
namespace {

using kernels::kBlockRows;
using kernels::kGroupTrees;

template <class T>
std::vector<T> CopyOf(std::span<const T> from) {
  return {from.begin(), from.end()};
}

class ObliviousEngine final : public Engine {
 public:
  explicit ObliviousEngine(const ModelTrees& from)
      : kernel_(kernels::TreesKernelFor(kernels::ActiveIsa())),
        columns_(from),
        depths_(CopyOf(from.trees.depths)),
        split_features_(CopyOf(from.trees.split_features)),
        split_borders_(CopyOf(from.trees.split_borders)),
        leaves_(CopyOf(from.trees.leaves)),
        bias_(CopyOf(from.trees.bias)) {
    MakeTables(from.trees);
    MakeGroups();
    layout_ = {.trees = {.num_scores = from.trees.num_scores,
                         .depths = depths_,
                         .split_features = split_features_,
                         .split_borders = split_borders_,
                         .leaves = leaves_,
                         .scale = from.trees.scale,
                         .bias = bias_},
               .tables = tables_,
               .planes = planes_,
               .group_depths = group_depths_,
               .group_features = group_features_,
               .group_borders = group_borders_};
  }

  std::string_view name() const noexcept override { return "oblivious"; }

  std::size_t scratch_bytes() const noexcept override {
    return sums_bytes() + num_columns() * kBlockRows;
  }

  void Score(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
             EngineScratch& scratch) const noexcept override {
    const std::size_t num_scores = layout_.trees.num_scores;
    MARQUEE_CHECK(scores.size() == num_rows * num_scores);
    MARQUEE_CHECK(scratch.size() >= scratch_bytes());
    for (std::size_t first = 0; first < num_rows; first += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, num_rows - first);
      const kernels::ConstMatrixView block(columns.data + first, columns.stride);
      const auto block_scores = scores.subspan(first * num_scores, rows * num_scores);
      if (rows < kernel_.block_pays) {
        ScoreRows(block, rows, block_scores);
      } else {
        ScoreBlock(block, rows, block_scores, scratch);
      }
    }
  }

 private:
  std::size_t num_columns() const noexcept { return columns_.num_columns(); }
  std::size_t sums_bytes() const noexcept {
    return layout_.trees.num_scores * kBlockRows * sizeof(float);
  }

  void ScoreBlock(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
                  EngineScratch& scratch) const noexcept {
    const std::span sums(reinterpret_cast<float*>(scratch.data()),
                         layout_.trees.num_scores * kBlockRows);
    auto* bins = reinterpret_cast<std::uint8_t*>(scratch.data() + sums_bytes());
    for (std::size_t c = 0; c < num_columns(); ++c) {
      kernels::Bin({columns.column(c), num_rows}, columns_.borders(c), columns_.nan_above(c),
                   {bins + c * kBlockRows, num_rows});
    }
    kernel_.score_block(layout_, {bins, kBlockRows}, num_rows, scores, sums);
  }

  void ScoreRows(kernels::ConstMatrixView columns, std::size_t num_rows,
                 std::span<float> scores) const noexcept {
    const std::size_t num_scores = layout_.trees.num_scores;
    // ScoreRow reads up to a multiple of 16.
    std::array<std::uint8_t, (kMaxColumns + 15) / 16 * 16> bins{};
    for (std::size_t row = 0; row < num_rows; ++row) {
      for (std::size_t c = 0; c < num_columns(); ++c) {
        kernels::Bin({columns.column(c) + row, 1}, columns_.borders(c), columns_.nan_above(c),
                     {&bins[c], 1});
      }
      kernel_.score_row(layout_, std::span(bins).first(num_columns()),
                        scores.subspan(row * num_scores, num_scores));
    }
  }

  /// From leaves [2^depth][num_scores] to tables [num_scores][TableSize], once as floats and once as
  /// planes of bytes.
  void MakeTables(const kernels::TreesView& trees) {
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

  void MakeGroups() {
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

  kernels::TreesKernel kernel_;
  ColumnBorders columns_;
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

}  // namespace

std::unique_ptr<const Engine> MakeObliviousEngine(const ModelTrees& trees) {
  return std::make_unique<const ObliviousEngine>(trees);
}

}  // namespace marquee::model
