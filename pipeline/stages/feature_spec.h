// pipeline/stages/feature_spec.h — which features the preprocessor makes of a table, as data.
#pragma once

#include <cstddef>
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
  /// Texts that the kind looks for; empty if it takes none.
  std::vector<std::string> values = {};
};

/// What is predicted, and which rows count as known.
///
/// The target is a number, which `bounds` cut into classes, or a category, whose texts are those of
/// `class_values`; its value is then the class' number.
struct TargetRule {
  std::string column;
  double min = 0;
  double max = 0;
  /// Class = number of bounds b with value >= b, compared as f32; ascending.
  std::vector<double> bounds = {};
  std::vector<std::string> class_names = {};
  /// Of each class, the texts that mean it; empty if the target is a number.
  std::vector<std::vector<std::string>> class_values = {};
  /// A row is labelled where it has a target and this column is at least `label_min`; empty: where it
  /// has a target.
  std::string label_column = {};
  double label_min = 0;

  bool is_category() const noexcept { return !class_values.empty(); }
};

/// What a spec reads of a source column.
enum class ColumnUse : std::uint8_t { kNone, kLengths, kBytes };

/// The whole of what turns raw rows into features. A model can only score what its own spec made.
struct FeatureSpec {
  static constexpr std::size_t kMaxNumeric = 1024;
  static constexpr std::size_t kMaxLists = 255;

  /// 64-bit whole numbers; empty: a row's id is its number in the file, from 1, and no row counts as
  /// seen in training.
  std::string id_column;
  /// Empty: rows have no titles.
  std::string title_column;
  std::vector<FeatureLine> numeric;
  /// The number of a list is its place here, and the seed of its items' hashes.
  std::vector<FeatureLine> lists;
  TargetRule target;

  /// Check that it makes sense: kinds that exist and what they take, names that are not repeated,
  /// classes that can be told apart. Errors: kConfig, naming the feature and what may be there.
  Status Check() const;

  /// One line a fact, in a fixed form: equal specs have equal texts.
  std::string CanonicalText() const;
  /// The spec of a canonical text. Errors: kConfig, naming the line, if it is none, or as of Check.
  static Result<FeatureSpec> FromCanonicalText(std::string_view text);
  /// XXH3-64 of the canonical text: goes on every FeatureBatch, and must equal the model's.
  std::uint64_t Hash() const;

  /// Every source column that is read, each once, in order of first use.
  std::vector<std::string> Columns() const;
  /// Those of them that a table must have.
  std::vector<std::string> NeededColumns() const;
  /// The others: rows without a target can be scored, too.
  std::vector<std::string> OptionalColumns() const;
  /// How much of a column the spec needs.
  ColumnUse UseOf(std::string_view column) const;
};

/// The movies' spec, the one that is built in: movies.toml.
const FeatureSpec& MoviesSpec();

}  // namespace marquee
