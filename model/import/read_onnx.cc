// ONNX: the trees of a TreeEnsembleClassifier or TreeEnsembleRegressor of ai.onnx.ml, versions 1 to 4.
#include <fmt/format.h>

#include <algorithm>
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
      : from_(from), prefix_(from.is_classifier ? "class" : "target") {}

  Result<Forest> Read() {
    const std::size_t num_columns = from_.num_columns;
    forest_.library = "ONNX";
    MARQUEE_RETURN_IF_ERROR(ReadNodes());
    forest_.num_features = std::max(forest_.num_features, num_columns);
    if (num_columns > 0 && forest_.num_features > num_columns) {
      return Status::Config(
          fmt::format("nodes_featureids names feature {}, but the input has {} columns",
                      forest_.num_features - 1, num_columns));
    }
    MARQUEE_RETURN_IF_ERROR(from_.is_classifier ? ReadClasses() : ReadTarget());
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

  /// Set what a node asks, and its children's ids.
  static Status SetQuestion(std::string_view mode, float value, bool missing_is_true,
                            std::int64_t yes, std::int64_t no, FileNode& node) {
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
        if (features[i] < 0 || static_cast<std::size_t>(features[i]) >= kMaxForestFeatures) {
          return Status::Config(fmt::format("nodes_featureids[{}] is {}", i, features[i]));
        }
        node.split.feature = static_cast<std::uint32_t>(features[i]);
        forest_.num_features =
            std::max(forest_.num_features, static_cast<std::size_t>(features[i]) + 1);
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
    // What ONNX Runtime does, which no other link of scores says.
    if (num_classes == 2 && !one_score) {
      return Status::Config(
          "class_ids name both of two classes, of which ONNX Runtime takes the second wherever its "
          "score is above 0, whatever the first's is: convert with weights of one class");
    }
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
    } else {
      return Status::Config(
          fmt::format("post_transform is '{}' for {} score(s) of {} classes, which is not "
                      "supported: LOGISTIC; or "
                      "SOFTMAX, or NONE with weights that are not negative, of a score a class",
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
      const bool one = from_.is_classifier && num_scores == 1;
      if (!one && (ids[i] < 0 || static_cast<std::size_t>(ids[i]) >= num_scores)) {
        return Status::Config(fmt::format("{}[{}] is {}, but there are {} scores", Name("ids"), i,
                                          ids[i], num_scores));
      }
      const std::size_t score = one ? 0 : static_cast<std::size_t>(ids[i]);
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

  /// Base values come last, after all trees.
  Status ReadBase() {
    const auto& base = from_.Get("base_values").floats;
    forest_.start.assign(forest_.num_scores, 0.0);
    forest_.bias.assign(forest_.num_scores, 0.0);
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
  std::string_view prefix_;
  std::map<std::int64_t, std::size_t> tree_numbers_;
  std::vector<FileTree> trees_;
  Forest forest_;
};

}  // namespace

Result<Forest> ReadOnnx(std::string_view bytes) {
  MARQUEE_ASSIGN_OR_RETURN(const OnnxTrees trees, FindOnnxTrees(bytes));
  return Reader(trees).Read();
}

}  // namespace marquee::model
