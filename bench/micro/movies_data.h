// bench/micro/movies_data.h — a synthetic model and rows shaped like the shipped one's, made once a
// program.
#pragma once

#include <vector>

#include "bench/micro/measure.h"
#include "model/synthetic.h"

namespace marquee::bench {

struct MoviesData {
  model::ModelParts parts;
  model::RowsParts rows;
  /// By the format's definition: what every kernel must answer.
  std::vector<float> columns;
  std::vector<float> scores;
};

inline const MoviesData& Movies() {
  static const MoviesData data = [] {
    model::Random random(20261122);
    MoviesData made;
    made.parts = model::MakeSyntheticModel(model::MoviesShape(), random);
    made.rows = model::MakeSyntheticRows(made.parts, kNumRows, random);
    made.columns = model::NaiveColumns(made.parts, made.rows);
    made.scores = model::NaiveScores(made.parts.trees, made.columns, kNumRows);
    return made;
  }();
  return data;
}

}  // namespace marquee::bench
