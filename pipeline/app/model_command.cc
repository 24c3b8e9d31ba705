#include <fmt/core.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "pipeline/app/command.h"
#include "pipeline/app/message_json.h"
#include "pipeline/app/settings.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

struct ModelOptions {
  std::string file;
  bool json = false;
};

Json InspectionJson(const model::Model& model) {
  Json quality = Json::array();
  for (const model::Figure& figure : model.quality()) {
    quality.push_back({{"name", figure.name},
                       {"mean", figure.mean},
                       {"std", figure.std},
                       {"repetitions", figure.repetitions}});
  }
  Json encodings = Json::array();
  for (const model::Encoding& encoding : model.encoder().encodings()) {
    encodings.push_back({{"name", encoding.name},
                         {"columns", encoding.num_columns},
                         {"items", encoding.codes.size()}});
  }
  return {{"name", model.name()},
          {"version", model.version()},
          {"id", fmt::format("{:016x}", model.id())},
          {"source", model.source()},
          {"feature_spec", fmt::format("{:016x}", model.feature_spec())},
          {"classes", model.class_names()},
          {"trees", model.num_trees()},
          {"scores", model.num_scores()},
          {"cutpoints", model.classifier().cutpoints()},
          {"columns", model.column_names()},
          {"encodings", std::move(encodings)},
          {"training_rows_ids", model.num_training_ids()},
          {"training_sha256", model.training_sha256()},
          {"quality", std::move(quality)}};
}

Status Inspect(const ModelOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(options.file));
  const Json inspection = InspectionJson(*model);
  if (options.json) {
    fmt::print("{}\n", JsonText(inspection, 2));
    return {};
  }
  fmt::print("model {} {} ({}, id {})\n", model->name(), model->version(), model->source(),
             inspection["id"].get<std::string>());
  fmt::print("feature spec {}: {} numeric and {} list features\n",
             inspection["feature_spec"].get<std::string>(), model->num_numeric(),
             model->num_lists());
  fmt::print("{} trees over {} columns, {} score{}, classes {}\n", model->num_trees(),
             model->num_columns(), model->num_scores(), model->num_scores() == 1 ? "" : "s",
             fmt::join(model->class_names(), ", "));
  if (!model->classifier().cutpoints().empty()) {
    fmt::print("cutpoints {}\n", fmt::join(model->classifier().cutpoints(), ", "));
  }
  for (const model::Encoding& encoding : model->encoder().encodings()) {
    fmt::print("encoding {}: {} items, {} column{}\n", encoding.name, encoding.codes.size(),
               encoding.num_columns, encoding.num_columns == 1 ? "" : "s");
  }
  fmt::print("trained on {} ids of the file with sha256 {}\n", model->num_training_ids(),
             model->training_sha256());
  for (const model::Figure& figure : model->quality()) {
    fmt::print("{}: {:.4f} ± {:.4f} over {}\n", figure.name, figure.mean, figure.std,
               figure.repetitions);
  }
  return {};
}

Status Verify(const ModelOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(options.file));
  if (auto spec = SpecOf(*model); !spec) return std::move(spec).error();
  Json engines = Json::array();
  for (const std::string_view name : model::EngineNames(*model)) {
    MARQUEE_ASSIGN_OR_RETURN(const auto engine, model::MakeEngine(*model, name));
    MARQUEE_ASSIGN_OR_RETURN(const model::GoldenReport report, model->CheckGolden(*engine));
    engines.push_back({{"engine", name},
                       {"golden_rows", report.num_rows},
                       {"max_difference", report.max_difference},
                       {"bound", report.bound}});
  }
  if (options.json) {
    fmt::print("{}\n",
               JsonText({{"source", model->source()}, {"ok", true}, {"engines", engines}}, 2));
    return {};
  }
  fmt::print("{}: sound\n", model->source());
  for (const Json& engine : engines) {
    fmt::print("engine {}: {} golden rows, largest difference {:.3g}, allowed {:.3g}\n",
               engine["engine"].get<std::string>(), engine["golden_rows"].get<std::size_t>(),
               engine["max_difference"].get<double>(), engine["bound"].get<double>());
  }
  return {};
}

void AddModelSubcommand(CLI::App& parent, Action& chosen, const std::string& name,
                        const std::string& help, Status (*action)(const ModelOptions&)) {
  CLI::App* command = AddCommand(parent, name, help, "  marquee model " + name + " other.model");
  auto options = std::make_shared<ModelOptions>();
  command->add_option("FILE", options->file, "the model file (default: the built-in one)")
      ->envname(EnvironmentName("--model"));
  AddSwitch(*command, "--json", options->json, "print one JSON object");
  SetAction(command, chosen, [options, action] { return action(*options); });
}

}  // namespace

void AddModelCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = root.add_subcommand("model", "Look into a model file, or check it");
  command->require_subcommand(1);
  AddModelSubcommand(*command, chosen, "inspect", "Print what a model is and how good it was",
                     Inspect);
  AddModelSubcommand(*command, chosen, "verify",
                     "Check a model file in full and recompute its golden rows", Verify);
  AddModelImportCommand(*command, chosen);
}

}  // namespace marquee
