// model/synthetic.h — random models and rows for tests and benchmarks, the same for the same seed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "model/parts.h"

namespace marquee::model {

/// Its sequence is fixed by the standard.
using Random = std::mt19937_64;

/// What a synthetic model looks like.
struct SyntheticShape {
  std::size_t num_numeric = 3;
  std::size_t num_lists = 2;
  /// One encoding each, of list i % num_lists.
  std::vector<EncodingKind> encodings = {EncodingKind::kHot, EncodingKind::kLinearScore};
  std::size_t num_hot_codes = 5;
  /// Of each encoding that is not hot.
  std::size_t num_value_codes = 50;
  ClassifierKind classifier = ClassifierKind::kOrdinal;
  std::size_t num_classes = 3;
  std::size_t num_trees = 20;
  std::size_t min_depth = 0;
  std::size_t max_depth = 8;
  /// Each column gets min_borders to max_borders of them.
  std::size_t min_borders = 0;
  std::size_t max_borders = 254;
  std::size_t num_golden_rows = 16;
};

/// Draw a shape from all that the loader accepts: with or without numeric features, lists, borders;
/// ordinal or softmax.
SyntheticShape RandomShape(Random& random);

/// The shape of the shipped model, about: 14 numeric features, 8 lists, 51 columns, 600 trees of
/// depth 6.
SyntheticShape MoviesShape();

/// Make a valid model of this shape. Its golden scores are NaiveScores, its golden bound 0.
ModelParts MakeSyntheticModel(const SyntheticShape& shape, Random& random);

/// Make rows that try a model's limits: values at borders and 1 ulp beside them, NaN, ±inf, -0,
/// denormals, lists with known, unknown and repeated items or none.
RowsParts MakeSyntheticRows(const ModelParts& parts, std::size_t num_rows, Random& random);

/// Give the rows [first, first + num_rows).
RowsParts SliceRows(const RowsParts& rows, std::size_t first, std::size_t num_rows);

/// Compute the classifier's columns by schemas/model.fbs in the plainest words, a row and a cell at
/// a time, with nothing of kernels/. Shapes: column-major [num_columns x num_rows].
std::vector<float> NaiveColumns(const ModelParts& parts, const RowsParts& rows);

/// Score columns likewise: floats compared with borders, no bins. Shapes: row-major [num_rows x
/// num_scores].
std::vector<float> NaiveScores(const TreesParts& trees, const std::vector<float>& columns,
                               std::size_t num_rows);

}  // namespace marquee::model
