// viewer/ui/overview.h — the whole pipeline at a glance.
#pragma once

#include "schemas/snapshot_generated.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// What the top bar chose for all panels.
struct Choices {
  int quality_window = 2;  ///< index of Snapshot.qualities
  int timeline = 0;        ///< 0 = the last five minutes, 1 = the session

  const wire::Quality& Quality(const wire::Snapshot& snapshot) const {
    return *snapshot.qualities()->Get(static_cast<unsigned>(quality_window));
  }
  const wire::Timeline& Timeline(const wire::Snapshot& snapshot) const {
    return timeline == 0 ? *snapshot.recent() : *snapshot.session();
  }
};

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
