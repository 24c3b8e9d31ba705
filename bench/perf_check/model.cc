// The parts of a model like the shipped one: scaler, encoder, and symmetric trees with their binning.
#include "model/model.h"

#include <fmt/core.h>

#include <cstring>
#include <memory>

#include "bench/perf_check/work.h"
#include "model/engine.h"
#include "model/synthetic.h"

namespace marquee::bench {
namespace {

constexpr std::size_t kRows = 512;

/// A synthetic model, and rows with what it must make of them.
struct Case {
  std::shared_ptr<const model::Model> model;
  std::unique_ptr<const model::Engine> engine;
  model::RowsParts rows;
  std::vector<std::span<const float>> numeric;  // refer to rows, as do lists
  std::vector<model::ListView> lists;
  std::vector<float> expected_columns;
  std::vector<float> expected_scores;
  std::vector<float> columns;
  std::vector<float> scores = std::vector<float>(kRows);
  model::EngineScratch scratch{0};

  void Scale() { model->scaler().Apply(numeric, kRows, {columns.data(), kRows}); }
  void Encode() { model->encoder().Apply(lists, kRows, {columns.data(), kRows}); }
  /// Calls of `batch_rows` rows, until there were `num_rows`.
  void Score(std::size_t batch_rows, std::size_t num_rows) {
    for (std::size_t row = 0; row < num_rows; row += batch_rows) {
      engine->Score({expected_columns.data() + row, kRows}, batch_rows,
                    std::span(scores).subspan(row, batch_rows), scratch);
    }
  }
};

bool SameBits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

Result<std::shared_ptr<Case>> MakeCase(const model::SyntheticShape& shape) {
  model::Random random(20261122);
  const model::ModelParts parts = model::MakeSyntheticModel(shape, random);
  auto made = std::make_shared<Case>();
  MARQUEE_ASSIGN_OR_RETURN(made->model,
                           model::Model::FromBytes(model::WriteModelFile(parts), "synthetic"));
  MARQUEE_ASSIGN_OR_RETURN(made->engine, model::MakeEngine(*made->model, "oblivious"));
  made->scratch = made->engine->MakeScratch();
  made->rows = model::MakeSyntheticRows(parts, kRows, random);
  made->expected_columns = model::NaiveColumns(parts, made->rows);
  made->expected_scores = model::NaiveScores(parts.trees, made->expected_columns, kRows);
  made->columns.resize(made->expected_columns.size());
  for (std::size_t c = 0; c < made->model->num_numeric(); ++c) {
    made->numeric.push_back(std::span(made->rows.numeric).subspan(c * kRows, kRows));
  }
  for (const model::ListParts& list : made->rows.lists) made->lists.push_back(list.view());
  return made;
}

/// As many trees as the shipped model's over so few columns and borders that binning takes little of the time.
model::SyntheticShape MostlyTrees() {
  model::SyntheticShape shape = model::MoviesShape();
  shape.num_numeric = 8;
  shape.num_lists = 0;
  shape.encodings.clear();
  shape.min_borders = shape.max_borders = 15;
  return shape;
}

/// Add calls of the engine with so many rows, until there were `num_rows`.
Status AddScoring(const std::shared_ptr<Case>& made, std::string_view what, std::size_t batch_rows,
                  std::size_t num_rows, std::vector<Work>& works) {
  made->Score(batch_rows, kRows);
  if (!SameBits(made->scores, made->expected_scores)) {
    return Status::Internal("the scores differ from the format's definition");
  }
  works.push_back({fmt::format("{}, {} rows a call", what, batch_rows),
                   [made, batch_rows, num_rows] { made->Score(batch_rows, num_rows); }});
  return {};
}

}  // namespace

Result<std::vector<Work>> MakeWorks() {
  MARQUEE_ASSIGN_OR_RETURN(const std::shared_ptr<Case> made, MakeCase(model::MoviesShape()));
  std::vector<Work> works = {{"scaler", [made] { made->Scale(); }},
                             {"encoder", [made] { made->Encode(); }}};
  made->Scale();
  made->Encode();
  if (!SameBits(made->columns, made->expected_columns)) {
    return Status::Internal("the model's columns differ from the format's definition");
  }
  // Rows by single calls are many times as slow, so there are fewer of them.
  MARQUEE_RETURN_IF_ERROR(AddScoring(made, "bins and trees", 1, 32, works));
  MARQUEE_RETURN_IF_ERROR(AddScoring(made, "bins and trees", 16, 256, works));
  MARQUEE_RETURN_IF_ERROR(AddScoring(made, "bins and trees", kRows, kRows, works));
  MARQUEE_ASSIGN_OR_RETURN(const std::shared_ptr<Case> mostly_trees, MakeCase(MostlyTrees()));
  MARQUEE_RETURN_IF_ERROR(AddScoring(mostly_trees, "trees", kRows, kRows, works));
  return works;
}

}  // namespace marquee::bench
