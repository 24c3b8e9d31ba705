// viewer/ui/help.h — the shortcuts, and how to read what is shown.
#pragma once

#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// Show the help over everything while `visible`; to who is only `watching` what is of use then.
void DrawHelp(const Theme& theme, bool watching, bool& visible);

}  // namespace marquee::viewer
