#include "viewer/ui/latency.h"

#include <fmt/core.h>

#include <array>
#include <string>
#include <vector>

#include "viewer/ui/format.h"
#include "viewer/ui/plot_shapes.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

/// The stages one behind the other: what a batch waited before each, and what it was worked on.
void DrawWaterfall(const wire::Snapshot& snapshot, bool p99, const Theme& theme) {
  std::vector<std::string> names;
  std::vector<std::string> texts;
  std::vector<Span> spans;
  double at = 0;
  for (const wire::Stage* stage : *snapshot.stages()) {
    const auto wait = static_cast<double>(p99 ? stage->wait_p99_ns() : stage->wait_p50_ns());
    const auto busy = static_cast<double>(p99 ? stage->busy_p99_ns() : stage->busy_p50_ns());
    const std::string wait_text = Quantity(wait, Unit::kNanoseconds);
    const std::string busy_text = Quantity(busy, Unit::kNanoseconds);
    const ImU32 color = theme.stage(stage->id());
    const std::size_t row = names.size();
    names.emplace_back(StageName(stage->id()));
    texts.push_back(busy > 0 ? fmt::format("{} wait + {} work", wait_text, busy_text)
                             : fmt::format("{} wait", wait_text));
    spans.push_back({row, at, at + wait, Faded(color, 0.4F),
                     fmt::format("{}: a batch waits {} for it", names.back(), wait_text)});
    spans.push_back({row, at + wait, at + wait + busy, color,
                     fmt::format("{}: works on a batch for {}", names.back(), busy_text)});
    at += wait + busy;
  }
  DrawSpans(ImGui::GetContentRegionAvail(), names, spans, texts, theme);
}

void DrawCurve(const wire::Snapshot& snapshot, const Theme& theme, PlotState& state) {
  std::vector<float> xs;
  std::vector<float> values;
  for (const wire::PercentilePoint* point : *snapshot.latency_curve()) {
    xs.push_back(static_cast<float>(Nines(point->share())));
    values.push_back(static_cast<float>(point->ns()));
  }
  // Once the slowest rows have been reached, the rest is a line without news.
  while (values.size() > 2 && values[values.size() - 2] >= 0.97F * values.back()) {
    values.pop_back();
    xs.pop_back();
  }
  const std::array<PlotLine, 1> lines = {PlotLine{
      .label = "latency", .color = theme.line(0), .values = values, .xs = xs, .filled = true}};
  const PlotOptions options{.x = PlotX::kPercentiles, .unit = Unit::kNanoseconds};
  DrawPlot("curve", ImGui::GetContentRegionAvail(), options, lines, theme, state);
}

}  // namespace

void DrawLatencyOverTime(const char* id, const wire::Snapshot& snapshot,
                         const wire::Timeline& timeline, const Theme& theme, PlotState& state) {
  const std::array<PlotLine, 2> lines = {
      PlotLine{.label = "p99",
               .color = theme.line(1),
               .values = FindSeries(timeline, wire::SeriesKind::LatencyP99Ns)},
      PlotLine{.label = "median",
               .color = theme.line(0),
               .values = FindSeries(timeline, wire::SeriesKind::LatencyP50Ns)}};
  DrawPlot(id, ImGui::GetContentRegionAvail(), OverTime(snapshot, timeline, Unit::kNanoseconds),
           lines, theme, state);
}

void DrawLatency(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
                 LatencyState& state) {
  if (!HasRun(snapshot)) {
    DrawWaiting(snapshot, theme);
    return;
  }
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float bar = SplitterWidth(theme);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
  BeginCard("waterfall", {0, (room.y - bar) * state.top}, "From source to result",
            "light: a batch waits for a stage; full: the stage works on it. Of parts, so they do "
            "not add up to the whole",
            theme);
  ImGui::SameLine(ImGui::GetContentRegionMax().x - ChoiceWidth({"Medians", "p99"}));
  ImGui::SetCursorPosY(ImGui::GetStyle().WindowPadding.y - theme.px(3));
  DrawChoice("percentile", {"Medians", "p99"}, state.percentile, theme);
  ImGui::Dummy({0, theme.px(6)});
  DrawWaterfall(snapshot, state.percentile == 1, theme);
  EndCard();
  DrawSplitter("top|bottom", false, state.top, room.y - bar, theme.px(150), theme);

  const wire::Run& run = *snapshot.run();
  const float half = (room.x - bar) / 2;
  BeginCard("curve", {half, 0}, "How many rows are how fast",
            fmt::format("half of them within {}, 99 % within {}",
                        Quantity(static_cast<double>(run.latency_p50_ns()), Unit::kNanoseconds),
                        Quantity(static_cast<double>(run.latency_p99_ns()), Unit::kNanoseconds)),
            theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawCurve(snapshot, theme, state.curve);
  EndCard();
  ImGui::SameLine(0, bar);
  BeginCard("history", {0, 0}, "Latency over time",
            choices.timeline == 0 ? "last five minutes" : "this session", theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawLatencyOverTime("history", snapshot, choices.Timeline(snapshot), theme, state.history);
  EndCard();
  ImGui::PopStyleVar();
}

}  // namespace marquee::viewer
