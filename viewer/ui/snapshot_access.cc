#include "viewer/ui/snapshot_access.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstdint>

#include "viewer/ui/format.h"

namespace marquee::viewer {
namespace {

/// What is waited for, in one line, and what to do.
struct Waiting {
  std::string what;
  std::string what_to_do;
};

Waiting WaitingFor(const wire::Snapshot& snapshot) {
  const wire::Source& source = *snapshot.source();
  const std::string message(TextOf(source.message()));
  if (source.state() == wire::SourceState::Failed) {
    return {message.empty() ? "The source failed" : message,
            "Mend what is named above, then open it again, or something else."};
  }
  switch (source.kind()) {
    case wire::SourceKind::None:
      if (!message.empty()) return {message, "It will show here as soon as it is there."};
      return {
          "Nothing is open",
          "Press O to follow a topic, replay a recording, start a run on a CSV file, or compare "
          "records of benchmarks."};
    case wire::SourceKind::Topic:
      return {message.empty() ? "Waiting for results" : message,
              "Is something running? `marquee produce`, `preprocess` and `infer` make results; "
              "`marquee doctor` tells what is wrong."};
    case wire::SourceKind::Recording:
    case wire::SourceKind::EmbeddedRun:
      return {message.empty() ? "Waiting for the first rows" : message,
              "They will show here as they come."};
    case wire::SourceKind::BenchRecords:
      break;
  }
  return {"Records of benchmarks hold no rows", "See the panel Benchmarks (7)."};
}

}  // namespace

std::span<const float> FindSeries(const wire::Timeline& timeline, wire::SeriesKind kind,
                                  std::size_t index) {
  for (const wire::Series* series : *timeline.series()) {
    if (series->kind() != kind || series->index() != index) continue;
    return SpanOf(series->values());
  }
  return {};
}

PlotOptions OverTime(const wire::Snapshot& snapshot, const wire::Timeline& timeline, Unit unit) {
  // Without any series, the interval may be anything.
  const double step = std::max(static_cast<double>(timeline.interval_ns()) / 1e9, 0.0);
  const double end = static_cast<double>(timeline.end_ns()) / 1e9;
  const std::size_t intervals =
      timeline.series()->size() > 0 ? timeline.series()->Get(0)->values()->size() : 0;
  return {.x = PlotX::kTime,
          .x_first = end - step * static_cast<double>(intervals > 0 ? intervals - 1 : 0),
          .x_step = step > 0 ? step : 1,
          // The last interval of a session is written before it is over.
          .x_last = std::clamp(static_cast<double>(snapshot.taken_ns()) / 1e9, end - step, end),
          .unit = unit};
}

std::string F1Note(const wire::Timeline& timeline) {
  // As many whole intervals as fit into ten seconds, and one at least.
  constexpr std::int64_t kWanted = 10'000'000'000;
  const std::int64_t interval = std::max<std::int64_t>(timeline.interval_ns(), 1);
  const std::int64_t window = std::max<std::int64_t>(kWanted / interval, 1) * interval;
  return fmt::format("each point over {}", Stretch(static_cast<double>(window) / 1e9));
}

std::size_t NumClasses(const wire::Snapshot& snapshot) {
  return snapshot.model()->class_names()->size();
}

std::string ClassName(const wire::Snapshot& snapshot, std::size_t number) {
  const auto& names = *snapshot.model()->class_names();
  return number < names.size() ? names.Get(static_cast<flatbuffers::uoffset_t>(number))->str()
                               : std::string(kNothing);
}

std::string ClassName(std::span<const std::string> names, std::size_t number) {
  return number < names.size() ? names[number] : kNothing;
}

Verdict JudgeSource(const wire::Snapshot& snapshot) {
  switch (snapshot.source()->state()) {
    case wire::SourceState::Live:
      return {Health::kGood, "live"};
    case wire::SourceState::Paused:
      return {Health::kUnknown, "paused"};
    case wire::SourceState::Ended:
      return {Health::kGood, "ended"};
    case wire::SourceState::Waiting:
      return {Health::kWarning, "waiting"};
    case wire::SourceState::Failed:
      return {Health::kBad, "failed"};
    case wire::SourceState::Idle:
      break;
  }
  return {Health::kUnknown, "no source"};
}

Health HealthOfService(const wire::Service& service) {
  const std::string_view state = TextOf(service.state());
  if (state == "running") return Health::kGood;
  if (state == "stalled" || state == "failed") return Health::kBad;
  if (state == "stopped") return Health::kUnknown;
  return Health::kWarning;
}

std::string ServiceName(const wire::Service& service) {
  const std::string_view stage = TextOf(service.stage());
  const std::string_view instance = TextOf(service.instance());
  const std::string_view host = TextOf(service.host());
  std::string name(instance);
  // An instance that is named like its host, as they are if nobody names them, says nothing.
  if (instance == host) name = stage;
  if (name.find(stage) == std::string::npos) name = fmt::format("{} {}", stage, name);
  return host.empty() ? name : fmt::format("{} on {}", name, host);
}

Verdict JudgeServices(const wire::Snapshot& snapshot) {
  const auto& services = *snapshot.services();
  if (services.size() == 0) return {Health::kUnknown, "no services known"};
  Verdict verdict{Health::kGood, ""};
  std::size_t stopped = 0;
  for (const wire::Service* service : services) {
    const Health health = HealthOfService(*service);
    if (health == Health::kUnknown) ++stopped;
    if (health == Health::kUnknown || health <= verdict.health) continue;
    verdict = {health, fmt::format("{} is {}", ServiceName(*service), TextOf(service->state()))};
  }
  if (verdict.health != Health::kGood) return verdict;
  const auto count = [](std::size_t n) {
    return fmt::format("{} service{}", n, n == 1 ? "" : "s");
  };
  if (stopped == services.size()) return {Health::kUnknown, count(stopped) + ", stopped"};
  verdict.text = count(services.size() - stopped) + ", all well";
  if (stopped > 0) verdict.text += fmt::format(", {} stopped", stopped);
  return verdict;
}

bool HasRun(const wire::Snapshot& snapshot) { return snapshot.run()->rows() > 0; }

void DrawWaiting(const wire::Snapshot& snapshot, const Theme& theme) {
  const Waiting waiting = WaitingFor(snapshot);
  DrawNothingYet(waiting.what.c_str(), waiting.what_to_do.c_str(), theme);
}

}  // namespace marquee::viewer
