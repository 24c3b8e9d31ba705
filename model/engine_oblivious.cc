#include "model/engine_oblivious.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "kernels/bin.h"
#include "kernels/trees_simd.h"
#include "model/column_borders.h"
#include "model/trees_layout.h"
#include "model/validate.h"
#include "schemas/check.h"

namespace marquee::model {
namespace {

using kernels::kBlockRows;

class ObliviousEngine final : public Engine {
 public:
  explicit ObliviousEngine(const SymmetricTrees& from)
      : bin_(kernels::BinKernelFor(kernels::ActiveIsa())),
        kernel_(kernels::TreesKernelFor(kernels::ActiveIsa())),
        columns_(from),
        trees_(from.trees) {}

  std::string_view name() const noexcept override { return "oblivious"; }

  std::size_t scratch_bytes() const noexcept override {
    return sums_bytes() + num_columns() * kBlockRows;
  }

  void Score(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
             EngineScratch& scratch) const noexcept override {
    MARQUEE_CHECK(scores.size() == num_rows * num_scores());
    MARQUEE_CHECK(scratch.size() >= scratch_bytes());
    for (std::size_t first = 0; first < num_rows; first += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, num_rows - first);
      const kernels::ConstMatrixView block(columns.data + first, columns.stride);
      const auto block_scores = scores.subspan(first * num_scores(), rows * num_scores());
      if (rows < kernel_.block_pays) {
        ScoreRows(block, rows, block_scores);
      } else {
        ScoreBlock(block, rows, block_scores, scratch);
      }
    }
  }

 private:
  std::size_t num_columns() const noexcept { return columns_.num_columns(); }
  std::size_t num_scores() const noexcept { return trees_.view().trees.num_scores; }
  std::size_t sums_bytes() const noexcept { return num_scores() * kBlockRows * sizeof(float); }

  void ScoreBlock(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
                  EngineScratch& scratch) const noexcept {
    const std::span sums(reinterpret_cast<float*>(scratch.data()), num_scores() * kBlockRows);
    auto* bins = reinterpret_cast<std::uint8_t*>(scratch.data() + sums_bytes());
    for (std::size_t c = 0; c < num_columns(); ++c) {
      bin_({columns.column(c), num_rows}, columns_.borders(c), columns_.nan_above(c),
           {bins + c * kBlockRows, num_rows});
    }
    kernel_.score_block(trees_.view(), {bins, kBlockRows}, num_rows, scores, sums);
  }

  void ScoreRows(kernels::ConstMatrixView columns, std::size_t num_rows,
                 std::span<float> scores) const noexcept {
    // ScoreRow reads up to a multiple of 16.
    std::array<std::uint8_t, (kMaxSymmetricColumns + 15) / 16 * 16> bins{};
    for (std::size_t row = 0; row < num_rows; ++row) {
      for (std::size_t c = 0; c < num_columns(); ++c) {
        kernels::BinScalar({columns.column(c) + row, 1}, columns_.borders(c), columns_.nan_above(c),
                           {&bins[c], 1});
      }
      kernel_.score_row(trees_.view(), std::span(bins).first(num_columns()),
                        scores.subspan(row * num_scores(), num_scores()));
    }
  }

  kernels::BinKernel bin_;
  kernels::TreesKernel kernel_;
  ColumnBorders columns_;
  TreesLayoutStorage trees_;
};

}  // namespace

std::unique_ptr<const Engine> MakeObliviousEngine(const SymmetricTrees& trees) {
  return std::make_unique<const ObliviousEngine>(trees);
}

}  // namespace marquee::model
