#include <algorithm>
#include <array>

#include "kernels/binned_trees.h"

namespace marquee::kernels {
namespace {

/// So many walks run beside one another: each waits for its own loads most of the time.
constexpr std::size_t kWalks = 16;

/// Where walks are, and which row each looks at.
struct Walks {
  std::array<std::uint32_t, kWalks> node;
  std::array<std::uint32_t, kWalks> row;
};

bool InSet(const BinSet& set, SignedBin bin) noexcept {
  const auto b = static_cast<std::uint8_t>(bin);
  return (set[b / 8] >> (b % 8) & 1) != 0;
}

/// Walk until all are at leaves.
template <bool kCategorical>
void Walk(const WalkedTrees& trees, BlockBins bins, Walks& walks) noexcept {
  std::uint32_t moved = 0;
  do {
    moved = 0;
    for (std::size_t i = 0; i < kWalks; ++i) {
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

template <class Number>
void WalkRows(const WalkedTrees& trees, std::span<const Number> values, std::size_t first,
              std::size_t count, BlockBins bins, std::size_t num_rows,
              std::span<const std::uint16_t> places, Number* sums) noexcept {
  for (const WalkedTree& tree : trees.trees.subspan(first, count)) {
    for (std::size_t row = 0; row < num_rows; row += kWalks) {
      Walks walks;
      for (std::size_t i = 0; i < kWalks; ++i) {
        walks.node[i] = tree.root;
        // The last rows walk twice, but count once.
        walks.row[i] = static_cast<std::uint32_t>(std::min(row + i, num_rows - 1));
      }
      tree.categorical ? Walk<true>(trees, bins, walks) : Walk<false>(trees, bins, walks);
      const std::size_t in_group = std::min(kWalks, num_rows - row);
      for (std::size_t i = 0; i < in_group; ++i) {
        AddLeaf(tree, trees.num_scores, values, walks.node[i], sums + places[row + i], kBlockRows);
      }
    }
  }
}

template <class Number>
void WalkTrees(const WalkedTrees& trees, std::span<const Number> values, BlockBins bins,
               std::size_t row, Number* sums) noexcept {
  for (std::size_t first = 0; first < trees.trees.size(); first += kWalks) {
    const auto group = trees.trees.subspan(first, std::min(kWalks, trees.trees.size() - first));
    Walks walks;
    walks.row.fill(static_cast<std::uint32_t>(row));
    bool categorical = false;
    for (std::size_t i = 0; i < kWalks; ++i) {
      const WalkedTree& tree = group[std::min(i, group.size() - 1)];
      walks.node[i] = tree.root;
      categorical |= tree.categorical;
    }
    categorical ? Walk<true>(trees, bins, walks) : Walk<false>(trees, bins, walks);
    for (std::size_t i = 0; i < group.size(); ++i) {
      AddLeaf(group[i], trees.num_scores, values, walks.node[i], sums, 1);
    }
  }
}

template void WalkRows(const WalkedTrees&, std::span<const float>, std::size_t, std::size_t,
                       BlockBins, std::size_t, std::span<const std::uint16_t>, float*) noexcept;
template void WalkRows(const WalkedTrees&, std::span<const double>, std::size_t, std::size_t,
                       BlockBins, std::size_t, std::span<const std::uint16_t>, double*) noexcept;
template void WalkTrees(const WalkedTrees&, std::span<const float>, BlockBins, std::size_t,
                        float*) noexcept;
template void WalkTrees(const WalkedTrees&, std::span<const double>, BlockBins, std::size_t,
                        double*) noexcept;

}  // namespace marquee::kernels
