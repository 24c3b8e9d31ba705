// pipeline/app/scoring.h — the model and the stages that score with it.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "model/model.h"
#include "pipeline/core/runner.h"
#include "pipeline/stages/infer.h"
#include "pipeline/stages/preprocess.h"
#include "schemas/status.h"

namespace marquee {

/// The model at `path`; the built-in one if it is empty. Errors: kConfig.
Result<std::shared_ptr<const model::Model>> LoadModel(const std::string& path);

/// The spec that the model was fitted on, which its file holds.
/// Errors: kConfig: it is none, or the model's features and classes are not those of it.
Result<FeatureSpec> SpecOf(const model::Model& model);

/// Check that the model was fitted on the features of `spec`, and for its classes. Errors: kConfig.
Status RequireModelFits(const model::Model& model, const FeatureSpec& spec);

/// What scores, and who drives it; empty = the built-in model, the model's own table, the best engine.
struct ScoringOptions {
  std::string model;
  std::string schema;  ///< file; the model must have been fitted on what it describes
  std::string engine;
  std::string challenger;  ///< file; empty = none
  std::string runner = "tbb";
  std::size_t threads = 0;  ///< 0 = all that are allowed
};

/// What a program that scores needs: model, stages and runner, proven to fit together.
struct Scoring {
  /// Errors: kConfig, kUsage: the model is unusable or was fitted on other features; an unknown
  /// engine.
  static Result<Scoring> Make(const ScoringOptions& options);

  std::shared_ptr<const model::Model> model;
  PreprocessStage preprocess;
  InferStage infer;
  std::unique_ptr<Runner> runner;
};

}  // namespace marquee
