// Another library's model on the rows of a file: imported, scored by every engine that takes it, timed.
//
// The base model has as many numeric columns as the rows, called x0, x1, …, and nothing else. The
// scores are written to a file; what was measured is printed as a line of JSON.
#include <fmt/core.h>
#include <time.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "model/import/import.h"
#include "model/model.h"
#include "model/parts.h"
#include "model/synthetic_numeric.h"

namespace marquee::bench {
namespace {

constexpr std::size_t kBatchRows = 512;
constexpr std::size_t kMaxRowsBytes = std::size_t{4} << 30;

double ProcessSeconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// Score all rows in batches as `infer` does: scaler, then engine. Gives the seconds it took.
double ScoreAll(const model::Model& model, const model::Engine& engine,
                const std::vector<float>& columns, std::size_t num_rows,
                std::vector<float>& scores) {
  const std::size_t num_columns = model.num_columns();
  std::vector<float> matrix(num_columns * kBatchRows);
  model::EngineScratch scratch = engine.MakeScratch();
  std::vector<std::span<const float>> numeric(num_columns);
  const double begin = ProcessSeconds();
  for (std::size_t first = 0; first < num_rows; first += kBatchRows) {
    const std::size_t rows = std::min(kBatchRows, num_rows - first);
    for (std::size_t c = 0; c < num_columns; ++c) {
      numeric[c] = std::span(columns).subspan(c * num_rows + first, rows);
    }
    model.scaler().Apply(numeric, rows, {matrix.data(), kBatchRows});
    engine.Score({matrix.data(), kBatchRows}, rows,
                 std::span(scores).subspan(first * model.num_scores(), rows * model.num_scores()),
                 scratch);
  }
  return ProcessSeconds() - begin;
}

struct Options {
  std::string from;
  std::string rows;
  std::string scores;
  std::size_t num_columns = 1;
  std::size_t num_classes = 2;
};

Status Run(const Options& options) {
  MARQUEE_ASSIGN_OR_RETURN(const std::string bytes,
                           model::ReadWholeFile(options.from, model::kMaxImportBytes));
  auto forest = model::ReadForest(bytes);
  if (!forest) return std::move(forest).error().WithContext(options.from);
  model::AttachOptions attach;
  for (std::size_t c = 0; c < options.num_columns; ++c) {
    attach.features.push_back(fmt::format("x{}", c));
  }
  std::vector<std::string> classes;
  for (std::size_t k = 0; k < options.num_classes; ++k) classes.push_back(std::to_string(k));
  MARQUEE_ASSIGN_OR_RETURN(
      const auto base,
      model::Model::FromBytes(
          model::WriteModelFile(model::MakeNumericModel(attach.features, classes)), "base"));
  MARQUEE_ASSIGN_OR_RETURN(const model::AttachedModel attached,
                           model::AttachForest(*forest, *base, attach));
  MARQUEE_ASSIGN_OR_RETURN(const model::ProbeRows probe, model::Probe(attached));
  MARQUEE_ASSIGN_OR_RETURN(const auto file, model::FinishModel(attached, probe, probe.scores));
  MARQUEE_ASSIGN_OR_RETURN(const auto model, model::Model::FromBytes(file, options.from));

  MARQUEE_ASSIGN_OR_RETURN(const std::string content,
                           model::ReadWholeFile(options.rows, kMaxRowsBytes));
  std::vector<float> columns(content.size() / sizeof(float));
  std::memcpy(columns.data(), content.data(), columns.size() * sizeof(float));
  const std::size_t num_rows = columns.size() / options.num_columns;
  std::vector<float> scores(num_rows * model->num_scores());
  std::vector<float> expected;
  std::map<std::string_view, double> ns_per_row;
  const auto names = model::EngineNames(*model);
  // The reference first: the others must equal it.
  for (auto name = names.rbegin(); name != names.rend(); ++name) {
    MARQUEE_ASSIGN_OR_RETURN(const auto engine, model::MakeEngine(*model, *name));
    double seconds = ScoreAll(*model, *engine, columns, num_rows, scores);
    seconds = std::min(seconds, ScoreAll(*model, *engine, columns, num_rows, scores));
    ns_per_row[*name] = seconds * 1e9 / static_cast<double>(num_rows);
    if (expected.empty()) expected = scores;
    if (std::memcmp(scores.data(), expected.data(), scores.size() * sizeof(float)) != 0) {
      return Status::Internal(fmt::format("engine {} differs from reference", *name));
    }
  }
  std::ofstream out(options.scores, std::ios::binary);
  out.write(reinterpret_cast<const char*>(scores.data()),
            static_cast<std::streamsize>(scores.size() * sizeof(float)));
  if (!out) return Status::Unavailable(fmt::format("{}: cannot be written", options.scores));
  std::size_t depth = 0;
  for (const model::Tree& tree : forest->trees) depth = std::max(depth, tree.depth);
  fmt::print(
      "{{\"engine\": \"{}\", \"ns_per_row\": {}, \"reference_ns_per_row\": {}, \"bound\": {}, "
      "\"why\": \"{}\", \"trees\": {}, \"depth\": {}, \"scores\": {}}}\n",
      names.front(), ns_per_row[names.front()], ns_per_row["reference"], attached.bound,
      attached.why, forest->trees.size(), depth, model->num_scores());
  return {};
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) {
  CLI::App app("Import a model, score the rows of a file with every engine, and time it");
  marquee::bench::Options options;
  app.add_option("--from", options.from, "the library's model file")->required();
  app.add_option("--rows", options.rows, "rows as f32, column after column")->required();
  app.add_option("--scores", options.scores, "file for the scores, as f32, row by row")->required();
  app.add_option("--columns", options.num_columns, "columns of the rows")->required();
  app.add_option("--classes", options.num_classes, "classes of the model")->required();
  CLI11_PARSE(app, argc, argv);
  const marquee::Status status = marquee::bench::Run(options);
  if (status.ok()) return 0;
  fmt::print(stderr, "score_import: {}\n", status.message());
  return 1;
}
