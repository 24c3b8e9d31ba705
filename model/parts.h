// model/parts.h — a model as plain vectors that anyone may change, and how to write it to a file.
//
// Where models are made in C++: imported ones, and synthetic ones for tests and benchmarks. What is written need not
// make sense; judging that is the loader's task (model/validate.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "kernels/matrix.h"
#include "model/classifier.h"
#include "model/encoder.h"

namespace marquee::model {

/// The items of one list feature of some rows.
struct ListParts {
  std::vector<std::uint16_t> lengths;
  std::vector<std::uint32_t> codes;

  kernels::ListView view() const noexcept { return {lengths, codes}; }
};

/// Rows as they come to a model: numeric features column-major, and lists.
struct RowsParts {
  std::size_t num_rows = 0;
  std::vector<float> numeric;
  std::vector<ListParts> lists;
};

// The rest mirrors schemas/model.fbs table by table; its comments define every field.

struct EncodingParts {
  std::string name;
  EncodingKind kind = EncodingKind::kHot;
  std::vector<std::uint8_t> lists;
  std::vector<std::uint32_t> codes;
  std::vector<float> values;
  float unknown = 0;
  float base = 0;
  bool other = false;

  std::size_t num_columns() const noexcept {
    return kind == EncodingKind::kHot ? codes.size() + (other ? 1 : 0) : 1;
  }
};

struct TreesParts {
  std::uint16_t num_scores = 1;
  std::vector<std::uint8_t> border_counts;
  std::vector<std::uint8_t> nan_above;
  std::vector<float> borders;
  std::vector<std::uint8_t> depths;
  std::vector<std::uint8_t> split_features;
  std::vector<std::uint8_t> split_borders;
  std::vector<float> leaves;
  float scale = 1;
  std::vector<float> bias;
};

struct BinaryTreesParts {
  std::uint16_t num_scores = 1;
  std::vector<std::uint32_t> split_counts;
  std::vector<std::uint16_t> targets;
  std::vector<std::uint16_t> split_columns;
  std::vector<float> split_thresholds;
  std::vector<std::uint8_t> split_flags;
  std::vector<std::int32_t> split_lefts;
  std::vector<std::int32_t> split_rights;
  std::vector<std::uint32_t> set_ends;
  std::vector<std::uint32_t> set_words;
  std::vector<float> leaves;
  std::vector<double> leaves_f64;
  std::vector<double> start;
  double divisor = 1;
  double scale = 1;
  std::vector<double> bias;
};

/// Bits of split_flags.
inline constexpr std::uint8_t kMissingRight = 1;
inline constexpr std::uint8_t kZeroMissing = 2;
inline constexpr std::uint8_t kCategorical = 4;

struct FigureParts {
  std::string name;
  double mean = 0;
  double std = 0;
  std::uint32_t repetitions = 0;
};

struct GoldenParts {
  RowsParts rows;
  std::vector<float> scores;
  float bound = 0;
};

struct NumericProfileParts {
  std::vector<float> quantiles;
  float missing_share = 0;
};

struct ListProfileParts {
  std::vector<float> length_shares;
  std::vector<std::string> items;
  std::vector<float> item_shares;
};

struct ModelParts {
  std::uint32_t format_version = 1;
  std::string name;
  std::string version;
  std::uint64_t feature_spec = 0;
  std::string feature_spec_text;
  std::vector<std::string> class_names;
  std::vector<std::string> column_names;
  std::vector<float> mean;
  std::vector<float> inv_std;
  std::vector<EncodingParts> encodings;
  ClassifierKind classifier = ClassifierKind::kOrdinal;
  /// Not written if it has no border_counts.
  TreesParts trees;
  std::optional<BinaryTreesParts> binary_trees;
  std::vector<float> cutpoints;
  float logistic_slope = 0;
  std::vector<float> logistic_offsets;
  /// Not written if it is empty.
  std::vector<std::uint8_t> tie_order;
  std::string training_sha256;
  std::vector<std::uint64_t> training_ids;
  std::vector<FigureParts> quality;
  GoldenParts golden;
  std::vector<NumericProfileParts> numeric_profiles;
  std::vector<ListProfileParts> list_profiles;
};

/// Write a model file: one frame, as Model::Load reads it.
std::vector<std::byte> WriteModelFile(const ModelParts& parts);

}  // namespace marquee::model
