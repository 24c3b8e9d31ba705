#include "model/tree_slicer.h"

#include <algorithm>
#include <array>
#include <bit>

namespace marquee::model {
namespace {

using kernels::BitRow;

constexpr BitRow kZeros = 0;
constexpr BitRow kOnes = kernels::kBitRowBytes;
constexpr std::size_t kMaxBits = 8;

/// The rows of the bits of a leaf's number, as far as a subtree decides them.
using Bits = std::array<BitRow, kMaxBits>;

/// Numbers leaves from left to right, and makes the selects from the leaves to the root.
class Slicer {
 public:
  /// `gray`: neighbours differ in one bit, so that a subtree decides few; else they count up, which
  /// takes fewer selects where the tree is full.
  Slicer(std::span<const kernels::BinarySplit> splits, std::span<const BitRow> answers, bool gray)
      : splits_(splits),
        answers_(answers),
        gray_(gray),
        num_bits_(static_cast<std::size_t>(std::bit_width(splits.size()))),
        next_row_(2 + splits.size()) {
    shape_.numbers.resize(splits.size() + 1);
  }

  std::optional<SlicedShape> Slice() {
    const Bits bits = VisitChild(splits_.empty() ? -1 : 0);
    shape_.bits.assign(bits.begin(), bits.begin() + static_cast<std::ptrdiff_t>(num_bits_));
    shape_.num_rows = next_row_;
    if (next_row_ > kernels::kMaxBitRows) return std::nullopt;
    return std::move(shape_);
  }

 private:
  Bits VisitChild(std::int32_t child) {
    return child < 0 ? VisitLeaf(static_cast<std::size_t>(-1 - child))
                     : VisitSplit(static_cast<std::size_t>(child));
  }

  Bits VisitLeaf(std::size_t leaf) {
    const std::size_t number = gray_ ? num_leaves_ ^ (num_leaves_ >> 1) : num_leaves_;
    ++num_leaves_;
    shape_.numbers[leaf] = static_cast<std::uint8_t>(number);
    Bits bits;
    for (std::size_t b = 0; b < kMaxBits; ++b) bits[b] = (number >> b & 1) != 0 ? kOnes : kZeros;
    return bits;
  }

  Bits VisitSplit(std::size_t split) {
    const Bits left = VisitChild(splits_[split].left);
    const Bits right = VisitChild(splits_[split].right);
    const BitRow question = answers_[split];
    Bits out;
    for (std::size_t b = 0; b < kMaxBits; ++b) {
      // A lower bit may be the same.
      std::size_t same = 0;
      while (left[same] != left[b] || right[same] != right[b]) ++same;
      if (left[b] == right[b]) {
        out[b] = left[b];
      } else if (left[b] == kZeros && right[b] == kOnes) {
        out[b] = question;
      } else if (same < b) {
        out[b] = out[same];
      } else {
        out[b] = NewRow();
        shape_.selects.push_back({question, right[b], left[b], out[b]});
      }
    }
    Free(left, out);
    Free(right, out);
    return out;
  }

  BitRow NewRow() {
    if (!free_.empty()) {
      const BitRow row = free_.back();
      free_.pop_back();
      return row;
    }
    // More than fit are refused in the end, whatever the offset became.
    return static_cast<BitRow>(next_row_++ * kernels::kBitRowBytes);
  }

  /// What selects wrote into these rows is read no more, unless it is `kept`.
  void Free(const Bits& rows, const Bits& kept) {
    const std::size_t first = (2 + splits_.size()) * kernels::kBitRowBytes;
    for (const BitRow row : rows) {
      const auto is_row = [row](BitRow other) { return other == row; };
      if (row >= first && std::none_of(kept.begin(), kept.end(), is_row) &&
          std::none_of(free_.begin(), free_.end(), is_row)) {
        free_.push_back(row);
      }
    }
  }

  std::span<const kernels::BinarySplit> splits_;
  std::span<const BitRow> answers_;
  bool gray_;
  std::size_t num_bits_;
  std::size_t num_leaves_ = 0;
  std::size_t next_row_;
  std::vector<BitRow> free_;
  SlicedShape shape_;
};

}  // namespace

std::optional<SlicedShape> SliceTree(std::span<const kernels::BinarySplit> splits,
                                     std::span<const BitRow> answers) {
  if (splits.size() + 1 > kernels::kMaxSlicedLeaves) return std::nullopt;
  auto counted = Slicer(splits, answers, false).Slice();
  auto gray = Slicer(splits, answers, true).Slice();
  if (!counted || (gray && gray->selects.size() < counted->selects.size())) return gray;
  return counted;
}

}  // namespace marquee::model
