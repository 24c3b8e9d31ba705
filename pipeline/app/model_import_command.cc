#include <fmt/core.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <sstream>

#include "model/import/import.h"
#include "pipeline/app/command.h"
#include "pipeline/app/import_base.h"
#include "pipeline/app/scoring.h"
#include "pipeline/app/settings.h"
#include "pipeline/stages/table_schema.h"

namespace marquee {
namespace {

/// Scores of golden rows, names of features: text that a person could read.
constexpr std::size_t kMaxTextBytes = std::size_t{64} << 20;

struct ImportOptions {
  std::string from;
  std::string out;
  std::string base;
  std::string schema;
  std::string trained_on;
  std::string features;
  std::string probe;
  std::string golden;
  model::AttachOptions attach;
};

/// Names with commas between, or a file of a name a line.
Result<std::vector<std::string>> ReadNames(const std::string& text) {
  std::vector<std::string> names;
  const bool is_file = text.find(',') == std::string::npos && std::filesystem::exists(text);
  std::string content = text;
  if (is_file) {
    MARQUEE_ASSIGN_OR_RETURN(content, model::ReadWholeFile(text, kMaxTextBytes));
  }
  std::istringstream stream(content);
  for (std::string name; std::getline(stream, name, is_file ? '\n' : ',');) {
    if (!name.empty() && name.back() == '\r') name.pop_back();
    if (!name.empty()) names.push_back(name);
  }
  return names;
}

Result<std::vector<float>> GoldenScores(const ImportOptions& options,
                                        const model::AttachedModel& attached,
                                        const model::ProbeRows& probe) {
  if (options.golden.empty()) return probe.scores;
  MARQUEE_ASSIGN_OR_RETURN(const std::string text,
                           model::ReadWholeFile(options.golden, kMaxTextBytes));
  auto scores = model::ReadScoresCsv(text, attached, probe);
  if (!scores) return std::move(scores).error().WithContext(options.golden);
  return scores;
}

void Report(const ImportOptions& options, const model::Forest& forest,
            const model::AttachedModel& attached, std::size_t num_rows,
            std::size_t num_trained_on) {
  fmt::print("{}: {} trees of {}, {} score{} → {}\n", options.from, forest.trees.size(),
             forest.library, forest.num_scores, forest.num_scores == 1 ? "" : "s", options.out);
  if (attached.why.empty()) {
    fmt::print(
        "scores: the library's on one thread, bit for bit: summed in {} in the order of the "
        "trees\n",
        forest.in_f64 ? "f64, then rounded to f32," : "f32");
  } else {
    fmt::print("scores: at most {:.2g} off the library's: {}\n", attached.bound, attached.why);
  }
  if (options.golden.empty()) {
    fmt::print(
        "golden rows: {}, with scores that Marquee's own engine computed: they guard this file, "
        "but "
        "do not compare with the library; golden.py does (--help)\n",
        num_rows);
  } else {
    fmt::print("golden rows: {}, with the library's scores from {}; every engine agrees\n",
               num_rows, options.golden);
  }
  fmt::print("columns: {}\n",
             options.attach.scaled
                 ? "scaled as the base scales them"
                 : "as they are (--scaled if the trees were trained on the base's scaled columns)");
  if (options.trained_on.empty()) {
    fmt::print("training rows: not known: no row counts as seen{}; --trained-on tells of them\n",
               options.schema.empty() ? "" : ", and there is nothing to compare features with");
  } else {
    fmt::print("training rows: {}, of {}; {} ids count as seen\n", num_trained_on,
               options.trained_on, attached.parts.training_ids.size());
  }
}

/// What the trees were trained on: a model, or a table as it is described.
Result<std::shared_ptr<const model::Model>> LoadBase(const ImportOptions& options) {
  if (options.schema.empty()) return LoadModel(options.base);
  MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec spec, LoadTableSchema(options.schema));
  return BaseModelOf(spec, options.schema);
}

Status Import(const ImportOptions& options) {
  if (options.out.empty() == options.probe.empty()) {
    return Status::Usage(
        "give either -o OUT.model, or --probe ROWS.csv to write rows for golden.py");
  }
  MARQUEE_ASSIGN_OR_RETURN(const std::string bytes,
                           model::ReadWholeFile(options.from, model::kMaxImportBytes));
  auto forest = model::ReadForest(bytes);
  if (!forest) return std::move(forest).error().WithContext(options.from);
  MARQUEE_ASSIGN_OR_RETURN(const auto base, LoadBase(options));
  model::AttachOptions attach = options.attach;
  if (!options.features.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(attach.features, ReadNames(options.features));
  }
  auto attached = model::AttachForest(*forest, *base, attach);
  if (!attached) return std::move(attached).error().WithContext(options.from);
  MARQUEE_ASSIGN_OR_RETURN(const model::ProbeRows probe, model::Probe(*attached));
  if (!options.probe.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(options.probe));
    MARQUEE_RETURN_IF_ERROR(file.Write(model::WriteProbeCsv(*attached, probe)));
    MARQUEE_RETURN_IF_ERROR(file.Close());
    fmt::print("{}: {} rows for golden.py\n", options.probe, probe.num_rows);
    return {};
  }
  std::size_t num_trained_on = 0;
  if (!options.trained_on.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec spec, SpecOf(*base));
    MARQUEE_ASSIGN_OR_RETURN(num_trained_on,
                             AddTrainingFacts(options.trained_on, spec, attached->parts));
  }
  MARQUEE_ASSIGN_OR_RETURN(std::vector<float> scores, GoldenScores(options, *attached, probe));
  MARQUEE_RETURN_IF_ERROR(RefuseToOverwrite(options.from, options.out));
  auto file_bytes = model::FinishModel(*attached, probe, std::move(scores));
  if (!file_bytes) return std::move(file_bytes).error().WithContext(options.from);
  MARQUEE_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(options.out));
  MARQUEE_RETURN_IF_ERROR(file.Write(std::span<const std::byte>(*file_bytes)));
  MARQUEE_RETURN_IF_ERROR(file.Close());
  Report(options, *forest, *attached, probe.num_rows, num_trained_on);
  return {};
}

}  // namespace

void AddModelImportCommand(CLI::App& model, Action& chosen) {
  CLI::App* command = AddCommand(
      model, "import", "Put another library's trees into the place of a model's",
      "  marquee model import --from booster.json -o booster.model\n"
      "  marquee run --model booster.model\n"
      "With golden rows whose scores the library itself computes:\n"
      "  python3 model/import/golden.py -- --from booster.json -o booster.model\n"
      "For another table than the movies:\n"
      "  marquee features --schema income.toml --data train.csv -o train.marquee\n"
      "  marquee model import --from booster.json --schema income.toml --trained-on train.marquee "
      "-o income.model\n"
      "\n"
      "Reads XGBoost (.json, .ubj; gbtree), LightGBM (text), CatBoost (.json, .cbm; numeric\n"
      "features), ONNX (TreeEnsemble, also Classifier and Regressor; floats), scikit-learn\n"
      "(through model/import/export_sklearn.py; a pickle is never read).\n"
      "A feature is found by its name among the base model's columns ('marquee model inspect "
      "--json'\n"
      "lists them); numeric columns are taken as they are, without the base's scaler, unless "
      "--scaled.\n"
      "Classes are found by name, or by number in the base's order.");
  auto options = std::make_shared<ImportOptions>();
  command->add_option("--from", options->from, "the library's model file")->required();
  command->add_option("-o,--out", options->out, "the model file to write");
  command->add_option("--base", options->base,
                      "model whose features, encodings and classes the trees were trained on "
                      "(default: the built-in one)");
  command
      ->add_option("--schema", options->schema,
                   "TOML file that describes the table whose numeric features the trees were "
                   "trained on, instead of --base")
      ->excludes("--base");
  command->add_option("--trained-on", options->trained_on,
                      "the training rows, as 'marquee features' wrote them: their ids count as "
                      "seen, and drift is measured against them");
  command->add_option("--features", options->features,
                      "names of the features in the order of training: with commas between, or a "
                      "file of a name a line (default: those in --from)");
  command
      ->add_option("--classes", options->attach.classes,
                   "names of the classes in the order of the scores (default: those in --from)")
      ->delimiter(',');
  command
      ->add_option("--cutpoints", options->attach.cutpoints,
                   "regression: where the second class begins, the third, … (default: the base's)")
      ->delimiter(',')
      ->check(FiniteNumber());
  AddSwitch(*command, "--scaled", options->attach.scaled,
            "the trees were trained on the base's scaled columns");
  command->add_option("--name", options->attach.name, "the model's name")->capture_default_str();
  command->add_option("--probe", options->probe,
                      "write rows that try the trees, for golden.py; no model");
  command->add_option("--golden", options->golden, "what golden.py wrote of the same rows");
  SetAction(command, chosen, [options] { return Import(*options); });
}

}  // namespace marquee
