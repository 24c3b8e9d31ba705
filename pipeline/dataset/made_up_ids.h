// pipeline/dataset/made_up_ids.h — the ids of rows that are no real ones.
#pragma once

#include <cstdint>

namespace marquee {

/// The smallest generated id: no real movie has one so large, so generated rows are known as such
/// wherever they turn up, and so are real ones that are sent again.
inline constexpr std::int64_t kFirstGeneratedId = 1'000'000'000;

/// Added to the ids of a file's second reading, twice to those of the third, ….
inline constexpr std::int64_t kRepeatedIdShift = 10'000'000'000;

/// The id in the file of a row that may have been sent again: whoever has seen the one has seen the
/// other.
constexpr std::int64_t OriginalId(std::int64_t id) noexcept {
  return id < kRepeatedIdShift ? id : id % kRepeatedIdShift;
}

}  // namespace marquee
