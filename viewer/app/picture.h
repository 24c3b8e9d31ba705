// viewer/app/picture.h — pictures as PNG files.
#pragma once

#include <string>

#include "schemas/status.h"
#include "viewer/app/window.h"

namespace marquee::viewer {

/// Write a picture. Errors: kUnavailable, naming the file.
Status WritePng(const std::string& path, const Pixels& pixels);

/// Read one. Errors: kUnavailable if there is none, kData if it is none.
Result<Pixels> ReadPng(const std::string& path);

}  // namespace marquee::viewer
