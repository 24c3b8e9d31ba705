#include "model/engine_reference.h"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "kernels/bin.h"
#include "kernels/binary_trees_reference.h"
#include "kernels/trees_reference.h"
#include "model/column_borders.h"
#include "schemas/check.h"

namespace marquee::model {
namespace {

/// Rows binned before the trees look at them: 60 columns of it are 15 KiB and stay in the
/// first-level cache.
constexpr std::size_t kRowsPerBlock = 256;

class SymmetricReference final : public Engine {
 public:
  explicit SymmetricReference(const SymmetricTrees& from)
      : num_scores_(from.trees.num_scores),
        columns_(from),
        depths_(from.trees.depths.begin(), from.trees.depths.end()),
        split_features_(from.trees.split_features.begin(), from.trees.split_features.end()),
        split_borders_(from.trees.split_borders.begin(), from.trees.split_borders.end()),
        leaves_(from.trees.leaves.begin(), from.trees.leaves.end()),
        scale_(from.trees.scale),
        bias_(from.trees.bias.begin(), from.trees.bias.end()) {}

  std::string_view name() const noexcept override { return "reference"; }

  std::size_t scratch_bytes() const noexcept override { return num_columns() * kRowsPerBlock; }

  void Score(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
             EngineScratch& scratch) const noexcept override {
    MARQUEE_CHECK(scores.size() == num_rows * num_scores_);
    MARQUEE_CHECK(scratch.size() >= scratch_bytes());
    auto* bins = reinterpret_cast<std::uint8_t*>(scratch.data());
    for (std::size_t first = 0; first < num_rows; first += kRowsPerBlock) {
      const std::size_t rows = std::min(kRowsPerBlock, num_rows - first);
      for (std::size_t c = 0; c < num_columns(); ++c) {
        kernels::BinScalar({columns.column(c) + first, rows}, columns_.borders(c),
                           columns_.nan_above(c), {bins + c * kRowsPerBlock, rows});
      }
      kernels::ScoreTreesReference(trees(), {bins, kRowsPerBlock}, rows,
                                   scores.subspan(first * num_scores_, rows * num_scores_));
    }
  }

 private:
  std::size_t num_columns() const noexcept { return columns_.num_columns(); }

  kernels::TreesView trees() const noexcept {
    return {num_scores_, depths_, split_features_, split_borders_, leaves_, scale_, bias_};
  }

  std::size_t num_scores_;
  ColumnBorders columns_;
  std::vector<std::uint8_t> depths_;
  std::vector<std::uint8_t> split_features_;
  std::vector<std::uint8_t> split_borders_;
  std::vector<float> leaves_;
  float scale_;
  std::vector<float> bias_;
};

class BinaryReference final : public Engine {
 public:
  explicit BinaryReference(const BinaryTrees& from) : trees_(from) {}

  std::string_view name() const noexcept override { return "reference"; }

  std::size_t scratch_bytes() const noexcept override { return trees_.num_scores * sizeof(double); }

  void Score(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
             EngineScratch& scratch) const noexcept override {
    MARQUEE_CHECK(scratch.size() >= scratch_bytes());
    const std::span sums(reinterpret_cast<double*>(scratch.data()), trees_.num_scores);
    kernels::ScoreBinaryTreesReference(trees_.view(), columns, num_rows, scores, sums);
  }

 private:
  BinaryTrees trees_;
};

}  // namespace

std::unique_ptr<const Engine> MakeReferenceEngine(const ModelTrees& model_trees) {
  if (const auto* binary = std::get_if<BinaryTrees>(&model_trees)) {
    return std::make_unique<const BinaryReference>(*binary);
  }
  return std::make_unique<const SymmetricReference>(std::get<SymmetricTrees>(model_trees));
}

}  // namespace marquee::model
