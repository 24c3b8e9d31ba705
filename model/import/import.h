// model/import/import.h — other libraries' models: start here.
//
// A file becomes a Forest (ReadForest), the forest takes the place of a base model's trees
// (AttachForest), probe rows get their scores, and FinishModel gives the bytes of a model file.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "model/import/forest.h"
#include "model/model.h"
#include "model/parts.h"
#include "schemas/status.h"

namespace marquee::model {

/// Larger files are refused before they are read.
inline constexpr std::size_t kMaxImportBytes = std::size_t{256} << 20;

/// Read a whole file. Errors: kConfig: it is not there, no plain file, or has more than `max_bytes`.
Result<std::string> ReadWholeFile(const std::string& path, std::size_t max_bytes);

/// Read the bytes of a file of any format that is known, found out by its first bytes and keys.
///
/// Errors: kConfig, naming the place in the file; the caller adds its name.
Result<Forest> ReadForest(std::string_view bytes);

/// What the file does not say.
struct AttachOptions {
  /// Names of the features, in the order of training; empty: those of the file.
  std::vector<std::string> features;
  /// Names of the classes, in the order of the scores; empty: those of the file, or the base's.
  std::vector<std::string> classes;
  /// Regression: where the classes begin; empty: the base's.
  std::vector<float> cutpoints;
  /// Whether the trees were trained on the base's scaled columns, else on features as they are.
  bool scaled = false;
  std::string name = "imported";
};

/// A base model with other trees, its golden rows without scores.
struct AttachedModel {
  ModelParts parts;
  /// Per feature of the forest: its column; num_columns() of the base if no split asks it.
  std::vector<std::size_t> columns;
  /// Per score of the forest: its number in the model, whose classes are in the base's order.
  std::vector<std::size_t> scores;
  /// Names of the features.
  std::vector<std::string> feature_names;
  /// How far scores may be from the library's; 0 if they are the same bits.
  float bound = 0;
  /// Why not the same bits; empty if they are.
  std::string why;
};

/// Put a forest into the place of a base model's trees.
///
/// Features are found by name among the base's columns, classes by name or, if they are numbers, by
/// order. Errors: kConfig: a feature that is no column (with the nearest names), other classes, more
/// trees or sets than a model file holds.
Result<AttachedModel> AttachForest(const Forest& forest, const Model& base,
                                   const AttachOptions& options);

/// What the probe rows are to the library: their columns, and what Marquee's own engine says.
struct ProbeRows {
  std::size_t num_rows = 0;
  /// Row-major [num_rows x features]; 0 where no split asks the feature.
  std::vector<float> features;
  /// Row-major [num_rows x num_scores], by the engine "reference".
  std::vector<float> scores;
};

/// Compute the columns and scores of the rows in attached.parts.golden.
Result<ProbeRows> Probe(const AttachedModel& attached);

/// Take these scores as the golden ones, and give the model file's bytes, loaded once and proven.
///
/// The golden bound is twice the largest difference between these scores and Marquee's own, which
/// are in `probe`: 0 if they are the same. Errors: kConfig, if that is more than attached.bound.
Result<std::vector<std::byte>> FinishModel(AttachedModel attached, const ProbeRows& probe,
                                           std::vector<float> scores);

/// Write probe rows as CSV, for a script that asks the library (golden.py); and read what it says.
///
/// Both begin with a line that tells of which rows they are. Scores are in the order of the rows,
/// those of a row in the library's order with commas between, and read into the model's. Errors:
/// kConfig: scores of other rows, or no numbers.
std::string WriteProbeCsv(const AttachedModel& attached, const ProbeRows& rows);
Result<std::vector<float>> ReadScoresCsv(std::string_view text, const AttachedModel& attached,
                                         const ProbeRows& rows);

}  // namespace marquee::model
