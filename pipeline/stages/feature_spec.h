// pipeline/stages/feature_spec.h — which features the preprocessor makes, as data.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace marquee {

/// A feature: one function (`kind`, see feature_kinds.h) applied to one source column.
struct FeatureLine {
  std::string name;
  std::string kind;
  std::string column;
  /// What the kind makes of it: a cap, a bucket width, a limit. 0 if it takes none.
  double parameter = 0;
};

/// What is predicted, and which rows count as known.
struct TargetRule {
  std::string column;
  double min = 0;
  double max = 0;
  /// Class = number of bounds b with value >= b, compared as f32; ascending.
  std::vector<double> bounds;
  std::vector<std::string> class_names;
  /// A row is labelled where it has a target and this column is at least `label_min`.
  std::string label_column;
  double label_min = 0;
};

/// What a spec reads of a source column.
enum class ColumnUse : std::uint8_t { kNone, kLengths, kBytes };

/// The whole of what turns raw rows into features. A model can only score what its own spec made.
struct FeatureSpec {
  std::string id_column;
  std::string title_column;
  std::vector<FeatureLine> numeric;
  /// The number of a list is its place here, and the seed of its items' hashes.
  std::vector<FeatureLine> lists;
  TargetRule target;

  /// One line a fact, in a fixed form: equal specs have equal texts.
  std::string CanonicalText() const;
  /// XXH3-64 of the canonical text: goes on every FeatureBatch, and must equal the model's.
  std::uint64_t Hash() const;
  /// Every source column that is read, each once, in order of first use.
  std::vector<std::string> Columns() const;
  /// How much of a column the spec needs.
  ColumnUse UseOf(std::string_view column) const;
};

/// The movies' spec, the one that is built in.
const FeatureSpec& MoviesSpec();

}  // namespace marquee
