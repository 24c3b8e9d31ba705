#include "viewer/screen/png.h"

#include <stb_image_write.h>

namespace marquee::viewer {

std::string EncodePng(const Pixels& pixels) {
  std::string bytes;
  if (pixels.rgb.empty()) return bytes;
  const auto append = [](void* to, void* data, int size) {
    static_cast<std::string*>(to)->append(static_cast<const char*>(data),
                                          static_cast<std::size_t>(size));
  };
  stbi_write_png_to_func(append, &bytes, pixels.width, pixels.height, 3, pixels.rgb.data(),
                         3 * pixels.width);
  return bytes;
}

}  // namespace marquee::viewer
