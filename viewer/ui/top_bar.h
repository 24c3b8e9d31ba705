// viewer/ui/top_bar.h — what is shown, how it is, and what can be done with it.
#pragma once

#include "schemas/snapshot_generated.h"
#include "viewer/ui/intents.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// What the buttons of the bar asked for, beyond the intents.
struct TopBarActions {
  bool open = false;
  bool help = false;
};

/// `watching`: nothing can be opened.
TopBarActions DrawTopBar(const wire::Snapshot& snapshot, const Theme& theme, bool watching,
                         Intents& intents);

/// Pause a recording, go on, or after its end begin anew; ask nothing of another source.
void TogglePlayback(const wire::Source& source, Intents& intents);

/// Pause, scrubbing and speed of a recording, of one that is only watched how far it is; progress
/// of an embedded run; nothing for the others.
void DrawPlayback(const wire::Snapshot& snapshot, const Theme& theme, bool watching,
                  Intents& intents);

}  // namespace marquee::viewer
