#include "viewer/ui/widgets.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace marquee::viewer {

void BeginCard(const char* id, ImVec2 size, const char* title, const std::string& note,
               const Theme& theme) {
  ImGui::PushStyleColor(ImGuiCol_ChildBg, theme.card);
  // To ImGui, less than nothing means what is left but for so much.
  const auto at_least_one = [](float pixels) { return pixels == 0 ? 0 : std::max(pixels, 1.0F); };
  ImGui::BeginChild(id, {at_least_one(size.x), at_least_one(size.y)}, true,
                    ImGuiWindowFlags_NoScrollbar | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleColor();
  if (title[0] == '\0') return;
  ImGui::PushFont(theme.bold);
  ImGui::TextUnformatted(title);
  ImGui::PopFont();
  if (note.empty()) return;
  ImGui::SameLine(0, theme.px(8));
  ImGui::PushFont(theme.small);
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() + theme.px(2));
  ColoredText(theme.muted, Fitted(note, ImGui::GetContentRegionAvail().x));
  ImGui::PopFont();
}

void EndCard() { ImGui::EndChild(); }

void DrawFigure(const char* id, ImVec2 size, const Figure& figure, const Theme& theme) {
  BeginCard(id, size, "", "", theme);
  const float width = ImGui::GetContentRegionAvail().x;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {theme.px(5), theme.px(1)});
  ImGui::PushFont(theme.small);
  ColoredText(theme.muted, Fitted(figure.name, width));
  ImGui::PopFont();

  ImGui::PushFont(theme.large);
  const float top = ImGui::GetCursorPosY();
  const float large = ImGui::GetTextLineHeight();
  ColoredText(figure.color != 0 ? figure.color : theme.ink, Fitted(figure.value, width));
  ImGui::PopFont();
  if (!figure.unit.empty()) {
    ImGui::SameLine();
    // On the same baseline, about.
    ImGui::SetCursorPosY(top + (large - ImGui::GetTextLineHeight()) * 0.78F);
    ColoredText(theme.muted, Fitted(figure.unit, ImGui::GetContentRegionAvail().x));
    ImGui::SetCursorPosY(top + large + theme.px(1));
  }
  ImGui::PushFont(theme.small);
  ColoredText(theme.muted, Fitted(figure.below, width));
  ImGui::PopFont();
  ImGui::PopStyleVar();
  if (ImGui::IsWindowHovered()) {
    // All of the line that may have been shortened.
    DrawTip(figure.tip == nullptr ? figure.below : fmt::format("{}\n{}", figure.below, figure.tip));
  }
  EndCard();
}

namespace {

float ChoiceButtonWidth(const char* label) {
  return ImGui::CalcTextSize(label).x + 2 * ImGui::GetStyle().FramePadding.x;
}

}  // namespace

float ChoiceWidth(std::initializer_list<const char*> labels) {
  float width = 0;
  for (const char* label : labels) width += ChoiceButtonWidth(label);
  return width;
}

bool DrawChoice(const char* id, std::initializer_list<const char*> labels, int& choice,
                const Theme& theme) {
  bool changed = false;
  ImGui::PushID(id);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float height = ImGui::GetFrameHeight();
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  draw.AddRectFilled(at, {at.x + ChoiceWidth(labels), at.y + height},
                     ImGui::GetColorU32(ImGuiCol_FrameBg), ImGui::GetStyle().FrameRounding);
  int number = 0;
  for (const char* label : labels) {
    if (number > 0) ImGui::SameLine(0, 0);
    const ImVec2 corner = ImGui::GetCursorScreenPos();
    const float width = ChoiceButtonWidth(label);
    if (ImGui::InvisibleButton(label, {width, height})) {
      changed = choice != number;
      choice = number;
    }
    const bool chosen = choice == number;
    const bool hovered = ImGui::IsItemHovered();
    if (chosen || hovered) {
      draw.AddRectFilled(corner, {corner.x + width, corner.y + height},
                         chosen ? Mixed(theme.card, theme.accent, 0.4F)
                                : ImGui::GetColorU32(ImGuiCol_FrameBgHovered),
                         ImGui::GetStyle().FrameRounding);
    }
    draw.AddText(
        {corner.x + ImGui::GetStyle().FramePadding.x, corner.y + ImGui::GetStyle().FramePadding.y},
        chosen ? theme.ink : theme.muted, label);
    ++number;
  }
  ImGui::PopID();
  return changed;
}

void DrawNothingYet(const char* what, const char* what_to_do, const Theme& theme) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float wrap = std::min(room.x - theme.px(16), theme.px(520));
  if (wrap < theme.px(40)) return;
  ImGui::PushFont(theme.bold);
  const ImVec2 head = ImGui::CalcTextSize(what, nullptr, false, wrap);
  ImGui::PopFont();
  const ImVec2 body = ImGui::CalcTextSize(what_to_do, nullptr, false, wrap);
  const ImVec2 at = ImGui::GetCursorPos();
  const float height = head.y + theme.px(6) + body.y;
  const float top = at.y + std::max(0.0F, (room.y - height) / 2);
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 screen = ImGui::GetCursorScreenPos();
  draw.AddText(theme.bold, theme.bold->FontSize,
               {screen.x + (room.x - head.x) / 2, screen.y + top - at.y}, theme.ink, what, nullptr,
               wrap);
  draw.AddText(nullptr, 0,
               {screen.x + (room.x - body.x) / 2, screen.y + top - at.y + head.y + theme.px(6)},
               theme.muted, what_to_do, nullptr, wrap);
}

float SplitterWidth(const Theme& theme) { return theme.px(8); }

void DrawSplitter(const char* id, bool side_by_side, float& share, float length, float least,
                  const Theme& theme) {
  const float width = SplitterWidth(theme);
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const ImVec2 size =
      side_by_side ? ImVec2{width, std::max(1.0F, room.y)} : ImVec2{std::max(1.0F, room.x), width};
  ImGui::InvisibleButton(id, size);
  const bool active = ImGui::IsItemActive();
  if (active || ImGui::IsItemHovered()) {
    ImGui::SetMouseCursor(side_by_side ? ImGuiMouseCursor_ResizeEW : ImGuiMouseCursor_ResizeNS);
    const ImVec2 middle = {at.x + size.x / 2, at.y + size.y / 2};
    const float half = theme.px(1);
    ImDrawList& draw = *ImGui::GetWindowDrawList();
    if (side_by_side) {
      draw.AddRectFilled({middle.x - half, at.y}, {middle.x + half, at.y + size.y}, theme.accent);
    } else {
      draw.AddRectFilled({at.x, middle.y - half}, {at.x + size.x, middle.y + half}, theme.accent);
    }
  }
  if (active && length > 0) {
    const ImVec2 moved = ImGui::GetIO().MouseDelta;
    share += (side_by_side ? moved.x : moved.y) / length;
  }
  const float limit = length > 0 ? std::min(0.5F, least / length) : 0.5F;
  share = std::clamp(share, limit, 1 - limit);
}

void ColoredText(ImU32 color, std::string_view text) {
  ImGui::PushStyleColor(ImGuiCol_Text, color);
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopStyleColor();
}

void FittedText(ImU32 color, std::string_view text) {
  const std::string shown = Fitted(text, ImGui::GetContentRegionAvail().x);
  ColoredText(color, shown);
  if (shown != text && ImGui::IsItemHovered()) DrawTip(text);
}

void RightText(ImU32 color, std::string_view text) {
  const float width = ImGui::CalcTextSize(text.data(), text.data() + text.size()).x;
  const float room = ImGui::GetContentRegionAvail().x;
  if (room > width) ImGui::SetCursorPosX(ImGui::GetCursorPosX() + room - width);
  ColoredText(color, text);
}

void DrawTip(std::string_view text) {
  const float most = ImGui::GetIO().DisplaySize.x / 2;
  ImGui::BeginTooltip();
  ImGui::PushTextWrapPos(std::min(ImGui::GetFontSize() * 32, most));
  ImGui::TextUnformatted(text.data(), text.data() + text.size());
  ImGui::PopTextWrapPos();
  ImGui::EndTooltip();
}

std::string Fitted(std::string_view text, float width) {
  const char* begin = text.data();
  const char* end = begin + text.size();
  // A pixel's rounding must not cost a letter.
  if (ImGui::CalcTextSize(begin, end).x <= width + 1) return std::string(text);
  const ImFont& font = *ImGui::GetFont();
  const float size = ImGui::GetFontSize();
  // The built-in font has no such letter.
  const char* const ellipsis = font.FindGlyphNoFallback(0x2026) != nullptr ? "…" : "...";
  const float dots = font.CalcTextSizeA(size, 1e9F, 0, ellipsis).x;
  const char* rest = begin;
  font.CalcTextSizeA(size, std::max(0.0F, width - dots), 0, begin, end, &rest);
  if (rest == begin && dots > width) return {};
  return std::string(begin, rest) + ellipsis;
}

ImU32 HealthColor(Health health, const Theme& theme) {
  switch (health) {
    case Health::kGood:
      return theme.good;
    case Health::kWarning:
      return theme.warning;
    case Health::kBad:
      return theme.bad;
    case Health::kUnknown:
      break;
  }
  return theme.muted;
}

void DrawHealthSign(Health health, const Theme& theme) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float line = ImGui::GetTextLineHeight();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 c = {at.x + line / 2, at.y + line / 2};
  const float r = line * 0.3F;
  const ImU32 color = HealthColor(health, theme);
  switch (health) {
    case Health::kGood:
      draw.AddCircleFilled(c, r, color);
      break;
    case Health::kWarning:
      draw.AddTriangleFilled({c.x, c.y - r * 1.15F}, {c.x + r * 1.2F, c.y + r},
                             {c.x - r * 1.2F, c.y + r}, color);
      break;
    case Health::kBad:
      draw.AddRectFilled({c.x - r, c.y - r}, {c.x + r, c.y + r}, color);
      break;
    case Health::kUnknown:
      draw.AddCircle(c, r, color, 0, theme.px(1.5F));
      break;
  }
  ImGui::Dummy({line, line});
}

void DrawFact(const char* name, std::string_view value, float name_width, const Theme& theme) {
  const float x = ImGui::GetCursorPosX();
  ColoredText(theme.muted, name);
  // Not SameLine(x): within columns it counts from elsewhere.
  ImGui::SameLine(0, 0);
  ImGui::SetCursorPosX(x + name_width);
  FittedText(theme.ink, value);
}

bool Typed(char letter) {
  const ImGuiIO& io = ImGui::GetIO();
  if (io.WantTextInput) return false;
  const auto& letters = io.InputQueueCharacters;
  return std::find(letters.begin(), letters.end(), static_cast<ImWchar>(letter)) != letters.end();
}

bool Pressed(ImGuiKey key) { return ImGui::IsKeyPressed(ImGui::GetKeyIndex(key)); }

}  // namespace marquee::viewer
