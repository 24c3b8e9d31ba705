// pipeline/stages/table_schema.h — a table described in TOML: what its columns are, and what is made of them.
#pragma once

#include <string>
#include <string_view>

#include "pipeline/stages/feature_spec.h"
#include "schemas/status.h"

namespace marquee {

/// Read a description of a table; movies.toml is one, and README.md ("Your data") explains the keys.
///
/// `file` stands for its name in messages. Errors: kConfig, naming file, line and key: no TOML, a key
/// that is not known, of another type or missing; or as of FeatureSpec::Check.
Result<FeatureSpec> ParseTableSchema(std::string_view toml, std::string_view file);

/// ParseTableSchema of a file; the movies' spec if `path` is empty. Errors: kConfig, also if it cannot be
/// read or has more than 1 MiB.
Result<FeatureSpec> LoadTableSchema(const std::string& path);

}  // namespace marquee
