// viewer/ui/overview.h — the whole pipeline at a glance.
#pragma once

#include "schemas/snapshot_generated.h"
#include "viewer/ui/choices.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct OverviewState {
  float left = 0.5F;  ///< share of the plots' left column
  float top = 0.5F;   ///< and of their upper row
  PlotState throughput;
  PlotState quality;
  PlotState lag;
  PlotState latency;
};

void DrawOverview(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
                  OverviewState& state);

}  // namespace marquee::viewer
