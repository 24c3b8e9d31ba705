#include "model/engine_general.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <utility>
#include <vector>

#include "kernels/bin.h"
#include "model/binned_splits.h"
#include "model/binned_trees_layout.h"
#include "schemas/check.h"

namespace marquee::model {
namespace {

using kernels::kBlockRows;
using kernels::SignedBin;

/// From so many rows on, asking all splits of a tree takes less time than walking.
constexpr std::size_t kSlicingPays = 16;

/// Computes in Number, float or double, as the leaves say.
template <class Number>
class GeneralEngine final : public Engine {
 public:
  GeneralEngine(const BinaryTrees& from, const BinnedSplits& splits)
      : bin_(kernels::BinKernelFor(kernels::ActiveIsa())),
        kernel_(kernels::SlicedKernelFor(kernels::ActiveIsa())),
        walk_(kernels::WalkKernelFor(kernels::ActiveIsa())),
        num_scores_(from.num_scores),
        groups_(splits.groups().begin(), splits.groups().end()),
        num_bin_columns_(splits.num_columns()),
        layout_(from, splits),
        start_(from.start.begin(), from.start.end()),
        divisor_(static_cast<Number>(from.divisor)),
        scale_(static_cast<Number>(from.scale)),
        bias_(from.bias.begin(), from.bias.end()) {
    for (std::size_t row = 0; row < kBlockRows; ++row) {
      places_.push_back(static_cast<std::uint16_t>(place()(row)));
    }
  }

  std::string_view name() const noexcept override { return "general"; }

  std::size_t scratch_bytes() const noexcept override {
    // A walk at a leaf looks into column 0, though no split asks for one.
    return sums_bytes() + bits_bytes() + std::max<std::size_t>(num_bin_columns_, 1) * kBlockRows +
           kernels::kBinsPadding;
  }

  void Score(kernels::ConstMatrixView columns, std::size_t num_rows, std::span<float> scores,
             EngineScratch& scratch) const noexcept override {
    MARQUEE_CHECK(scores.size() == num_rows * num_scores_);
    MARQUEE_CHECK(scratch.size() >= scratch_bytes());
    auto* sums = reinterpret_cast<Number*>(scratch.data());
    auto* bits = reinterpret_cast<std::uint8_t*>(scratch.data() + sums_bytes());
    auto* bins = reinterpret_cast<SignedBin*>(bits + bits_bytes());
    for (std::size_t first = 0; first < num_rows; first += kBlockRows) {
      const std::size_t rows = std::min(kBlockRows, num_rows - first);
      const kernels::ConstMatrixView block(columns.data + first, columns.stride);
      const auto of_block = scores.subspan(first * num_scores_, rows * num_scores_);
      if (rows < kSlicingPays) {
        BinRows(block, rows, bins);
        ScoreRows(bins, rows, of_block, sums);
      } else {
        BinBlock(block, rows, bins);
        ScoreBlock(bins, rows, of_block, bits, sums);
      }
    }
  }

 private:
  std::size_t sums_bytes() const noexcept { return num_scores_ * kBlockRows * sizeof(Number); }
  std::size_t bits_bytes() const noexcept { return layout_.num_bit_rows() * kernels::kBitRowBytes; }
  std::span<const Number> values() const noexcept {
    if constexpr (sizeof(Number) == sizeof(float))
      return layout_.values();
    else
      return layout_.values_f64();
  }
  kernels::SlicedKernel::Score<Number> score_sliced() const noexcept {
    if constexpr (sizeof(Number) == sizeof(float))
      return kernel_.score_f32;
    else
      return kernel_.score_f64;
  }
  auto place() const noexcept {
    return sizeof(Number) == sizeof(float) ? kernel_.place_f32 : kernel_.place_f64;
  }

  static SignedBin FillOf(const BinColumn& column) noexcept {
    return column.missing_right ? SignedBin{127} : SignedBin{-128};
  }

  void BinBlock(kernels::ConstMatrixView columns, std::size_t num_rows,
                SignedBin* bins) const noexcept {
    for (const BinGroup& group : groups_) {
      const std::span values(columns.column(group.source), num_rows);
      // The last column of the group holds the plain bins until all others are made of them.
      SignedBin* last = bins + group.columns.back().number * kBlockRows;
      const std::span plain(reinterpret_cast<std::uint8_t*>(last), num_rows);
      bin_(values, group.borders, false, plain);
      for (const BinColumn& column : group.columns) {
        kernel_.finish_bins(values, plain.data(), column.zero_missing, FillOf(column),
                            bins + column.number * kBlockRows);
      }
    }
  }

  /// BinBlock without its calls: of few rows they take longer than the work.
  void BinRows(kernels::ConstMatrixView columns, std::size_t num_rows,
               SignedBin* bins) const noexcept {
    std::array<std::uint8_t, kSlicingPays> plain;
    for (const BinGroup& group : groups_) {
      const std::span values(columns.column(group.source), num_rows);
      kernels::BinScalar(values, group.borders, false, std::span(plain).first(num_rows));
      for (const BinColumn& column : group.columns) {
        SignedBin* out = bins + column.number * kBlockRows;
        for (std::size_t row = 0; row < num_rows; ++row) {
          out[row] =
              kernels::FinishBin(values[row], plain[row], column.zero_missing, FillOf(column));
        }
      }
    }
  }

  void ScoreBlock(const SignedBin* bins, std::size_t num_rows, std::span<float> scores,
                  std::uint8_t* bits, Number* sums) const noexcept {
    std::fill_n(bits, kernels::kBitRowBytes, std::uint8_t{0});
    std::fill_n(bits + kernels::kBitRowBytes, kernels::kBitRowBytes, std::uint8_t{0xFF});
    for (std::size_t s = 0; s < num_scores_; ++s) {
      std::fill_n(sums + s * kBlockRows, kBlockRows, start_[s]);
    }
    if (score_sliced() == nullptr) {
      kernels::WalkRows(layout_.walked(), values(), 0, layout_.walked().trees.size(), bins,
                        num_rows, places_, walk_, sums);
    } else {
      for (const TreeRun& run : layout_.runs()) {
        if (run.sliced) {
          score_sliced()(layout_.sliced(), run.first, run.count, bins, num_rows, bits, sums);
        } else {
          kernels::WalkRows(layout_.walked(), values(), run.first, run.count, bins, num_rows,
                            places_, walk_, sums);
        }
      }
    }
    for (std::size_t row = 0; row < num_rows; ++row) {
      for (std::size_t s = 0; s < num_scores_; ++s) {
        scores[row * num_scores_ + s] = Finish(s, sums[s * kBlockRows + places_[row]]);
      }
    }
  }

  void ScoreRows(const SignedBin* bins, std::size_t num_rows, std::span<float> scores,
                 Number* sums) const noexcept {
    for (std::size_t row = 0; row < num_rows; ++row) {
      std::copy(start_.begin(), start_.end(), sums);
      kernels::WalkTrees(layout_.walked(), values(), bins, row, walk_, sums);
      for (std::size_t s = 0; s < num_scores_; ++s) {
        scores[row * num_scores_ + s] = Finish(s, sums[s]);
      }
    }
  }

  float Finish(std::size_t score, Number sum) const noexcept {
    return static_cast<float>(sum / divisor_ * scale_ + bias_[score]);
  }

  kernels::BinKernel bin_;
  kernels::SlicedKernel kernel_;
  kernels::WalkKernel walk_;
  std::size_t num_scores_;
  std::vector<BinGroup> groups_;
  std::size_t num_bin_columns_;
  BinnedTreesLayout layout_;
  std::vector<Number> start_;
  Number divisor_;
  Number scale_;
  std::vector<Number> bias_;
  std::vector<std::uint16_t> places_;  // of a block's rows among its sums
};

}  // namespace

std::unique_ptr<const Engine> MakeGeneralEngine(const BinaryTrees& trees) {
  const BinnedSplits splits(trees);
  if (!splits.fits()) return nullptr;
  if (trees.leaves_f64.empty()) return std::make_unique<const GeneralEngine<float>>(trees, splits);
  return std::make_unique<const GeneralEngine<double>>(trees, splits);
}

}  // namespace marquee::model
