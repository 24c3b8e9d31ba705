// kernels/lookup-inl.h — looking bytes and words up in small tables, many at once. For files that
// Highway compiles once for each instruction set: included behind "hwy/highway.h", once for each.

// As Highway has it: once per instruction set.
#if defined(MARQUEE_KERNELS_LOOKUP_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef MARQUEE_KERNELS_LOOKUP_INL_H_
#undef MARQUEE_KERNELS_LOOKUP_INL_H_
#else
#define MARQUEE_KERNELS_LOOKUP_INL_H_
#endif

#include <hwy/highway.h>

#include <array>
#include <cstddef>
#include <cstdint>

// The baseline of x86 cannot look up bytes.
#undef MARQUEE_HAS_LOOKUP
#define MARQUEE_HAS_LOOKUP (!(HWY_ARCH_X86 && HWY_TARGET == HWY_STATIC_TARGET))
#undef MARQUEE_AVX512
#define MARQUEE_AVX512 (HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3)

#if MARQUEE_HAS_LOOKUP

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;
using D8 = hn::ScalableTag<std::uint8_t>;
using D32 = hn::Repartition<float, D8>;
using Bytes = hn::Vec<D8>;
using Floats = hn::Vec<D32>;
constexpr std::size_t kBytes = HWY_LANES(std::uint8_t);
constexpr std::size_t kFloats = kBytes / sizeof(float);

HWY_INLINE Bytes Set(std::uint8_t value) { return hn::Set(D8(), value); }
HWY_INLINE Bytes Load(const std::uint8_t* from) { return hn::LoadU(D8(), from); }
HWY_INLINE void Store(Bytes bytes, std::uint8_t* to) { hn::StoreU(bytes, D8(), to); }

/// Indices into the 16 bytes from `first` on; where an index lies elsewhere, one that shuffles to 0.
HWY_INLINE Bytes IndexFrom(std::size_t first, Bytes index) {
  const Bytes low = hn::Sub(index, Set(static_cast<std::uint8_t>(first)));
  // 0…15 become 0x70…0x7F, anything larger gets the highest bit.
  return hn::And(hn::SaturatedAdd(low, Set(0x70)), Set(0x8F));
}

/// Look up bytes of a table whose size is a multiple of 16.
HWY_INLINE Bytes LookUp(const std::uint8_t* table, std::size_t size, Bytes index) {
  Bytes found = Set(0);
  for (std::size_t first = 0; first < size; first += 16) {
    const Bytes part = hn::LoadDup128(D8(), table + first);
    found = hn::Or(found, hn::TableLookupBytesOr0(part, IndexFrom(first, index)));
  }
  return found;
}

/// A float for each byte, in the order that WordOf says.
struct FloatOfEachByte {
  Floats part[4];
};

#if MARQUEE_AVX512

/// Look floats up, 32 at a time, in two registers.
template <std::size_t kSize>
HWY_INLINE FloatOfEachByte LookUpFloats(const float* table, const std::uint8_t* /*planes*/,
                                        Bytes bytes) {
  FloatOfEachByte all;
  for (int byte = 0; byte < 4; ++byte) {
    // Of every four bytes, one. The permutations look at the lowest five bits only.
    const __m512i index = _mm512_srli_epi32(bytes.raw, static_cast<unsigned>(8 * byte));
    __m512 found;
    if constexpr (kSize == 16) {
      found = _mm512_permutexvar_ps(index, _mm512_loadu_ps(table));
    } else if constexpr (kSize <= 64) {
      found = _mm512_permutex2var_ps(_mm512_loadu_ps(table), index, _mm512_loadu_ps(table + 16));
      if constexpr (kSize == 64) {
        const __mmask16 above = _mm512_test_epi32_mask(index, _mm512_set1_epi32(32));
        found = _mm512_mask_blend_ps(above, found,
                                     _mm512_permutex2var_ps(_mm512_loadu_ps(table + 32), index,
                                                            _mm512_loadu_ps(table + 48)));
      }
    } else {
      found = _mm512_i32gather_ps(_mm512_and_si512(index, _mm512_set1_epi32(0xFF)), table, 4);
    }
    all.part[byte].raw = found;
  }
  return all;
}

/// Where LookUpFloats has the float of this byte.
constexpr std::size_t WordOf(std::size_t byte) { return byte % 4 * kFloats + byte / 4; }

#else

/// Look floats up: their bytes one plane after the other, which are then put together. A gather
/// would take a load for each.
template <std::size_t kSize>
HWY_INLINE FloatOfEachByte LookUpFloats(const float* /*table*/, const std::uint8_t* planes,
                                        Bytes bytes) {
  Bytes plane[4] = {Set(0), Set(0), Set(0), Set(0)};
  for (std::size_t first = 0; first < kSize; first += 16) {
    const Bytes index = IndexFrom(first, bytes);
    for (std::size_t p = 0; p < 4; ++p) {
      const Bytes part = hn::LoadDup128(D8(), planes + p * kSize + first);
      plane[p] = hn::Or(plane[p], hn::TableLookupBytesOr0(part, index));
    }
  }
  const hn::Repartition<std::uint16_t, D8> d16;
  const auto low0 = hn::BitCast(d16, hn::InterleaveLower(D8(), plane[0], plane[1]));
  const auto low1 = hn::BitCast(d16, hn::InterleaveUpper(D8(), plane[0], plane[1]));
  const auto high0 = hn::BitCast(d16, hn::InterleaveLower(D8(), plane[2], plane[3]));
  const auto high1 = hn::BitCast(d16, hn::InterleaveUpper(D8(), plane[2], plane[3]));
  const D32 d32;
  return {{hn::BitCast(d32, hn::InterleaveLower(d16, low0, high0)),
           hn::BitCast(d32, hn::InterleaveUpper(d16, low0, high0)),
           hn::BitCast(d32, hn::InterleaveLower(d16, low1, high1)),
           hn::BitCast(d32, hn::InterleaveUpper(d16, low1, high1))}};
}

/// Where LookUpFloats has the float of this byte: interleaving runs within 16 bytes.
constexpr std::size_t WordOf(std::size_t byte) {
  return byte % 16 / 4 * kFloats + byte / 16 * 4 + byte % 4;
}

#endif  // MARQUEE_AVX512

}  // namespace
}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // MARQUEE_HAS_LOOKUP
#endif  // once for each instruction set
