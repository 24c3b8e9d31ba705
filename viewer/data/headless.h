// viewer/data/headless.h — what a window would show, as lines of JSON.
#pragma once

#include <cstdio>

#include "schemas/status.h"
#include "viewer/data/feed.h"

namespace marquee::viewer {

struct HeadlessOptions {
  /// Print one object and end: as soon as all that was there already is counted. A recording and a
  /// run of its own are counted to their end, as fast as can be.
  bool once = false;
  std::FILE* output = stdout;
};

/// Print a snapshot of `feed` a second as a line of JSON, as long as there are new ones; the last
/// one is final. Ends when the source has ended, or on SIGINT or SIGTERM.
/// Errors: why the source failed; kUnavailable if nothing can be printed.
Status RunHeadless(Feed& feed, const HeadlessOptions& options);

}  // namespace marquee::viewer
