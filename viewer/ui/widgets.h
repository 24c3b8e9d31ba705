// viewer/ui/widgets.h — small pieces that panels are put together from.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// Begin a framed area with a heading and, in smaller grey letters, what it shows. A size of 0 is all
/// that is left.
void BeginCard(const char* id, ImVec2 size, const char* title, const std::string& note,
               const Theme& theme);
void EndCard();

/// Draw a figure in large letters, with its name above and more about it below.
struct Figure {
  const char* name = "";
  std::string value;
  std::string unit;   ///< behind the value, in smaller letters
  std::string below;  ///< a line of grey letters
  ImU32 color = 0;    ///< of the value; 0 = as text
  const char* tip = nullptr;
};
void DrawFigure(const char* id, ImVec2 size, const Figure& figure, const Theme& theme);

/// Draw a choice of one of few as buttons side by side. Returns whether it was changed.
bool DrawChoice(const char* id, std::initializer_list<const char*> labels, int& choice,
                const Theme& theme);
/// How wide DrawChoice will be.
float ChoiceWidth(std::initializer_list<const char*> labels);

/// Draw, in the middle of what is left of the window, what is waited for and what to do.
void DrawNothingYet(const char* what, const char* what_to_do, const Theme& theme);

/// Draw the bar between two areas that a person can drag. `share` is the first one's, of `length`
/// pixels; neither becomes smaller than `least`.
void DrawSplitter(const char* id, bool side_by_side, float& share, float length, float least,
                  const Theme& theme);
/// How wide such a bar is.
float SplitterWidth(const Theme& theme);

/// Text of another colour.
void ColoredText(ImU32 color, std::string_view text);
/// Text of which as much is shown as fits into the line or table cell; all of it in a tip if that is
/// less.
void FittedText(ImU32 color, std::string_view text);
/// Text at the right end of what is left of the line or table cell.
void RightText(ImU32 color, std::string_view text);

/// Show `text` beside the pointer, in lines of bearable length.
void DrawTip(std::string_view text);

/// `text`, with "…" for what is wider than `width` pixels.
std::string Fitted(std::string_view text, float width);

/// How well something is.
enum class Health : std::uint8_t { kGood, kWarning, kBad, kUnknown };

/// Draw a sign of it, of a form of its own beside its colour, as wide as a line is high.
void DrawHealthSign(Health health, const Theme& theme);
ImU32 HealthColor(Health health, const Theme& theme);

/// A line of a list of names and values.
void DrawFact(const char* name, std::string_view value, float name_width, const Theme& theme);

/// Was this letter typed, and not into a text field?
bool Typed(char letter);
/// Was Escape, or an arrow key, pressed?
bool Pressed(ImGuiKey key);

}  // namespace marquee::viewer
