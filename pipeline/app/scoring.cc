#include "pipeline/app/scoring.h"

#include <fmt/core.h>

#include <algorithm>

#include "model/builtin.h"
#include "pipeline/stages/feature_spec.h"

namespace marquee {

Result<std::shared_ptr<const model::Model>> LoadModel(const std::string& path) {
  if (path.empty()) {
    return model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
  }
  return model::Model::Load(path);
}

Status RequireModelFits(const model::Model& model, const FeatureSpec& spec) {
  MARQUEE_RETURN_IF_ERROR(model.RequireFeatureSpec(spec.Hash(), spec.CanonicalText()));
  // Whoever makes a model file can put any spec's text into it: what code relies on is compared.
  const auto names = model.class_names();
  const bool same_classes = std::equal(names.begin(), names.end(), spec.target.class_names.begin(),
                                       spec.target.class_names.end());
  if (!same_classes || model.num_numeric() != spec.numeric.size() ||
      model.num_lists() != spec.lists.size()) {
    return Status::Config(
        fmt::format("{}: the model's features or classes are not those of its own feature spec ({} "
                    "numeric, {} lists, "
                    "{} classes; the spec has {}, {}, {}): the file is wrong, train it again",
                    model.source(), model.num_numeric(), model.num_lists(), names.size(),
                    spec.numeric.size(), spec.lists.size(), spec.target.class_names.size()));
  }
  return {};
}

Result<std::shared_ptr<const model::Model>> LoadMoviesModel(const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(auto model, LoadModel(path));
  MARQUEE_RETURN_IF_ERROR(RequireModelFits(*model, MoviesSpec()));
  return model;
}

Result<Scoring> Scoring::Make(const ScoringOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(auto model, LoadMoviesModel(options.model));
  MARQUEE_ASSIGN_OR_RETURN(PreprocessStage preprocess, PreprocessStage::Make(MoviesSpec()));
  std::shared_ptr<const model::Model> challenger;
  if (!options.challenger.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(challenger, LoadMoviesModel(options.challenger));
  }
  MARQUEE_ASSIGN_OR_RETURN(InferStage infer,
                           InferStage::Make(model, options.engine, std::move(challenger)));
  MARQUEE_ASSIGN_OR_RETURN(auto runner, MakeRunner(options.runner, options.threads));
  return Scoring{std::move(model), std::move(preprocess), std::move(infer), std::move(runner)};
}

}  // namespace marquee
