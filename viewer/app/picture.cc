#include "viewer/app/picture.h"

#include <fmt/core.h>
#include <stb_image.h>
#include <stb_image_write.h>

#include <fstream>
#include <memory>

namespace marquee::viewer {

Status WritePng(const std::string& path, const Pixels& pixels) {
  if (pixels.rgb.empty()) return Status::Unavailable(fmt::format("{}: an empty picture", path));
  if (stbi_write_png(path.c_str(), pixels.width, pixels.height, 3, pixels.rgb.data(),
                     3 * pixels.width) != 0) {
    return {};
  }
  return Status::Unavailable(
      fmt::format("{}: cannot be written: is the folder there, and the disk not full?", path));
}

Result<Pixels> ReadPng(const std::string& path) {
  if (!std::ifstream(path)) return Status::Unavailable(fmt::format("{}: cannot be read", path));
  Pixels pixels;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> bytes(
      stbi_load(path.c_str(), &pixels.width, &pixels.height, &channels, 3), &stbi_image_free);
  if (bytes == nullptr) {
    return Status::Data(fmt::format("{}: no picture: {}", path, stbi_failure_reason()));
  }
  const auto size =
      3 * static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.height);
  pixels.rgb.assign(bytes.get(), bytes.get() + size);
  return pixels;
}

}  // namespace marquee::viewer
