#include "pipeline/app/scoring.h"

#include <fmt/core.h>

#include <algorithm>

#include "model/builtin.h"
#include "pipeline/stages/table_schema.h"

namespace marquee {

Result<std::shared_ptr<const model::Model>> LoadModel(const std::string& path) {
  if (path.empty()) {
    return model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
  }
  return model::Model::Load(path);
}

Result<FeatureSpec> SpecOf(const model::Model& model) {
  auto spec = FeatureSpec::FromCanonicalText(model.feature_spec_text());
  if (!spec) return std::move(spec).error().WithContext(model.source());
  // Whoever makes a model file can put any spec's text into it: what code relies on is compared.
  const auto names = model.class_names();
  const TargetRule& target = spec->target;
  const bool same_classes =
      std::equal(names.begin(), names.end(), target.class_names.begin(), target.class_names.end());
  if (!same_classes || model.num_numeric() != spec->numeric.size() ||
      model.num_lists() != spec->lists.size()) {
    return Status::Config(
        fmt::format("{}: the model's features or classes are not those of its own feature spec ({} "
                    "numeric, {} lists, "
                    "{} classes; the spec has {}, {}, {}): the file is wrong, train it again",
                    model.source(), model.num_numeric(), model.num_lists(), names.size(),
                    spec->numeric.size(), spec->lists.size(), target.class_names.size()));
  }
  return spec;
}

Status RequireModelFits(const model::Model& model, const FeatureSpec& spec) {
  MARQUEE_RETURN_IF_ERROR(model.RequireFeatureSpec(spec.Hash(), spec.CanonicalText()));
  auto own = SpecOf(model);
  return own ? Status() : std::move(own).error();
}

Result<Scoring> Scoring::Make(const ScoringOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(auto model, LoadModel(options.model));
  MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec spec, SpecOf(*model));
  if (!options.schema.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec described, LoadTableSchema(options.schema));
    MARQUEE_RETURN_IF_ERROR(RequireModelFits(*model, described));
  }
  MARQUEE_ASSIGN_OR_RETURN(PreprocessStage preprocess, PreprocessStage::Make(spec));
  std::shared_ptr<const model::Model> challenger;
  if (!options.challenger.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(challenger, LoadModel(options.challenger));
  }
  MARQUEE_ASSIGN_OR_RETURN(InferStage infer,
                           InferStage::Make(model, options.engine, std::move(challenger)));
  MARQUEE_ASSIGN_OR_RETURN(auto runner, MakeRunner(options.runner, options.threads));
  return Scoring{std::move(model), std::move(preprocess), std::move(infer), std::move(runner)};
}

}  // namespace marquee
