// tests/model/scoring.h — a model from parts, and rows through all of its parts.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/engine.h"
#include "model/model.h"
#include "model/parts.h"

namespace marquee::model {

/// What a model says of some rows.
struct Scored {
  std::vector<float> columns;  // column-major
  std::vector<float> scores;   // row-major
  std::vector<std::uint8_t> classes;
  std::vector<float> score;
  std::vector<float> probabilities;  // class-major
};

/// Write the parts to bytes and load those.
inline Result<std::shared_ptr<const Model>> LoadParts(const ModelParts& parts) {
  return Model::FromBytes(WriteModelFile(parts), "test.model");
}

/// Bring rows through scaler, encoder, the default engine and classifier, with buffers of exactly
/// the sizes stated.
inline Scored ScoreRows(const Model& model, const RowsParts& rows) {
  std::vector<std::span<const float>> numeric;
  for (std::size_t c = 0; c < model.num_numeric(); ++c) {
    numeric.push_back(std::span(rows.numeric).subspan(c * rows.num_rows, rows.num_rows));
  }
  std::vector<ListView> lists;
  for (const ListParts& list : rows.lists) lists.push_back(list.view());
  Scored out;
  out.columns.resize(model.num_columns() * rows.num_rows);
  out.scores.resize(model.num_scores() * rows.num_rows);
  out.classes.resize(rows.num_rows);
  out.score.resize(rows.num_rows);
  out.probabilities.resize(model.num_classes() * rows.num_rows);
  model.scaler().Apply(numeric, rows.num_rows, {out.columns.data(), rows.num_rows});
  model.encoder().Apply(lists, rows.num_rows, {out.columns.data(), rows.num_rows});
  const auto engine = MakeEngine(model);
  EXPECT_TRUE(engine) << engine.error().message();
  EngineScratch scratch = (*engine)->MakeScratch();
  (*engine)->Score({out.columns.data(), rows.num_rows}, rows.num_rows, out.scores, scratch);
  model.classifier().Decide(out.scores, rows.num_rows, out.classes, out.score, out.probabilities);
  return out;
}

/// Score columns, column-major, with an engine, in batches.
inline std::vector<float> ScoreColumns(const Model& model, std::string_view engine_name,
                                       const std::vector<float>& columns, std::size_t num_rows,
                                       std::size_t batch) {
  const auto engine = MakeEngine(model, engine_name);
  EXPECT_TRUE(engine) << engine.error().message();
  EngineScratch scratch = (*engine)->MakeScratch();
  std::vector<float> scores(num_rows * model.num_scores(), -1.0f);
  for (std::size_t first = 0; first < num_rows; first += batch) {
    const std::size_t rows = std::min(batch, num_rows - first);
    (*engine)->Score(
        {columns.data() + first, num_rows}, rows,
        std::span(scores).subspan(first * model.num_scores(), rows * model.num_scores()), scratch);
  }
  return scores;
}

}  // namespace marquee::model
