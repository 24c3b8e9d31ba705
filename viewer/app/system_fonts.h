// viewer/app/system_fonts.h — the system's fonts that the window uses.
#pragma once

#include <string>
#include <vector>

#include "viewer/screen/fonts.h"

namespace marquee::viewer {

/// Look for fonts below `folders`: of each kind the first that is there.
FontFiles FindFonts(const std::vector<std::string>& folders = {"/usr/share/fonts",
                                                               "/usr/local/share/fonts"});

/// What to do about letters that none of these has, in a line; empty = nothing.
std::string AdviceOn(const FontFiles& files);

}  // namespace marquee::viewer
