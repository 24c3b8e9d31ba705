#include "viewer/ui/theme.h"

#include <algorithm>

namespace marquee::viewer {
namespace {

constexpr ImU32 Rgb(std::uint32_t hex) {
  return IM_COL32((hex >> 16) & 0xff, (hex >> 8) & 0xff, hex & 0xff, 0xff);
}

// Okabe and Ito, "Color Universal Design" (2008).
constexpr ImU32 kOrange = Rgb(0xe69f00);
constexpr ImU32 kSkyBlue = Rgb(0x56b4e9);
constexpr ImU32 kGreen = Rgb(0x009e73);
constexpr ImU32 kYellow = Rgb(0xf0e442);
constexpr ImU32 kBlue = Rgb(0x0072b2);
constexpr ImU32 kVermillion = Rgb(0xd55e00);
constexpr ImU32 kPurple = Rgb(0xcc79a7);

}  // namespace

ImU32 Faded(ImU32 color, float alpha) {
  ImVec4 c = ImGui::ColorConvertU32ToFloat4(color);
  c.w *= alpha;
  return ImGui::ColorConvertFloat4ToU32(c);
}

ImU32 Mixed(ImU32 from, ImU32 to, float share) {
  const ImVec4 a = ImGui::ColorConvertU32ToFloat4(from);
  const ImVec4 b = ImGui::ColorConvertU32ToFloat4(to);
  const auto mix = [share](float x, float y) { return x + share * (y - x); };
  return ImGui::ColorConvertFloat4ToU32(
      {mix(a.x, b.x), mix(a.y, b.y), mix(a.z, b.z), mix(a.w, b.w)});
}

Theme MakeTheme(ThemeKind kind, float scale) {
  Theme theme;
  theme.kind = kind;
  theme.scale = scale;
  if (kind == ThemeKind::kDark) {
    theme.background = Rgb(0x13161b);
    theme.card = Rgb(0x1c2027);
    theme.border = Rgb(0x2d333d);
    theme.grid = Rgb(0x2a303a);
    theme.ink = Rgb(0xe8eaed);
    theme.muted = Rgb(0x9aa4b2);
    theme.faint = Rgb(0x262c35);
    theme.accent = kSkyBlue;
    theme.good = Rgb(0x1fbf8f);  // the green, lightened: small dots of it must be seen on black
    theme.warning = kOrange;
    theme.bad = Rgb(0xf0722c);
    // Blue is last: it is the darkest.
    theme.lines = {kSkyBlue, kOrange, theme.good, kPurple, kYellow, theme.bad, Rgb(0x3d94d6)};
  } else {
    theme.background = Rgb(0xf1f3f6);
    theme.card = Rgb(0xffffff);
    theme.border = Rgb(0xd5dae1);
    theme.grid = Rgb(0xe6e9ee);
    theme.ink = Rgb(0x1a1f27);
    theme.muted = Rgb(0x5a6472);
    theme.faint = Rgb(0xeceff3);
    theme.accent = kBlue;
    theme.good = Rgb(0x00805d);
    theme.warning = Rgb(0xb87a00);
    theme.bad = Rgb(0xc24f00);
    // Yellow, darkened, is last: it is the lightest.
    theme.lines = {kBlue, kVermillion, kGreen, kPurple, kOrange, kSkyBlue, Rgb(0xa89c00)};
  }
  return theme;
}

void ApplyTheme(const Theme& theme, ImGuiStyle& style) {
  style = ImGuiStyle();
  style.WindowPadding = {10, 10};
  style.FramePadding = {8, 5};
  style.ItemSpacing = {8, 6};
  style.ItemInnerSpacing = {6, 4};
  style.CellPadding = {6, 3};
  style.ScrollbarSize = 12;
  style.GrabMinSize = 12;
  style.WindowBorderSize = 1;
  style.FrameBorderSize = 1;
  style.PopupBorderSize = 1;
  style.ChildBorderSize = 1;
  style.WindowRounding = 8;
  style.ChildRounding = 6;
  style.FrameRounding = 4;
  style.PopupRounding = 6;
  style.ScrollbarRounding = 6;
  style.GrabRounding = 4;
  style.ScaleAllSizes(theme.scale);

  const auto set = [&style](ImGuiCol slot, ImU32 color) {
    style.Colors[slot] = ImGui::ColorConvertU32ToFloat4(color);
  };
  // What has no colour of its own below stays ImGui's, so begin with those of the right brightness.
  theme.kind == ThemeKind::kDark ? ImGui::StyleColorsDark(&style) : ImGui::StyleColorsLight(&style);
  const ImU32 control = Mixed(theme.card, theme.ink, 0.08F);
  set(ImGuiCol_Text, theme.ink);
  set(ImGuiCol_TextDisabled, theme.muted);
  set(ImGuiCol_WindowBg, theme.background);
  set(ImGuiCol_ChildBg, Faded(theme.background, 0));
  set(ImGuiCol_PopupBg, theme.card);
  set(ImGuiCol_Border, theme.border);
  set(ImGuiCol_FrameBg, control);
  set(ImGuiCol_FrameBgHovered, Mixed(theme.card, theme.ink, 0.14F));
  set(ImGuiCol_FrameBgActive, Mixed(theme.card, theme.ink, 0.18F));
  set(ImGuiCol_Button, control);
  set(ImGuiCol_ButtonHovered, Mixed(theme.card, theme.accent, 0.35F));
  set(ImGuiCol_ButtonActive, Mixed(theme.card, theme.accent, 0.5F));
  set(ImGuiCol_Header, Mixed(theme.card, theme.accent, 0.25F));
  set(ImGuiCol_HeaderHovered, Mixed(theme.card, theme.accent, 0.18F));
  set(ImGuiCol_HeaderActive, Mixed(theme.card, theme.accent, 0.35F));
  set(ImGuiCol_TitleBg, Mixed(theme.card, theme.ink, 0.06F));
  set(ImGuiCol_TitleBgActive, Mixed(theme.card, theme.ink, 0.06F));
  set(ImGuiCol_CheckMark, theme.accent);
  set(ImGuiCol_SliderGrab, theme.accent);
  set(ImGuiCol_SliderGrabActive, theme.accent);
  set(ImGuiCol_TableHeaderBg, theme.card);
  set(ImGuiCol_TableBorderLight, theme.grid);
  set(ImGuiCol_TableBorderStrong, theme.border);
  set(ImGuiCol_TableRowBgAlt, Faded(theme.ink, 0.025F));
  set(ImGuiCol_ScrollbarBg, Faded(theme.card, 0));
  set(ImGuiCol_ScrollbarGrab, Mixed(theme.card, theme.ink, 0.2F));
  set(ImGuiCol_TextSelectedBg, Faded(theme.accent, 0.4F));
  set(ImGuiCol_ModalWindowDimBg, Faded(Rgb(0x000000), 0.45F));
  set(ImGuiCol_Separator, theme.border);
}

}  // namespace marquee::viewer
