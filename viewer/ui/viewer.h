// viewer/ui/viewer.h — the whole interface: start here.
//
// Draws a snapshot and remembers what a person chose; does nothing else. What is asked for comes back
// as intents.
#pragma once

#include <imgui.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

#include "schemas/snapshot_generated.h"
#include "viewer/ui/benchmarks.h"
#include "viewer/ui/choices.h"
#include "viewer/ui/intents.h"
#include "viewer/ui/latency.h"
#include "viewer/ui/open_dialog.h"
#include "viewer/ui/overview.h"
#include "viewer/ui/parts.h"
#include "viewer/ui/predictions.h"
#include "viewer/ui/quality.h"
#include "viewer/ui/theme.h"
#include "viewer/ui/troubles.h"

namespace marquee::viewer {

enum class Panel : std::uint8_t {
  kOverview,
  kQuality,
  kPredictions,
  kParts,
  kLatency,
  kTroubles,
  kBenchmarks
};
inline constexpr std::size_t kNumPanels = 7;
/// Short names, for the command line and for files.
inline constexpr std::array<const char*, kNumPanels> kPanelNames = {
    "overview", "quality", "predictions", "parts", "latency", "troubles", "benchmarks"};

/// All that a person chose.
struct ViewerState {
  Panel panel = Panel::kOverview;
  Choices choices;
  OverviewState overview;
  QualityState quality;
  PredictionsState predictions;
  PartsState parts;
  LatencyState latency;
  TroublesState troubles;
  BenchmarksState benchmarks;
  OpenState open;
  bool help = false;
  /// Others see the same source: it is not to be changed or steered from here.
  bool watching = false;
  /// A line shown over everything, such as where a file was saved; set and cleared by app/.
  std::string notice;
  /// Where the panel was drawn: upper left corner and size, in pixels.
  ImVec2 panel_min;
  ImVec2 panel_size;
};

/// Forget what belonged to the source shown before, and keep the choices.
void ForgetSource(ViewerState& state);

/// Draw a verified snapshot into the whole display. Call between ImGui's NewFrame and Render.
Intents DrawViewer(const wire::Snapshot& snapshot, const Theme& theme, ViewerState& state);

}  // namespace marquee::viewer
