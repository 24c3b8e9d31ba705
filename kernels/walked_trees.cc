#include <algorithm>
#include <array>
#include <bit>

#include "kernels/binned_trees.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/walked_trees.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {

// AVX2's gathers of four take longer than plain loads.
#undef MARQUEE_FAST_GATHERS
#define MARQUEE_FAST_GATHERS (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)
#if MARQUEE_FAST_GATHERS

namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D = hn::ScalableTag<std::uint64_t>;
using DSigned = hn::RebindToSigned<D>;

static_assert(sizeof(WalkedNode) == sizeof(std::uint64_t) &&
              std::endian::native == std::endian::little);
// The bits of a node as a word.
constexpr int kColumnBit = 32;
constexpr int kBorderBit = 48;
constexpr std::uint64_t kFirstMask = 0xFFFFFFFF;
constexpr int kLogBlockRows = std::countr_zero(kBlockRows);
static_assert(kBlockRows == std::size_t{1} << kLogBlockRows);
constexpr std::uint64_t kOffsetMask = std::uint64_t{0xFFFF} << kLogBlockRows;

/// As many vectors as hide each other's loads.
void Walk(const WalkedTrees& trees, BlockBins bins, Walks& walks) noexcept {
  const D d;
  const DSigned di;
  const hn::Rebind<std::uint32_t, D> d32;
  constexpr std::size_t kLanes = HWY_LANES(std::uint64_t);
  constexpr std::size_t kVectors = kWalks / kLanes;
  const auto* nodes = reinterpret_cast<const std::uint64_t*>(trees.nodes.data());
  const auto* bin_words = reinterpret_cast<const std::uint64_t*>(bins);
  hn::Vec<D> at[kVectors];
  hn::Vec<D> row[kVectors];
  for (std::size_t v = 0; v < kVectors; ++v) {
    at[v] = hn::PromoteTo(d, hn::LoadU(d32, walks.node.data() + v * kLanes));
    row[v] = hn::PromoteTo(d, hn::LoadU(d32, walks.row.data() + v * kLanes));
  }
  auto moved = hn::Zero(d);
  do {
    moved = hn::Zero(d);
    for (std::size_t v = 0; v < kVectors; ++v) {
      const auto node = hn::GatherIndex(d, nodes, hn::BitCast(di, at[v]));
      const auto column =
          hn::And(hn::ShiftRight<kColumnBit - kLogBlockRows>(node), hn::Set(d, kOffsetMask));
      // The bin is the lowest byte; both are compared as the highest. What is below the border there
      // never makes it smaller than an equal bin.
      const auto bin = hn::GatherOffset(d, bin_words, hn::BitCast(di, hn::Add(column, row[v])));
      const auto right = hn::Gt(hn::BitCast(di, hn::ShiftLeft<56>(bin)),
                                hn::BitCast(di, hn::ShiftLeft<56 - kBorderBit>(node)));
      const auto next = hn::Sub(hn::And(node, hn::Set(d, kFirstMask)),
                                hn::BitCast(d, hn::VecFromMask(di, right)));
      moved = hn::Or(moved, hn::Xor(next, at[v]));
      at[v] = next;
    }
  } while (!hn::AllTrue(d, hn::Eq(moved, hn::Zero(d))));
  for (std::size_t v = 0; v < kVectors; ++v) {
    hn::StoreU(hn::TruncateTo(d32, at[v]), d32, walks.node.data() + v * kLanes);
  }
}

}  // namespace

#endif

WalkKernel GatheringWalk() noexcept {
#if MARQUEE_FAST_GATHERS
  return &Walk;
#else
  return nullptr;
#endif
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

bool InSet(const BinSet& set, SignedBin bin) noexcept {
  const auto b = static_cast<std::uint8_t>(bin);
  return (set[b / 8] >> (b % 8) & 1) != 0;
}

/// Walk the first `count` one by one.
template <bool kCategorical>
void WalkPlainly(const WalkedTrees& trees, BlockBins bins, std::size_t count,
                 Walks& walks) noexcept {
  std::uint32_t moved = 0;
  do {
    moved = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const std::uint32_t at = walks.node[i];
      const WalkedNode node = trees.nodes[at];
      const SignedBin bin = bins[std::size_t{node.column} * kBlockRows + walks.row[i]];
      bool right = bin > node.border;
      if constexpr (kCategorical) {
        if (node.categorical) right = InSet(trees.sets[trees.node_sets[at]], bin);
      }
      const std::uint32_t next = node.first + (right ? 1 : 0);
      moved |= next ^ at;
      walks.node[i] = next;
    }
  } while (moved != 0);
}

/// Walk the first `count`; the others are somewhere, too.
void WalkSome(const WalkedTrees& trees, BlockBins bins, bool categorical, std::size_t count,
              WalkKernel walk, Walks& walks) noexcept {
  if (categorical) return WalkPlainly<true>(trees, bins, count, walks);
  // Vectors walk all.
  if (walk != nullptr && count > kWalks / 2) return walk(trees, bins, walks);
  WalkPlainly<false>(trees, bins, count, walks);
}

/// Add the leaf at a node to the sum of each score that the tree adds to; `stride` lies between
/// these.
template <class Number>
void AddLeaf(const WalkedTree& tree, std::size_t num_scores, std::span<const Number> values,
             std::uint32_t node, Number* sums, std::size_t stride) noexcept {
  if (tree.target < num_scores) {
    sums[tree.target * stride] += values[tree.first_value + (node - tree.root)];
    return;
  }
  const std::size_t first = tree.first_value + (node - tree.root) * num_scores;
  for (std::size_t s = 0; s < num_scores; ++s) sums[s * stride] += values[first + s];
}

}  // namespace

WalkKernel WalkKernelFor(Isa isa) noexcept { return MARQUEE_FOR_ISA(isa, GatheringWalk)(); }

template <class Number>
void WalkRows(const WalkedTrees& trees, std::span<const Number> values, std::size_t first,
              std::size_t count, BlockBins bins, std::size_t num_rows,
              std::span<const std::uint16_t> places, WalkKernel walk, Number* sums) noexcept {
  Walks walks;
  for (const WalkedTree& tree : trees.trees.subspan(first, count)) {
    for (std::size_t row = 0; row < num_rows; row += kWalks) {
      const std::size_t in_group = std::min(kWalks, num_rows - row);
      for (std::size_t i = 0; i < kWalks; ++i) {
        walks.node[i] = tree.root;
        walks.row[i] = static_cast<std::uint32_t>(std::min(row + i, num_rows - 1));
      }
      WalkSome(trees, bins, tree.categorical, in_group, walk, walks);
      for (std::size_t i = 0; i < in_group; ++i) {
        AddLeaf(tree, trees.num_scores, values, walks.node[i], sums + places[row + i], kBlockRows);
      }
    }
  }
}

template <class Number>
void WalkTrees(const WalkedTrees& trees, std::span<const Number> values, BlockBins bins,
               std::size_t row, WalkKernel walk, Number* sums) noexcept {
  Walks walks;
  walks.row.fill(static_cast<std::uint32_t>(row));
  for (std::size_t first = 0; first < trees.trees.size(); first += kWalks) {
    const auto group = trees.trees.subspan(first, std::min(kWalks, trees.trees.size() - first));
    bool categorical = false;
    for (std::size_t i = 0; i < kWalks; ++i) {
      const WalkedTree& tree = group[std::min(i, group.size() - 1)];
      walks.node[i] = tree.root;
      categorical |= tree.categorical;
    }
    WalkSome(trees, bins, categorical, group.size(), walk, walks);
    for (std::size_t i = 0; i < group.size(); ++i) {
      AddLeaf(group[i], trees.num_scores, values, walks.node[i], sums, 1);
    }
  }
}

template void WalkRows(const WalkedTrees&, std::span<const float>, std::size_t, std::size_t,
                       BlockBins, std::size_t, std::span<const std::uint16_t>, WalkKernel,
                       float*) noexcept;
template void WalkRows(const WalkedTrees&, std::span<const double>, std::size_t, std::size_t,
                       BlockBins, std::size_t, std::span<const std::uint16_t>, WalkKernel,
                       double*) noexcept;
template void WalkTrees(const WalkedTrees&, std::span<const float>, BlockBins, std::size_t,
                        WalkKernel, float*) noexcept;
template void WalkTrees(const WalkedTrees&, std::span<const double>, BlockBins, std::size_t,
                        WalkKernel, double*) noexcept;

}  // namespace marquee::kernels
#endif
