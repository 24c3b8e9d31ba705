#include "viewer/ui/plot_shapes.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "viewer/ui/plot.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

/// White on dark fields, black on light ones.
ImU32 InkOn(ImU32 field) {
  const ImVec4 c = ImGui::ColorConvertU32ToFloat4(field);
  const float brightness = 0.3F * c.x + 0.59F * c.y + 0.11F * c.z;
  return brightness > 0.55F ? IM_COL32(20, 24, 30, 255) : IM_COL32(245, 247, 250, 255);
}

float WidestOf(std::span<const std::string> texts) {
  float widest = 0;
  for (const std::string& text : texts) {
    widest = std::max(widest, ImGui::CalcTextSize(text.c_str()).x);
  }
  return widest;
}

}  // namespace

void DrawBars(ImVec2 size, std::span<const Bar> bars, const Theme& theme) {
  if (bars.empty()) return;
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  const float row =
      std::clamp(size.y / static_cast<float>(bars.size()), line + theme.px(2), line + theme.px(22));
  double greatest = 0;
  float label_width = 0;
  float text_width = 0;
  for (const Bar& bar : bars) {
    if (std::isfinite(bar.value)) greatest = std::max(greatest, bar.value);
    label_width = std::max(label_width, ImGui::CalcTextSize(bar.label.c_str()).x);
    text_width = std::max(text_width, ImGui::CalcTextSize(bar.text.c_str()).x);
  }
  label_width = std::min(label_width, size.x * 0.4F);
  const float bar_x = corner.x + label_width + theme.px(8);
  const float room = std::max(1.0F, size.x - label_width - text_width - theme.px(16));
  float y = corner.y;
  for (const Bar& bar : bars) {
    if (y + row > corner.y + size.y + 1) break;
    const float text_y = y + (row - line) / 2;
    draw.AddText({corner.x, text_y}, theme.ink, Fitted(bar.label, label_width).c_str());
    const float share = greatest > 0 && std::isfinite(bar.value)
                            ? static_cast<float>(std::max(0.0, bar.value) / greatest)
                            : 0;
    const float width = std::max(room * share, share > 0 ? theme.px(2) : 0);
    const float inset = std::max(theme.px(2), (row - theme.px(24)) / 2);
    if (width > 0) {
      draw.AddRectFilled({bar_x, y + inset}, {bar_x + width, y + row - inset}, bar.color,
                         theme.px(3));
    }
    draw.AddText({bar_x + width + theme.px(6), text_y}, theme.muted, bar.text.c_str());
    y += row;
  }
  ImGui::Dummy({size.x, y - corner.y});
}

std::optional<Cell> DrawHeatMap(ImVec2 size, const HeatMap& map, const Theme& theme) {
  const std::size_t n = map.names.size();
  if (n == 0 || map.counts.size() != n * n) return {};
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  const float gutter = std::min(WidestOf(map.names), size.x / 4) + theme.px(10);
  const float top = 2 * line + theme.px(8);
  const ImVec2 from = {corner.x + gutter + line, corner.y + top};
  const float room_x = corner.x + size.x - from.x;
  const float room_y = corner.y + size.y - from.y;
  const auto count = static_cast<float>(n);
  const float width = std::floor(std::min(room_x / count, theme.px(300)));
  const float height = std::floor(std::min(room_y / count, std::min(theme.px(140), width)));
  if (width < 4 || height < 4) return {};

  draw.AddText({from.x, corner.y}, theme.muted, map.column_title);
  const ImVec2 title = ImGui::CalcTextSize(map.row_title);
  draw.AddText({corner.x, corner.y + line + theme.px(4)}, theme.muted,
               Fitted(map.row_title, std::min(title.x, gutter + line)).c_str());

  std::optional<Cell> clicked;
  for (std::size_t r = 0; r < n; ++r) {
    double row_sum = 0;
    for (std::size_t c = 0; c < n; ++c) row_sum += static_cast<double>(map.counts[r * n + c]);
    const float y = from.y + height * static_cast<float>(r);
    if (height >= line) {
      draw.AddText({corner.x, y + (height - line) / 2}, theme.ink,
                   Fitted(map.names[r], gutter + line - theme.px(8)).c_str());
    }
    for (std::size_t c = 0; c < n; ++c) {
      const float x = from.x + width * static_cast<float>(c);
      if (r == 0) {
        const std::string name = Fitted(map.names[c], width - theme.px(4));
        const float text = ImGui::CalcTextSize(name.c_str()).x;
        draw.AddText({x + (width - text) / 2, corner.y + line + theme.px(4)}, theme.ink,
                     name.c_str());
      }
      const std::uint64_t value = map.counts[r * n + c];
      const double share = row_sum > 0 ? static_cast<double>(value) / row_sum : std::nan("");
      // Hits and mistakes in colours of their own; a root, so that rare mistakes are seen.
      const ImU32 full = r == c ? theme.line(0) : theme.line(1);
      const float depth = std::isfinite(share) ? static_cast<float>(std::sqrt(share)) : 0;
      const ImU32 field = Mixed(theme.faint, full, depth);
      const ImVec2 a = {x + 1, y + 1};
      const ImVec2 b = {x + width - 1, y + height - 1};
      draw.AddRectFilled(a, b, field, theme.px(3));
      ImGui::SetCursorScreenPos(a);
      ImGui::PushID(static_cast<int>(r * n + c));
      if (ImGui::InvisibleButton("cell", {b.x - a.x, b.y - a.y})) clicked = Cell{r, c};
      const bool hovered = ImGui::IsItemHovered();
      if (hovered) {
        ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
        DrawTip(fmt::format(
            "{} rows are {}, predicted {}\n{} of the rows that are {}\n"
            "Click to see those among the latest rows",
            Exact(value), map.names[r], map.names[c], Quantity(share, Unit::kShare), map.names[r]));
      }
      ImGui::PopID();
      if (hovered) draw.AddRect(a, b, theme.ink, theme.px(3), 0, theme.px(2));
      const std::string text = map.shares ? Quantity(share, Unit::kShare)
                                          : Quantity(static_cast<double>(value), Unit::kCount);
      const ImVec2 extent = ImGui::CalcTextSize(text.c_str());
      // Of many classes, the colour alone is shown.
      if (extent.x <= width - theme.px(4) && extent.y <= height) {
        draw.AddText({x + (width - extent.x) / 2, y + (height - extent.y) / 2}, InkOn(field),
                     text.c_str());
      }
    }
  }
  ImGui::SetCursorScreenPos(corner);
  ImGui::Dummy({from.x - corner.x + width * count, from.y - corner.y + height * count});
  return clicked;
}

void DrawSpans(ImVec2 size, std::span<const std::string> names, std::span<const Span> spans,
               std::span<const std::string> texts, const Theme& theme) {
  if (names.empty()) return;
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  double least = 0;
  double greatest = 0;
  for (const Span& span : spans) {
    least = &span == spans.data() ? span.from_ns : std::min(least, span.from_ns);
    greatest = &span == spans.data() ? span.to_ns : std::max(greatest, span.to_ns);
  }
  const double range = std::max(greatest - least, 1.0);
  const float left = corner.x + std::min(WidestOf(names), size.x * 0.3F) + theme.px(10);
  const float right = corner.x + size.x - WidestOf(texts) - theme.px(10);
  const auto rows = static_cast<float>(names.size());
  const float row = std::min((size.y - line - theme.px(6)) / rows, line + theme.px(34));
  if (right - left < theme.px(40) || row < line) return;
  const auto x_of = [&](double ns) {
    return left + static_cast<float>((ns - least) / range) * (right - left);
  };

  const float bottom = corner.y + row * rows;
  const double step = NiceStep(range, 5);
  for (int i = 0; i * step <= range; ++i) {
    const float x = x_of(least + i * step);
    draw.AddLine({x, corner.y}, {x, bottom}, theme.grid);
    const std::string mark = AxisMark(i * step, step, Unit::kNanoseconds);
    const float width = ImGui::CalcTextSize(mark.c_str()).x;
    draw.AddText({i == 0 ? x : x - width / 2, bottom + theme.px(4)}, theme.muted, mark.c_str());
  }
  for (std::size_t r = 0; r < names.size(); ++r) {
    const float y = corner.y + row * static_cast<float>(r) + (row - line) / 2;
    draw.AddText({corner.x, y}, theme.ink, Fitted(names[r], left - corner.x - theme.px(8)).c_str());
    if (r < texts.size()) draw.AddText({right + theme.px(8), y}, theme.muted, texts[r].c_str());
  }
  for (const Span& span : spans) {
    const float y = corner.y + row * static_cast<float>(span.row);
    const float inset = std::max(theme.px(2), (row - theme.px(26)) / 2);
    const ImVec2 a = {x_of(span.from_ns), y + inset};
    const ImVec2 b = {std::max(x_of(span.to_ns), a.x + theme.px(2)), y + row - inset};
    draw.AddRectFilled(a, b, span.color, theme.px(2));
    if (ImGui::IsMouseHoveringRect(a, b) && ImGui::IsWindowHovered()) {
      DrawTip(span.tip);
    }
  }
  ImGui::Dummy({size.x, bottom + line + theme.px(6) - corner.y});
}

void DrawShares(ImVec2 at, ImVec2 size, std::span<const float> shares,
                std::span<const ImU32> colors, const Theme& theme) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  draw.AddRectFilled(at, {at.x + size.x, at.y + size.y}, theme.faint, theme.px(2));
  float from = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!(shares[i] > 0)) continue;
    const float to = std::min(1.0F, from + shares[i]);
    draw.AddRectFilled({at.x + from * size.x, at.y}, {at.x + to * size.x, at.y + size.y},
                       colors[i]);
    from = to;
  }
}

}  // namespace marquee::viewer
