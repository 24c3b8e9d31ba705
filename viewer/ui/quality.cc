#include "viewer/ui/quality.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <limits>
#include <string>
#include <vector>

#include "viewer/ui/format.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

std::string WindowText(const wire::Quality& quality) {
  return quality.window_s() == 0
             ? "the whole run"
             : fmt::format("last {}", Stretch(static_cast<double>(quality.window_s())));
}

std::optional<Cell> DrawConfusion(const wire::Snapshot& snapshot, const wire::Quality& quality,
                                  const Theme& theme, QualityState& state) {
  const float choice = ChoiceWidth({"Counts", "Row %"});
  const float x = ImGui::GetContentRegionMax().x - choice;
  ImGui::SameLine(x);
  ImGui::SetCursorPosY(ImGui::GetStyle().WindowPadding.y - theme.px(3));
  DrawChoice("shares", {"Counts", "Row %"}, state.shares, theme);
  if (quality.rows() == 0) {
    DrawNothingYet("No labelled rows yet",
                   "Only rows with a known rating that the model has not seen in training count.",
                   theme);
    return {};
  }
  std::vector<std::string> names;
  for (std::size_t c = 0; c < NumClasses(snapshot); ++c) names.push_back(ClassName(snapshot, c));
  const HeatMap map{.row_title = "Truth",
                    .column_title = "Predicted",
                    .names = names,
                    .counts = {quality.confusion()->data(), quality.confusion()->size()},
                    .shares = state.shares == 1};
  return DrawHeatMap(ImGui::GetContentRegionAvail(), map, theme);
}

/// A number with a bar below it, in the middle of a row of that height.
void DrawScoreCell(double share, ImU32 color, float height, const Theme& theme) {
  const float line = ImGui::GetTextLineHeight();
  const float bar = theme.px(height > 2 * line ? 8 : 4);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  const float top = at.y + std::max(0.0F, (height - line - bar - theme.px(4)) / 2);
  const std::string text = Score(share);
  ImGui::GetWindowDrawList()->AddText({at.x + width - ImGui::CalcTextSize(text.c_str()).x, top},
                                      theme.ink, text.c_str());
  const std::array<float, 1> shares = {static_cast<float>(share)};
  const std::array<ImU32, 1> colors = {color};
  DrawShares({at.x, top + line + theme.px(3)}, {width, bar}, shares, colors, theme);
}

void DrawClasses(const wire::Snapshot& snapshot, const wire::Quality& quality, const Theme& theme) {
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_ScrollY | ImGuiTableFlags_SizingStretchSame;
  const float room = ImGui::GetContentRegionAvail().y;
  if (!ImGui::BeginTable("classes", 5, kFlags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  const std::array<const char*, 5> heads = {"Class", "Precision", "Recall", "F1", "Rows"};
  for (const char* head : heads) ImGui::TableSetupColumn(head);
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (std::size_t i = 0; i < heads.size(); ++i) {
    ImGui::TableSetColumnIndex(static_cast<int>(i));
    if (i == 0) {
      ColoredText(theme.muted, heads[i]);
    } else {
      RightText(theme.muted, heads[i]);
    }
  }
  const float line = ImGui::GetTextLineHeight();
  const float pad = 2 * ImGui::GetStyle().CellPadding.y;
  const float each = (room - line - pad) / static_cast<float>(quality.classes()->size()) - pad;
  const float height = std::clamp(each, line + theme.px(8), theme.px(140));
  for (unsigned c = 0; c < quality.classes()->size(); ++c) {
    const wire::ClassQuality& it = *quality.classes()->Get(c);
    const ImU32 color = theme.line(c);
    const float lower = (height - line) / 2;
    ImGui::TableNextRow(ImGuiTableRowFlags_None, height + pad);
    ImGui::TableNextColumn();
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + lower);
    FittedText(theme.ink, ClassName(snapshot, c));
    for (const double share : {it.precision(), it.recall(), it.f1()}) {
      ImGui::TableNextColumn();
      DrawScoreCell(quality.rows() > 0 ? share : std::numeric_limits<double>::quiet_NaN(), color,
                    height, theme);
    }
    ImGui::TableNextColumn();
    ImGui::SetCursorPosY(ImGui::GetCursorPosY() + lower);
    RightText(theme.ink, Exact(it.support()));
  }
  ImGui::EndTable();
}

void DrawF1OverTime(const wire::Snapshot& snapshot, const wire::Timeline& timeline,
                    const Theme& theme, PlotState& state) {
  std::vector<PlotLine> lines = {{.label = "macro-F1",
                                  .color = theme.ink,
                                  .values = FindSeries(timeline, wire::SeriesKind::MacroF1)}};
  for (std::size_t c = 0; c < NumClasses(snapshot); ++c) {
    lines.push_back({.label = ClassName(snapshot, c),
                     .color = theme.line(c),
                     .values = FindSeries(timeline, wire::SeriesKind::ClassF1, c)});
  }
  PlotOptions options = OverTime(snapshot, timeline, Unit::kShare);
  options.from_zero = false;
  options.empty = "no labelled rows yet";
  DrawPlot("f1", ImGui::GetContentRegionAvail(), options, lines, theme, state);
}

/// How often each class is true, and how often it is predicted.
void DrawBalance(const wire::Snapshot& snapshot, const wire::Quality& quality, const Theme& theme) {
  const std::size_t n = NumClasses(snapshot);
  const std::span counts(quality.confusion()->data(), quality.confusion()->size());
  std::vector<Bar> bars;
  const auto add = [&](std::string label, std::uint64_t rows, ImU32 color) {
    const double share = static_cast<double>(rows) / static_cast<double>(quality.rows());
    bars.push_back(
        {std::move(label), static_cast<double>(rows), color, Quantity(share, Unit::kShare)});
  };
  for (std::size_t c = 0; c < n && quality.rows() > 0; ++c) {
    std::uint64_t truth = 0;
    std::uint64_t predicted = 0;
    for (std::size_t other = 0; other < n; ++other) {
      truth += counts[c * n + other];
      predicted += counts[other * n + c];
    }
    add(ClassName(snapshot, c) + ", true", truth, theme.line(c));
    add(ClassName(snapshot, c) + ", predicted", predicted, Faded(theme.line(c), 0.55F));
  }
  if (bars.empty()) DrawNothingYet("No labelled rows yet", "", theme);
  ImGui::PushFont(theme.small);
  DrawBars(ImGui::GetContentRegionAvail(), bars, theme);
  ImGui::PopFont();
}

void DrawCalibration(const wire::Snapshot& snapshot, const Theme& theme, PlotState& state) {
  // The plot borrows these until it is drawn.
  std::vector<std::vector<float>> xs;
  std::vector<std::vector<float>> ys;
  for (const wire::Calibration* calibration : *snapshot.calibration()) {
    auto& x = xs.emplace_back();
    auto& y = ys.emplace_back();
    for (const wire::CalibrationPoint* point : *calibration->points()) {
      if (point->rows() == 0) continue;
      x.push_back(static_cast<float>(point->mean_probability()));
      y.push_back(static_cast<float>(point->observed_share()));
    }
  }
  std::vector<PlotLine> lines;
  for (std::size_t c = 0; c < xs.size(); ++c) {
    lines.push_back({.label = ClassName(snapshot, c),
                     .color = theme.line(c),
                     .values = ys[c],
                     .xs = xs[c],
                     .dots = true});
  }
  const PlotOptions options{.x = PlotX::kShare,
                            .unit = Unit::kShare,
                            .y_end = 1,
                            .diagonal = true,
                            .empty = "no labelled rows yet"};
  DrawPlot("calibration", ImGui::GetContentRegionAvail(), options, lines, theme, state);
}

/// What becomes of the second model, in a line of figures above the rest.
void DrawChallenger(const wire::Challenger& challenger, const Theme& theme) {
  const bool clear = challenger.difference_low() > 0 || challenger.difference_high() < 0;
  const bool better = challenger.difference() > 0;
  BeginCard("challenger", {0, theme.px(64)}, "Challenger",
            fmt::format("{}{}, on {} that neither model has seen", TextOf(challenger.id()),
                        challenger.several() ? " and others" : "", Rows(challenger.labelled())),
            theme);
  if (challenger.labelled() == 0) {
    ColoredText(theme.muted, "no labelled rows yet");
  } else {
    const std::string verdict = !clear ? "no clear difference" : better ? "better" : "worse";
    FittedText(!clear   ? theme.muted
               : better ? theme.good
                        : theme.warning,
               fmt::format("macro-F1 {} against {}: {:+.2f} (95 % interval {:+.2f} to "
                           "{:+.2f}), {}; the same class for {} of the rows",
                           Score(challenger.macro_f1()), Score(challenger.macro_f1_model()),
                           100 * challenger.difference(), 100 * challenger.difference_low(),
                           100 * challenger.difference_high(), verdict,
                           Quantity(challenger.agreement(), Unit::kShare)));
  }
  EndCard();
  ImGui::Dummy({0, theme.px(4)});
}

}  // namespace

std::optional<Cell> DrawQuality(const wire::Snapshot& snapshot, const Choices& choices,
                                const Theme& theme, QualityState& state) {
  if (!HasRun(snapshot)) {
    DrawWaiting(snapshot, theme);
    return {};
  }
  if (snapshot.challenger() != nullptr) DrawChallenger(*snapshot.challenger(), theme);
  const wire::Quality& quality = choices.Quality(snapshot);
  const std::string window = WindowText(quality);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float bar = SplitterWidth(theme);
  const float top = (room.y - bar) * state.top;
  const float left = (room.x - bar) * state.left;

  std::optional<Cell> clicked;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
  ImGui::BeginChild("top", {0, top}, false, ImGuiWindowFlags_NoScrollbar);
  BeginCard("confusion", {left, 0}, "Confusion matrix", window, theme);
  clicked = DrawConfusion(snapshot, quality, theme, state);
  EndCard();
  ImGui::SameLine(0, 0);
  DrawSplitter("left|right", true, state.left, room.x - bar, theme.px(300), theme);
  ImGui::SameLine(0, 0);
  const std::string heading =
      quality.rows() > 0 ? "Macro-F1 " + Score(quality.macro_f1()) : std::string("Macro-F1");
  BeginCard("classes", {0, 0}, heading.c_str(),
            quality.rows() > 0
                ? fmt::format("accuracy {}, {} not seen in training, {}", Score(quality.accuracy()),
                              Rows(quality.rows()), window)
                : "no labelled rows, " + window,
            theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawClasses(snapshot, quality, theme);
  EndCard();
  ImGui::EndChild();
  DrawSplitter("top|bottom", false, state.top, room.y - bar, theme.px(150), theme);

  const float third = (room.x - 2 * bar) / 3;
  const wire::Timeline& timeline = choices.Timeline(snapshot);
  BeginCard("f1", {third, 0}, "F1 over time", F1Note(timeline), theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawF1OverTime(snapshot, timeline, theme, state.f1);
  EndCard();
  ImGui::SameLine(0, bar);
  BeginCard("balance", {third, 0}, "Class balance", "share of rows", theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawBalance(snapshot, quality, theme);
  EndCard();
  ImGui::SameLine(0, bar);
  BeginCard("calibration", {third, 0}, "Calibration",
            fmt::format("probability beside truth, mean error {}",
                        Quantity(snapshot.expected_calibration_error(), Unit::kShare)),
            theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawCalibration(snapshot, theme, state.calibration);
  EndCard();
  ImGui::PopStyleVar();
  return clicked;
}

}  // namespace marquee::viewer
