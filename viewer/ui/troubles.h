// viewer/ui/troubles.h — services, dead letters, events: what went wrong, or was about to.
#pragma once

#include "schemas/snapshot_generated.h"
#include "viewer/ui/choices.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct TroublesState {
  float top = 0.36F;
  float left = 0.5F;
  float letters = 0.5F;        ///< share of the reasons above the last dead letters
  bool only_troubles = false;  ///< hide the events that merely inform
  PlotState dead;
};

void DrawTroubles(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
                  TroublesState& state);

}  // namespace marquee::viewer
