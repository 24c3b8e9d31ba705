#include <array>

#include "kernels/binned_trees.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/sliced_trees.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"
#include "kernels/lookup-inl.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace {

#if !MARQUEE_HAS_LOOKUP

void FinishBins(std::span<const float> values, const std::uint8_t* bins, bool zero_missing,
                SignedBin fill, SignedBin* out) {
  for (std::size_t row = 0; row < values.size(); ++row) {
    out[row] = FinishBin(values[row], bins[row], zero_missing, fill);
  }
}

std::size_t Place(std::size_t row) { return row; }

#else  // SIMD

using DSigned = hn::RebindToSigned<D8>;

void FinishBins(std::span<const float> values, const std::uint8_t* bins, bool zero_missing,
                SignedBin fill, SignedBin* out) {
  const D32 d32;
  const auto limit = hn::Set(d32, kZeroLimit);
  const Bytes fills = Set(static_cast<std::uint8_t>(fill));
  std::size_t row = 0;
  for (; row + kBytes <= values.size(); row += kBytes) {
    // Four floats lie over a byte: their masks pass through memory, as bits.
    alignas(8) std::uint8_t bits[kBytes / 8];
    for (std::size_t part = 0; part < 4; ++part) {
      const auto value = hn::LoadU(d32, values.data() + row + part * kFloats);
      auto missing = hn::IsNaN(value);
      if (zero_missing) missing = hn::Or(missing, hn::Le(hn::Abs(value), limit));
      hn::StoreMaskBits(d32, missing, bits + part * kFloats / 8);
    }
    const auto missing = hn::LoadMaskBits(D8(), bits);
    const Bytes signed_bins = hn::Xor(Load(bins + row), Set(0x80));
    Store(hn::IfThenElse(missing, fills, signed_bins), reinterpret_cast<std::uint8_t*>(out + row));
  }
  for (; row < values.size(); ++row)
    out[row] = FinishBin(values[row], bins[row], zero_missing, fill);
}

/// Answer one split for a row of bits.
HWY_INLINE void Compare(const SlicedCompare& compare, BlockBins bins, std::size_t num_vectors,
                        std::uint8_t* out) {
  const DSigned d;
  const auto border =
      hn::BitCast(d, hn::Set(hn::Repartition<std::uint32_t, D8>(), compare.borders));
  const SignedBin* column = bins + compare.offset;
  for (std::size_t v = 0; v < num_vectors; ++v) {
    const auto bin = hn::LoadU(d, column + v * kBytes);
#if MARQUEE_AVX512
    // Intel's processors compare 512 bits on one port only; the sign of a difference comes from
    // another.
    if (v % 4 == 3) {
      hn::StoreMaskBits(d, hn::MaskFromVec(hn::SaturatedSub(border, bin)), out + v * (kBytes / 8));
      continue;
    }
#endif
    hn::StoreMaskBits(d, hn::Gt(bin, border), out + v * (kBytes / 8));
  }
}

HWY_INLINE void Test(const BinSet& set, BlockBins column, std::size_t num_vectors,
                     std::uint8_t* out) {
  alignas(16) static constexpr std::uint8_t kBit[16] = {1, 2, 4, 8, 16, 32, 64, 128,
                                                        1, 2, 4, 8, 16, 32, 64, 128};
  const hn::Repartition<std::uint16_t, D8> d16;
  const Bytes bit = hn::LoadDup128(D8(), kBit);
  for (std::size_t v = 0; v < num_vectors; ++v) {
    const Bytes bin = Load(reinterpret_cast<const std::uint8_t*>(column) + v * kBytes);
    const Bytes eighth =
        hn::And(hn::BitCast(D8(), hn::ShiftRight<3>(hn::BitCast(d16, bin))), Set(0x1F));
    const Bytes found = LookUp(set.data(), set.size(), eighth);
    const Bytes asked = hn::TableLookupBytes(bit, hn::And(bin, Set(7)));
    hn::StoreMaskBits(D8(), hn::Eq(hn::And(found, asked), asked), out + v * (kBytes / 8));
  }
}

/// Answer all splits of a tree; rows of bits follow one another.
template <std::size_t kNumVectors>
HWY_INLINE void Answer(const SlicedTrees& trees, const SlicedTree& tree, BlockBins bins,
                       std::size_t num_vectors, std::uint8_t* answers) {
  // A number that the compiler knows if the block is full.
  const std::size_t vectors = kNumVectors > 0 ? kNumVectors : num_vectors;
  for (const SlicedCompare& compare :
       trees.compares.subspan(tree.first_compare, tree.num_compares)) {
    Compare(compare, bins, vectors, answers);
    answers += kBitRowBytes;
  }
  for (const SlicedTest& test : trees.tests.subspan(tree.first_test, tree.num_tests)) {
    Test(trees.sets[test.set], bins + test.offset, vectors, answers);
    answers += kBitRowBytes;
  }
}

HWY_INLINE void Select(const SlicedSelect& select, std::uint8_t* bits) {
  for (std::size_t byte = 0; byte < kBitRowBytes; byte += kBytes) {
    const Bytes question = Load(bits + select.question + byte);
    const Bytes right = Load(bits + select.if_right + byte);
    const Bytes left = Load(bits + select.if_left + byte);
#if MARQUEE_AVX512
    // One instruction, which Highway 1.0 has no name for.
    const Bytes out{_mm512_ternarylogic_epi64(question.raw, right.raw, left.raw, 0xCA)};
#else
    const Bytes out = hn::Or(hn::And(question, right), hn::AndNot(question, left));
#endif
    Store(out, bits + select.out + byte);
  }
}

/// Set `bit` in the numbers of the rows whose bit is set.
HWY_INLINE void MarkWhere(const std::uint8_t* bits, std::uint8_t bit, Bytes& leaf) {
  const auto mask = hn::LoadMaskBits(D8(), bits);
#if MARQUEE_AVX512
  leaf.raw = _mm512_mask_add_epi8(leaf.raw, mask.raw, leaf.raw, Set(bit).raw);
#else
  leaf = hn::Or(leaf, hn::IfThenElseZero(mask, Set(bit)));
#endif
}

template <std::size_t kSize>
HWY_INLINE void AddLeaves(const float* table, const std::uint8_t* planes, Bytes leaf, float* sums) {
  const FloatOfEachByte found = LookUpFloats<kSize>(table, planes, leaf);
  const D32 d32;
  for (std::size_t part = 0; part < 4; ++part) {
    float* place = sums + part * kFloats;
    hn::StoreU(hn::Add(hn::LoadU(d32, place), found.part[part]), d32, place);
  }
}

/// Doubles are looked up by halves.
template <std::size_t kSize>
HWY_INLINE void AddLeaves(const float* table, const std::uint8_t* planes, Bytes leaf,
                          double* sums) {
  const FloatOfEachByte low = LookUpFloats<kSize>(table, planes, leaf);
  const FloatOfEachByte high = LookUpFloats<kSize>(table + kSize, planes + 4 * kSize, leaf);
  const hn::Repartition<double, D8> d64;
  const auto add = [&](Floats leaves, double* place) HWY_ATTR {
    hn::StoreU(hn::Add(hn::LoadU(d64, place), hn::BitCast(d64, leaves)), d64, place);
  };
  const D32 d32;
  for (std::size_t part = 0; part < 4; ++part) {
    double* place = sums + part * kFloats;
    add(hn::InterleaveLower(d32, low.part[part], high.part[part]), place);
    add(hn::InterleaveUpper(d32, low.part[part], high.part[part]), place + kFloats / 2);
  }
}

template <class Number, std::size_t kNumBits>
void AddTree(const SlicedTrees& trees, const SlicedTree& tree, std::size_t num_vectors,
             const std::uint8_t* bits, Number* sums) {
  constexpr std::size_t kSize = TableSize(kNumBits);
  constexpr std::size_t kTableFloats = kSize * (sizeof(Number) / sizeof(float));
  const bool to_all = tree.target == trees.num_scores;
  const std::size_t num_tables = to_all ? trees.num_scores : 1;
  const float* tables = trees.tables.data() + tree.first_float;
  const std::uint8_t* planes = trees.planes.data() + std::size_t{tree.first_float} * 4;
  Number* of_score = sums + (to_all ? 0 : tree.target * kBlockRows);
  for (std::size_t v = 0; v < num_vectors; ++v) {
    Bytes leaf = Set(0);
    for (std::size_t b = 0; b < kNumBits; ++b) {
      MarkWhere(bits + tree.bits[b] + v * (kBytes / 8), static_cast<std::uint8_t>(1u << b), leaf);
    }
    for (std::size_t s = 0; s < num_tables; ++s) {
      AddLeaves<kSize>(tables + s * kTableFloats, planes + s * kTableFloats * 4, leaf,
                       of_score + s * kBlockRows + v * kBytes);
    }
  }
}

template <class Number>
void Score(const SlicedTrees& trees, std::size_t first, std::size_t count, BlockBins bins,
           std::size_t num_rows, std::uint8_t* bits, Number* sums) {
  static_assert(kBlockRows % kBytes == 0 && kBitRowBytes % kBytes == 0);
  constexpr std::size_t kVectors = kBlockRows / kBytes;
  const std::size_t num_vectors = (num_rows + kBytes - 1) / kBytes;
  for (const SlicedTree& tree : trees.trees.subspan(first, count)) {
    std::uint8_t* answers = bits + 2 * kBitRowBytes;
    if (num_vectors == kVectors) {
      Answer<kVectors>(trees, tree, bins, num_vectors, answers);
    } else {
      Answer<0>(trees, tree, bins, num_vectors, answers);
    }
    for (const SlicedSelect& select : trees.selects.subspan(tree.first_select, tree.num_selects)) {
      Select(select, bits);
    }
    constexpr std::array kByBits = {&AddTree<Number, 0>, &AddTree<Number, 1>, &AddTree<Number, 2>,
                                    &AddTree<Number, 3>, &AddTree<Number, 4>, &AddTree<Number, 5>,
                                    &AddTree<Number, 6>, &AddTree<Number, 7>, &AddTree<Number, 8>};
    kByBits[tree.num_bits](trees, tree, num_vectors, bits, sums);
  }
}

/// Where AddLeaves has the sum of a row.
std::size_t PlaceF32(std::size_t row) { return row / kBytes * kBytes + WordOf(row % kBytes); }

/// Interleaving the halves runs within 16 bytes.
std::size_t PlaceF64(std::size_t row) {
  const std::size_t word = PlaceF32(row);
  const std::size_t lane = word % kFloats;
  return word - lane + lane % 4 / 2 * (kFloats / 2) + lane / 4 * 2 + lane % 2;
}

#endif  // SIMD

}  // namespace

// Not in the unnamed namespace, so that MARQUEE_FOR_ISA finds it.
SlicedKernel SlicedTreesKernel() noexcept {
#if !MARQUEE_HAS_LOOKUP
  return {.score_f32 = nullptr,
          .score_f64 = nullptr,
          .place_f32 = &Place,
          .place_f64 = &Place,
          .finish_bins = &FinishBins};
#else
  return {.score_f32 = &Score<float>,
          .score_f64 = &Score<double>,
          .place_f32 = &PlaceF32,
          .place_f64 = &PlaceF64,
          .finish_bins = &FinishBins};
#endif
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {

SlicedKernel SlicedKernelFor(Isa isa) noexcept { return MARQUEE_FOR_ISA(isa, SlicedTreesKernel)(); }

}  // namespace marquee::kernels
#endif
