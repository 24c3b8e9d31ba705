// viewer/ui/format.h — numbers as people read them: 12.3 k, 4.2 ms, 98.1 %, 18:24:05.
#pragma once

#include <cstdint>
#include <string>

namespace marquee::viewer {

/// What a number counts.
enum class Unit : std::uint8_t {
  kCount,          ///< 12.3 k
  kRowsPerSecond,  ///< 12.3 k rows/s
  kBytes,          ///< 12.3 MB
  kBytesPerSecond,
  kNanoseconds,  ///< 4.2 ms
  kShare,        ///< 0.981 → 98.1 %
  kPlain,        ///< 0.981
};

/// What stands where nothing was measured.
inline constexpr const char* kNothing = "-";

/// Format with three significant digits and the unit; kNothing if it is not finite.
std::string Quantity(double value, Unit unit);

/// Format a mark of an axis whose marks are `step` apart: with as many digits as tell them apart,
/// without "rows" and trailing zeros. Times end at seconds, which have decimal parts.
std::string AxisMark(double value, double step, Unit unit);

/// Format every digit of it: 1,234,567.
std::string Exact(std::uint64_t value);

/// Format a share as 63.74, the way F1 and its kind are written.
std::string Score(double share);

/// Format a time of day, of nanoseconds since 1970, as 18:24:05; `millis` adds .123. Empty for 0.
std::string TimeOfDay(std::int64_t unix_ns, int utc_offset_s, bool millis = false);

/// Format the day of nanoseconds since 1970: 2026-03-01. Empty for 0.
std::string Day(std::int64_t unix_ns, int utc_offset_s);

/// Format a time of day, and before it the day if that is not the day of `now_ns`: 03-01 18:24:05.
std::string Moment(std::int64_t unix_ns, std::int64_t now_ns, int utc_offset_s);

/// Format a stretch of time as people say it: 12 s, 3 min 20 s, 5 h 12 min, 3 d 4 h.
std::string Stretch(double seconds);

/// Write "row" or "rows" behind the number.
std::string Rows(std::uint64_t count);

}  // namespace marquee::viewer
