// model/checks.h — checks that the parts of a model's validation share.
#pragma once

#include <fmt/format.h>

#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>

#include "schemas/status.h"

namespace marquee::model {

/// An error that names the field, what is wrong with it, and what to do.
inline Status Refuse(std::string_view field, std::string_view problem) {
  return Status::Config(
      fmt::format("{} {}: the file is damaged or was not made for this format; fetch it again or "
                  "fit a new one (./run train)",
                  field, problem));
}

inline Status CheckSize(std::string_view field, std::size_t size, std::size_t expected,
                        std::string_view because) {
  if (size == expected) return {};
  return Refuse(field, fmt::format("has {} entries instead of {} ({})", size, expected, because));
}

template <class Number>
Status CheckFinite(std::string_view field, std::span<const Number> values) {
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!std::isfinite(values[i])) {
      return Refuse(fmt::format("{}[{}]", field, i), fmt::format("is {}, not finite", values[i]));
    }
  }
  return {};
}

/// Each value finite and above the one before it.
inline Status CheckAscending(std::string_view field, std::span<const float> values) {
  MARQUEE_RETURN_IF_ERROR(CheckFinite(field, values));
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (!(values[i - 1] < values[i])) {
      return Refuse(fmt::format("{}[{}]", field, i),
                    fmt::format("is {}, not above {} before it", values[i], values[i - 1]));
    }
  }
  return {};
}

}  // namespace marquee::model
