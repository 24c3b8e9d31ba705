#include "kernels/trees_simd.h"

#include <algorithm>
#include <array>

#include "kernels/trees_reference.h"
#include "schemas/check.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/trees_simd.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"
#include "kernels/lookup-inl.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace {

#if !MARQUEE_HAS_LOOKUP

// Nothing beats plain loops there.
void ScoreBlock(const TreesLayout& layout, BinsView bins, std::size_t num_rows,
                std::span<float> scores, std::span<float> /*sums*/) noexcept {
  ScoreTreesReference(layout.trees, bins, num_rows, scores);
}

/// Write the leaf that the row falls into, of each tree of a group.
void FindLeaves(std::size_t depth, const std::uint8_t* features, const std::uint8_t* borders,
                std::span<const std::uint8_t> bins, std::array<std::uint8_t, kGroupTrees>& leaves) {
  leaves.fill(0);
  for (std::size_t level = 0; level < depth; ++level) {
    for (std::size_t tree = 0; tree < kGroupTrees; ++tree) {
      const std::size_t split = level * kGroupTrees + tree;
      const int all_ones_if_above = -static_cast<int>(bins[features[split]] > borders[split]);
      leaves[tree] = static_cast<std::uint8_t>(leaves[tree] | (all_ones_if_above & (1 << level)));
    }
  }
}

constexpr std::size_t kBlockPays = 8;

#else  // SIMD

/// Set `bit` where a bin lies above its border.
HWY_INLINE void MarkAbove(Bytes bins, Bytes borders, std::uint8_t bit, Bytes& leaf) {
#if MARQUEE_AVX512
  // One masked instruction, which Highway 1.0 has no name for.
  leaf.raw = _mm512_mask_add_epi8(leaf.raw, _mm512_cmpgt_epu8_mask(bins.raw, borders.raw), leaf.raw,
                                  Set(bit).raw);
#else
  leaf = hn::Or(leaf, hn::And(hn::VecFromMask(D8(), hn::Gt(bins, borders)), Set(bit)));
#endif
}

/// Add each row's leaf to its sum.
template <std::size_t kSize>
HWY_INLINE void AddLeaves(const float* table, const std::uint8_t* planes, Bytes leaf, float* sums) {
  const FloatOfEachByte found = LookUpFloats<kSize>(table, planes, leaf);
  const D32 d32;
  for (std::size_t part = 0; part < 4; ++part) {
    float* place = sums + part * kFloats;
    hn::StoreU(hn::Add(hn::LoadU(d32, place), found.part[part]), d32, place);
  }
}

/// One tree; the spans begin with its part.
struct Tree {
  const std::uint8_t* features;
  const std::uint8_t* borders;
  const float* tables;
  const std::uint8_t* planes;
};

template <std::size_t kDepth>
HWY_INLINE void ScoreTree(const Tree& tree, BinsView bins, std::size_t num_rows,
                          std::size_t num_scores, float* sums) {
  constexpr std::size_t kSize = TableSize(kDepth);
  // Written out, so that they stay in registers for all rows.
  Bytes border[kDepth + 1];
  const std::uint8_t* column[kDepth + 1];
  for (std::size_t level = 0; level < kDepth; ++level) {
    border[level] = Set(tree.borders[level]);
    column[level] = bins.column(tree.features[level]);
  }
  for (std::size_t row = 0; row < num_rows; row += kBytes) {
    Bytes leaf = Set(0);
    for (std::size_t level = 0; level < kDepth; ++level) {
      MarkAbove(Load(column[level] + row), border[level], static_cast<std::uint8_t>(1u << level),
                leaf);
    }
    for (std::size_t s = 0; s < num_scores; ++s) {
      AddLeaves<kSize>(tree.tables + s * kSize, tree.planes + s * kSize * 4, leaf,
                       sums + s * kBlockRows + row);
    }
  }
}

void ScoreBlock(const TreesLayout& layout, BinsView bins, std::size_t num_rows,
                std::span<float> scores, std::span<float> sums) noexcept {
  const TreesView& trees = layout.trees;
  MARQUEE_CHECK(num_rows <= kBlockRows && scores.size() == num_rows * trees.num_scores);
  MARQUEE_CHECK(sums.size() == kBlockRows * trees.num_scores);
  static_assert(kBlockRows % kBytes == 0);
  std::fill(sums.begin(), sums.end(), 0.0f);
  Tree tree = {trees.split_features.data(), trees.split_borders.data(), layout.tables.data(),
               layout.planes.data()};
  for (const std::size_t depth : trees.depths) {
    constexpr std::array kByDepth = {&ScoreTree<0>, &ScoreTree<1>, &ScoreTree<2>,
                                     &ScoreTree<3>, &ScoreTree<4>, &ScoreTree<5>,
                                     &ScoreTree<6>, &ScoreTree<7>, &ScoreTree<8>};
    static_assert(kByDepth.size() == kMaxTreeDepth + 1);
    kByDepth[depth](tree, bins, num_rows, trees.num_scores, sums.data());
    const std::size_t num_floats = TableSize(depth) * trees.num_scores;
    tree.features += depth;
    tree.borders += depth;
    tree.tables += num_floats;
    tree.planes += num_floats * 4;
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t place = row / kBytes * kBytes + WordOf(row % kBytes);
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      scores[row * trees.num_scores + s] =
          sums[s * kBlockRows + place] * trees.scale + trees.bias[s];
    }
  }
}

/// Write the leaf that the row falls into, of each tree of a group.
void FindLeaves(std::size_t depth, const std::uint8_t* features, const std::uint8_t* borders,
                std::span<const std::uint8_t> bins, std::array<std::uint8_t, kGroupTrees>& leaves) {
  static_assert(kGroupTrees % kBytes == 0);
  const std::size_t num_bins = (bins.size() + 15) / 16 * 16;
  for (std::size_t tree = 0; tree < kGroupTrees; tree += kBytes) {
    Bytes leaf = Set(0);
    for (std::size_t level = 0; level < depth; ++level) {
      const std::size_t split = level * kGroupTrees + tree;
      MarkAbove(LookUp(bins.data(), num_bins, Load(features + split)), Load(borders + split),
                static_cast<std::uint8_t>(1u << level), leaf);
    }
    Store(leaf, leaves.data() + tree);
  }
}

constexpr std::size_t kBlockPays = 12;

#endif  // SIMD

void ScoreRow(const TreesLayout& layout, std::span<const std::uint8_t> bins,
              std::span<float> scores) noexcept {
  const TreesView& trees = layout.trees;
  MARQUEE_CHECK(scores.size() == trees.num_scores);
  std::fill(scores.begin(), scores.end(), 0.0f);
  const std::uint8_t* features = layout.group_features.data();
  const std::uint8_t* borders = layout.group_borders.data();
  const float* tables = layout.tables.data();
  std::size_t first = 0;
  for (const std::size_t depth : layout.group_depths) {
    std::array<std::uint8_t, kGroupTrees> leaves;
    FindLeaves(depth, features, borders, bins, leaves);
    const auto depths =
        trees.depths.subspan(first, std::min(kGroupTrees, trees.depths.size() - first));
    const float* table = tables;
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      float sum = scores[s];
      table = tables;
      for (std::size_t tree = 0; tree < depths.size(); ++tree) {
        const std::size_t size = TableSize(depths[tree]);
        sum += table[s * size + leaves[tree]];
        table += trees.num_scores * size;
      }
      scores[s] = sum;
    }
    tables = table;
    features += depth * kGroupTrees;
    borders += depth * kGroupTrees;
    first += kGroupTrees;
  }
  for (std::size_t s = 0; s < trees.num_scores; ++s) {
    scores[s] = scores[s] * trees.scale + trees.bias[s];
  }
}

}  // namespace

// Not in the unnamed namespace, so that MARQUEE_FOR_ISA finds it.
TreesKernel Kernel() noexcept {
  return {.score_block = &ScoreBlock, .score_row = &ScoreRow, .block_pays = kBlockPays};
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {

TreesKernel TreesKernelFor(Isa isa) noexcept { return MARQUEE_FOR_ISA(isa, Kernel)(); }

}  // namespace marquee::kernels
#endif
