#include "viewer/ui/format.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <span>

namespace marquee::viewer {
namespace {

struct Scale {
  double factor;
  const char* name;
};

constexpr std::array<Scale, 5> kThousands = {
    {{1e12, " T"}, {1e9, " G"}, {1e6, " M"}, {1e3, " k"}, {1, ""}}};
constexpr std::array<Scale, 5> kBytes = {
    {{1e12, " TB"}, {1e9, " GB"}, {1e6, " MB"}, {1e3, " kB"}, {1, " B"}}};
constexpr std::array<Scale, 6> kTimes = {
    {{3600e9, " h"}, {60e9, " min"}, {1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}}};

/// Three significant digits, none of them behind the point where `whole` counts things.
std::string Digits(double value, bool whole) {
  const double size = std::abs(value);
  if (size == 0 || (whole && size < 1000 && value == std::round(value)) || size >= 99.95) {
    return fmt::format("{:.0f}", value);
  }
  return fmt::format("{:.{}f}", value, size >= 9.995 ? 1 : 2);
}

/// `value` in the largest unit of which there is at least one.
std::string Scaled(double value, std::span<const Scale> scales, bool whole) {
  for (const Scale& scale : scales) {
    // 999.6 k would be written as 1000 k: it is 1.00 M.
    if (std::abs(value) >= 0.9995 * scale.factor) {
      return Digits(value / scale.factor, whole && scale.factor == 1) + scale.name;
    }
  }
  const Scale& smallest = scales.back();
  return Digits(value / smallest.factor, whole) + smallest.name;
}

/// `value`, a multiple of `step`, with the digits that it has, but no trailing zeros.
std::string MarkDigits(double value, double step) {
  // Steps have two digits at most: 1, 2, 2.5 or 5 times a power of ten.
  const int digits = std::clamp(1 - static_cast<int>(std::floor(std::log10(step))), 0, 9);
  std::string text = fmt::format("{:.{}f}", value, digits);
  if (digits == 0) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

/// `value` in the largest unit of which there is at least one, as MarkDigits.
std::string ScaledMark(double value, double step, std::span<const Scale> scales) {
  const auto fits = [&](const Scale& scale) { return std::abs(value) >= 0.9995 * scale.factor; };
  const auto found = std::find_if(scales.begin(), scales.end(), fits);
  const Scale& scale = found != scales.end() ? *found : scales.back();
  return MarkDigits(value / scale.factor, step / scale.factor) + scale.name;
}

/// "3 min 20 s", or "3 min".
std::string TwoParts(std::uint64_t large, const char* large_unit, std::uint64_t small,
                     const char* small_unit) {
  if (small == 0) return fmt::format("{} {}", large, large_unit);
  return fmt::format("{} {} {} {}", large, large_unit, small, small_unit);
}

}  // namespace

std::string Quantity(double value, Unit unit) {
  if (!std::isfinite(value)) return kNothing;
  switch (unit) {
    case Unit::kCount:
      return Scaled(value, kThousands, true);
    case Unit::kRowsPerSecond:
      return Scaled(value, kThousands, true) + " rows/s";
    case Unit::kBytes:
      return Scaled(value, kBytes, true);
    case Unit::kBytesPerSecond:
      return Scaled(value, kBytes, true) + "/s";
    case Unit::kNanoseconds:
      return Scaled(value, kTimes, false);
    case Unit::kShare:
      return fmt::format("{:.1f} %", 100 * value);
    case Unit::kPlain:
      break;
  }
  if (value != 0 && (std::abs(value) >= 1e5 || std::abs(value) < 1e-3)) {
    return fmt::format("{:.3g}", value);
  }
  return fmt::format("{:.3f}", value);
}

std::string AxisMark(double value, double step, Unit unit) {
  if (unit == Unit::kShare) return MarkDigits(100 * value, 100 * step) + " %";
  if (value == 0) return "0";
  switch (unit) {
    case Unit::kCount:
    case Unit::kRowsPerSecond:
      return ScaledMark(value, step, kThousands);
    case Unit::kBytes:
    case Unit::kBytesPerSecond:
      return ScaledMark(value, step, kBytes);
    case Unit::kNanoseconds:
      return ScaledMark(value, step, std::span(kTimes).last(4));
    case Unit::kShare:
    case Unit::kPlain:
      break;
  }
  return MarkDigits(value, step);
}

std::string Exact(std::uint64_t value) {
  std::string text = fmt::format("{}", value);
  for (std::size_t i = text.size(); i > 3; i -= 3) text.insert(i - 3, 1, ',');
  return text;
}

std::string Score(double share) {
  return std::isfinite(share) ? fmt::format("{:.2f}", 100 * share) : kNothing;
}

std::string TimeOfDay(std::int64_t unix_ns, int utc_offset_s, bool millis) {
  if (unix_ns == 0) return {};
  constexpr std::int64_t kDay = 86'400'000;
  const std::int64_t ms = unix_ns / 1'000'000 + std::int64_t{1000} * utc_offset_s;
  const std::int64_t of_day = (ms % kDay + kDay) % kDay;
  const std::string text = fmt::format("{:02}:{:02}:{:02}", of_day / 3'600'000,
                                       of_day / 60'000 % 60, of_day / 1000 % 60);
  return millis ? fmt::format("{}.{:03}", text, of_day % 1000) : text;
}

std::string Day(std::int64_t unix_ns, int utc_offset_s) {
  if (unix_ns == 0) return {};
  using std::chrono::floor;
  const std::chrono::seconds local(unix_ns / 1'000'000'000 + utc_offset_s);
  const std::chrono::year_month_day day(floor<std::chrono::days>(std::chrono::sys_seconds(local)));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(day.year()),
                     static_cast<unsigned>(day.month()), static_cast<unsigned>(day.day()));
}

std::string Moment(std::int64_t unix_ns, std::int64_t now_ns, int utc_offset_s) {
  const std::string time = TimeOfDay(unix_ns, utc_offset_s);
  const std::string day = Day(unix_ns, utc_offset_s);
  if (day.empty() || day == Day(now_ns, utc_offset_s)) return time;
  return fmt::format("{} {}", day.substr(day.size() - 5), time);
}

std::string Stretch(double seconds) {
  // Beyond this no whole number of seconds fits; nothing that runs is as old.
  if (!(seconds >= 0) || seconds > 1e12) return kNothing;
  if (seconds < 9.95) return fmt::format("{:.1f} s", seconds);
  const auto whole = static_cast<std::uint64_t>(seconds + 0.5);
  if (whole < 60) return fmt::format("{} s", whole);
  if (whole < 3600) return TwoParts(whole / 60, "min", whole % 60, "s");
  if (whole < 86'400) return TwoParts(whole / 3600, "h", whole / 60 % 60, "min");
  return TwoParts(whole / 86'400, "d", whole / 3600 % 24, "h");
}

std::string Rows(std::uint64_t count) {
  return Quantity(static_cast<double>(count), Unit::kCount) + (count == 1 ? " row" : " rows");
}

}  // namespace marquee::viewer
