// pipeline/core/clock.h — the two clocks: one for what is compared between machines, one for what
// is measured.
#pragma once

#include <chrono>
#include <cstdint>

namespace marquee {

/// Nanoseconds since the Unix epoch: for hops, which are compared between processes.
inline std::int64_t WallClockNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Nanoseconds on a clock that never jumps: for durations.
inline std::int64_t SteadyClockNs() {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// Adds the time of its scope to `*total_ns`.
class ScopedTimer {
 public:
  explicit ScopedTimer(std::uint64_t* total_ns) : total_ns_(total_ns), start_(SteadyClockNs()) {}
  ~ScopedTimer() { *total_ns_ += static_cast<std::uint64_t>(SteadyClockNs() - start_); }
  ScopedTimer(const ScopedTimer&) = delete;
  ScopedTimer& operator=(const ScopedTimer&) = delete;

 private:
  std::uint64_t* total_ns_;
  std::int64_t start_;
};

}  // namespace marquee
