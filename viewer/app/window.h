// viewer/app/window.h — a window of the system with OpenGL in it, and ImGui's context for it.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "schemas/status.h"

struct GLFWwindow;

namespace marquee::viewer {

/// A picture, row by row from the top, three bytes a pixel.
struct Pixels {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

struct WindowOptions {
  int width = 1280;
  int height = 800;
  bool hidden = false;
  bool vsync = true;  ///< wait for the screen before a frame is shown
};

/// One lives at a time, in the main thread; only Wake may be called by others.
class Window {
 public:
  /// Errors: kUnavailable, when there is no display or no OpenGL; the message names --headless.
  static Result<Window> Open(const WindowOptions& options);

  Window(Window&& other) noexcept;
  Window& operator=(Window&&) = delete;
  ~Window();

  /// Let a sleeping Wait return.
  static void Wake();

  /// Sleep until there is input, Wake is called, or so much time has passed.
  void Wait(double seconds);
  /// Handle what has come, without sleeping.
  void Poll();
  /// Whether a person did something, or the window must be drawn anew, since the last call.
  bool TakeInput();
  /// Paths of files that were dropped on the window since the last call.
  std::vector<std::string> TakeDroppedFiles();

  bool should_close() const;
  /// Pixels of the screen for one of a plain one: 1, 1.5, 2.
  float screen_scale() const;
  void Size(int& width, int& height) const;

  void BeginFrame();
  /// Draw what ImGui made, without showing it yet.
  void EndFrame(ImU32 background);
  /// Show it; may wait for the screen.
  void Show();
  /// What was drawn last, before it is shown, within the rectangle.
  Pixels Read(ImVec2 min, ImVec2 size) const;
  /// Hand ImGui's font texture to OpenGL anew.
  void UploadFonts();

 private:
  struct Inbox;
  Window(GLFWwindow* window, std::unique_ptr<Inbox> inbox);

  GLFWwindow* window_;
  std::unique_ptr<Inbox> inbox_;  // GLFW's callbacks write to it, so it does not move
};

}  // namespace marquee::viewer
