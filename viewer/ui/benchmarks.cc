#include "viewer/ui/benchmarks.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "viewer/ui/filter_rows.h"
#include "viewer/ui/format.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

/// Less than this is noise on most machines.
constexpr double kNoise = 0.05;

using Facts = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

void DrawRecord(const char* id, std::string_view name, const Facts* facts, float width,
                float height, const Theme& theme) {
  BeginCard(id, {width, height}, Fitted(name, width - theme.px(24)).c_str(), "", theme);
  // In a low window not all of them have room.
  ImGui::BeginChild("facts");
  ImGui::PushFont(theme.small);
  for (unsigned i = 0; facts != nullptr && i < facts->size(); ++i) {
    FittedText(theme.muted, TextOf(facts->Get(i)));
  }
  ImGui::PopFont();
  ImGui::EndChild();
  EndCard();
}

std::string Value(double value, std::string_view unit) {
  if (!std::isfinite(value)) return kNothing;
  std::string text = Quantity(value, std::abs(value) >= 1000 ? Unit::kCount : Unit::kPlain);
  if (std::abs(value) < 1000 && std::abs(value) >= 0.01) text = fmt::format("{:.3g}", value);
  return fmt::format("{} {}", text, unit);
}

/// How much better the right one is: above 1 = better, whichever way is up.
double Gain(const wire::BenchRow& row) {
  const double ratio = row.right() / row.left();
  return row.higher_is_better() ? ratio : 1 / ratio;
}

bool InBoth(const wire::BenchRow& row) {
  return std::isfinite(row.left()) && std::isfinite(row.right());
}

bool IsChange(const wire::BenchRow& row) {
  if (!InBoth(row) || row.left() == row.right()) return false;
  const double gain = Gain(row);
  return !(gain > 0) || std::abs(std::log(gain)) > std::log(1 + kNoise);
}

/// A bar from the middle: to the right if the right record is better.
void DrawGain(const wire::BenchRow& row, const Theme& theme) {
  if (!InBoth(row)) {
    ColoredText(theme.muted, "in one record only");
    return;
  }
  const double gain = Gain(row);
  if (!std::isfinite(gain) || gain <= 0) {
    ColoredText(theme.muted, row.left() == row.right() ? "same" : "no ratio with 0");
    return;
  }
  const char* word = !IsChange(row) ? "same" : (gain > 1 ? "better" : "worse");
  const ImU32 color = !IsChange(row) ? theme.muted : (gain > 1 ? theme.good : theme.bad);
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  const std::string text = fmt::format("{:.2f} ×", row.right() / row.left());
  const float text_width = theme.px(126);
  const float room = ImGui::GetContentRegionAvail().x - text_width;
  if (room > theme.px(30)) {
    const float middle = at.x + text_width + room / 2;
    // Twice as good fills the half; twice as bad the other.
    const auto share = static_cast<float>(std::clamp(std::log2(gain), -1.0, 1.0));
    const float end = middle + share * room / 2;
    draw.AddRectFilled({std::min(middle, end), at.y + line * 0.2F},
                       {std::max(middle, end) + 1, at.y + line * 0.85F}, color, theme.px(2));
    draw.AddLine({middle, at.y}, {middle, at.y + line}, theme.border);
  }
  draw.AddText({at.x + theme.px(62) - ImGui::CalcTextSize(text.c_str()).x, at.y}, theme.ink,
               text.c_str());
  draw.AddText({at.x + theme.px(70), at.y}, color, word);
  ImGui::Dummy({text_width, line});
}

void DrawTable(const wire::BenchComparison& bench, bool two, const Theme& theme,
               const BenchmarksState& state) {
  constexpr ImGuiTableFlags kFlags =
      ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_NoBordersInBody;
  if (!ImGui::BeginTable("bench", two ? 4 : 2, kFlags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  ImGui::TableSetupColumn("Measured", ImGuiTableColumnFlags_WidthStretch, two ? 1.6F : 3);
  ImGui::TableSetupColumn("Left", ImGuiTableColumnFlags_WidthStretch, 0.6F);
  if (two) {
    ImGui::TableSetupColumn("Right", ImGuiTableColumnFlags_WidthStretch, 0.6F);
    ImGui::TableSetupColumn("Ratio", ImGuiTableColumnFlags_WidthStretch, 1);
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  ImGui::TableNextColumn();
  ColoredText(theme.muted, "What was measured");
  ImGui::TableNextColumn();
  RightText(theme.muted, two ? "Left" : "Median");
  if (two) {
    ImGui::TableNextColumn();
    RightText(theme.muted, "Right");
    ImGui::TableNextColumn();
    FittedText(theme.muted, "  Right / left");
  }
  for (const wire::BenchRow* row : *bench.rows()) {
    const std::string_view name = TextOf(row->name());
    if (!Contains(name, state.search.data())) continue;
    if (two && state.only_changes && !IsChange(*row)) continue;
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    FittedText(theme.ink, name);
    ImGui::TableNextColumn();
    RightText(theme.ink, Value(row->left(), TextOf(row->unit())));
    if (!two) continue;
    ImGui::TableNextColumn();
    RightText(theme.ink, Value(row->right(), TextOf(row->unit())));
    ImGui::TableNextColumn();
    DrawGain(*row, theme);
  }
  ImGui::EndTable();
}

}  // namespace

void DrawBenchmarks(const wire::Snapshot& snapshot, const Theme& theme, BenchmarksState& state) {
  const wire::BenchComparison* bench = snapshot.bench();
  if (bench == nullptr) {
    DrawNothingYet(
        "No records of benchmarks are open",
        "Press O and choose one or two records: bench/results holds those of the README, "
        "build/bench/results those that `./run bench` made here.",
        theme);
    return;
  }
  const bool two = !TextOf(bench->right()).empty();
  const float gap = theme.px(8);
  const float room = ImGui::GetContentRegionAvail().x;
  const float width = two ? (room - gap) / 2 : room;
  std::size_t facts = bench->left_facts()->size();
  if (bench->right_facts() != nullptr) {
    facts = std::max<std::size_t>(facts, bench->right_facts()->size());
  }
  ImGui::PushFont(theme.small);
  const float fact = ImGui::GetTextLineHeightWithSpacing();
  ImGui::PopFont();
  const float height = std::min(theme.px(52) + fact * static_cast<float>(facts),
                                ImGui::GetContentRegionAvail().y * 0.35F);
  DrawRecord("left", TextOf(bench->left()), bench->left_facts(), width, height, theme);
  if (two) {
    ImGui::SameLine(0, gap);
    DrawRecord("right", TextOf(bench->right()), bench->right_facts(), width, height, theme);
  }
  ImGui::SetNextItemWidth(theme.px(240));
  ImGui::InputTextWithHint("##search", "name", state.search.data(), state.search.size());
  if (two) {
    ImGui::SameLine();
    ImGui::Checkbox("Only what differs by 5 % or more", &state.only_changes);
  }
  BeginCard("table", {0, 0}, "", "", theme);
  DrawTable(*bench, two, theme, state);
  EndCard();
}

}  // namespace marquee::viewer
