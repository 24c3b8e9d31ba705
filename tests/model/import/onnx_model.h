// tests/model/import/onnx_model.h — ONNX files with one tree, right or wrong in one place.
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace marquee::model {

inline std::string Varint(std::uint64_t value) {
  std::string bytes;
  for (; value >= 0x80; value >>= 7) bytes += static_cast<char>((value & 0x7f) | 0x80);
  return bytes + static_cast<char>(value);
}

inline std::string BytesField(unsigned number, std::string_view bytes) {
  return Varint((number << 3) | 2) + Varint(bytes.size()) + std::string(bytes);
}

inline std::string Integers(std::string_view name, const std::vector<std::int64_t>& values) {
  std::string packed;
  for (const std::int64_t value : values) packed += Varint(static_cast<std::uint64_t>(value));
  return BytesField(5, BytesField(1, name) + BytesField(8, packed));
}

inline std::string Floats(std::string_view name, const std::vector<float>& values) {
  std::string packed(values.size() * sizeof(float), '\0');
  std::memcpy(packed.data(), values.data(), packed.size());
  return BytesField(5, BytesField(1, name) + BytesField(7, packed));
}

inline std::string Text(std::string_view name, std::string_view value) {
  return BytesField(5, BytesField(1, name) + BytesField(4, value));
}

inline std::string Texts(std::string_view name, const std::vector<std::string>& values) {
  std::string attribute = BytesField(1, name);
  for (const std::string& value : values) attribute += BytesField(9, value);
  return BytesField(5, attribute);
}

inline std::string Integer(std::string_view name, std::int64_t value) {
  return BytesField(
      5, BytesField(1, name) + Varint(3 << 3) + Varint(static_cast<std::uint64_t>(value)));
}

inline std::string Tensor(std::string_view name, std::uint64_t type, std::string_view raw) {
  const std::string tensor = Varint(2 << 3) + Varint(type) + BytesField(9, raw);
  return BytesField(5, BytesField(1, name) + BytesField(5, tensor));
}

/// A file whose graph has these nodes, and an input "rows".
inline std::string OnnxFile(std::string_view nodes, std::int64_t columns, std::int64_t opset) {
  const auto dimension = [](std::int64_t size) {
    return BytesField(1, Varint(1 << 3) + Varint(static_cast<std::uint64_t>(size)));
  };
  const std::string shape = dimension(0) + dimension(columns);
  const std::string input =
      BytesField(1, "rows") + BytesField(2, BytesField(1, BytesField(2, shape)));
  const std::string set =
      BytesField(1, "ai.onnx.ml") + Varint(2 << 3) + Varint(static_cast<std::uint64_t>(opset));
  return Varint(1 << 3) + Varint(8) + BytesField(7, std::string(nodes) + BytesField(11, input)) +
         BytesField(8, set);
}

/// Node 0 asks column `feature` for `mode` 1.5; nodes 1 and 2 are leaves of 10 and 20. A regressor,
/// or with labels a classifier.
struct OnnxTree {
  std::vector<std::int64_t> tree_ids = {0, 0, 0};
  std::vector<std::int64_t> node_ids = {0, 1, 2};
  std::vector<std::int64_t> features = {2, 0, 0};
  std::vector<float> values = {1.5f, 0, 0};
  std::vector<std::string> modes = {"BRANCH_LEQ", "LEAF", "LEAF"};
  std::vector<std::int64_t> yes = {1, 0, 0};
  std::vector<std::int64_t> no = {2, 0, 0};
  std::vector<std::int64_t> missing;
  std::vector<std::int64_t> weight_trees = {0, 0};
  std::vector<std::int64_t> weight_nodes = {1, 2};
  std::vector<std::int64_t> weight_ids = {0, 0};
  std::vector<float> weights = {10, 20};
  std::string more;  // attributes
  std::int64_t num_targets = 1;
  std::vector<std::int64_t> labels;
  std::string domain = "ai.onnx.ml";
  std::int64_t opset = 3;
  std::string of_model;      // fields behind the graph
  std::string before;        // an operator between input and trees
  std::string of_before;     // its attributes
  std::string behind;        // an operator on what the trees write
  std::int64_t columns = 4;  // of the input
};

inline std::string WriteOnnx(const OnnxTree& tree) {
  std::string node =
      BytesField(1, tree.before.empty() ? "rows" : "changed") + BytesField(2, "scores") +
      BytesField(4, tree.labels.empty() ? "TreeEnsembleRegressor" : "TreeEnsembleClassifier") +
      BytesField(7, tree.domain);
  const std::string prefix = tree.labels.empty() ? "target_" : "class_";
  node +=
      Integers("nodes_treeids", tree.tree_ids) + Integers("nodes_nodeids", tree.node_ids) +
      Integers("nodes_featureids", tree.features) + Floats("nodes_values", tree.values) +
      Texts("nodes_modes", tree.modes) + Integers("nodes_truenodeids", tree.yes) +
      Integers("nodes_falsenodeids", tree.no) + Integers(prefix + "treeids", tree.weight_trees) +
      Integers(prefix + "nodeids", tree.weight_nodes) + Integers(prefix + "ids", tree.weight_ids) +
      Floats(prefix + "weights", tree.weights) + tree.more;
  if (!tree.missing.empty()) node += Integers("nodes_missing_value_tracks_true", tree.missing);
  node += tree.labels.empty() ? Integer("n_targets", tree.num_targets)
                              : Integers("classlabels_int64s", tree.labels);
  std::string graph;
  if (!tree.before.empty()) {
    graph += BytesField(1, BytesField(1, "rows") + BytesField(2, "changed") +
                               BytesField(4, tree.before) + tree.of_before);
  }
  if (!tree.behind.empty()) {
    graph += BytesField(
        1, BytesField(1, "scores") + BytesField(2, "changed scores") + BytesField(4, tree.behind));
  }
  return OnnxFile(graph + BytesField(1, node), tree.columns, tree.opset) + tree.of_model;
}

/// The same tree as a TreeEnsemble of version 5.
struct OnnxEnsemble {
  std::vector<std::int64_t> roots = {0};
  std::vector<std::int64_t> features = {2};
  std::vector<float> splits = {1.5f};
  std::string modes = std::string(1, '\0');
  std::vector<std::int64_t> yes = {0};
  std::vector<std::int64_t> no = {1};
  std::vector<std::int64_t> yes_is_leaf = {1};
  std::vector<std::int64_t> no_is_leaf = {1};
  std::vector<float> weights = {10, 20};
  std::vector<std::int64_t> targets = {0, 0};
  std::int64_t num_targets = 1;
  std::uint64_t split_type = 1;
  std::string more;  // attributes
};

inline std::string WriteOnnx(const OnnxEnsemble& from) {
  const auto floats = [](const std::vector<float>& values) {
    return std::string_view(reinterpret_cast<const char*>(values.data()),
                            values.size() * sizeof(float));
  };
  const std::string node =
      BytesField(1, "rows") + BytesField(2, "scores") + BytesField(4, "TreeEnsemble") +
      BytesField(7, "ai.onnx.ml") + Integers("tree_roots", from.roots) +
      Integers("nodes_featureids", from.features) +
      Tensor("nodes_splits", from.split_type, floats(from.splits)) +
      Tensor("nodes_modes", 2, from.modes) + Integers("nodes_truenodeids", from.yes) +
      Integers("nodes_falsenodeids", from.no) + Integers("nodes_trueleafs", from.yes_is_leaf) +
      Integers("nodes_falseleafs", from.no_is_leaf) +
      Tensor("leaf_weights", 1, floats(from.weights)) + Integers("leaf_targetids", from.targets) +
      Integer("n_targets", from.num_targets) + from.more;
  return OnnxFile(BytesField(1, node), 4, 5);
}

}  // namespace marquee::model
