// pipeline/app/stop_signal.h — noticing that the user wants a command to end.
#pragma once

#include <csignal>

namespace marquee {

/// While one lives, SIGINT and SIGTERM are only noted, so that a command can end in order. A second
/// one ends the program at once. At most one lives at a time.
class StopSignal {
 public:
  StopSignal();
  ~StopSignal();
  StopSignal(const StopSignal&) = delete;
  StopSignal& operator=(const StopSignal&) = delete;

  bool requested() const noexcept;

 private:
  struct sigaction old_interrupt_ = {};
  struct sigaction old_terminate_ = {};
};

}  // namespace marquee
