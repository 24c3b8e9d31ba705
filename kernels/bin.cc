#include "kernels/bin.h"

#include <algorithm>

#include "schemas/check.h"

namespace marquee::kernels {

void Bin(std::span<const float> values, std::span<const float> borders, bool nan_above,
         std::span<std::uint8_t> bins) noexcept {
  MARQUEE_CHECK(borders.size() <= kMaxBorders && bins.size() == values.size());
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
