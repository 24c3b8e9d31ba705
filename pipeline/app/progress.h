// pipeline/app/progress.h — a progress bar on a terminal, and nothing anywhere else.
#pragma once

#include <cstdint>
#include <string>

namespace marquee {

/// Draws "label [=====>    ]  52 %" on standard error, at most ten times a second, if that is a
/// terminal.
///
/// Threads: one at a time. The destructor clears the line, so that what is printed next stands
/// alone.
class ProgressBar {
 public:
  explicit ProgressBar(std::string label);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Show that `done` of `total` is done; `total` 0 = unknown.
  void Update(std::uint64_t done, std::uint64_t total);

 private:
  std::string label_;
  bool enabled_;
  bool drawn_ = false;
  std::int64_t last_ns_ = 0;
};

}  // namespace marquee
