// model/import/onnx_graph.h — what an ONNX file's node of trees says, if no other node has a say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace marquee::model {

/// What an attribute of a node holds, a tensor's numbers too; all that it does not is empty.
struct OnnxAttribute {
  std::string_view text;
  std::int64_t integer = 0;
  std::vector<float> floats;
  std::vector<std::int64_t> integers;
  std::vector<std::string_view> texts;
};

/// The operators that are trees; the last one is that of version 5, for both.
enum class OnnxOperator : std::uint8_t { kClassifier, kRegressor, kEnsemble };

/// The one node of trees in a graph. Owns: no text; the file's bytes must live on.
struct OnnxTrees {
  OnnxOperator op = OnnxOperator::kClassifier;
  /// Columns of the graph's input; 0 if the file leaves it open.
  std::size_t num_columns = 0;
  std::map<std::string_view, OnnxAttribute> attributes;

  bool Has(std::string_view name) const { return attributes.find(name) != attributes.end(); }

  /// An empty attribute if there is none of the name.
  const OnnxAttribute& Get(std::string_view name) const;
};

/// Find the node of trees in a file.
///
/// Errors: kConfig: no ONNX file; operators of a version that is not known, or of the file's own; no
/// such node or several; attributes that are not known or twice
/// there; a node before it that changes a number, or behind it that changes or renames a class.
Result<OnnxTrees> FindOnnxTrees(std::string_view bytes);

}  // namespace marquee::model
