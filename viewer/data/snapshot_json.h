// viewer/data/snapshot_json.h — a snapshot as JSON, for programs.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "schemas/snapshot_generated.h"

namespace marquee::viewer {

/// Everything in the snapshot, by the names of schemas/snapshot.fbs; enums by their names, what is
/// absent or not a number as null.
nlohmann::ordered_json SnapshotJson(const wire::Snapshot& snapshot);

/// The same in one line, with U+FFFD in the place of bytes that are no UTF-8.
std::string SnapshotLine(const wire::Snapshot& snapshot);

}  // namespace marquee::viewer
