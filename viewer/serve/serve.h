// viewer/serve/serve.h — a feed for many pages.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "schemas/status.h"
#include "viewer/data/feed.h"
#include "viewer/serve/page_server.h"

namespace marquee::viewer {

struct ServeOptions {
  PageServerOptions server;
  /// Where the page's files are.
  std::string page;
};

/// "127.0.0.1:8501" of "8501"; an address stays as it is.
std::string ServeAddress(const std::string& text);

/// Serve the feed that `open` makes until SIGINT or SIGTERM, also when it has ended or failed, which
/// the pages then say. Errors: those of ReadPageFiles and PageServer::Start.
Status RunServe(const std::function<std::unique_ptr<Feed>(std::function<void()> on_publish)>& open,
                const ServeOptions& options);

}  // namespace marquee::viewer
