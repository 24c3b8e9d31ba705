// pipeline/app/import_base.h — what a model file of another library does not say: the table, and the training rows.
#pragma once

#include <memory>
#include <string>

#include "model/model.h"
#include "model/parts.h"
#include "pipeline/stages/feature_spec.h"
#include "schemas/status.h"

namespace marquee {

/// A model whose columns are the numeric features of `spec` as they are, and whose classes are its
/// target's: a base for other trees. Its own trees say nothing.
///
/// `source` stands for its file in messages. Errors: kConfig: the spec has no numeric feature, or bounds
/// that are the same in f32.
Result<std::shared_ptr<const model::Model>> BaseModelOf(const FeatureSpec& spec,
                                                        const std::string& source);

/// Take from the file of features at `path` how the features were distributed, which drift is
/// measured against, and which ids there were, which count as seen in training (unless ids are only
/// numbers of rows).
///
/// Returns the number of rows. Errors: kConfig: no such file, features of another spec, no rows; kData:
/// damaged.
Result<std::size_t> AddTrainingFacts(const std::string& path, const FeatureSpec& spec,
                                     model::ModelParts& parts);

}  // namespace marquee
