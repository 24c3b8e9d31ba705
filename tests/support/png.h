// tests/support/png.h — pictures read back.
#pragma once

#include <stb_image.h>

#include <memory>
#include <optional>
#include <string>

#include "viewer/screen/gl.h"

namespace marquee::testing_support {

/// The picture in a PNG file; nothing if there is none.
inline std::optional<viewer::Pixels> ReadPng(const std::string& path) {
  viewer::Pixels pixels;
  int channels = 0;
  const std::unique_ptr<stbi_uc, decltype(&stbi_image_free)> bytes(
      stbi_load(path.c_str(), &pixels.width, &pixels.height, &channels, 3), &stbi_image_free);
  if (bytes == nullptr) return std::nullopt;
  const auto size =
      3 * static_cast<std::size_t>(pixels.width) * static_cast<std::size_t>(pixels.height);
  pixels.rgb.assign(bytes.get(), bytes.get() + size);
  return pixels;
}

}  // namespace marquee::testing_support
