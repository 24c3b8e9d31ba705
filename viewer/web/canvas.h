// viewer/web/canvas.h — a page's canvas with WebGL 2 in it, and ImGui's context for it.
//
// The page's script hands on what a person does: pointers and keys of every browser, pixels of every
// screen, the shape of the pointer. Emscripten's GLFW knows neither touch nor fine pixels, and other
// wheels in every version.
#pragma once

#include <imgui.h>

#include <chrono>
#include <memory>
#include <string_view>

#include "viewer/screen/surface.h"

namespace marquee::viewer {

/// Of the element #canvas.
class Canvas final : public Surface {
 public:
  /// Null if the browser has no WebGL 2.
  static std::unique_ptr<Canvas> Open();
  ~Canvas() override;

  /// Sizes are the screen's pixels; `scale` of them are one of a plain screen.
  void Resize(int width, int height, float scale);
  void MovePointer(float x, float y);
  void LeavePointer();
  void PressButton(int button, bool down);
  /// Notches: positive is up, and to the left.
  void TurnWheel(float x, float y);
  /// A key by the name that browsers give it ("ArrowUp"; of letters "KeyA", whatever their place); others do nothing.
  void PressKey(std::string_view name, bool down);
  void PressModifiers(bool control, bool shift, bool alt);
  void Type(const char* text);
  /// Whether the page has the keyboard.
  void Focus(bool focused);

  float screen_scale() const override { return scale_; }
  bool TakeInput() override;
  void BeginFrame() override;
  /// The browser shows it when the script gives way; the pointer gets its shape here.
  void Show() override;

 private:
  Canvas() = default;

  float scale_ = 1;
  bool input_ = true;
  ImGuiMouseCursor cursor_ = ImGuiMouseCursor_Arrow;
  std::chrono::steady_clock::time_point drawn_at_ = std::chrono::steady_clock::now();
};

}  // namespace marquee::viewer
