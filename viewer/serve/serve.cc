#include "viewer/serve/serve.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "pipeline/app/stop_signal.h"

namespace marquee::viewer {
namespace {

/// So often the loop looks whether it was asked to end.
constexpr std::chrono::milliseconds kLongestWait{250};

}  // namespace

std::string ServeAddress(const std::string& text) {
  const bool is_port = !text.empty() && std::all_of(text.begin(), text.end(), [](char letter) {
    return letter >= '0' && letter <= '9';
  });
  return is_port ? "127.0.0.1:" + text : text;
}

Status RunServe(const std::function<std::unique_ptr<Feed>(std::function<void()> on_publish)>& open,
                const ServeOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(PageFiles files, ReadPageFiles(options.page));
  MARQUEE_ASSIGN_OR_RETURN(const auto server, PageServer::Start(options.server, std::move(files)));
  const StopSignal stop;
  std::mutex mutex;
  std::condition_variable published;
  bool newer = false;
  const auto feed = open([&] {
    {
      const std::lock_guard lock(mutex);
      newer = true;
    }
    published.notify_one();
  });
  const std::string& address = options.server.address;
  fmt::print(stderr, "marquee-viewer: serving http://{}:{}\n",
             address.substr(0, address.rfind(':')), server->port());
  while (!stop.requested()) {
    std::unique_lock lock(mutex);
    if (!published.wait_for(lock, kLongestWait, [&] { return newer; })) continue;
    newer = false;
    lock.unlock();
    server->Publish(feed->Latest());
  }
  return {};
}

}  // namespace marquee::viewer
