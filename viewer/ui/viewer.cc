#include "viewer/ui/viewer.h"

#include <algorithm>

#include "viewer/ui/help.h"
#include "viewer/ui/top_bar.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

constexpr std::array<const char*, kNumPanels> kTitles = {
    "Overview",  "Quality", "Predictions", "Model parts", "Latency", "Health & dead letters",
    "Benchmarks"};

void DrawTabs(const Theme& theme, ViewerState& state) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float height = ImGui::GetFrameHeight() + theme.px(4);
  for (std::size_t i = 0; i < kNumPanels; ++i) {
    if (i > 0) ImGui::SameLine(0, 0);
    const bool chosen = static_cast<std::size_t>(state.panel) == i;
    const ImVec2 at = ImGui::GetCursorScreenPos();
    ImGui::PushFont(chosen ? theme.bold : theme.text);
    const ImVec2 text = ImGui::CalcTextSize(kTitles[i]);
    const float width = text.x + theme.px(22);
    if (ImGui::InvisibleButton(kPanelNames[i], {width, height})) {
      state.panel = static_cast<Panel>(i);
    }
    const bool hovered = ImGui::IsItemHovered();
    draw.AddText({at.x + theme.px(11), at.y + (height - text.y) / 2},
                 chosen || hovered ? theme.ink : theme.muted, kTitles[i]);
    ImGui::PopFont();
    if (chosen) {
      draw.AddRectFilled({at.x + theme.px(8), at.y + height - theme.px(3)},
                         {at.x + width - theme.px(8), at.y + height}, theme.accent, theme.px(1));
    }
  }
}

/// At the right end of the line of tabs, or below it where that is too narrow.
void DrawChoices(const Theme& theme, Choices& choices) {
  const float words = ImGui::CalcTextSize("F1 over").x + ImGui::CalcTextSize("Lines over").x;
  const float width = words + ChoiceWidth({"10 s", "1 min", "All"}) +
                      ChoiceWidth({"5 min", "Session"}) + theme.px(8 + 16 + 8);
  const float tabs_end = ImGui::GetItemRectMax().x - ImGui::GetWindowPos().x;
  const float start = ImGui::GetContentRegionMax().x - width;
  if (start > tabs_end + theme.px(8)) ImGui::SameLine(start);
  ImGui::AlignTextToFramePadding();
  ColoredText(theme.muted, "F1 over");
  ImGui::SameLine(0, theme.px(8));
  DrawChoice("window", {"10 s", "1 min", "All"}, choices.quality_window, theme);
  ImGui::SameLine(0, theme.px(16));
  ImGui::AlignTextToFramePadding();
  ColoredText(theme.muted, "Lines over");
  ImGui::SameLine(0, theme.px(8));
  DrawChoice("timeline", {"5 min", "Session"}, choices.timeline, theme);
}

void TakeKeys(const wire::Snapshot& snapshot, const Theme& theme, ViewerState& state,
              Intents& intents) {
  if (state.open.visible) return;
  if (Typed('?')) state.help = !state.help;
  if (state.help) return;
  for (std::size_t i = 0; i < kNumPanels; ++i) {
    if (Typed(static_cast<char>('1' + i))) state.panel = static_cast<Panel>(i);
  }
  if (Typed('o') && !state.watching) state.open.visible = true;
  if (Typed('p')) intents.save_picture = true;
  if (Typed('w')) state.choices.quality_window = (state.choices.quality_window + 1) % 3;
  if (Typed('l')) state.choices.timeline = 1 - state.choices.timeline;
  if (Typed('t')) {
    intents.theme = theme.kind == ThemeKind::kDark ? ThemeKind::kLight : ThemeKind::kDark;
  }
  if (Typed('+')) intents.scale = std::min(theme.scale * 1.1F, 4.0F);
  if (Typed('-')) intents.scale = std::max(theme.scale / 1.1F, 0.5F);
  if (Typed('0')) intents.scale = 0.0F;
  if (Typed(' ') && !state.watching) TogglePlayback(*snapshot.source(), intents);
}

void DrawPanel(const wire::Snapshot& snapshot, const Theme& theme, ViewerState& state,
               Intents& intents) {
  switch (state.panel) {
    case Panel::kOverview:
      return DrawOverview(snapshot, state.choices, theme, state.overview);
    case Panel::kQuality:
      if (const auto cell = DrawQuality(snapshot, state.choices, theme, state.quality)) {
        ShowOnly(static_cast<int>(cell->row), static_cast<int>(cell->column), state.predictions);
        state.panel = Panel::kPredictions;
      }
      return;
    case Panel::kPredictions:
      return DrawPredictions(snapshot, theme, state.predictions, intents);
    case Panel::kParts:
      return DrawParts(snapshot, state.choices, theme, state.parts);
    case Panel::kLatency:
      return DrawLatency(snapshot, state.choices, theme, state.latency);
    case Panel::kTroubles:
      return DrawTroubles(snapshot, state.choices, theme, state.troubles);
    case Panel::kBenchmarks:
      return DrawBenchmarks(snapshot, theme, state.benchmarks);
  }
}

void DrawNotice(const std::string& notice, const Theme& theme) {
  if (notice.empty()) return;
  ImDrawList& draw = *ImGui::GetForegroundDrawList();
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const std::string text = Fitted(notice, display.x - theme.px(60));
  const ImVec2 extent = ImGui::CalcTextSize(text.c_str());
  const ImVec2 at = {(display.x - extent.x) / 2, display.y - extent.y - theme.px(30)};
  const float pad = theme.px(10);
  draw.AddRectFilled({at.x - pad, at.y - pad}, {at.x + extent.x + pad, at.y + extent.y + pad},
                     Mixed(theme.card, theme.accent, 0.3F), theme.px(6));
  draw.AddText(at, theme.ink, text.c_str());
}

}  // namespace

void ForgetSource(ViewerState& state) {
  // What was filtered by class or selected means nothing in another source.
  state.predictions = {.order = state.predictions.order,
                       .descending = state.predictions.descending,
                       .left = state.predictions.left};
  for (PlotState* plot :
       {&state.overview.throughput, &state.overview.quality, &state.overview.lag,
        &state.overview.latency, &state.quality.f1, &state.quality.calibration,
        &state.parts.history, &state.latency.curve, &state.latency.history, &state.troubles.dead}) {
    *plot = {};
  }
}

Intents DrawViewer(const wire::Snapshot& snapshot, const Theme& theme, ViewerState& state) {
  Intents intents;
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(ImGui::GetIO().DisplaySize);
  // Only dialogs have frames and round corners.
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin("Marquee", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove |
                   ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                   ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoNav);
  ImGui::PopStyleVar(2);
  TakeKeys(snapshot, theme, state, intents);
  const TopBarActions actions = DrawTopBar(snapshot, theme, state.watching, intents);
  state.open.visible |= actions.open;
  state.help |= actions.help;
  DrawPlayback(snapshot, theme, state.watching, intents);
  DrawTabs(theme, state);
  DrawChoices(theme, state.choices);
  state.panel_min = ImGui::GetCursorScreenPos();
  state.panel_size = ImGui::GetContentRegionAvail();
  ImGui::PushID(static_cast<int>(state.panel));
  ImGui::BeginChild("panel", {0, 0}, false,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  DrawPanel(snapshot, theme, state, intents);
  ImGui::EndChild();
  ImGui::PopID();
  DrawOpenDialog(theme, state.open, intents);
  DrawHelp(theme, state.watching, state.help);
  ImGui::End();
  DrawNotice(state.notice, theme);
  return intents;
}

}  // namespace marquee::viewer
