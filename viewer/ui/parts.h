// viewer/ui/parts.h — what scaler, encoder and classifier cost.
#pragma once

#include "schemas/snapshot_generated.h"
#include "viewer/ui/choices.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct PartsState {
  PlotState history;
};

void DrawParts(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
               PartsState& state);

/// Draw what a row takes in each part, over time, into what is left of the window.
void DrawPartsOverTime(const char* id, const wire::Snapshot& snapshot,
                       const wire::Timeline& timeline, const Theme& theme, PlotState& state);

}  // namespace marquee::viewer
