// model/synthetic_binary.h — random models of binary trees for tests and benchmarks, the same for
// the same seed.
#pragma once

#include <cstddef>
#include <vector>

#include "model/parts.h"
#include "model/synthetic.h"

namespace marquee::model {

/// What a synthetic model of binary trees looks like.
struct BinaryShape {
  std::size_t num_columns = 8;
  std::size_t num_trees = 20;
  /// Of a tree.
  std::size_t min_leaves = 1;
  std::size_t max_leaves = 64;
  /// Where a tree grows: at its shallowest leaf, or else at any of them.
  bool balanced = false;
  /// Different thresholds a column.
  std::size_t num_thresholds = 100;
  /// Of 8 columns, so many are categorical; of 8 splits, so many take zeros for missing.
  std::size_t categorical_of_8 = 0;
  std::size_t zero_missing_of_8 = 0;
  std::size_t num_categories = 40;
  /// 1: ordinal with three classes; else shares of so many classes.
  std::size_t num_scores = 1;
  /// Of 8 trees, so many add to all scores.
  std::size_t to_all_of_8 = 0;
  bool in_f64 = false;
  std::size_t num_golden_rows = 16;
};

/// Draw a shape from all that the engine "general" takes.
BinaryShape RandomBinaryShape(Random& random);

/// Make a valid model of numeric features that the scaler leaves as they are. Its golden scores are
/// NaiveBinaryScores, its golden bound 0.
ModelParts MakeBinaryModel(const BinaryShape& shape, Random& random);

/// Make columns that try the trees' limits: thresholds, 1 ulp beside them, categories, NaN, ±inf,
/// zeros of all kinds. Shapes: column-major [num_columns x num_rows].
std::vector<float> MakeBinaryColumns(const ModelParts& parts, std::size_t num_rows, Random& random);

/// Score columns by schemas/model.fbs in the plainest words, with nothing of kernels/. Shapes:
/// row-major [num_rows x num_scores].
std::vector<float> NaiveBinaryScores(const BinaryTreesParts& trees,
                                     const std::vector<float>& columns, std::size_t num_rows);

}  // namespace marquee::model
