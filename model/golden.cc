// The golden rows: what the training library said of synthetic rows, against what we say.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "model/model.h"
#include "schemas/model_generated.h"
#include "schemas/wire_span.h"

namespace marquee::model {

Result<GoldenReport> Model::CheckGolden(const Engine& engine) const {
  const wire::Golden& golden = *wire_->golden();
  const std::size_t num_rows = golden.num_rows();
  std::vector<std::span<const float>> numeric;
  for (std::size_t c = 0; c < num_numeric(); ++c) {
    numeric.push_back(SpanOf(golden.numeric()).subspan(c * num_rows, num_rows));
  }
  std::vector<ListView> lists;
  for (const wire::GoldenList* list : *golden.lists()) {
    lists.push_back({SpanOf(list->lengths()), SpanOf(list->codes())});
  }
  std::vector<float> matrix(num_columns() * num_rows);
  scaler_.Apply(numeric, num_rows, {matrix.data(), num_rows});
  encoder_.Apply(lists, num_rows, {matrix.data(), num_rows});
  std::vector<float> scores(num_rows * num_scores());
  EngineScratch scratch = engine.MakeScratch();
  // Some one by one: other code may score them than a batch.
  const std::size_t in_batch = num_rows - std::min<std::size_t>(num_rows / 2, 64);
  for (std::size_t row = 0; row < num_rows; row += row == 0 ? in_batch : 1) {
    const std::size_t rows = row == 0 ? in_batch : 1;
    engine.Score({matrix.data() + row, num_rows}, rows,
                 std::span(scores).subspan(row * num_scores(), rows * num_scores()), scratch);
  }

  GoldenReport report{num_rows, 0, golden.bound()};
  const auto expected = SpanOf(golden.scores());
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const float difference = std::abs(scores[i] - expected[i]);
    if (!(difference <= report.bound)) {
      return Status::Config(
          fmt::format("{}: golden.scores[{}] (row {}, score {}) is {}, but engine {} computes {}; "
                      "the difference of {} is "
                      "over golden.bound {}: the model does not score here as where it was fitted; "
                      "fetch the file again, "
                      "fit a new one (./run train), or report this",
                      source_, i, i / num_scores(), i % num_scores(), expected[i], engine.name(),
                      scores[i], difference, report.bound));
    }
    report.max_difference = std::max(report.max_difference, difference);
  }
  return report;
}

}  // namespace marquee::model
