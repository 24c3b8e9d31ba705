// viewer/app/app.h — the main loop: a feed, a window, and what a person asks for in between.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "schemas/status.h"
#include "viewer/data/feed.h"
#include "viewer/ui/viewer.h"

namespace marquee::viewer {

/// A picture to be taken of the window with a panel in it.
struct Shot {
  Panel panel = Panel::kOverview;
  std::string path;
};

/// Makes a feed of what was asked for; `on_publish` as in Feed.
using FeedOpener =
    std::function<std::unique_ptr<Feed>(const OpenRequest&, std::function<void()> on_publish)>;

struct AppOptions {
  FeedOpener opener;
  /// What is shown first; empty = the dialog that opens something.
  std::optional<OpenRequest> source;
  /// What the dialog begins with; empty = as remembered.
  std::string brokers;
  std::string topic_prefix;
  std::optional<ThemeKind> theme;  ///< empty = as remembered
  float scale = 0;                 ///< 0 = as remembered, or the screen's
  int width = 0;                   ///< 0 = as remembered
  int height = 0;
  /// Take these pictures of a hidden window, and end.
  std::vector<Shot> shots;
  /// So long after the first data.
  double shots_after_s = 2;
  /// Measure for so long, print it, and end; 0 = do not.
  double measure_s = 0;
};

/// Show the window until it is closed.
/// Errors: kUnavailable: no display, a picture cannot be written.
Status RunApp(const AppOptions& options);

}  // namespace marquee::viewer
