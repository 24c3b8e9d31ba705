// tests/model/import/fixtures.h — small models of other libraries, and bases to put them on.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/import/import.h"
#include "model/synthetic_numeric.h"
#include "tests/model/scoring.h"
#include "tests/support/temp_dir.h"

namespace marquee::model {

inline const std::vector<std::string> kColumns = {"a", "b", "c", "d"};
inline const std::vector<std::string> kThreeClasses = {"low", "mid", "high"};
inline const std::vector<std::string> kTwoClasses = {"low", "high"};

inline constexpr std::string_view kFixtures[] = {"xgboost_softprob.json", "xgboost_categories.json",
                                                 "xgboost_vector.json",   "lightgbm_multiclass.txt",
                                                 "lightgbm_zero.txt",     "catboost_symmetric.json",
                                                 "catboost_nested.json",  "sklearn_forest.json",
                                                 "onnx_boosting.onnx",    "onnx_ensemble.onnx"};

inline std::string Fixture(std::string_view name) {
  return testing_support::ReadFile(std::string(MARQUEE_FIXTURES "/") + std::string(name));
}

inline std::shared_ptr<const Model> Base(const std::vector<std::string>& classes,
                                         const std::vector<std::string>& columns = kColumns) {
  auto base = Model::FromBytes(WriteModelFile(MakeNumericModel(columns, classes)), "base.model");
  EXPECT_TRUE(base) << base.error().message();
  return *base;
}

/// Import a forest onto a base of columns a to d; every engine must answer the probe rows alike.
inline Result<std::shared_ptr<const Model>> ImportOnto(const Model& base, const Forest& forest,
                                                       AttachOptions options = {}) {
  if (options.features.empty() && forest.feature_names.empty()) options.features = kColumns;
  MARQUEE_ASSIGN_OR_RETURN(const AttachedModel attached, AttachForest(forest, base, options));
  MARQUEE_ASSIGN_OR_RETURN(const ProbeRows probe, Probe(attached));
  MARQUEE_ASSIGN_OR_RETURN(const auto bytes, FinishModel(attached, probe, probe.scores));
  return Model::FromBytes(bytes, "imported.model");
}

inline Forest ReadGood(std::string_view bytes) {
  auto forest = ReadForest(bytes);
  EXPECT_TRUE(forest) << forest.error().message();
  return *std::move(forest);
}

/// The scores of rows of columns a to d, by whatever engine is best.
inline std::vector<float> ScoresOf(const Forest& forest, const RowsParts& rows) {
  const auto base = Base(forest.num_classes() == 2 ? kTwoClasses : kThreeClasses);
  const auto model = ImportOnto(*base, forest);
  EXPECT_TRUE(model) << model.error().message();
  return ScoreRows(**model, rows).scores;
}

inline RowsParts Rows(std::size_t num_rows, std::vector<float> columns) {
  RowsParts rows;
  rows.num_rows = num_rows;
  rows.numeric = std::move(columns);
  return rows;
}

/// Rows of columns a to d that are 0 but for one column.
inline RowsParts RowsWith(std::size_t column, const std::vector<float>& values) {
  RowsParts rows = Rows(values.size(), std::vector<float>(kColumns.size() * values.size(), 0.0f));
  std::copy(values.begin(), values.end(),
            rows.numeric.begin() + static_cast<std::ptrdiff_t>(column * values.size()));
  return rows;
}

/// A LightGBM file of one tree: the lines of its one split are given, its leaves are 1 and 2.
inline std::string LightgbmStump(std::string_view split_lines) {
  std::string text = Fixture("lightgbm_zero.txt");
  const std::size_t begin = text.find("num_leaves=4");
  text.replace(begin, text.find("end of trees") - begin,
               "num_leaves=2\n" + std::string(split_lines) +
                   "\nleft_child=-1\nright_child=-2\nleaf_value=1 2\n\n");
  const std::size_t sizes = text.find("tree_sizes=");
  return text.replace(sizes, text.find('\n', sizes) - sizes, "tree_sizes=1");
}

/// The rows of expected.json, column-major; `filled`: 0 for what is missing.
inline RowsParts ExpectedRows(bool filled) {
  const auto document = nlohmann::json::parse(Fixture("expected.json"));
  RowsParts rows;
  rows.num_rows = document["rows"].size();
  for (std::size_t c = 0; c < kColumns.size(); ++c) {
    for (const auto& row : document["rows"]) {
      const float missing = filled ? 0.0f : std::numeric_limits<float>::quiet_NaN();
      rows.numeric.push_back(row[c].is_null() ? missing : row[c].get<float>());
    }
  }
  return rows;
}

/// What the library says of them, row-major.
inline std::vector<float> ExpectedScores(std::string_view name) {
  const auto document = nlohmann::json::parse(Fixture("expected.json"));
  std::vector<float> scores;
  for (const auto& row : document["scores"][std::string(name)]) {
    for (const auto& score : row) scores.push_back(score.get<float>());
  }
  return scores;
}

}  // namespace marquee::model
