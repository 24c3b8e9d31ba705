// viewer/app/remembered.h — what the viewer remembers from one time to the next.
#pragma once

#include <string>

#include "schemas/status.h"
#include "viewer/screen/screen.h"

namespace marquee::viewer {

struct Remembered {
  Look look;
  int width = 1280;
  int height = 800;
};

/// Where it is kept: $XDG_CONFIG_HOME or ~/.config, then marquee/viewer.toml; empty if there is no
/// home.
std::string RememberedPath();

/// Read `path` into these two. What is absent, or makes no sense, stays as it is; a file that is no
/// TOML is as if there were none.
void Recall(const std::string& path, Remembered& remembered, ViewerState& state);

/// Write them, whole or not at all. Errors: kUnavailable.
Status Remember(const std::string& path, const Remembered& remembered, const ViewerState& state);

}  // namespace marquee::viewer
