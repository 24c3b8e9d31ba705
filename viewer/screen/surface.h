// viewer/screen/surface.h — where frames are drawn: a window of the system, a canvas in a page.
#pragma once

#include <imgui.h>

namespace marquee::viewer {

/// One lives at a time, and ImGui's context with it. Threads: one.
class Surface {
 public:
  virtual ~Surface() = default;

  /// How much larger than on a plain screen all must be drawn: 1, 1.5, 2.
  virtual float screen_scale() const = 0;
  /// Whether a person did something, or all must be drawn anew, since the last call.
  virtual bool TakeInput() = 0;
  /// Tell ImGui of size, time and input, and begin its frame.
  virtual void BeginFrame() = 0;
  /// Show what was drawn; may wait for the screen.
  virtual void Show() = 0;
};

}  // namespace marquee::viewer
