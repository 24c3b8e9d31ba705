// model/import/readers.h — one reader a format: from the bytes of a file to a checked Forest.
//
// Files come from strangers: a reader trusts no count, index or number in them, refuses keys that it
// does not know, and says in which tree, node and key the trouble is. Errors: kConfig.
#pragma once

#include <string_view>

#include "model/import/document.h"
#include "model/import/forest.h"

namespace marquee::model {

/// Read what XGBoost saves as .json or .ubj.
Result<Forest> ReadXgboost(const Value& document);

/// Read what LightGBM saves as text.
Result<Forest> ReadLightgbm(std::string_view text);

/// Read what CatBoost saves with format="json".
Result<Forest> ReadCatboostJson(const Value& document);

/// Read what CatBoost saves by default (.cbm).
Result<Forest> ReadCatboostBinary(std::string_view bytes);

/// Read the open format that model/import/export_sklearn.py writes; README.md describes it.
Result<Forest> ReadPortable(const Value& document);

/// Read an ONNX model of one TreeEnsembleClassifier or TreeEnsembleRegressor.
Result<Forest> ReadOnnx(std::string_view bytes);

}  // namespace marquee::model
