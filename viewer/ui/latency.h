// viewer/ui/latency.h — where the time between a row's reception and its result goes.
#pragma once

#include "schemas/snapshot_generated.h"
#include "viewer/ui/choices.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct LatencyState {
  int percentile = 0;  ///< of the waterfall: 0 = medians, 1 = p99
  float top = 0.4F;
  PlotState curve;
  PlotState history;
};

void DrawLatency(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
                 LatencyState& state);

/// Draw p99 and median over time into what is left of the window.
void DrawLatencyOverTime(const char* id, const wire::Snapshot& snapshot,
                         const wire::Timeline& timeline, const Theme& theme, PlotState& state);

}  // namespace marquee::viewer
