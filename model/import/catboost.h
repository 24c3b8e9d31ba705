// model/import/catboost.h — what both of CatBoost's formats share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/import/document.h"
#include "model/import/forest.h"

namespace marquee::model {

/// CatBoost's own limit.
inline constexpr std::size_t kMaxCatboostDepth = 16;

/// A numeric feature of the model.
struct CatboostFeature {
  std::size_t flat_index = 0;
  std::string name;
  bool missing_right = false;
  /// nan_mode Forbidden, or no NaN seen in training: CatBoost then refuses NaN.
  bool takes_missing = true;
};

/// Set names and number of features. Errors: an index that is there twice or out of range.
Status SetCatboostFeatures(const std::vector<CatboostFeature>& features, Forest& forest);

/// Set the link that a loss function has. Errors: one whose scores have no class.
Status SetCatboostLoss(std::string_view loss, std::string_view place, Forest& forest);

/// The names of the classes in "class_params"; none if it has none.
Result<std::vector<std::string>> ReadCatboostClasses(const Field& params);

/// Make a tree whose level d asks splits[d], and whose leaf b is that of the answers of b's bits.
Result<Tree> MakeSymmetricTree(const std::vector<Split>& splits, const std::vector<double>& values,
                               const Forest& forest, std::string_view place);

}  // namespace marquee::model
