// tests/kernels/float_cases.h — floats that kernels may treat wrongly, and comparing them by their
// bits.
#pragma once

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

namespace marquee {

/// NaN, infinities, zeros of both signs, denormals, the largest, and some ordinary values.
inline std::vector<float> FloatCases() {
  using Limits = std::numeric_limits<float>;
  return {Limits::quiet_NaN(),
          Limits::infinity(),
          -Limits::infinity(),
          0.0f,
          -0.0f,
          Limits::denorm_min(),
          -1e-40f,
          Limits::min(),
          1.0f,
          -1.0f,
          Limits::max(),
          Limits::lowest(),
          0.1f,
          1e-20f,
          123456.789f};
}

/// Matches a float of the same bits; any NaN matches any NaN.
MATCHER_P(SameBits, expected, "has the bits of " + testing::PrintToString(expected)) {
  if (std::isnan(expected)) return std::isnan(arg);
  return std::bit_cast<std::uint32_t>(static_cast<float>(arg)) ==
         std::bit_cast<std::uint32_t>(static_cast<float>(expected));
}

/// Say whether two vectors are equal by SameBits, element by element.
inline testing::AssertionResult SameFloats(const std::vector<float>& actual,
                                           const std::vector<float>& expected) {
  if (actual.size() != expected.size()) {
    return testing::AssertionFailure() << actual.size() << " floats, not " << expected.size();
  }
  for (std::size_t i = 0; i < actual.size(); ++i) {
    if (!testing::Matches(SameBits(expected[i]))(actual[i])) {
      return testing::AssertionFailure() << "[" << i << "] is " << testing::PrintToString(actual[i])
                                         << ", not " << testing::PrintToString(expected[i]);
    }
  }
  return testing::AssertionSuccess();
}

}  // namespace marquee
