#include "kernels/bin.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <utility>

#include "schemas/check.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/bin.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {

/// From so many values on, preparing a search of many pays.
constexpr std::size_t kMany = 16;

#if !(HWY_ARCH_X86 && HWY_TARGET == HWY_STATIC_TARGET)

namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Floats = hn::ScalableTag<float>;
using Ints = hn::RebindToSigned<Floats>;

constexpr std::size_t kMaxLevels = 8;

/// The borders as a binary search meets them: what level l compares with lies from 2^l on.
struct SearchTree {
  alignas(64) std::array<float, 1 << kMaxLevels> nodes;

  SearchTree(std::span<const float> borders, std::size_t num_levels) {
    for (std::size_t level = 0; level < num_levels; ++level) {
      const std::size_t count = std::size_t{1} << level;
      const std::size_t step = std::size_t{1} << (num_levels - level);
      for (std::size_t i = 0; i < count; ++i) {
        const std::size_t border = i * step + step / 2 - 1;
        // Nothing lies above infinity.
        nodes[count + i] =
            border < borders.size() ? borders[border] : std::numeric_limits<float>::infinity();
      }
    }
  }
};

/// nodes[index] of one level, for each lane.
template <std::size_t kLevel>
HWY_INLINE hn::Vec<Floats> NodesAt(const float* nodes, hn::Vec<Ints> index) {
  constexpr std::size_t kNodes = std::size_t{1} << kLevel;
  const Floats d;
  if constexpr (kNodes <= HWY_LANES(float)) {
    // Perhaps fewer nodes than lanes: what is loaded behind them is never looked at.
    return hn::TableLookupLanes(hn::LoadU(d, nodes), hn::IndicesFromVec(d, index));
  } else {
#if HWY_ARCH_X86 && HWY_TARGET <= HWY_AVX3
    // Two registers at a time; Highway 1.0 has no name for that. It beats gathering.
    if constexpr (kLevel == 5) {
      return hn::Vec<Floats>{
          _mm512_permutex2var_ps(_mm512_loadu_ps(nodes), index.raw, _mm512_loadu_ps(nodes + 16))};
    } else {
      const auto upper = hn::TestBit(index, hn::Set(Ints(), 1 << (kLevel - 1)));
      return hn::IfThenElse(hn::RebindMask(d, upper),
                            NodesAt<kLevel - 1>(nodes + kNodes / 2, index),
                            NodesAt<kLevel - 1>(nodes, index));
    }
#else
    return hn::GatherIndex(d, nodes, index);
#endif
  }
}

template <std::size_t kLevel>
HWY_INLINE hn::Vec<Ints> Step(const SearchTree& tree, hn::Vec<Floats> value, hn::Vec<Ints> bin) {
  const auto node = NodesAt<kLevel>(tree.nodes.data() + (std::size_t{1} << kLevel), bin);
  const auto above = hn::VecFromMask(Ints(), hn::RebindMask(Ints(), hn::Gt(value, node)));
  return hn::Sub(hn::Add(bin, bin), above);  // above is 0 or -1
}

template <std::size_t... kLevel>
HWY_INLINE hn::Vec<Ints> Search(const SearchTree& tree, hn::Vec<Floats> value,
                                std::index_sequence<kLevel...>) {
  auto bin = hn::Zero(Ints());
  ((bin = Step<kLevel>(tree, value, bin)), ...);
  return bin;
}

/// A vector of values is searched at once; most nodes are looked up in registers.
template <std::size_t kNumLevels>
void BinByLevels(std::span<const float> values, std::span<const float> borders, bool nan_above,
                 std::span<std::uint8_t> bins) {
  const Floats d;
  const SearchTree tree(borders, kNumLevels);
  const auto nan_bin = hn::Set(Ints(), nan_above ? static_cast<std::int32_t>(borders.size()) : 0);
  const std::size_t last = values.size() - hn::Lanes(d);
  for (std::size_t row = 0;; row = std::min(row + hn::Lanes(d), last)) {
    const auto value = hn::LoadU(d, values.data() + row);
    auto bin = Search(tree, value, std::make_index_sequence<kNumLevels>());
    bin = hn::IfThenElse(hn::RebindMask(Ints(), hn::IsNaN(value)), nan_bin, bin);
    const hn::Rebind<std::uint8_t, Ints> bytes;
    hn::StoreU(hn::DemoteTo(bytes, bin), bytes, bins.data() + row);
    if (row == last) return;  // it may overlap with the one before
  }
}

}  // namespace

/// Shapes: at least kMany values.
void BinMany(std::span<const float> values, std::span<const float> borders, bool nan_above,
             std::span<std::uint8_t> bins) {
  static_assert(kMany >= HWY_LANES(float));
  constexpr std::array kByLevels = {&BinByLevels<0>, &BinByLevels<1>, &BinByLevels<2>,
                                    &BinByLevels<3>, &BinByLevels<4>, &BinByLevels<5>,
                                    &BinByLevels<6>, &BinByLevels<7>, &BinByLevels<8>};
  kByLevels[static_cast<std::size_t>(std::bit_width(borders.size()))](values, borders, nan_above,
                                                                      bins);
}

#else

void BinMany(std::span<const float> values, std::span<const float> borders, bool nan_above,
             std::span<std::uint8_t> bins) {
  const float* __restrict value = values.data();
  std::uint8_t* __restrict bin = bins.data();
  std::fill(bins.begin(), bins.end(), std::uint8_t{0});
  // A binary search of all values at once, one step after the other: bin and bin + left bound what
  // is still possible. Every value takes the same steps, without a branch that depends on it, and
  // no step waits for another value's.
  for (std::size_t left = borders.size(); left > 0; left /= 2) {
    const std::size_t half = (left + 1) / 2;
    const float* middle = borders.data() + half - 1;
    for (std::size_t row = 0; row < values.size(); ++row) {
      const int all_ones_if_above = -static_cast<int>(value[row] > middle[bin[row]]);
      bin[row] = static_cast<std::uint8_t>(bin[row] + (all_ones_if_above & static_cast<int>(half)));
    }
  }
  if (!nan_above) return;
  const auto nan_bin = static_cast<std::uint8_t>(borders.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    if (value[row] != value[row]) bin[row] = nan_bin;
  }
}

#endif

void BinOf(std::span<const float> values, std::span<const float> borders, bool nan_above,
           std::span<std::uint8_t> bins) noexcept {
  MARQUEE_CHECK(borders.size() <= kMaxBorders && bins.size() == values.size());
  if (values.size() < kMany) return BinScalar(values, borders, nan_above, bins);
  BinMany(values, borders, nan_above, bins);
}

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

std::uint8_t BinOne(float value, std::span<const float> borders, bool nan_above) noexcept {
  if (value != value) return nan_above ? static_cast<std::uint8_t>(borders.size()) : 0;
  const float* first = borders.data();
  // Halves without a branch: where a search goes cannot be predicted.
  for (std::size_t left = borders.size(); left > 0; left /= 2) {
    const std::size_t half = (left + 1) / 2;
    first += value > first[half - 1] ? half : 0;
  }
  return static_cast<std::uint8_t>(first - borders.data());
}

}  // namespace

BinKernel BinKernelFor(Isa isa) noexcept { return MARQUEE_FOR_ISA(isa, BinOf); }

void Bin(std::span<const float> values, std::span<const float> borders, bool nan_above,
         std::span<std::uint8_t> bins) noexcept {
  BinKernelFor(ActiveIsa())(values, borders, nan_above, bins);
}

void BinScalar(std::span<const float> values, std::span<const float> borders, bool nan_above,
               std::span<std::uint8_t> bins) noexcept {
  MARQUEE_CHECK(borders.size() <= kMaxBorders && bins.size() == values.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    bins[row] = BinOne(values[row], borders, nan_above);
  }
}

void BinReference(std::span<const float> values, std::span<const float> borders, bool nan_above,
                  std::span<std::uint8_t> bins) noexcept {
  MARQUEE_CHECK(borders.size() <= kMaxBorders && bins.size() == values.size());
  for (std::size_t row = 0; row < values.size(); ++row) {
    const float value = values[row];
    const bool is_nan = value != value;
    std::uint8_t bin = 0;
    for (const float border : borders) {
      if (is_nan ? nan_above : value > border) ++bin;
    }
    bins[row] = bin;
  }
}

}  // namespace marquee::kernels
#endif
