// tests/model/import/fixtures.h — small models of other libraries, and bases to put them on.
#pragma once

#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "model/import/import.h"
#include "model/synthetic_numeric.h"
#include "tests/support/temp_dir.h"

namespace marquee::model {

inline const std::vector<std::string> kColumns = {"a", "b", "c", "d"};
inline const std::vector<std::string> kThreeClasses = {"low", "mid", "high"};
inline const std::vector<std::string> kTwoClasses = {"low", "high"};

inline constexpr std::string_view kFixtures[] = {
    "xgboost_softprob.json",   "xgboost_categories.json", "xgboost_vector.json",
    "lightgbm_multiclass.txt", "lightgbm_zero.txt",       "catboost_symmetric.json",
    "catboost_nested.json",    "sklearn_forest.json",     "onnx_boosting.onnx"};

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
