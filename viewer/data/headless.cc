#include "viewer/data/headless.h"

#include <fmt/core.h>

#include <chrono>
#include <string>
#include <thread>

#include "pipeline/app/stop_signal.h"
#include "schemas/wire_span.h"
#include "viewer/data/snapshot_json.h"

namespace marquee::viewer {
namespace {

constexpr std::chrono::milliseconds kPollTime{20};
constexpr std::chrono::seconds kPrintInterval{1};
/// Who waits longer for the one object is told why.
constexpr std::chrono::seconds kPatience{3};

bool HasEnded(const wire::Source& source) {
  return source.state() == wire::SourceState::Ended || source.state() == wire::SourceState::Failed;
}

/// Whether all that was there when the source was opened has been counted. Only a topic goes on.
bool IsCurrent(const wire::Source& source) {
  return HasEnded(source) ||
         (source.kind() == wire::SourceKind::Topic && source.state() == wire::SourceState::Live &&
          TextOf(source.message()).empty());
}

Status Print(const wire::Snapshot& snapshot, std::FILE* output) {
  fmt::print(output, "{}\n", SnapshotLine(snapshot));
  if (std::fflush(output) == 0) return {};
  return Status::Unavailable("cannot write standard output: it is closed or its disk is full");
}

}  // namespace

Status RunHeadless(Feed& feed, const HeadlessOptions& options) {
  const StopSignal stop;
  if (options.once) feed.SetSpeed(kFullSpeed);
  auto told_at = std::chrono::steady_clock::now();
  std::string told;
  auto printed_at = std::chrono::steady_clock::time_point();
  std::uint64_t printed = 0;  // the snapshot's number
  while (true) {
    const auto message = feed.Latest();
    const wire::Snapshot& snapshot = message->view();
    const bool ended = HasEnded(*snapshot.source()) || stop.requested();
    const bool wanted =
        ended || (options.once ? IsCurrent(*snapshot.source()) : snapshot.number() > printed);
    const auto now = std::chrono::steady_clock::now();
    if (wanted && (ended || now - printed_at >= kPrintInterval)) {
      MARQUEE_RETURN_IF_ERROR(Print(snapshot, options.output));
      printed = snapshot.number();
      printed_at = now;
      if (ended || options.once) return feed.status();
    }
    const auto waits_for = TextOf(snapshot.source()->message());
    if (options.once && now - told_at >= kPatience && !waits_for.empty() && waits_for != told) {
      fmt::print(stderr, "marquee-viewer: {}\n", waits_for);
      told = waits_for;
      told_at = now;
    }
    std::this_thread::sleep_for(kPollTime);
  }
}

}  // namespace marquee::viewer
