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

Result<std::shared_ptr<Case>> MakeCase() {
  model::Random random(20261122);
  const model::ModelParts parts = model::MakeSyntheticModel(model::MoviesShape(), random);
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

}  // namespace

Result<std::vector<Work>> MakeWorks() {
  MARQUEE_ASSIGN_OR_RETURN(const std::shared_ptr<Case> made, MakeCase());
  std::vector<Work> works = {{"scaler", [made] { made->Scale(); }},
                             {"encoder", [made] { made->Encode(); }}};
  made->Scale();
  made->Encode();
  if (!SameBits(made->columns, made->expected_columns)) {
    return Status::Internal("the model's columns differ from the format's definition");
  }
  // Rows by single calls are many times as slow, so there are fewer of them.
  struct Calls {
    std::size_t batch_rows;
    std::size_t num_rows;
  };
  for (const Calls& calls : {Calls{1, 32}, Calls{16, 256}, Calls{kRows, kRows}}) {
    made->Score(calls.batch_rows, kRows);
    if (!SameBits(made->scores, made->expected_scores)) {
      return Status::Internal("the scores differ from the format's definition");
    }
    works.push_back({fmt::format("oblivious trees, {} rows a call", calls.batch_rows),
                     [made, calls] { made->Score(calls.batch_rows, calls.num_rows); }});
  }
  return works;
}

}  // namespace marquee::bench
