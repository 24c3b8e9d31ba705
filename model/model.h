// model/model.h — a fitted model, loaded from its file and proven usable.
//
// Start here: Model::Load gives the parts a batch passes through: scaler(), encoder(), an Engine
// (model/engine.h) and classifier(). None of them can fail, because everything they rely on was
// checked while loading.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/classifier.h"
#include "model/encoder.h"
#include "model/engine.h"
#include "model/id_set.h"
#include "model/scaler.h"
#include "model/trees.h"
#include "schemas/aligned_buffer.h"
#include "schemas/status.h"

namespace marquee::wire {
struct Model;
}

namespace marquee::model {

/// A measured figure of the model's quality.
struct Figure {
  std::string_view name;
  double mean = 0;
  double std = 0;
  std::uint32_t repetitions = 0;
};

/// How a numeric feature was distributed over the training file.
struct NumericProfile {
  /// Values at equally spaced shares, smallest and largest included. Empty if the feature was
  /// always missing, or is not known.
  std::span<const float> quantiles;
  float missing_share = 0;

  bool known() const noexcept { return !quantiles.empty() || missing_share > 0; }
};

/// How a list feature was distributed over the training file.
struct ListProfile {
  /// Share of rows with 0, 1, 2, … items.
  std::span<const float> length_shares;
  /// The most frequent items, most frequent first, and the share of rows that hold each.
  std::vector<std::string_view> items;
  std::span<const float> item_shares;
};

/// What recomputing the golden rows showed.
struct GoldenReport {
  std::size_t num_rows = 0;
  /// Largest absolute difference from the training library's scores, and the largest allowed.
  float max_difference = 0;
  float bound = 0;
};

/// Whether loading recomputes the golden rows: always, but for who is about to compute them.
enum class GoldenCheck : std::uint8_t { kDo, kSkip };

/// A fitted model. Made only by Load and FromBytes, so every instance is a checked one.
///
/// Owns: the file's bytes; every span and string_view it gives lives as long as the Model.
/// Threads: immutable; share it freely.
class Model {
 public:
  /// Larger files are refused before they are read.
  static constexpr std::size_t kMaxBytes = std::size_t{256} << 20;

  /// Read a model file: checksum, structure, every index, length and float, then the golden rows.
  ///
  /// Errors: kConfig; the message names the file, the field, the index and what to do.
  static Result<std::shared_ptr<const Model>> Load(const std::string& path);

  /// Load, from bytes in memory, at any alignment; `source_name` stands for the file in messages.
  static Result<std::shared_ptr<const Model>> FromBytes(std::span<const std::byte> bytes,
                                                        std::string_view source_name,
                                                        GoldenCheck golden = GoldenCheck::kDo);

  Model(const Model&) = delete;
  Model& operator=(const Model&) = delete;
  ~Model();

  /// Where it came from: path or source name.
  const std::string& source() const noexcept { return source_; }
  /// XXH3-64 of the file's payload.
  std::uint64_t id() const noexcept { return id_; }
  std::string_view name() const noexcept { return name_; }
  std::string_view version() const noexcept { return version_; }

  /// Hash and text of the feature spec the model was fitted on.
  std::uint64_t feature_spec() const noexcept { return feature_spec_; }
  std::string_view feature_spec_text() const noexcept { return feature_spec_text_; }

  /// Refuse features that were made by another spec than the model's.
  ///
  /// Errors: kConfig, naming both specs and showing the first line that differs.
  Status RequireFeatureSpec(std::uint64_t hash, std::string_view text) const;

  std::size_t num_numeric() const noexcept { return scaler_.num_columns(); }
  std::size_t num_lists() const noexcept { return list_profiles_.size(); }
  /// Columns of the classifier: the numeric ones, then those of the encodings.
  std::size_t num_columns() const noexcept { return column_names_.size(); }
  std::size_t num_scores() const noexcept { return num_scores_; }
  std::size_t num_classes() const noexcept { return class_names_.size(); }
  std::size_t num_trees() const noexcept { return num_trees_; }
  std::span<const std::string_view> class_names() const noexcept { return class_names_; }
  std::span<const std::string_view> column_names() const noexcept { return column_names_; }

  const Scaler& scaler() const noexcept { return scaler_; }
  const Encoder& encoder() const noexcept { return encoder_; }
  const Classifier& classifier() const noexcept { return classifier_; }
  /// For engines.
  const ModelTrees& trees() const noexcept { return trees_; }

  std::span<const Figure> quality() const noexcept { return quality_; }
  /// Find a figure by name; null if the model has none of that name.
  const Figure* FindFigure(std::string_view name) const noexcept;

  /// sha256 of the unpacked training CSV, in hexadecimal.
  std::string_view training_sha256() const noexcept { return training_sha256_; }
  std::size_t num_training_ids() const noexcept { return training_ids_.size(); }
  /// Say whether the row of this id was among the training rows.
  bool IsTrainingId(std::int64_t id) const noexcept;

  /// [num_numeric] and [num_lists].
  std::span<const NumericProfile> numeric_profiles() const noexcept { return numeric_profiles_; }
  std::span<const ListProfile> list_profiles() const noexcept { return list_profiles_; }

  /// Score the golden rows with `engine` and compare.
  ///
  /// Errors: kConfig, naming the first row and the score that differ by more than the bound.
  Result<GoldenReport> CheckGolden(const Engine& engine) const;

 private:
  Model() = default;

  /// Take the bytes of a whole file (frame and payload) and do everything Load promises.
  static Result<std::shared_ptr<const Model>> FromFile(AlignedBuffer bytes, std::size_t size,
                                                       std::string source, GoldenCheck golden);
  /// Point every member at the checked message. Errors: kConfig if the codes of an encoding
  /// collide.
  Status Attach();

  std::string source_;
  AlignedBuffer bytes_;
  const wire::Model* wire_ = nullptr;  // in bytes_
  std::uint64_t id_ = 0;
  std::string_view name_;
  std::string_view version_;
  std::uint64_t feature_spec_ = 0;
  std::string_view feature_spec_text_;
  std::vector<std::string_view> class_names_;
  std::vector<std::string_view> column_names_;
  Scaler scaler_;
  Encoder encoder_;
  ModelTrees trees_;
  std::size_t num_scores_ = 0;
  std::size_t num_trees_ = 0;
  Classifier classifier_;
  std::vector<Figure> quality_;
  std::string_view training_sha256_;
  IdSet training_ids_;
  std::vector<NumericProfile> numeric_profiles_;
  std::vector<ListProfile> list_profiles_;
};

}  // namespace marquee::model
