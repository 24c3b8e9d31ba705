// viewer/app/measure.h — what the window costs: time a frame, processor, memory.
#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace marquee::viewer {

/// Counts from its making. Threads: one.
class Meter {
 public:
  using Clock = std::chrono::steady_clock;

  Meter();

  void AddFrame(Clock::duration taken) { frames_.push_back(taken); }
  double seconds() const;

  /// One JSON object: seconds, frames, their p50 and p99 in milliseconds, the process' share of one
  /// core, resident bytes.
  std::string Json() const;

 private:
  Clock::time_point began_;
  double cpu_began_;
  std::vector<Clock::duration> frames_;
};

}  // namespace marquee::viewer
