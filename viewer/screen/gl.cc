#include "viewer/screen/gl.h"

#include <backends/imgui_impl_opengl3.h>
#ifdef __EMSCRIPTEN__
#include <GLES3/gl3.h>
#else
#include <GL/gl.h>
#endif

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace marquee::viewer {
namespace {

/// The frame's size in pixels, which are finer than ImGui's on some screens.
struct FrameSize {
  int width;
  int height;
};

FrameSize SizeOfFrame() {
  const ImGuiIO& io = ImGui::GetIO();
  // Before the first frame ImGui knows no size, and says so by a negative one.
  const auto pixels = [](float size, float scale) {
    return std::max(0, static_cast<int>(std::lround(size * scale)));
  };
  return {pixels(io.DisplaySize.x, io.DisplayFramebufferScale.x),
          pixels(io.DisplaySize.y, io.DisplayFramebufferScale.y)};
}

}  // namespace

void DrawGlFrame(ImU32 background) {
  ImGui::Render();
  const FrameSize frame = SizeOfFrame();
  glViewport(0, 0, frame.width, frame.height);
  const ImVec4 color = ImGui::ColorConvertU32ToFloat4(background);
  glClearColor(color.x, color.y, color.z, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

Pixels ReadGlPixels(ImVec2 min, ImVec2 size) {
  const FrameSize frame = SizeOfFrame();
  const ImVec2 scale = ImGui::GetIO().DisplayFramebufferScale;
  const auto within = [](float value, int most) {
    return std::clamp(static_cast<int>(std::lround(value)), 0, most);
  };
  const int left = within(min.x * scale.x, frame.width);
  const int top = within(min.y * scale.y, frame.height);
  Pixels pixels;
  pixels.width = within((min.x + size.x) * scale.x, frame.width) - left;
  pixels.height = within((min.y + size.y) * scale.y, frame.height) - top;
  if (pixels.width <= 0 || pixels.height <= 0) return {};
  // Four bytes a pixel, for WebGL knows no other.
  const auto width = static_cast<std::size_t>(pixels.width);
  std::vector<std::uint8_t> upside_down(4 * width * static_cast<std::size_t>(pixels.height));
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  // OpenGL counts from the lower left corner.
  glReadPixels(left, frame.height - top - pixels.height, pixels.width, pixels.height, GL_RGBA,
               GL_UNSIGNED_BYTE, upside_down.data());
  pixels.rgb.reserve(upside_down.size() / 4 * 3);
  for (int y = pixels.height; y-- > 0;) {
    const std::uint8_t* row = upside_down.data() + 4 * width * static_cast<std::size_t>(y);
    for (std::size_t x = 0; x < width; ++x) {
      pixels.rgb.insert(pixels.rgb.end(), row + 4 * x, row + 4 * x + 3);
    }
  }
  return pixels;
}

void UploadGlFonts() {
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

}  // namespace marquee::viewer
