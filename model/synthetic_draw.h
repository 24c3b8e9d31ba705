// model/synthetic_draw.h — what synthetic models and rows are drawn with.
#pragma once

#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

#include "model/synthetic.h"

namespace marquee::model {

/// Unlike the standard library's distributions, the same on every implementation.
inline std::size_t Below(Random& random, std::size_t end) { return random() % end; }

inline std::size_t Between(Random& random, std::size_t first, std::size_t last) {
  return first + Below(random, last - first + 1);
}

inline float Uniform(Random& random, float low, float high) {
  return low + static_cast<float>(random() >> 40) / 16777216.0f * (high - low);
}

template <class T>
void Shuffle(Random& random, std::vector<T>& values) {
  for (std::size_t i = values.size(); i > 1; --i)
    std::swap(values[i - 1], values[Below(random, i)]);
}

template <class T>
T Pick(Random& random, const std::vector<T>& from) {
  return from[Below(random, from.size())];
}

/// A value that a column's border, mean or float format may treat in a special way.
inline float SpecialValue(Random& random) {
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
  constexpr float infinity = std::numeric_limits<float>::infinity();
  static const std::vector<float> values = {nan,
                                            infinity,
                                            -infinity,
                                            0.0f,
                                            -0.0f,
                                            std::numeric_limits<float>::denorm_min(),
                                            -std::numeric_limits<float>::denorm_min(),
                                            std::numeric_limits<float>::max(),
                                            std::numeric_limits<float>::lowest()};
  return Pick(random, values);
}

}  // namespace marquee::model
