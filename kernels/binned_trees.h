// kernels/binned_trees.h — binary trees over bins, in the two forms that are fast: sliced, where
// every split of a tree is asked of all rows at once, and walked, row by row.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/binary_trees.h"
#include "kernels/trees_simd.h"

namespace marquee::kernels {

/// The bin of kernels/bin.h less 128: processors compare signed bytes with less effort.
using SignedBin = std::int8_t;

/// Bins that a categorical split sends right: bin b, as an unsigned byte, is bit b % 8 of byte b / 8.
using BinSet = std::array<std::uint8_t, 32>;

/// The bins of one block: column c begins at data + c * kBlockRows, and is readable over kBlockRows.
/// Behind the last column, kBinsPadding bytes are readable.
using BlockBins = const SignedBin*;
inline constexpr std::size_t kBinsPadding = 8;

/// The signed bin of a value whose bin is known, or `fill` if it is missing: NaN; with `zero_missing`
/// also what is no further from 0 than kZeroLimit.
inline SignedBin FinishBin(float value, std::uint8_t bin, bool zero_missing,
                           SignedBin fill) noexcept {
  const bool missing = std::isnan(value) || (zero_missing && std::abs(value) <= kZeroLimit);
  return missing ? fill : static_cast<SignedBin>(bin ^ 0x80);
}

// Sliced.

/// Rows of kBlockRows bits: what a split answers, or what is made of such. Byte offsets from the
/// first; row 0 is all zeros, row 1 all ones, then come a tree's answers: of its compares, its tests.
using BitRow = std::uint16_t;
inline constexpr std::size_t kBitRowBytes = kBlockRows / 8;
/// So many have an offset.
inline constexpr std::size_t kMaxBitRows = 65'536 / kBitRowBytes;
/// A leaf's number is kept in a byte.
inline constexpr std::size_t kMaxSlicedLeaves = 256;

/// Is the bin above the border?
struct SlicedCompare {
  /// Four times the same byte: four are broadcast with less effort than one.
  std::uint32_t borders = 0;
  /// Bytes from the first bin of the block.
  std::uint32_t offset = 0;
};

/// Is the bin in the set?
struct SlicedTest {
  std::uint32_t set = 0;
  std::uint32_t offset = 0;
};

/// out = question ? if_right : if_left, bit by bit.
struct SlicedSelect {
  BitRow question = 0;
  BitRow if_right = 0;
  BitRow if_left = 0;
  BitRow out = 0;
};

/// Where a tree lies in SlicedTrees.
struct SlicedTree {
  std::uint32_t first_compare = 0;
  std::uint32_t first_test = 0;
  std::uint32_t first_select = 0;
  /// Of tables; its planes begin at four times as much.
  std::uint32_t first_float = 0;
  std::uint16_t num_compares = 0;
  std::uint16_t num_tests = 0;
  std::uint16_t num_selects = 0;
  std::uint16_t target = 0;
  /// The bits of a leaf's number, lowest first.
  std::uint16_t num_bits = 0;
  std::array<BitRow, 8> bits{};
};

/// Trees of at most kMaxSlicedLeaves leaves. Owns nothing.
struct SlicedTrees {
  std::size_t num_scores = 1;
  std::span<const SlicedTree> trees;
  std::span<const SlicedCompare> compares;
  std::span<const SlicedTest> tests;
  std::span<const SlicedSelect> selects;
  std::span<const BinSet> sets;
  /// Leaves: per tree, per score it adds to, TableSize(num_bits) floats. Of doubles: the lower halves
  /// of all, as if they were floats, then the upper halves.
  std::span<const float> tables;
  /// The same, each table as four planes of bytes: the lowest byte of every float first.
  std::span<const std::uint8_t> planes;
};

/// Kernels of one ISA for one block of up to kBlockRows rows, in float and in double.
struct SlicedKernel {
  /// Add the leaves of `count` trees from `first` on to the sums. Null where the processor cannot
  /// look up bytes.
  ///
  /// Shapes: bits, the rows that trees' answers and selects name, the first two set as BitRow says;
  ///         sums [num_scores][kBlockRows], where place() says.
  /// Exact:  a row's sum runs in the order of the trees.
  /// Cost:   no allocation; a compare is a vector instruction and a store for each vector of bins, a
  ///         select one or two for each row of bits, the rest as in TreesKernel::score_block.
  template <class Number>
  using Score = void (*)(const SlicedTrees& trees, std::size_t first, std::size_t count,
                         BlockBins bins, std::size_t num_rows, std::uint8_t* bits, Number* sums);
  Score<float> score_f32;
  Score<double> score_f64;
  /// Where in a block's sums the one of a row is.
  std::size_t (*place_f32)(std::size_t row);
  std::size_t (*place_f64)(std::size_t row);

  /// FinishBin, of many.
  ///
  /// Shapes: values, bins and out of one size; out may be where bins are.
  void (*finish_bins)(std::span<const float> values, const std::uint8_t* bins, bool zero_missing,
                      SignedBin fill, SignedBin* out);
};

/// The kernel compiled for `isa`, one of SupportedIsas().
SlicedKernel SlicedKernelFor(Isa isa) noexcept;

// Walked.

/// A split; or a leaf, which leads to itself whatever the bin. Kernels load one as a word of 64 bits.
struct WalkedNode {
  /// The node to the left; the one to the right follows it.
  std::uint32_t first = 0;
  std::uint16_t column = 0;
  SignedBin border = 127;
  bool categorical = false;
};

struct WalkedTree {
  std::uint32_t root = 0;
  /// Value of the root; every node has as many as the tree adds to scores, but only leaves use them.
  std::size_t first_value = 0;
  std::uint16_t target = 0;
  bool categorical = false;
};

/// Owns nothing.
struct WalkedTrees {
  std::size_t num_scores = 1;
  std::span<const WalkedTree> trees;
  std::span<const WalkedNode> nodes;
  /// Per node the number of its set, if it is categorical; empty if none is.
  std::span<const std::uint32_t> node_sets;
  std::span<const BinSet> sets;
};

/// So many walks run beside one another: each waits for its own loads most of the time.
inline constexpr std::size_t kWalks = 64;

/// Where walks are, and which row each looks at.
struct Walks {
  std::array<std::uint32_t, kWalks> node;
  std::array<std::uint32_t, kWalks> row;
};

/// Walk with vectors until all are at leaves, in trees without categorical splits.
/// Cost: two gathers a level of the deepest leaf for each vector of walks.
using WalkKernel = void (*)(const WalkedTrees& trees, BlockBins bins, Walks& walks) noexcept;

/// The kernel compiled for `isa`, one of SupportedIsas(); null where plain loads are as fast.
WalkKernel WalkKernelFor(Isa isa) noexcept;

/// Add the leaves of `count` trees from `first` on to the sums of a block.
///
/// Shapes: values, as WalkedTree says; sums [num_scores][kBlockRows], row r's at places[r].
/// Exact:  a row's sum runs in the order of the trees.
/// Cost:   no allocation; of kWalks rows together, some instructions a level of the deepest leaf.
template <class Number>
void WalkRows(const WalkedTrees& trees, std::span<const Number> values, std::size_t first,
              std::size_t count, BlockBins bins, std::size_t num_rows,
              std::span<const std::uint16_t> places, WalkKernel walk, Number* sums) noexcept;

/// Add the leaves of all trees to the sums of one row, [num_scores]; faster than a block of few.
template <class Number>
void WalkTrees(const WalkedTrees& trees, std::span<const Number> values, BlockBins bins,
               std::size_t row, WalkKernel walk, Number* sums) noexcept;

}  // namespace marquee::kernels
