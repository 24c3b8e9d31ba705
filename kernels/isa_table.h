// kernels/isa_table.h — choosing among what Highway compiled of one function. Included behind
// "hwy/highway.h", where HWY_ONCE holds.
#pragma once

#include <array>
#include <cstddef>

#include "kernels/isa.h"

/// The function of this name in the HWY_NAMESPACE of an Isa, a function pointer; null where it is not
/// compiled, which SupportedIsas() never names.
#define MARQUEE_FOR_ISA(isa, function)                           \
  (std::array<decltype(&HWY_STATIC_DISPATCH(function)), 3>{      \
      &HWY_STATIC_DISPATCH(function), HWY_CHOOSE_AVX2(function), \
      HWY_CHOOSE_AVX3(function)}[static_cast<std::size_t>(isa)])
