// tests/support/imgui_harness.h — frames of the interface without a window: what a person would see
// and do.
//
// What was drawn is read back from the finished draw lists, glyph by glyph, so that text counts
// however it was drawn, and a click goes where a person would see the words.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "viewer/ui/viewer.h"

namespace marquee::testing_support {

/// A line of letters as they stand on the screen.
struct DrawnText {
  std::string text;
  ImVec2 min;
  ImVec2 max;
  bool cut = false;  ///< a letter is cut off at the left or right edge of what it is drawn in
};

/// An ImGui context with the built-in font and a display of `size`, and a viewer in it.
///
/// Threads: one; one harness at a time. ImGui's context is global.
class ImguiHarness {
 public:
  explicit ImguiHarness(ImVec2 size = {1280, 800}, float scale = 1,
                        viewer::ThemeKind kind = viewer::ThemeKind::kDark);
  ~ImguiHarness();
  ImguiHarness(const ImguiHarness&) = delete;
  ImguiHarness& operator=(const ImguiHarness&) = delete;

  /// Draw one frame. Intents of all frames are gathered in `intents()`, the last of a kind counts.
  void Frame(const wire::Snapshot& snapshot);
  /// Draw until sizes and hovering have settled.
  void Settle(const wire::Snapshot& snapshot);

  /// Move the pointer to the middle of `label` and press once. Returns false if it is not there.
  bool Click(const wire::Snapshot& snapshot, std::string_view label);
  bool Hover(const wire::Snapshot& snapshot, std::string_view label);
  void ClickAt(const wire::Snapshot& snapshot, ImVec2 at,
               ImGuiMouseButton button = ImGuiMouseButton_Left);
  void HoverAt(const wire::Snapshot& snapshot, ImVec2 at);
  /// Drag from one place to another.
  void Drag(const wire::Snapshot& snapshot, ImVec2 from, ImVec2 to);
  void Wheel(const wire::Snapshot& snapshot, float notches);
  /// Type letters, as a keyboard would.
  void Type(const wire::Snapshot& snapshot, std::string_view letters);
  void PressKey(const wire::Snapshot& snapshot, ImGuiKey key);

  /// What the last frame shows, top to bottom, left to right within a line.
  const std::vector<DrawnText>& texts() const { return texts_; }
  /// All of it, a line each: for looking words up.
  std::string AllText() const;
  bool Shows(std::string_view words) const;
  /// The first line of letters that holds `words`; null if none does.
  const DrawnText* Find(std::string_view words) const;
  /// What is drawn outside the display, in words; empty = nothing.
  std::string DrawnOutside() const;
  /// The vertices, indices and clip rectangles of the last frame.
  std::string FrameBytes() const;

  viewer::ViewerState& state() { return state_; }
  viewer::Intents& intents() { return intents_; }
  const viewer::Theme& theme() const { return theme_; }
  void SetTheme(viewer::ThemeKind kind);

 private:
  void ReadTexts();

  ImGuiContext* context_;
  viewer::Theme theme_;
  viewer::ViewerState state_;
  viewer::Intents intents_;
  std::vector<DrawnText> texts_;
};

}  // namespace marquee::testing_support
