// XGBoost's JSON and UBJSON, versions 1 to 3: the same tree of keys in both.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "model/import/readers.h"

namespace marquee::model {
namespace {

constexpr std::int64_t kMaxNodes = kMaxForestNodes;

struct Objective {
  std::string_view name;
  Link link;
  /// Whether base_score is a probability, of which the score is the logit.
  bool base_is_probability;
};

// Objectives whose score is a logarithm (reg:gamma, reg:tweedie, count:poisson, …), or is ranked
// rather than read (rank:…), have no class that a base model's cutpoints could give; what the base
// score of binary:logitraw means differs between versions.
constexpr std::array kObjectives = {
    Objective{"reg:squarederror", Link::kIdentity, false},
    Objective{"reg:linear", Link::kIdentity, false},
    Objective{"reg:squaredlogerror", Link::kIdentity, false},
    Objective{"reg:absoluteerror", Link::kIdentity, false},
    Objective{"reg:pseudohubererror", Link::kIdentity, false},
    Objective{"reg:quantileerror", Link::kIdentity, false},
    Objective{"reg:logistic", Link::kLogistic, true},
    Objective{"binary:logistic", Link::kLogistic, true},
    Objective{"multi:softprob", Link::kSoftmax, false},
    Objective{"multi:softmax", Link::kSoftmax, false},
};

/// What the header says that trees need.
struct Header {
  Objective objective;
  std::size_t num_features = 0;
  std::size_t num_scores = 1;
};

Status CheckVersion(const Field& root, std::string& library) {
  MARQUEE_ASSIGN_OR_RETURN(const Field field, root.Get("version"));
  MARQUEE_ASSIGN_OR_RETURN(const auto version,
                           field.Integers(3, 0, 1'000'000, "major, minor and patch"));
  library = fmt::format("XGBoost {}.{}.{}", version[0], version[1], version[2]);
  if (version[0] >= 1 && version[0] <= 3) return {};
  return field.Refuse(fmt::format(
      "is of {}; versions 1 to 3 are known: save the model with one of those, or update Marquee",
      library));
}

Result<Objective> ReadObjective(const Field& learner) {
  MARQUEE_ASSIGN_OR_RETURN(const Field objective, learner.Get("objective"));
  // What they hold shaped the training; that of versions before 2 is misspelt.
  MARQUEE_RETURN_IF_ERROR(
      objective.AllowOnly({"name", "pseduo_huber_param", "pseudo_huber_param",
                           "quantile_loss_param", "reg_loss_param", "softmax_multiclass_param"}));
  MARQUEE_ASSIGN_OR_RETURN(const Field field, objective.Get("name"));
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, field.Text());
  const auto found = std::find_if(kObjectives.begin(), kObjectives.end(),
                                  [name](const Objective& one) { return one.name == name; });
  if (found != kObjectives.end()) return *found;
  return field.Refuse(fmt::format(
      "is '{}', whose scores are no plain values, logits or class scores: train with one of "
      "reg:squarederror, reg:absoluteerror, binary:logistic, multi:softprob",
      name));
}

/// The base score of each output: a number, or since 3.1 a vector "[5E-1,…]"; of probabilities, their
/// logit, computed in f32 as XGBoost does.
Result<std::vector<double>> ReadBaseScore(const Field& field, const Header& header) {
  MARQUEE_ASSIGN_OR_RETURN(std::string_view text, field.Text());
  const bool is_vector = text.size() >= 2 && text.front() == '[' && text.back() == ']';
  if (is_vector) text = text.substr(1, text.size() - 2);
  std::vector<double> scores;
  while (true) {
    const std::size_t comma = text.find(',');
    double number = 0;
    if (!ParseNumber(text.substr(0, comma), NumberType::kFloat, number)) {
      return field.Refuse(fmt::format("holds '{}', not a number", text.substr(0, comma)));
    }
    if (header.objective.base_is_probability) {
      if (!(number > 0 && number < 1)) {
        return field.Refuse(fmt::format("is {}, not a probability between 0 and 1", number));
      }
      number = -std::log(1.0f / static_cast<float>(number) - 1.0f);
    }
    scores.push_back(number);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  if (scores.size() == 1) scores.resize(header.num_scores, scores[0]);
  if (scores.size() == header.num_scores) return scores;
  return field.Refuse(
      fmt::format("has {} entries, but there are {} scores", scores.size(), header.num_scores));
}

Result<Header> ReadHeader(const Field& learner, const Field& param) {
  MARQUEE_RETURN_IF_ERROR(param.AllowOnly(
      {"base_score", "boost_from_average", "num_class", "num_feature", "num_target"}));
  Header header;
  MARQUEE_ASSIGN_OR_RETURN(header.objective, ReadObjective(learner));
  MARQUEE_ASSIGN_OR_RETURN(const Field features, param.Get("num_feature"));
  MARQUEE_ASSIGN_OR_RETURN(const auto num_features, features.Integer(1, kMaxForestFeatures));
  header.num_features = static_cast<std::size_t>(num_features);
  MARQUEE_ASSIGN_OR_RETURN(const Field classes, param.Get("num_class"));
  MARQUEE_ASSIGN_OR_RETURN(const auto num_classes, classes.Integer(0, 254));
  if (header.objective.link == Link::kSoftmax) {
    if (num_classes < 2) return classes.Refuse("is below 2, though the objective is of classes");
    header.num_scores = static_cast<std::size_t>(num_classes);
  }
  if (const auto targets = param.Find("num_target")) {
    MARQUEE_ASSIGN_OR_RETURN(const auto count, targets->Integer(0, 254));
    if (count > 1) return targets->Refuse("is above 1: a model of several targets has no classes");
  }
  return header;
}

/// The sets of a tree's categorical splits, by node.
struct Categories {
  std::vector<std::int64_t> nodes;
  std::vector<std::int64_t> starts;
  std::vector<std::int64_t> sizes;
  std::vector<std::int64_t> values;
};

Result<Categories> ReadCategories(const Field& tree, std::size_t num_nodes) {
  Categories categories;
  const auto nodes = tree.Find("categories_nodes");
  if (!nodes) return categories;
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, nodes->Size());
  const auto last_node = static_cast<std::int64_t>(num_nodes) - 1;
  MARQUEE_ASSIGN_OR_RETURN(categories.nodes, nodes->Integers(count, 0, last_node, "its nodes"));
  MARQUEE_ASSIGN_OR_RETURN(const Field values, tree.Get("categories"));
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t num_values, values.Size());
  MARQUEE_ASSIGN_OR_RETURN(categories.values,
                           values.Integers(num_values, 0, kMaxCategory - 1, "its values"));
  const auto end = static_cast<std::int64_t>(num_values);
  MARQUEE_ASSIGN_OR_RETURN(const Field starts, tree.Get("categories_segments"));
  MARQUEE_ASSIGN_OR_RETURN(categories.starts,
                           starts.Integers(count, 0, end, "one a categories_nodes"));
  MARQUEE_ASSIGN_OR_RETURN(const Field sizes, tree.Get("categories_sizes"));
  MARQUEE_ASSIGN_OR_RETURN(categories.sizes,
                           sizes.Integers(count, 1, kMaxCategory, "one a categories_nodes"));
  std::int64_t last = 0;
  for (std::size_t i = 0; i < count; ++i) {
    if (categories.starts[i] < last) {
      return starts.Refuse(
          fmt::format("[{}] is {}, where another node's categories are", i, categories.starts[i]));
    }
    last = categories.starts[i] + categories.sizes[i];
    if (last <= end) continue;
    return sizes.Refuse(fmt::format("[{}] is {}, from {} on; but there are {} categories", i,
                                    categories.sizes[i], categories.starts[i], end));
  }
  return categories;
}

/// Give each categorical split its set.
Status SetCategories(const Field& tree, const Categories& categories,
                     const std::vector<std::int64_t>& types, SetBudget& budget,
                     std::vector<FileNode>& nodes) {
  for (std::size_t i = 0; i < categories.nodes.size(); ++i) {
    const auto node = static_cast<std::size_t>(categories.nodes[i]);
    if (types[node] != 1 || !nodes[node].split.categories.empty()) {
      return tree.Refuse(fmt::format("categories_nodes[{}] is node {}, which is {}", i, node,
                                     types[node] != 1 ? "no categorical split" : "named before"));
    }
    auto& words = nodes[node].split.categories;
    for (std::int64_t k = 0; k < categories.sizes[i]; ++k) {
      const auto value = static_cast<std::size_t>(
          categories.values[static_cast<std::size_t>(categories.starts[i] + k)]);
      Status status = AddCategory(value, words, budget);
      if (!status.ok()) {
        return std::move(status).WithContext(fmt::format("{}: node {}", tree.place(), node));
      }
    }
  }
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    if (!nodes[node].is_leaf && types[node] == 1 && nodes[node].split.categories.empty()) {
      return tree.Refuse(fmt::format("node {} is a categorical split without a set", node));
    }
  }
  return {};
}

/// One flag a node; in JSON 0 and 1, in old files also false and true.
Result<std::vector<std::int64_t>> ReadFlags(const Field& field, std::size_t count) {
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t size, field.Size());
  if (size == 0 || field.Numbers()) return field.Integers(count, 0, 1, "one a node");
  std::vector<std::int64_t> flags;
  for (std::size_t i = 0; i < size; ++i) {
    MARQUEE_ASSIGN_OR_RETURN(const Field element, field.At(i));
    MARQUEE_ASSIGN_OR_RETURN(const bool flag, element.Bool());
    flags.push_back(flag ? 1 : 0);
  }
  if (size == count) return flags;
  return field.Refuse(fmt::format("has {} entries instead of {} (one a node)", size, count));
}

/// Where the values of leaves are: at each leaf, or of several scores together.
struct LeafValues {
  std::vector<double> values;
  std::size_t per_leaf = 1;
  bool by_leaf_number = false;
};

Result<LeafValues> ReadLeafValues(const Field& tree, const Header& header, std::size_t size,
                                  std::span<const double> conditions) {
  if (size <= 1) return LeafValues{{conditions.begin(), conditions.end()}, 1, false};
  if (size != header.num_scores) {
    return tree.Refuse(fmt::format("tree_param.size_leaf_vector is {}, but there are {} scores",
                                   size, header.num_scores));
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field field, tree.Get("leaf_weights"));
  MARQUEE_ASSIGN_OR_RETURN(const auto weights, field.Numbers());
  if (weights.size() % size != 0) {
    return field.Refuse(fmt::format("has {} entries, not {} a leaf", weights.size(), size));
  }
  return LeafValues{{weights.begin(), weights.end()}, size, true};
}

Result<Tree> ReadTree(const Field& tree, const Header& header, SetBudget& budget) {
  MARQUEE_RETURN_IF_ERROR(
      tree.AllowOnly({"base_weights", "categories", "categories_nodes", "categories_segments",
                      "categories_sizes", "default_left", "id", "leaf_weights", "left_children",
                      "loss_changes", "parents", "right_children", "split_conditions",
                      "split_indices", "split_type", "sum_hessian", "tree_param"}));
  MARQUEE_ASSIGN_OR_RETURN(const Field param, tree.Get("tree_param"));
  MARQUEE_RETURN_IF_ERROR(
      param.AllowOnly({"num_deleted", "num_feature", "num_nodes", "size_leaf_vector"}));
  MARQUEE_ASSIGN_OR_RETURN(const Field nodes_field, param.Get("num_nodes"));
  MARQUEE_ASSIGN_OR_RETURN(const auto num_nodes, nodes_field.Integer(1, kMaxNodes));
  MARQUEE_ASSIGN_OR_RETURN(const Field size_field, param.Get("size_leaf_vector"));
  MARQUEE_ASSIGN_OR_RETURN(const auto leaf_size, size_field.Integer(0, 254));
  const auto count = static_cast<std::size_t>(num_nodes);

  const auto integers = [&](const char* key, std::int64_t least,
                            std::int64_t most) -> Result<std::vector<std::int64_t>> {
    MARQUEE_ASSIGN_OR_RETURN(const Field field, tree.Get(key));
    return field.Integers(count, least, most, "one a node");
  };
  MARQUEE_ASSIGN_OR_RETURN(const auto left, integers("left_children", -1, num_nodes - 1));
  MARQUEE_ASSIGN_OR_RETURN(const auto right, integers("right_children", -1, num_nodes - 1));
  MARQUEE_ASSIGN_OR_RETURN(const auto features, integers("split_indices", 0, 0x7fffffff));
  MARQUEE_ASSIGN_OR_RETURN(const Field conditions_field, tree.Get("split_conditions"));
  MARQUEE_ASSIGN_OR_RETURN(const auto conditions, conditions_field.Numbers(count, "one a node"));
  MARQUEE_ASSIGN_OR_RETURN(const Field default_field, tree.Get("default_left"));
  MARQUEE_ASSIGN_OR_RETURN(const auto default_left, ReadFlags(default_field, count));
  std::vector<std::int64_t> types(count, 0);
  if (const auto field = tree.Find("split_type")) {
    MARQUEE_ASSIGN_OR_RETURN(types, field->Integers(count, 0, 1, "one a node"));
  }
  MARQUEE_ASSIGN_OR_RETURN(
      const LeafValues leaves,
      ReadLeafValues(tree, header, static_cast<std::size_t>(leaf_size), conditions));

  std::vector<FileNode> nodes(count);
  for (std::size_t n = 0; n < count; ++n) {
    FileNode& node = nodes[n];
    node.is_leaf = left[n] == -1;
    if (node.is_leaf) {
      if (!leaves.by_leaf_number && right[n] != -1) {
        return tree.Refuse(fmt::format("node {} has a right child only", n));
      }
      node.values = leaves.by_leaf_number ? static_cast<std::size_t>(right[n]) : n;
      continue;
    }
    node.left = left[n];
    node.right = right[n];
    node.split.feature = static_cast<std::uint32_t>(features[n]);
    node.split.missing_right = default_left[n] == 0;
    if (types[n] == 1) continue;
    // x < threshold goes left.
    node.split.threshold = FloatBelow(static_cast<float>(conditions[n]));
  }
  MARQUEE_ASSIGN_OR_RETURN(const Categories categories, ReadCategories(tree, count));
  MARQUEE_RETURN_IF_ERROR(SetCategories(tree, categories, types, budget, nodes));
  // Pruned nodes stay in the file.
  return MakeTree(nodes, leaves.values, leaves.per_leaf, header.num_features, true, tree.place());
}

Status ReadTrees(const Field& model, const Header& header, Forest& forest) {
  MARQUEE_RETURN_IF_ERROR(
      model.AllowOnly({"cats", "gbtree_model_param", "iteration_indptr", "tree_info", "trees"}));
  if (const auto cats = model.Find("cats")) {
    const auto encodings = cats->Find("enc");
    MARQUEE_ASSIGN_OR_RETURN(const std::size_t count,
                             encodings ? encodings->Size() : Result<std::size_t>(0));
    if (count > 0) {
      return encodings->Refuse(
          "names categories, which a column of numbers has not: train on category codes");
    }
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field param, model.Get("gbtree_model_param"));
  MARQUEE_RETURN_IF_ERROR(param.AllowOnly({"num_parallel_tree", "num_trees", "size_leaf_vector"}));
  MARQUEE_ASSIGN_OR_RETURN(const Field count_field, param.Get("num_trees"));
  MARQUEE_ASSIGN_OR_RETURN(const auto num_trees, count_field.Integer(0, kMaxNodes));
  MARQUEE_ASSIGN_OR_RETURN(const Field trees, model.Get("trees"));
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t size, trees.Size());
  if (size != static_cast<std::size_t>(num_trees)) {
    return trees.Refuse(fmt::format("has {} entries, but num_trees is {}", size, num_trees));
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field info, model.Get("tree_info"));
  MARQUEE_ASSIGN_OR_RETURN(
      const auto targets,
      info.Integers(size, 0, static_cast<std::int64_t>(header.num_scores) - 1, "one a tree"));
  SetBudget budget;
  for (std::size_t t = 0; t < size; ++t) {
    MARQUEE_ASSIGN_OR_RETURN(const Field field, trees.At(t));
    MARQUEE_ASSIGN_OR_RETURN(Tree tree, ReadTree(field, header, budget));
    const bool for_all =
        header.num_scores > 1 && tree.leaves.size() == (tree.splits.size() + 1) * header.num_scores;
    if (!for_all) tree.target = static_cast<std::size_t>(targets[t]);
    forest.trees.push_back(std::move(tree));
  }
  return {};
}

/// The booster that holds trees as they are. Dart scales them, and gblinear has none.
Result<Field> FindTrees(const Field& learner) {
  MARQUEE_ASSIGN_OR_RETURN(const Field booster, learner.Get("gradient_booster"));
  MARQUEE_ASSIGN_OR_RETURN(const Field name_field, booster.Get("name"));
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, name_field.Text());
  if (name != "gbtree") {
    return name_field.Refuse(
        fmt::format("is '{}': only gbtree is supported; train with booster=gbtree", name));
  }
  MARQUEE_RETURN_IF_ERROR(booster.AllowOnly({"model", "name"}));
  return booster.Get("model");
}

}  // namespace

Result<Forest> ReadXgboost(const Value& document) {
  const Field root(document, "");
  Forest forest;
  MARQUEE_RETURN_IF_ERROR(CheckVersion(root, forest.library));
  MARQUEE_RETURN_IF_ERROR(root.AllowOnly({"learner", "version"}));
  MARQUEE_ASSIGN_OR_RETURN(const Field learner, root.Get("learner"));
  // Attributes are the user's own notes.
  MARQUEE_RETURN_IF_ERROR(
      learner.AllowOnly({"attributes", "feature_names", "feature_types", "gradient_booster",
                         "learner_model_param", "objective"}));
  MARQUEE_ASSIGN_OR_RETURN(const Field param, learner.Get("learner_model_param"));
  MARQUEE_ASSIGN_OR_RETURN(const Header header, ReadHeader(learner, param));
  forest.num_features = header.num_features;
  forest.num_scores = header.num_scores;
  forest.link = header.objective.link;
  MARQUEE_ASSIGN_OR_RETURN(const Field base_score, param.Get("base_score"));
  MARQUEE_ASSIGN_OR_RETURN(forest.start, ReadBaseScore(base_score, header));
  forest.bias.assign(header.num_scores, 0.0);
  if (const auto names = learner.Find("feature_names")) {
    MARQUEE_ASSIGN_OR_RETURN(forest.feature_names, names->Texts());
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field model, FindTrees(learner));
  MARQUEE_RETURN_IF_ERROR(ReadTrees(model, header, forest));
  MARQUEE_RETURN_IF_ERROR(CheckForest(forest));
  return forest;
}

}  // namespace marquee::model
