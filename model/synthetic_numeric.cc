#include "model/synthetic_numeric.h"

#include <xxhash.h>

namespace marquee::model {

ModelParts MakeNumericModel(const std::vector<std::string>& columns,
                            const std::vector<std::string>& classes) {
  ModelParts parts;
  parts.name = "numeric";
  parts.version = "1";
  parts.column_names = columns;
  for (const std::string& name : columns) parts.feature_spec_text += "numeric " + name + "\n";
  parts.feature_spec = XXH3_64bits(parts.feature_spec_text.data(), parts.feature_spec_text.size());
  parts.class_names = classes;
  for (std::size_t k = 1; k < classes.size(); ++k) parts.cutpoints.push_back(static_cast<float>(k));
  parts.logistic_slope = 1;
  parts.logistic_offsets = parts.cutpoints;
  parts.mean.assign(columns.size(), 0.0f);
  parts.inv_std.assign(columns.size(), 1.0f);
  BinaryTreesParts& trees = parts.binary_trees.emplace();
  trees.split_counts = {0};
  trees.targets = {0};
  trees.leaves = {0.0f};
  trees.start = {0.0};
  trees.bias = {0.0};
  parts.training_sha256 = std::string(64, '0');
  parts.golden.rows.num_rows = 1;
  parts.golden.rows.numeric.assign(columns.size(), 0.0f);
  parts.golden.scores = {0.0f};
  parts.numeric_profiles.resize(columns.size());
  return parts;
}

}  // namespace marquee::model
