#include "kernels/bin.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>

#include "schemas/check.h"

namespace marquee::kernels {

void Bin(std::span<const float> values, std::span<const float> borders, bool nan_above,
         std::span<std::uint8_t> bins) noexcept {
  MARQUEE_CHECK(borders.size() <= kMaxBorders && bins.size() == values.size());
  // Up to the next 2^n - 1, with +inf, which no value exceeds: every search then takes the same n
  // steps.
  std::array<float, kMaxBorders + 1> padded;
  const std::size_t size = std::bit_ceil(borders.size() + 1) - 1;
  std::copy(borders.begin(), borders.end(), padded.begin());
  std::fill(padded.begin() + borders.size(), padded.begin() + size,
            std::numeric_limits<float>::infinity());
  const auto nan_bin = static_cast<std::uint8_t>(nan_above ? borders.size() : 0);
  for (std::size_t row = 0; row < values.size(); ++row) {
    const float value = values[row];
    std::size_t below = 0;  // borders known to lie below the value
    for (std::size_t half = (size + 1) / 2; half > 0; half /= 2) {
      below += value > padded[below + half - 1] ? half : 0;
    }
    bins[row] = value != value ? nan_bin : static_cast<std::uint8_t>(below);
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
