#include "viewer/ui/parts.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <vector>

#include "viewer/ui/format.h"
#include "viewer/ui/plot_shapes.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

/// All parts in one bar, with their names below.
void DrawWhole(const wire::Snapshot& snapshot, const Theme& theme) {
  std::vector<float> shares;
  std::vector<ImU32> colors;
  double total = 0;
  for (const wire::Part* part : *snapshot.parts()) {
    shares.push_back(static_cast<float>(part->share()));
    colors.push_back(theme.line(colors.size()));
    total += part->ns_per_row();
  }
  BeginCard("whole", {0, theme.px(96)}, "Where a row's time goes",
            fmt::format("{} a row in all parts of the model, over the whole run",
                        Quantity(total, Unit::kNanoseconds)),
            theme);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  DrawShares(at, {width, theme.px(22)}, shares, colors, theme);
  ImGui::Dummy({width, theme.px(24)});
  float end = at.x;
  const float row = ImGui::GetCursorScreenPos().y;
  float free_from = at.x;
  float from = at.x;
  for (unsigned i = 0; i < shares.size(); ++i) {
    const std::string text = fmt::format("{} {}", TextOf(snapshot.parts()->Get(i)->name()),
                                         Quantity(double{shares[i]}, Unit::kShare));
    end = from + (shares[i] > 0 ? shares[i] * width : 0);
    const float text_width = ImGui::CalcTextSize(text.c_str()).x;
    // Below its stretch, unless the one before or the edge is in the way.
    const float x = std::min(std::max(from, free_from), at.x + width - text_width);
    if (x >= free_from) {
      ImGui::GetWindowDrawList()->AddText({x, row}, theme.ink, text.c_str());
      free_from = x + text_width + theme.px(12);
    }
    from = end;
  }
  EndCard();
}

/// By custom, above 0.1 is worth a look, above 0.25 a change.
ImU32 DriftColor(double psi, const Theme& theme) {
  if (psi > 0.25) return theme.bad;
  return psi > 0.1 ? theme.warning : theme.line(0);
}

/// How far each feature is from the training file's, the farthest first.
void DrawDrift(const wire::Snapshot& snapshot, const Theme& theme) {
  BeginCard(
      "drift", {0, 0}, "Features against the training file",
      fmt::format("PSI over {}; above 0.25 a feature has changed", Rows(snapshot.drift_rows())),
      theme);
  std::vector<Bar> bars;
  for (const wire::FeatureMove* move : *snapshot.drift()) {
    bars.push_back({move->feature()->str(), move->psi(), DriftColor(move->psi(), theme),
                    fmt::format("{:.2f}", move->psi())});
  }
  std::stable_sort(bars.begin(), bars.end(),
                   [](const Bar& a, const Bar& b) { return a.value > b.value; });
  DrawBars(ImGui::GetContentRegionAvail(), bars, theme);
  EndCard();
}

}  // namespace

void DrawPartsOverTime(const char* id, const wire::Snapshot& snapshot,
                       const wire::Timeline& timeline, const Theme& theme, PlotState& state) {
  std::vector<PlotLine> lines;
  for (unsigned i = 0; i < snapshot.parts()->size(); ++i) {
    lines.push_back({.label = snapshot.parts()->Get(i)->name()->str(),
                     .color = theme.line(i),
                     .values = FindSeries(timeline, wire::SeriesKind::PartNsPerRow, i)});
  }
  DrawPlot(id, ImGui::GetContentRegionAvail(), OverTime(snapshot, timeline, Unit::kNanoseconds),
           lines, theme, state);
}

void DrawParts(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
               PartsState& state) {
  const auto& parts = *snapshot.parts();
  if (!HasRun(snapshot) || parts.size() == 0) {
    DrawWaiting(snapshot, theme);
    return;
  }
  const float gap = theme.px(8);
  const auto count = static_cast<float>(parts.size());
  const float width = (ImGui::GetContentRegionAvail().x - gap * (count - 1)) / count;
  for (unsigned i = 0; i < parts.size(); ++i) {
    const wire::Part& part = *parts.Get(i);
    if (i > 0) ImGui::SameLine(0, gap);
    const std::string name(TextOf(part.name()));
    DrawFigure(name.c_str(), {width, theme.px(94)},
               {.name = name.c_str(),
                .value = Quantity(part.ns_per_row(), Unit::kNanoseconds),
                .unit = "a row",
                .below = fmt::format("median {}, p99 {} over the messages",
                                     Quantity(part.p50_ns(), Unit::kNanoseconds),
                                     Quantity(part.p99_ns(), Unit::kNanoseconds)),
                .color = theme.line(i)},
               theme);
  }
  DrawWhole(snapshot, theme);

  const bool has_drift = snapshot.drift() != nullptr && snapshot.drift()->size() > 0;
  const float history = has_drift ? (ImGui::GetContentRegionAvail().x - gap) * 0.6F : 0;
  BeginCard("history", {history, 0}, "Time a row, over time",
            choices.timeline == 0 ? "last five minutes" : "this session", theme);
  DrawPartsOverTime("history", snapshot, choices.Timeline(snapshot), theme, state.history);
  EndCard();
  if (!has_drift) return;
  ImGui::SameLine(0, gap);
  DrawDrift(snapshot, theme);
}

}  // namespace marquee::viewer
