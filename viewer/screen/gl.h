// viewer/screen/gl.h — ImGui's frames by OpenGL 3.2 and WebGL 2, and pictures of them.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <vector>

namespace marquee::viewer {

/// A picture, row by row from the top, three bytes a pixel.
struct Pixels {
  int width = 0;
  int height = 0;
  std::vector<std::uint8_t> rgb;
};

/// Draw what ImGui made of this frame, without showing it yet.
void DrawGlFrame(ImU32 background);

/// What was drawn last, before it is shown, within the rectangle; empty if nothing of it is there.
Pixels ReadGlPixels(ImVec2 min, ImVec2 size);

/// Hand ImGui's font texture to OpenGL anew.
void UploadGlFonts();

}  // namespace marquee::viewer
