// viewer/ui/theme.h — how everything looks: colours, sizes, fonts.
//
// Colours that tell things apart are those of Okabe and Ito, which people with any colour vision can
// tell apart; no meaning is carried by colour alone.
#pragma once

#include <imgui.h>

#include <array>
#include <cstddef>
#include <cstdint>

#include "schemas/batch_info_generated.h"

namespace marquee::viewer {

enum class ThemeKind : std::uint8_t { kDark, kLight };

/// Handed to every function that draws. Plain; the fonts belong to ImGui.
struct Theme {
  ThemeKind kind = ThemeKind::kDark;
  /// 1 = a plain screen; 1.5 and 2 = screens of finer pixels.
  float scale = 1;
  /// Added to UTC for times of day.
  int utc_offset_s = 0;

  ImFont* text = nullptr;
  ImFont* small = nullptr;
  ImFont* bold = nullptr;
  ImFont* large = nullptr;  ///< for the figures that are seen from afar

  ImU32 background = 0;
  ImU32 card = 0;
  ImU32 border = 0;
  ImU32 grid = 0;
  ImU32 ink = 0;
  ImU32 muted = 0;  ///< labels, axes
  ImU32 faint = 0;  ///< a filled shape in the background
  ImU32 accent = 0;
  ImU32 good = 0;
  ImU32 warning = 0;
  ImU32 bad = 0;
  std::array<ImU32, 7> lines{};

  /// Pixels, of so many at scale 1.
  float px(float pixels) const {
    return static_cast<float>(static_cast<int>(pixels * scale + 0.5F));
  }
  /// The colour of the thing with that number; they repeat after seven.
  ImU32 line(std::size_t number) const { return lines[number % lines.size()]; }
  ImU32 stage(wire::StageId id) const { return line(static_cast<std::size_t>(id) + 6); }
};

/// Make the colours of `kind` at `scale`; fonts are the caller's to set.
Theme MakeTheme(ThemeKind kind, float scale);

/// Make ImGui's own widgets look like it.
void ApplyTheme(const Theme& theme, ImGuiStyle& style);

/// The same colour, `alpha` (0 to 1) as opaque.
ImU32 Faded(ImU32 color, float alpha);
/// `share` of the way from one colour to the other.
ImU32 Mixed(ImU32 from, ImU32 to, float share);

}  // namespace marquee::viewer
