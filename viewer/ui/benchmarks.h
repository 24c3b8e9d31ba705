// viewer/ui/benchmarks.h — records of benchmarks: one alone, or two side by side.
#pragma once

#include <array>

#include "schemas/snapshot_generated.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct BenchmarksState {
  std::array<char, 128> search{};
  bool only_changes = false;  ///< hide what differs by less than 5 %
};

void DrawBenchmarks(const wire::Snapshot& snapshot, const Theme& theme, BenchmarksState& state);

}  // namespace marquee::viewer
