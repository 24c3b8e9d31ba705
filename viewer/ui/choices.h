// viewer/ui/choices.h — over which time panels show what they show.
#pragma once

#include "schemas/snapshot_generated.h"

namespace marquee::viewer {

/// Chosen at the right end of the line of tabs, for all panels.
struct Choices {
  int quality_window = 2;  ///< index of Snapshot.qualities
  int timeline = 0;        ///< 0 = the last five minutes, 1 = the session

  const wire::Quality& Quality(const wire::Snapshot& snapshot) const {
    return *snapshot.qualities()->Get(static_cast<unsigned>(quality_window));
  }
  const wire::Timeline& Timeline(const wire::Snapshot& snapshot) const {
    return timeline == 0 ? *snapshot.recent() : *snapshot.session();
  }
};

}  // namespace marquee::viewer
