// tests/model/scoring.h — a model from parts, and rows through all of its parts.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
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

}  // namespace marquee::model
