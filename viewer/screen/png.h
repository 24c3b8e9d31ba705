// viewer/screen/png.h — pictures as PNG files.
#pragma once

#include <string>

#include "viewer/screen/gl.h"

namespace marquee::viewer {

/// The bytes of a PNG file with this picture; none of an empty one.
std::string EncodePng(const Pixels& pixels);

}  // namespace marquee::viewer
