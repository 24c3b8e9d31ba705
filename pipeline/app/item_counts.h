// pipeline/app/item_counts.h — the names behind the hashes of list items: training wants to know
// them.
#pragma once

#include <string>

#include "pipeline/dataset/csv_source.h"
#include "pipeline/stages/feature_spec.h"
#include "schemas/status.h"

namespace marquee {

/// Write every distinct item of the spec's lists in `source` to `path`, a JSON object a line:
/// {"list":0,"code":123,"rows":456,"item":"Drama"}, by list, most frequent first; `rows` is how
/// many rows hold it.
/// Errors: kData, kUnavailable: of reading and writing.
Status WriteItemCounts(CsvSource& source, const FeatureSpec& spec, const std::string& path);

}  // namespace marquee
