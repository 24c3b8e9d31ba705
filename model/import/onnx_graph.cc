// The numbers of fields are those of onnx.proto.
#include "model/import/onnx_graph.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <span>

#include "model/import/forest.h"
#include "model/import/wire_reader.h"

namespace marquee::model {
namespace {

/// In the order of OnnxOperator.
constexpr std::array<std::string_view, 3> kOperators = {"TreeEnsembleClassifier",
                                                        "TreeEnsembleRegressor", "TreeEnsemble"};
constexpr std::string_view kDomain = "ai.onnx.ml";
constexpr std::uint64_t kNewestOpset = 5;
/// More lists of a graph's parts than any converter writes.
constexpr std::size_t kMaxGraphNodes = 1024;

/// Call `visit` with each field of a message, until it fails.
template <class Visit>
Status ForEachField(std::string_view message, Visit visit) {
  WireReader reader(message);
  while (true) {
    MARQUEE_ASSIGN_OR_RETURN(const auto field, reader.Next());
    if (!field) return {};
    MARQUEE_RETURN_IF_ERROR(visit(*field));
  }
}

struct GraphNode {
  std::string_view op;
  std::string_view domain;
  std::vector<std::string_view> inputs;
  std::vector<std::string_view> outputs;
  std::vector<std::string_view> attributes;
};

struct Graph {
  std::vector<GraphNode> nodes;
  /// Names of inputs, and how many columns each has (0: the file leaves it open).
  std::vector<std::pair<std::string_view, std::size_t>> inputs;
};

Status TooMany(std::string_view what) {
  return Status::Config(
      fmt::format("has too many {}: at most {} are allowed", what, kMaxForestNodes));
}

Status AppendFloats(const WireField& field, std::vector<float>& floats) {
  if (field.type == WireType::kFixed32) {
    floats.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(field.value)));
  }
  if (field.bytes.size() % sizeof(float) != 0) {
    return Status::Config("has floats that are not of 4 bytes");
  }
  const std::size_t before = floats.size();
  if (before + field.bytes.size() / sizeof(float) > kMaxForestNodes) return TooMany("floats");
  floats.resize(before + field.bytes.size() / sizeof(float));
  if (!field.bytes.empty()) {
    std::memcpy(floats.data() + before, field.bytes.data(), field.bytes.size());
  }
  return {};
}

Status AppendIntegers(const WireField& field, std::vector<std::int64_t>& integers) {
  if (field.type == WireType::kVarint) {
    if (integers.size() >= kMaxForestNodes) return TooMany("integers");
    integers.push_back(static_cast<std::int64_t>(field.value));
    return {};
  }
  WireReader reader(field.bytes);
  while (!reader.at_end()) {
    MARQUEE_ASSIGN_OR_RETURN(const std::uint64_t value, reader.Varint());
    if (integers.size() >= kMaxForestNodes) return TooMany("integers");
    integers.push_back(static_cast<std::int64_t>(value));
  }
  return {};
}

/// Read the numbers of a tensor: floats, or bytes as integers.
Status ReadTensor(std::string_view message, OnnxAttribute& attribute) {
  constexpr std::uint64_t kFloat = 1;
  constexpr std::uint64_t kByte = 2;
  std::uint64_t type = 0;
  WireField raw;
  MARQUEE_RETURN_IF_ERROR(ForEachField(message, [&](const WireField& field) -> Status {
    if (field.number == 2) type = field.value;
    if (field.number == 4) return AppendFloats(field, attribute.floats);
    if (field.number == 5) return AppendIntegers(field, attribute.integers);
    if (field.number == 9) raw = field;
    return {};
  }));
  if (type == kFloat) return AppendFloats(raw, attribute.floats);
  if (type != kByte) {
    return Status::Config(
        fmt::format("a tensor of the trees is of type {}: only floats (1) and bytes (2) are "
                    "supported; convert with an input of floats",
                    type));
  }
  if (attribute.integers.size() + raw.bytes.size() > kMaxForestNodes) return TooMany("bytes");
  for (const char byte : raw.bytes) attribute.integers.push_back(static_cast<unsigned char>(byte));
  return {};
}

/// Read an attribute's name and value.
Result<std::pair<std::string_view, OnnxAttribute>> ReadAttribute(std::string_view message) {
  std::string_view name;
  OnnxAttribute attribute;
  MARQUEE_RETURN_IF_ERROR(ForEachField(message, [&](const WireField& field) -> Status {
    switch (field.number) {
      case 1:
        name = field.bytes;
        return {};
      case 3:
        attribute.integer = static_cast<std::int64_t>(field.value);
        return {};
      case 4:
        attribute.text = field.bytes;
        return {};
      case 5:
        return ReadTensor(field.bytes, attribute);
      case 7:
        return AppendFloats(field, attribute.floats);
      case 8:
        return AppendIntegers(field, attribute.integers);
      case 9:
        if (attribute.texts.size() >= kMaxForestNodes) return TooMany("texts");
        attribute.texts.push_back(field.bytes);
        return {};
      default:  // f, doc_string, type
        return {};
    }
  }));
  return std::pair(name, std::move(attribute));
}

Result<GraphNode> ReadNode(std::string_view message) {
  GraphNode node;
  MARQUEE_RETURN_IF_ERROR(ForEachField(message, [&](const WireField& field) -> Status {
    if (node.inputs.size() + node.outputs.size() + node.attributes.size() > kMaxGraphNodes) {
      return Status::Config("a node of its graph has too many parts");
    }
    if (field.number == 1) node.inputs.push_back(field.bytes);
    if (field.number == 2) node.outputs.push_back(field.bytes);
    if (field.number == 4) node.op = field.bytes;
    if (field.number == 5) node.attributes.push_back(field.bytes);
    if (field.number == 7) node.domain = field.bytes;
    return {};
  }));
  return node;
}

/// The bytes of the message that lies behind these fields, one in the other; empty if one is absent.
Result<std::string_view> Descend(std::string_view message, std::span<const std::uint32_t> path) {
  for (const std::uint32_t number : path) {
    std::string_view inner;
    MARQUEE_RETURN_IF_ERROR(ForEachField(message, [&](const WireField& field) -> Status {
      if (field.number == number) inner = field.bytes;
      return {};
    }));
    message = inner;
  }
  return message;
}

/// An input's name and its second dimension.
Result<std::pair<std::string_view, std::size_t>> ReadInput(std::string_view message) {
  constexpr std::array<std::uint32_t, 1> kName = {1};
  constexpr std::array<std::uint32_t, 3> kShape = {2, 1, 2};  // type, tensor_type, shape
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, Descend(message, kName));
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view shape, Descend(message, kShape));
  std::size_t dimension = 0;
  std::uint64_t columns = 0;
  MARQUEE_RETURN_IF_ERROR(ForEachField(shape, [&](const WireField& size) {
    const bool is_second = dimension++ == 1;
    return ForEachField(size.bytes, [&](const WireField& field) -> Status {
      if (is_second && field.number == 1) columns = field.value;
      return {};
    });
  }));
  if (columns > kMaxForestFeatures) {
    return Status::Config(fmt::format("input '{}' has {} columns; at most {} are allowed", name,
                                      columns, kMaxForestFeatures));
  }
  return std::pair(name, static_cast<std::size_t>(columns));
}

Result<Graph> ReadGraph(std::string_view message) {
  Graph graph;
  MARQUEE_RETURN_IF_ERROR(ForEachField(message, [&](const WireField& field) -> Status {
    if (graph.nodes.size() + graph.inputs.size() > kMaxGraphNodes) {
      return Status::Config(fmt::format("its graph has over {} nodes", kMaxGraphNodes));
    }
    if (field.number == 1) {
      MARQUEE_ASSIGN_OR_RETURN(GraphNode node, ReadNode(field.bytes));
      graph.nodes.push_back(std::move(node));
    }
    if (field.number == 11) {
      MARQUEE_ASSIGN_OR_RETURN(const auto input, ReadInput(field.bytes));
      graph.inputs.push_back(input);
    }
    return {};
  }));
  return graph;
}

/// Refuse a set of operators that the file imports in a version that is not known.
Status CheckSet(std::string_view message, bool& has_trees) {
  std::string_view domain;
  std::uint64_t version = 0;
  MARQUEE_RETURN_IF_ERROR(ForEachField(message, [&](const WireField& field) -> Status {
    if (field.number == 1) domain = field.bytes;
    if (field.number == 2) version = field.value;
    return {};
  }));
  if (domain != kDomain) return {};
  has_trees = true;
  if (version >= 1 && version <= kNewestOpset) return {};
  return Status::Config(fmt::format(
      "imports version {} of the operators {}; 1 to {} are known: convert for one of these",
      version, kDomain, kNewestOpset));
}

/// Refuse operators that are not those that Marquee knows by name: of a later version, or defined by
/// the file.
Status CheckOperators(std::string_view model) {
  bool has_trees = false;
  Status status = ForEachField(model, [&](const WireField& field) -> Status {
    if (field.number == 25) {
      return Status::Config("defines operators of its own (functions): convert the trees alone");
    }
    return field.number == 8 ? CheckSet(field.bytes, has_trees) : Status();
  });
  if (!status.ok() || has_trees) return status;
  return Status::Config(fmt::format("imports no operators of {}, so it has no trees", kDomain));
}

bool IsTrees(const GraphNode& node) {
  return node.domain == kDomain &&
         std::find(kOperators.begin(), kOperators.end(), node.op) != kOperators.end();
}

/// Whether a node writes the numbers that it reads, as floats.
Result<bool> KeepsNumbers(const GraphNode& node) {
  constexpr std::int64_t kFloat = 1;
  if (node.op != "Cast") return node.op == "Identity";
  for (const std::string_view message : node.attributes) {
    MARQUEE_ASSIGN_OR_RETURN(const auto attribute, ReadAttribute(message));
    if (attribute.first == "to") return attribute.second.integer == kFloat;
  }
  return false;
}

/// The one node of trees, with nothing before it that changes a number and nothing behind it that
/// changes or renames a class.
Result<const GraphNode*> FindTrees(const Graph& graph) {
  const GraphNode* trees = nullptr;
  for (const GraphNode& node : graph.nodes) {
    if (!IsTrees(node)) continue;
    if (trees != nullptr) return Status::Config("its graph has several nodes of trees");
    trees = &node;
  }
  if (trees == nullptr) {
    return Status::Config(
        fmt::format("its graph has no node of {}: {}", kDomain, fmt::join(kOperators, ", ")));
  }
  const auto is_input = [&graph](const std::vector<std::string_view>& names) {
    return names.size() == 1 &&
           std::any_of(graph.inputs.begin(), graph.inputs.end(),
                       [&](const auto& input) { return input.first == names[0]; });
  };
  bool reads_input = is_input(trees->inputs);
  // Where the trees' outputs go we do not look, if that only makes other shapes of them.
  constexpr std::array<std::string_view, 5> kBehind = {"Cast", "Identity", "ZipMap", "Reshape",
                                                       "Flatten"};
  for (const GraphNode& node : graph.nodes) {
    if (&node == trees) continue;
    const bool before =
        std::any_of(node.outputs.begin(), node.outputs.end(), [trees](std::string_view name) {
          return std::find(trees->inputs.begin(), trees->inputs.end(), name) != trees->inputs.end();
        });
    const bool standard = node.domain.empty() || node.domain == "ai.onnx" || node.domain == kDomain;
    bool fits = standard && std::find(kBehind.begin(), kBehind.end(), node.op) != kBehind.end();
    if (before) {
      MARQUEE_ASSIGN_OR_RETURN(const bool keeps, KeepsNumbers(node));
      fits = standard && keeps && !reads_input && is_input(node.inputs);
      reads_input = true;
    }
    if (fits) continue;
    return Status::Config(fmt::format(
        "its graph has a node {} {} the trees, which Marquee does not compute: convert the trees "
        "alone",
        node.op.substr(0, 80), before ? "before" : "beside or behind"));
  }
  if (!reads_input) return Status::Config("its trees do not read the input of its graph");
  return trees;
}

/// Read the attributes of the node of trees.
Status ReadAttributes(const GraphNode& node, OnnxTrees& trees) {
  constexpr std::array<std::string_view, 30> kKnown = {
      "nodes_treeids",       "nodes_nodeids",      "nodes_featureids",
      "nodes_values",        "nodes_hitrates",     "nodes_modes",
      "nodes_truenodeids",   "nodes_falsenodeids", "nodes_missing_value_tracks_true",
      "target_treeids",      "target_nodeids",     "target_ids",
      "target_weights",      "class_treeids",      "class_nodeids",
      "class_ids",           "class_weights",      "classlabels_int64s",
      "classlabels_strings", "n_targets",          "aggregate_function",
      "base_values",         "post_transform",     "tree_roots",
      "nodes_splits",        "nodes_trueleafs",    "nodes_falseleafs",
      "leaf_targetids",      "leaf_weights",       "membership_values"};
  for (const std::string_view message : node.attributes) {
    MARQUEE_ASSIGN_OR_RETURN(auto attribute, ReadAttribute(message));
    const std::string_view name = attribute.first;
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      return Status::Config(
          fmt::format("attribute '{}' of the trees is not supported{}", name.substr(0, 80),
                      name.find("_as_tensor") == std::string_view::npos
                          ? ""
                          : ": trees of doubles compare doubles; convert with an input of floats"));
    }
    if (!trees.attributes.insert(std::move(attribute)).second) {
      return Status::Config(fmt::format("attribute '{}' of the trees is there twice", name));
    }
  }
  return {};
}

}  // namespace

const OnnxAttribute& OnnxTrees::Get(std::string_view name) const {
  static const OnnxAttribute kNone;
  const auto found = attributes.find(name);
  return found == attributes.end() ? kNone : found->second;
}

Result<OnnxTrees> FindOnnxTrees(std::string_view bytes) {
  constexpr std::array<std::uint32_t, 1> kGraph = {7};
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view message, Descend(bytes, kGraph));
  if (message.empty()) return Status::Config("has no graph: it is no ONNX model");
  MARQUEE_RETURN_IF_ERROR(CheckOperators(bytes));
  MARQUEE_ASSIGN_OR_RETURN(const Graph graph, ReadGraph(message));
  MARQUEE_ASSIGN_OR_RETURN(const GraphNode* const node, FindTrees(graph));
  OnnxTrees trees;
  trees.op = static_cast<OnnxOperator>(
      std::distance(kOperators.begin(), std::find(kOperators.begin(), kOperators.end(), node->op)));
  if (graph.inputs.size() == 1) trees.num_columns = graph.inputs[0].second;
  MARQUEE_RETURN_IF_ERROR(ReadAttributes(*node, trees));
  return trees;
}

}  // namespace marquee::model
