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
#include "viewer/ui/plot.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {

/// The line of that kind and index; empty if there is none.
std::span<const float> FindSeries(const wire::Timeline& timeline, wire::SeriesKind kind,
                                  std::size_t index = 0);

/// Plot options under which the values of `timeline` lie where they belong.
PlotOptions OverTime(const wire::Timeline& timeline, Unit unit);

/// The name of a class; "class 3" if the model does not tell, "-" for none.
std::string ClassName(const wire::Snapshot& snapshot, std::size_t number);
std::size_t NumClasses(const wire::Snapshot& snapshot);

/// What people call a stage: "preprocess".
const char* StageName(wire::StageId id);

/// The text, empty if it is absent.
std::string_view TextOf(const flatbuffers::String* text);

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

/// What is waited for, in one line, and what to do.
struct Waiting {
  std::string what;
  std::string what_to_do;
};
Waiting WaitingFor(const wire::Snapshot& snapshot);

}  // namespace marquee::viewer
