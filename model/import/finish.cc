// From an attached forest to a proven model file, and the probe's way out to the library and back.
#include <fast_float/fast_float.h>
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "model/engine_reference.h"
#include "model/import/document.h"
#include "model/import/import.h"

namespace marquee::model {
namespace {

constexpr std::string_view kSource = "imported model";

/// Which rows these are: every bit of them.
std::uint64_t HashOf(const ProbeRows& rows) {
  return XXH3_64bits(rows.features.data(), rows.features.size() * sizeof(float));
}

/// The columns of the classifier, column-major.
std::vector<float> ColumnsOf(const Model& model, const RowsParts& rows) {
  std::vector<std::span<const float>> numeric;
  for (std::size_t c = 0; c < model.num_numeric(); ++c) {
    numeric.push_back(std::span(rows.numeric).subspan(c * rows.num_rows, rows.num_rows));
  }
  std::vector<ListView> lists;
  for (const ListParts& list : rows.lists) lists.push_back(list.view());
  std::vector<float> matrix(model.num_columns() * rows.num_rows);
  model.scaler().Apply(numeric, rows.num_rows, {matrix.data(), rows.num_rows});
  model.encoder().Apply(lists, rows.num_rows, {matrix.data(), rows.num_rows});
  return matrix;
}

/// A text of a CSV field.
std::string Quoted(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + '"';
}

}  // namespace

Result<ProbeRows> Probe(const AttachedModel& attached) {
  ModelParts parts = attached.parts;
  const RowsParts& rows = parts.golden.rows;
  const std::size_t num_scores =
      parts.binary_trees ? parts.binary_trees->num_scores : parts.trees.num_scores;
  parts.golden.scores.assign(rows.num_rows * num_scores, 0.0f);
  MARQUEE_ASSIGN_OR_RETURN(const auto model,
                           Model::FromBytes(WriteModelFile(parts), kSource, GoldenCheck::kSkip));
  const std::vector<float> matrix = ColumnsOf(*model, rows);
  ProbeRows probe;
  probe.num_rows = rows.num_rows;
  probe.scores.resize(parts.golden.scores.size());
  const auto engine = MakeReferenceEngine(model->trees());
  EngineScratch scratch = engine->MakeScratch();
  engine->Score({matrix.data(), rows.num_rows}, rows.num_rows, probe.scores, scratch);
  for (std::size_t row = 0; row < rows.num_rows; ++row) {
    for (const std::size_t column : attached.columns) {
      const bool asked = column < model->num_columns();
      probe.features.push_back(asked ? matrix[column * rows.num_rows + row] : 0.0f);
    }
  }
  return probe;
}

Result<std::vector<std::byte>> FinishModel(AttachedModel attached, const ProbeRows& probe,
                                           std::vector<float> scores) {
  float difference = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    difference = std::max(difference, std::abs(scores[i] - probe.scores[i]));
  }
  attached.parts.golden.scores = std::move(scores);
  attached.parts.golden.bound = std::min(2 * difference, attached.bound);
  std::vector<std::byte> bytes = WriteModelFile(attached.parts);
  const auto model = Model::FromBytes(bytes, kSource);
  if (!model) return Status::Config(std::string(model.error().message()));
  for (const std::string_view name : EngineNames(**model)) {
    MARQUEE_ASSIGN_OR_RETURN(const auto engine, MakeEngine(**model, name));
    MARQUEE_RETURN_IF_ERROR(std::move((*model)->CheckGolden(*engine)).error());
  }
  return bytes;
}

std::string WriteProbeCsv(const AttachedModel& attached, const ProbeRows& rows) {
  std::string text = fmt::format("# marquee probe {:016x}\n", HashOf(rows));
  const std::size_t num_features = attached.feature_names.size();
  for (std::size_t f = 0; f < num_features; ++f) {
    text += (f == 0 ? "" : ",") + Quoted(attached.feature_names[f]);
  }
  for (std::size_t i = 0; i < rows.features.size(); ++i) {
    fmt::format_to(std::back_inserter(text), "{}{}", i % num_features == 0 ? '\n' : ',',
                   rows.features[i]);
  }
  return text + '\n';
}

Result<std::vector<float>> ReadScoresCsv(std::string_view text, const AttachedModel& attached,
                                         const ProbeRows& rows) {
  const std::size_t num_scores = attached.scores.size();
  const std::string expected = fmt::format("# marquee scores {:016x}", HashOf(rows));
  const std::size_t first = std::min(text.find('\n'), text.size());
  if (text.substr(0, first) != expected) {
    return Status::Config(fmt::format(
        "line 1 is '{}' instead of '{}': these are scores of other rows; write the rows again with "
        "--probe and the same options",
        text.substr(0, std::min<std::size_t>(first, 80)), expected));
  }
  std::vector<float> scores;
  text.remove_prefix(std::min(first + 1, text.size()));
  for (std::size_t line = 2; !text.empty(); ++line) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view rest = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    scores.resize(scores.size() + num_scores);
    const auto row = std::span(scores).last(num_scores);
    for (std::size_t s = 0; s < num_scores; ++s) {
      const std::size_t comma = std::min(rest.find(','), rest.size());
      const bool is_last = s + 1 == num_scores;
      double score = 0;
      // As the library has it, in f64, then rounded once, as Marquee's scores are.
      if (!ParseNumber(rest.substr(0, comma), NumberType::kDouble, score) ||
          !std::isfinite(score) || is_last != (comma == rest.size())) {
        return Status::Config(fmt::format(
            "line {} does not hold {} finite scores with commas between", line, num_scores));
      }
      row[attached.scores[s]] = static_cast<float>(score);
      rest.remove_prefix(std::min(comma + 1, rest.size()));
    }
  }
  if (scores.size() == rows.num_rows * num_scores) return scores;
  return Status::Config(fmt::format("holds scores of {} rows instead of {}",
                                    scores.size() / num_scores, rows.num_rows));
}

}  // namespace marquee::model
