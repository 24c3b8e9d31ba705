// model/import/probe_rows.h — rows that try an imported model: its golden rows.
#pragma once

#include "model/import/forest.h"
#include "model/import/import.h"
#include "model/parts.h"

namespace marquee::model {

/// Make rows whose values lie at the thresholds, beside them and between them; missing ones, if the
/// library takes any; categories, known and unknown; lists of items that the encodings know, or not.
///
/// The same forest and base give the same rows. There are as many as loading recomputes quickly.
RowsParts MakeProbeRows(const Forest& forest, const AttachedModel& attached);

}  // namespace marquee::model
