// kernels/bin.h — from floats to the u8 bins that tree kernels compare.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/isa.h"

namespace marquee::kernels {

/// So many borders fit a u8 bin and leave 255 free.
inline constexpr std::size_t kMaxBorders = 254;

/// Write the bin of every value: the number of borders b with value > b. NaN lies above all borders
/// if `nan_above`, else below all. So "value > borders[i]" is "bin > i", exactly.
///
/// Shapes: borders ascending, at most kMaxBorders; bins [values.size()].
/// Exact:  equal to BinReference.
/// Cost:   no allocation; at most 8 steps a value, without branches.
void Bin(std::span<const float> values, std::span<const float> borders, bool nan_above,
         std::span<std::uint8_t> bins) noexcept;

/// Bin as compiled for one instruction set: for who keeps it, so that Bin need not ask each time.
using BinKernel = void (*)(std::span<const float> values, std::span<const float> borders,
                           bool nan_above, std::span<std::uint8_t> bins) noexcept;

/// The kernel compiled for `isa`, one of SupportedIsas().
BinKernel BinKernelFor(Isa isa) noexcept;

/// Bin in plain C++, a value at a time: what Bin does with few values, whatever the instruction set.
void BinScalar(std::span<const float> values, std::span<const float> borders, bool nan_above,
               std::span<std::uint8_t> bins) noexcept;

/// Bin, as it is defined: count the borders.
void BinReference(std::span<const float> values, std::span<const float> borders, bool nan_above,
                  std::span<std::uint8_t> bins) noexcept;

}  // namespace marquee::kernels
