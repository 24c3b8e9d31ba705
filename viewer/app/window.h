// viewer/app/window.h — a window of the system with OpenGL in it, and ImGui's context for it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "schemas/status.h"
#include "viewer/screen/surface.h"

struct GLFWwindow;

namespace marquee::viewer {

struct WindowOptions {
  int width = 1280;
  int height = 800;
  bool hidden = false;
  bool vsync = true;  ///< wait for the screen before a frame is shown
};

/// How much larger than on a plain screen all must be drawn, of the system's scale and the sizes of
/// a window and its frame. Where the frame is the larger one (Wayland), it is scaled up already.
float DrawnScale(float content_scale, int window_width, int frame_width);

/// One lives at a time, in the main thread; only Wake may be called by others.
class Window final : public Surface {
 public:
  /// Errors: kUnavailable, when there is no display or no OpenGL; the message names --headless.
  static Result<Window> Open(const WindowOptions& options);

  Window(Window&& other) noexcept;
  Window& operator=(Window&&) = delete;
  ~Window() override;

  /// Let a sleeping Wait return.
  static void Wake();

  /// Sleep until there is input, Wake is called, or so much time has passed.
  void Wait(double seconds);
  /// Handle what has come, without sleeping.
  void Poll();
  bool TakeInput() override;
  /// Paths of files that were dropped on the window since the last call.
  std::vector<std::string> TakeDroppedFiles();

  bool should_close() const;
  float screen_scale() const override;
  void Size(int& width, int& height) const;

  void BeginFrame() override;
  void Show() override;

 private:
  struct Inbox;
  Window(GLFWwindow* window, std::unique_ptr<Inbox> inbox);

  GLFWwindow* window_;
  std::unique_ptr<Inbox> inbox_;  // GLFW's callbacks write to it, so it does not move
};

}  // namespace marquee::viewer
