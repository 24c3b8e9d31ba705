// ONNX: the trees of a TreeEnsembleClassifier, TreeEnsembleRegressor or TreeEnsemble of ai.onnx.ml,
// versions 1 to 5.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <span>

#include "model/import/onnx_graph.h"
#include "model/import/readers.h"
#include "model/validate.h"

namespace marquee::model {
namespace {

/// A list of a node's attribute, of the length that it must have.
template <class T>
Result<std::span<const T>> ListOf(const std::vector<T>& list, std::string_view name,
                                  std::size_t count) {
  if (list.size() == count) return std::span<const T>(list);
  return Status::Config(fmt::format("{} has {} entries instead of {}", name, list.size(), count));
}

/// Set what a node asks, and its children's ids.
Status SetQuestion(std::string_view mode, float value, bool missing_is_true, std::int64_t yes,
                   std::int64_t no, FileNode& node) {
  // "Yes" to "not above", or "no" to "above", is left.
  const bool upper = mode == "BRANCH_GT" || mode == "BRANCH_GTE";
  if (!upper && mode != "BRANCH_LEQ" && mode != "BRANCH_LT") {
    return Status::Config(
        fmt::format("is '{}': only BRANCH_LEQ, BRANCH_LT, BRANCH_GT, BRANCH_GTE and LEAF are "
                    "supported, for an "
                    "equality is two splits",
                    mode.substr(0, 80)));
  }
  const bool strict = mode == "BRANCH_LT" || mode == "BRANCH_GTE";
  node.split.threshold = strict ? FloatBelow(value) : value;
  node.left = upper ? no : yes;
  node.right = upper ? yes : no;
  node.split.missing_right = missing_is_true == upper;
  return {};
}

/// Note a feature that node i asks.
Status AddFeature(std::size_t i, std::int64_t feature, Forest& forest) {
  if (feature < 0 || static_cast<std::size_t>(feature) >= kMaxForestFeatures) {
    return Status::Config(fmt::format("nodes_featureids[{}] is {}", i, feature));
  }
  forest.num_features = std::max(forest.num_features, static_cast<std::size_t>(feature) + 1);
  return {};
}

/// Take the columns of the input for the features; 0: the file leaves them open.
Status SetColumns(std::size_t num_columns, Forest& forest) {
  if (num_columns > 0 && forest.num_features > num_columns) {
    return Status::Config(
        fmt::format("nodes_featureids names feature {}, but the input has {} columns",
                    forest.num_features - 1, num_columns));
  }
  forest.num_features = std::max(forest.num_features, num_columns);
  return {};
}

struct FileTree {
  std::vector<FileNode> nodes;
  std::map<std::int64_t, std::size_t> numbers;  // of the file's node ids
  std::size_t num_leaves = 0;
  /// [nodes][num_scores], and whether the file gives a weight.
  std::vector<double> values;
  std::vector<bool> given;
  /// Per score: leaves that add to it.
  std::vector<std::size_t> counts;
};

class Reader {
 public:
  explicit Reader(const OnnxTrees& from)
      : from_(from),
        is_classifier_(from.op == OnnxOperator::kClassifier),
        prefix_(is_classifier_ ? "class" : "target") {}

  Result<Forest> Read() {
    forest_.library = "ONNX";
    MARQUEE_RETURN_IF_ERROR(ReadNodes());
    MARQUEE_RETURN_IF_ERROR(SetColumns(from_.num_columns, forest_));
    MARQUEE_RETURN_IF_ERROR(is_classifier_ ? ReadClasses() : ReadTarget());
    MARQUEE_RETURN_IF_ERROR(ReadWeights());
    MARQUEE_RETURN_IF_ERROR(ReadBase());
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      MARQUEE_ASSIGN_OR_RETURN(Tree tree, FinishTree(trees_[t], t));
      forest_.trees.push_back(std::move(tree));
    }
    MARQUEE_RETURN_IF_ERROR(CheckForest(forest_));
    return std::move(forest_);
  }

 private:
  std::string Name(std::string_view name) const { return fmt::format("{}_{}", prefix_, name); }

  Status ReadNodes() {
    const auto& tree_ids = from_.Get("nodes_treeids").integers;
    const std::size_t count = tree_ids.size();
    const auto integers = [&](std::string_view name) {
      return ListOf(from_.Get(name).integers, name, count);
    };
    MARQUEE_ASSIGN_OR_RETURN(const auto ids, integers("nodes_nodeids"));
    MARQUEE_ASSIGN_OR_RETURN(const auto features, integers("nodes_featureids"));
    MARQUEE_ASSIGN_OR_RETURN(const auto yes, integers("nodes_truenodeids"));
    MARQUEE_ASSIGN_OR_RETURN(const auto no, integers("nodes_falsenodeids"));
    MARQUEE_ASSIGN_OR_RETURN(const auto values,
                             ListOf(from_.Get("nodes_values").floats, "nodes_values", count));
    MARQUEE_ASSIGN_OR_RETURN(const auto modes,
                             ListOf(from_.Get("nodes_modes").texts, "nodes_modes", count));
    const auto& missing = from_.Get("nodes_missing_value_tracks_true").integers;
    if (!missing.empty() && missing.size() != count) {
      return Status::Config(fmt::format(
          "nodes_missing_value_tracks_true has {} entries instead of {}", missing.size(), count));
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto [place, is_new] = tree_numbers_.emplace(tree_ids[i], trees_.size());
      if (is_new && trees_.size() >= kMaxTrees) {
        return Status::Config(fmt::format("has more than {} trees", kMaxTrees));
      }
      if (is_new) trees_.emplace_back();
      FileTree& tree = trees_[place->second];
      if (!tree.numbers.emplace(ids[i], tree.nodes.size()).second) {
        return Status::Config(
            fmt::format("nodes_nodeids[{}]: tree {} has node {} twice", i, tree_ids[i], ids[i]));
      }
      FileNode node;
      node.is_leaf = modes[i] == "LEAF";
      node.values = tree.nodes.size();
      if (node.is_leaf) ++tree.num_leaves;
      if (!node.is_leaf) {
        MARQUEE_RETURN_IF_ERROR(AddFeature(i, features[i], forest_));
        node.split.feature = static_cast<std::uint32_t>(features[i]);
        Status status = SetQuestion(modes[i], values[i], !missing.empty() && missing[i] != 0,
                                    yes[i], no[i], node);
        if (!status.ok()) return std::move(status).WithContext(fmt::format("nodes_modes[{}]", i));
      }
      tree.nodes.push_back(std::move(node));
    }
    return {};
  }

  Status ReadTarget() {
    const std::int64_t targets = from_.Get("n_targets").integer;
    if (targets != 1) {
      return Status::Config(
          fmt::format("n_targets is {}: a model of several targets has no classes", targets));
    }
    const std::string_view post = from_.Get("post_transform").text;
    if (!post.empty() && post != "NONE") {
      return Status::Config(fmt::format("post_transform is '{}', which regressors have not here",
                                        post.substr(0, 80)));
    }
    const std::string_view aggregate = from_.Get("aggregate_function").text;
    if (aggregate == "AVERAGE") {
      forest_.divisor = static_cast<double>(trees_.size());
    } else if (!aggregate.empty() && aggregate != "SUM") {
      return Status::Config(
          fmt::format("aggregate_function is '{}': only SUM and AVERAGE are supported",
                      aggregate.substr(0, 80)));
    }
    forest_.link = Link::kIdentity;
    return {};
  }

  Status ReadClasses() {
    const auto& integers = from_.Get("classlabels_int64s").integers;
    for (const std::int64_t label : integers) forest_.class_names.push_back(std::to_string(label));
    for (const std::string_view label : from_.Get("classlabels_strings").texts) {
      forest_.class_names.emplace_back(label);
    }
    const std::size_t num_classes = forest_.class_names.size();
    if (num_classes < 2 || num_classes > 254) {
      return Status::Config(
          fmt::format("classlabels name {} classes; 2 to 254 are allowed", num_classes));
    }
    const auto& ids = from_.Get("class_ids").integers;
    const auto& weights = from_.Get("class_weights").floats;
    const bool one_score =
        num_classes == 2 &&
        std::adjacent_find(ids.begin(), ids.end(), std::not_equal_to<>()) == ids.end();
    const bool no_negative =
        std::none_of(weights.begin(), weights.end(), [](float weight) { return weight < 0; });
    std::string_view post = from_.Get("post_transform").text;
    if (post.empty()) post = "NONE";
    forest_.num_scores = one_score ? 1 : num_classes;
    if (one_score && post == "LOGISTIC" && no_negative) {
      return Status::Config(
          "class_weights has none below 0, so ONNX Runtime takes the second class of a score above "
          "0.5 instead of 0: train more trees, or import the model in its own library's format");
    }
    if (one_score && post == "LOGISTIC") {
      forest_.link = Link::kLogistic;
    } else if (!one_score && post == "LOGISTIC") {
      forest_.link = Link::kOneVsRest;
    } else if (!one_score && post == "SOFTMAX") {
      forest_.link = Link::kSoftmax;
    } else if (!one_score && post == "NONE" && no_negative) {
      forest_.link = Link::kShares;
    } else if (one_score && post == "NONE" && no_negative && !ids.empty() && ids[0] == 0 &&
               !from_.Has("base_values")) {
      forest_.link = Link::kShares;
      forest_.num_scores = 2;
      shared_ = true;
    } else {
      return Status::Config(
          fmt::format("post_transform is '{}' for {} score(s) of {} classes, which is not "
                      "supported: LOGISTIC; or "
                      "SOFTMAX, or NONE with weights that are not negative, of a score a class (of "
                      "two, of class_ids 0 without base_values)",
                      post.substr(0, 80), forest_.num_scores, num_classes));
    }
    return {};
  }

  Status ReadWeights() {
    const auto& tree_ids = from_.Get(Name("treeids")).integers;
    const std::size_t count = tree_ids.size();
    const auto integers = [&](std::string_view name) {
      return ListOf(from_.Get(Name(name)).integers, Name(name), count);
    };
    MARQUEE_ASSIGN_OR_RETURN(const auto node_ids, integers("nodeids"));
    MARQUEE_ASSIGN_OR_RETURN(const auto ids, integers("ids"));
    MARQUEE_ASSIGN_OR_RETURN(const auto weights,
                             ListOf(from_.Get(Name("weights")).floats, Name("weights"), count));
    const std::size_t num_scores = forest_.num_scores;
    std::size_t num_values = 0;
    for (const FileTree& tree : trees_) num_values += tree.nodes.size() * num_scores;
    if (num_values > kMaxForestNodes) {
      return Status::Config(
          fmt::format("has too many leaf values: at most {} are allowed", kMaxForestNodes));
    }
    for (FileTree& tree : trees_) {
      tree.values.assign(tree.nodes.size() * num_scores, 0.0);
      tree.given.assign(tree.values.size(), false);
      tree.counts.assign(num_scores, 0);
    }
    for (std::size_t i = 0; i < count; ++i) {
      const auto tree = tree_numbers_.find(tree_ids[i]);
      if (tree == tree_numbers_.end()) {
        return Status::Config(
            fmt::format("{}[{}] is {}, a tree without nodes", Name("treeids"), i, tree_ids[i]));
      }
      FileTree& of = trees_[tree->second];
      const auto node = of.numbers.find(node_ids[i]);
      if (node == of.numbers.end() || !of.nodes[node->second].is_leaf) {
        return Status::Config(fmt::format("{}[{}] is {}, which is no leaf of tree {}",
                                          Name("nodeids"), i, node_ids[i], tree_ids[i]));
      }
      const bool one = is_classifier_ && (num_scores == 1 || shared_);
      if (!one && (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= num_scores)) {
        return Status::Config(fmt::format("{}[{}] is {}, but there are {} scores", Name("ids"), i,
                                          ids[i], num_scores));
      }
      const std::size_t score = one ? num_scores - 1 : static_cast<std::size_t>(ids[i]);
      const std::size_t place = node->second * num_scores + score;
      // ONNX Runtime adds them one by one to a sum of floats, or takes the first alone.
      if (of.given[place]) {
        return Status::Config(
            fmt::format("{}[{}]: leaf {} of tree {} has two weights for one score", Name("weights"),
                        i, node_ids[i], tree_ids[i]));
      }
      of.given[place] = true;
      of.values[place] = static_cast<double>(weights[i]);
      ++of.counts[score];
      if (!shared_) continue;
      of.values[place - 1] = -of.values[place];
      of.given[place - 1] = true;
      ++of.counts[0];
    }
    return CheckWeights();
  }

  /// A leaf without a weight counts as its nodes_values, or as an error, in ONNX Runtime; and a class
  /// for which no leaf on a row's ways has a weight is not chosen, though its score of 0 be largest.
  Status CheckWeights() const {
    std::vector<bool> always(forest_.num_scores);
    for (std::size_t t = 0; t < trees_.size(); ++t) {
      const FileTree& tree = trees_[t];
      for (std::size_t n = 0; n < tree.nodes.size(); ++n) {
        const auto first = tree.given.begin() + static_cast<std::ptrdiff_t>(n * forest_.num_scores);
        const auto last = first + static_cast<std::ptrdiff_t>(forest_.num_scores);
        if (tree.nodes[n].is_leaf && std::find(first, last, true) == last) {
          return Status::Config(fmt::format("tree {}: node {} is a leaf that {} gives no weight", t,
                                            n, Name("weights")));
        }
        if (tree.nodes[n].is_leaf) MARQUEE_RETURN_IF_ERROR(CheckPair(tree, n));
      }
      for (std::size_t s = 0; s < forest_.num_scores; ++s) {
        always[s] = always[s] || tree.counts[s] == tree.num_leaves;
      }
    }
    const auto rarely = std::find(always.begin(), always.end(), false);
    if (rarely == always.end()) return {};
    return Status::Config(fmt::format(
        "{}: no tree has a weight for class {} in each leaf, without which ONNX Runtime "
        "does not choose it: convert with all weights",
        Name("ids"), rarely - always.begin()));
  }

  /// Of two classes with weights each, ONNX Runtime takes the second wherever its score is above 0,
  /// whatever the first's is: the larger one only if they are opposites, as CatBoost writes them.
  Status CheckPair(const FileTree& tree, std::size_t n) const {
    if (forest_.num_scores != 2 || shared_) return {};
    if (tree.values[2 * n] == -tree.values[2 * n + 1] && !from_.Has("base_values")) return {};
    return Status::Config(
        "class_weights of two classes are no opposites, or have base_values, and ONNX Runtime "
        "looks "
        "at the second's score only: convert with weights of one class");
  }

  /// Base values come last, after all trees.
  Status ReadBase() {
    const auto& base = from_.Get("base_values").floats;
    forest_.start.assign(forest_.num_scores, 0.0);
    forest_.bias.assign(forest_.num_scores, 0.0);
    if (shared_) forest_.bias[0] = 1;
    if (base.empty()) return {};
    if (base.size() == forest_.num_scores) {
      std::copy(base.begin(), base.end(), forest_.bias.begin());
      return {};
    }
    return Status::Config(
        fmt::format("base_values has {} entries instead of {}", base.size(), forest_.num_scores));
  }

  /// Replace ids by numbers, and take one score's values alone where leaves have no other.
  Result<Tree> FinishTree(FileTree& from, std::size_t number) const {
    const std::string place = fmt::format("tree {}", number);
    for (std::size_t n = 0; n < from.nodes.size(); ++n) {
      FileNode& node = from.nodes[n];
      if (node.is_leaf) continue;
      for (std::int64_t* child : {&node.left, &node.right}) {
        const auto found = from.numbers.find(*child);
        if (found == from.numbers.end()) {
          return Status::Config(
              fmt::format("{}: node {} has child {}, which is not there", place, n, *child));
        }
        *child = static_cast<std::int64_t>(found->second);
      }
    }
    const auto has_leaves = [](std::size_t count) { return count > 0; };
    if (std::count_if(from.counts.begin(), from.counts.end(), has_leaves) > 1) {
      return MakeTree(from.nodes, from.values, forest_.num_scores, forest_.num_features, false,
                      place);
    }
    const auto score = static_cast<std::size_t>(
        std::find_if(from.counts.begin(), from.counts.end(), has_leaves) - from.counts.begin());
    std::vector<double> values;
    for (std::size_t n = 0; n < from.nodes.size(); ++n) {
      values.push_back(from.values[n * forest_.num_scores + score]);
    }
    MARQUEE_ASSIGN_OR_RETURN(Tree tree,
                             MakeTree(from.nodes, values, 1, forest_.num_features, false, place));
    tree.target = score;
    return tree;
  }

  const OnnxTrees& from_;
  bool is_classifier_;
  std::string_view prefix_;
  /// Whether the one score is the second class's share, and what is left of 1 the first's.
  bool shared_ = false;
  std::map<std::int64_t, std::size_t> tree_numbers_;
  std::vector<FileTree> trees_;
  Forest forest_;
};

/// Version 5's operator: nodes and leaves apart, of all trees together.
class EnsembleReader {
 public:
  explicit EnsembleReader(const OnnxTrees& from) : from_(from) {}

  Result<Forest> Read() {
    forest_.library = "ONNX";
    MARQUEE_RETURN_IF_ERROR(ReadScores());
    MARQUEE_RETURN_IF_ERROR(ReadArrays());
    for (std::size_t i = 0; i < features_.size(); ++i) {
      MARQUEE_RETURN_IF_ERROR(AddFeature(i, features_[i], forest_));
    }
    MARQUEE_RETURN_IF_ERROR(SetColumns(from_.num_columns, forest_));
    const auto& roots = from_.Get("tree_roots").integers;
    if (roots.size() > kMaxTrees) {
      return Status::Config(fmt::format("has more than {} trees", kMaxTrees));
    }
    for (std::size_t t = 0; t < roots.size(); ++t) {
      MARQUEE_ASSIGN_OR_RETURN(Tree tree, ReadTree(roots[t], fmt::format("tree {}", t)));
      forest_.trees.push_back(std::move(tree));
    }
    MARQUEE_RETURN_IF_ERROR(CheckForest(forest_));
    return std::move(forest_);
  }

 private:
  /// Of several targets the classes are not named: they are those of the base, in its order.
  Status ReadScores() {
    const std::int64_t targets = from_.Has("n_targets") ? from_.Get("n_targets").integer : 1;
    if (targets < 1 || targets > 254) {
      return Status::Config(fmt::format("n_targets is {}; 1 to 254 are allowed", targets));
    }
    forest_.num_scores = static_cast<std::size_t>(targets);
    forest_.start.assign(forest_.num_scores, 0.0);
    forest_.bias.assign(forest_.num_scores, 0.0);
    constexpr std::int64_t kNone = 0;
    constexpr std::int64_t kSoftmax = 1;
    constexpr std::int64_t kLogistic = 2;
    const std::int64_t post = from_.Get("post_transform").integer;
    if (targets == 1 ? post != kNone : post != kSoftmax && post != kLogistic) {
      return Status::Config(
          fmt::format("post_transform is {} for {} target(s), which is not supported: NONE (0) of "
                      "one; SOFTMAX (1) or LOGISTIC (2) of several",
                      post, targets));
    }
    forest_.link = post == kNone      ? Link::kIdentity
                   : post == kSoftmax ? Link::kSoftmax
                                      : Link::kOneVsRest;
    constexpr std::int64_t kAverage = 0;
    constexpr std::int64_t kSum = 1;
    const std::int64_t aggregate =
        from_.Has("aggregate_function") ? from_.Get("aggregate_function").integer : kSum;
    if (aggregate == kAverage) {
      forest_.divisor = static_cast<double>(from_.Get("tree_roots").integers.size());
    } else if (aggregate != kSum) {
      return Status::Config(fmt::format(
          "aggregate_function is {}: only AVERAGE (0) and SUM (1) are supported", aggregate));
    }
    return {};
  }

  Status ReadArrays() {
    const auto integers = [this](std::string_view name, std::size_t count) {
      return ListOf(from_.Get(name).integers, name, count);
    };
    features_ = from_.Get("nodes_featureids").integers;
    const std::size_t count = features_.size();
    MARQUEE_ASSIGN_OR_RETURN(yes_, integers("nodes_truenodeids", count));
    MARQUEE_ASSIGN_OR_RETURN(no_, integers("nodes_falsenodeids", count));
    MARQUEE_ASSIGN_OR_RETURN(yes_is_leaf_, integers("nodes_trueleafs", count));
    MARQUEE_ASSIGN_OR_RETURN(no_is_leaf_, integers("nodes_falseleafs", count));
    MARQUEE_ASSIGN_OR_RETURN(modes_, integers("nodes_modes", count));
    MARQUEE_ASSIGN_OR_RETURN(splits_,
                             ListOf(from_.Get("nodes_splits").floats, "nodes_splits", count));
    missing_ = from_.Get("nodes_missing_value_tracks_true").integers;
    if (!missing_.empty()) {
      MARQUEE_ASSIGN_OR_RETURN(missing_, integers("nodes_missing_value_tracks_true", count));
    }
    weights_ = from_.Get("leaf_weights").floats;
    MARQUEE_ASSIGN_OR_RETURN(targets_, integers("leaf_targetids", weights_.size()));
    taken_.assign(count, false);
    return {};
  }

  /// A node of a tree, or a leaf: which of the file's.
  struct Place {
    std::int64_t number;
    bool is_leaf;
  };

  Result<FileNode> ReadNode(std::size_t number, std::string_view tree) {
    constexpr std::array<std::string_view, 7> kModes = {"BRANCH_LEQ",   "BRANCH_LT", "BRANCH_GTE",
                                                        "BRANCH_GT",    "BRANCH_EQ", "BRANCH_NEQ",
                                                        "BRANCH_MEMBER"};
    const std::int64_t mode = modes_[number];
    if (mode < 0 || static_cast<std::size_t>(mode) >= kModes.size()) {
      return Status::Config(fmt::format("{}: nodes_modes[{}] is {}", tree, number, mode));
    }
    FileNode node;
    node.split.feature = static_cast<std::uint32_t>(features_[number]);
    Status status = SetQuestion(kModes[static_cast<std::size_t>(mode)], splits_[number],
                                !missing_.empty() && missing_[number] != 0, 0, 1, node);
    if (!status.ok()) {
      return std::move(status).WithContext(fmt::format("{}: nodes_modes[{}]", tree, number));
    }
    return node;
  }

  Result<Tree> ReadTree(std::int64_t root, std::string_view tree) {
    std::vector<Place> places = {{root, false}};
    std::vector<FileNode> nodes;
    std::vector<std::size_t> leaves;
    for (std::size_t n = 0; n < places.size(); ++n) {
      const auto [number, is_leaf] = places[n];
      const std::size_t count = is_leaf ? weights_.size() : features_.size();
      if (number < 0 || static_cast<std::size_t>(number) >= count) {
        return Status::Config(fmt::format("{}: has the {} {}, but there are {}", tree,
                                          is_leaf ? "leaf" : "node", number, count));
      }
      const auto at = static_cast<std::size_t>(number);
      if (is_leaf) {
        nodes.push_back({.values = leaves.size(), .is_leaf = true});
        leaves.push_back(at);
        continue;
      }
      if (taken_[at]) {
        return Status::Config(
            fmt::format("{}: node {} is reached twice: this is no tree", tree, at));
      }
      taken_[at] = true;
      MARQUEE_ASSIGN_OR_RETURN(FileNode node, ReadNode(at, tree));
      const auto next = static_cast<std::int64_t>(places.size());
      // SetQuestion was told of "yes" as 0 and "no" as 1.
      node.left += next;
      node.right += next;
      places.push_back({yes_[at], yes_is_leaf_[at] != 0});
      places.push_back({no_[at], no_is_leaf_[at] != 0});
      nodes.push_back(std::move(node));
    }
    return Finish(nodes, leaves, tree);
  }

  /// Give the leaves their values: of one score if they all add to it.
  Result<Tree> Finish(const std::vector<FileNode>& nodes, const std::vector<std::size_t>& leaves,
                      std::string_view place) const {
    for (const std::size_t leaf : leaves) {
      if (targets_[leaf] >= 0 && static_cast<std::size_t>(targets_[leaf]) < forest_.num_scores) {
        continue;
      }
      return Status::Config(fmt::format("{}: leaf_targetids[{}] is {}, but there are {} targets",
                                        place, leaf, targets_[leaf], forest_.num_scores));
    }
    const std::int64_t target = targets_[leaves[0]];
    const bool one = std::all_of(leaves.begin(), leaves.end(),
                                 [&](std::size_t leaf) { return targets_[leaf] == target; });
    const std::size_t width = one ? 1 : forest_.num_scores;
    if (leaves.size() > kMaxForestNodes / width) {
      return Status::Config(fmt::format("{}: has {} leaves of {} scores; at most {} are allowed",
                                        place, leaves.size(), width, kMaxForestNodes));
    }
    std::vector<double> values(leaves.size() * width, 0.0);
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const std::size_t score = one ? 0 : static_cast<std::size_t>(targets_[leaves[i]]);
      values[i * width + score] = static_cast<double>(weights_[leaves[i]]);
    }
    MARQUEE_ASSIGN_OR_RETURN(Tree tree,
                             MakeTree(nodes, values, width, forest_.num_features, false, place));
    if (one) tree.target = static_cast<std::size_t>(target);
    return tree;
  }

  const OnnxTrees& from_;
  std::span<const std::int64_t> features_;
  std::span<const std::int64_t> yes_;
  std::span<const std::int64_t> no_;
  std::span<const std::int64_t> yes_is_leaf_;
  std::span<const std::int64_t> no_is_leaf_;
  std::span<const std::int64_t> modes_;
  std::span<const std::int64_t> missing_;
  std::span<const std::int64_t> targets_;
  std::span<const float> splits_;
  std::span<const float> weights_;
  /// The nodes that a tree has.
  std::vector<bool> taken_;
  Forest forest_;
};

}  // namespace

Result<Forest> ReadOnnx(std::string_view bytes) {
  MARQUEE_ASSIGN_OR_RETURN(const OnnxTrees trees, FindOnnxTrees(bytes));
  if (trees.op == OnnxOperator::kEnsemble) return EnsembleReader(trees).Read();
  return Reader(trees).Read();
}

}  // namespace marquee::model
