// viewer/ui/snapshot_access.h — finding things in a snapshot.
//
// Snapshots come verified (data/snapshot_message.h): three qualities, as many numbers as there are
// classes, every value of an enumeration known. Texts that are not required may be absent.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "schemas/snapshot_generated.h"
#include "schemas/stage_name.h"
#include "schemas/wire_span.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {

/// The line of that kind and index; empty if there is none.
std::span<const float> FindSeries(const wire::Timeline& timeline, wire::SeriesKind kind,
                                  std::size_t index = 0);

/// Plot options under which the values of `timeline`, one of the snapshot's, lie where they belong.
PlotOptions OverTime(const wire::Snapshot& snapshot, const wire::Timeline& timeline, Unit unit);

/// "each point over 10 s": what F1 over time is measured over, which is an interval at least.
std::string F1Note(const wire::Timeline& timeline);

/// The name of a class; "-" if there is none of this number.
std::string ClassName(const wire::Snapshot& snapshot, std::size_t number);
std::string ClassName(std::span<const std::string> names, std::size_t number);
std::size_t NumClasses(const wire::Snapshot& snapshot);

/// How the source and everything behind it are, and why in a few words.
struct Verdict {
  Health health = Health::kUnknown;
  std::string text;
};
Verdict JudgeSource(const wire::Snapshot& snapshot);
Verdict JudgeServices(const wire::Snapshot& snapshot);
Health HealthOfService(const wire::Service& service);
/// "infer on vm", "infer-b on vm": what tells services apart, and no more.
std::string ServiceName(const wire::Service& service);

/// Is there any row of a run?
bool HasRun(const wire::Snapshot& snapshot);

/// Tell what is waited for, and what to do, where there is nothing to draw yet.
void DrawWaiting(const wire::Snapshot& snapshot, const Theme& theme);

}  // namespace marquee::viewer
