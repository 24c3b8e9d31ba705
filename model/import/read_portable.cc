// The open JSON format, for libraries whose own files are programs (pickles): an exporter writes it.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <limits>

#include "model/import/readers.h"

namespace marquee::model {
namespace {

Result<Link> ReadLink(const Field& root) {
  MARQUEE_ASSIGN_OR_RETURN(const Field field, root.Get("link"));
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, field.Text());
  if (name == "identity") return Link::kIdentity;
  if (name == "logistic") return Link::kLogistic;
  if (name == "softmax") return Link::kSoftmax;
  if (name == "shares") return Link::kShares;
  return field.Refuse(fmt::format("is '{}', none of identity, logistic, softmax, shares", name));
}

/// JSON has no infinity: the largest double stands for it, and nothing is above.
float ThresholdOf(double threshold) {
  const bool endless = threshold == std::numeric_limits<double>::max();
  return endless ? std::numeric_limits<float>::infinity() : FloatNotAbove(threshold);
}

/// Give splits that ask for categories their sets: an entry a node, null of all others.
Status ReadCategories(const Field& tree, SetBudget& budget, std::vector<FileNode>& nodes) {
  const auto field = tree.Find("categories");
  if (!field) return {};
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, field->Size());
  if (count != nodes.size()) {
    return field->Refuse(
        fmt::format("has {} entries instead of {} (one a node)", count, nodes.size()));
  }
  for (std::size_t n = 0; n < count; ++n) {
    MARQUEE_ASSIGN_OR_RETURN(const Field set, field->At(n));
    if (set.IsNull()) continue;
    MARQUEE_ASSIGN_OR_RETURN(const std::size_t size, set.Size());
    if (nodes[n].is_leaf || size == 0) {
      return set.Refuse(nodes[n].is_leaf ? "is of a leaf, which asks nothing" : "is empty");
    }
    MARQUEE_ASSIGN_OR_RETURN(const auto categories,
                             set.Integers(size, 0, kMaxCategory - 1, "its categories"));
    for (const std::int64_t category : categories) {
      Status status =
          AddCategory(static_cast<std::size_t>(category), nodes[n].split.categories, budget);
      if (!status.ok()) return std::move(status).WithContext(set.place());
    }
  }
  return {};
}

Result<Tree> ReadTree(const Field& field, const Forest& forest, SetBudget& budget) {
  MARQUEE_RETURN_IF_ERROR(field.AllowOnly(
      {"target", "feature", "threshold", "missing_left", "left", "right", "value", "categories"}));
  const auto integers = [&field](const char* key, std::size_t count, std::int64_t least,
                                 std::int64_t most) -> Result<std::vector<std::int64_t>> {
    MARQUEE_ASSIGN_OR_RETURN(const Field member, field.Get(key));
    return member.Integers(count, least, most, "one a node");
  };
  MARQUEE_ASSIGN_OR_RETURN(const Field left_field, field.Get("left"));
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, left_field.Size());
  const auto last = static_cast<std::int64_t>(count) - 1;
  MARQUEE_ASSIGN_OR_RETURN(const auto left, left_field.Integers(count, -1, last, "one a node"));
  MARQUEE_ASSIGN_OR_RETURN(const auto right, integers("right", count, -1, last));
  MARQUEE_ASSIGN_OR_RETURN(const auto features, integers("feature", count, -1, kMaxForestFeatures));
  MARQUEE_ASSIGN_OR_RETURN(const auto missing_left, integers("missing_left", count, 0, 1));
  MARQUEE_ASSIGN_OR_RETURN(const Field threshold_field, field.Get("threshold"));
  MARQUEE_ASSIGN_OR_RETURN(const auto thresholds, threshold_field.Numbers(count, "one a node"));
  MARQUEE_ASSIGN_OR_RETURN(const Field target, field.Get("target"));
  std::optional<std::size_t> score;
  if (!target.IsNull()) {
    MARQUEE_ASSIGN_OR_RETURN(const auto number,
                             target.Integer(0, static_cast<std::int64_t>(forest.num_scores) - 1));
    score = static_cast<std::size_t>(number);
  }
  const std::size_t per_leaf = score ? 1 : forest.num_scores;
  MARQUEE_ASSIGN_OR_RETURN(const Field value_field, field.Get("value"));
  MARQUEE_ASSIGN_OR_RETURN(const auto values,
                           value_field.Numbers(count * per_leaf, "one a node and score"));

  std::vector<FileNode> nodes(count);
  for (std::size_t n = 0; n < count; ++n) {
    FileNode& node = nodes[n];
    node.is_leaf = left[n] < 0;
    node.values = n;
    if (node.is_leaf != (right[n] < 0))
      return field.Refuse(fmt::format("node {} has one child", n));
    if (node.is_leaf) continue;
    if (features[n] < 0) return field.Refuse(fmt::format("node {} asks feature -1", n));
    node.left = left[n];
    node.right = right[n];
    node.split.feature = static_cast<std::uint32_t>(features[n]);
    node.split.threshold = ThresholdOf(thresholds[n]);
    node.split.missing_right = missing_left[n] == 0;
  }
  MARQUEE_RETURN_IF_ERROR(ReadCategories(field, budget, nodes));
  MARQUEE_ASSIGN_OR_RETURN(Tree tree, MakeTree(nodes, {values.begin(), values.end()}, per_leaf,
                                               forest.num_features, false, field.place()));
  tree.target = score;
  return tree;
}

Status ReadHeader(const Field& root, Forest& forest) {
  MARQUEE_ASSIGN_OR_RETURN(const Field version, root.Get("version"));
  MARQUEE_ASSIGN_OR_RETURN(const auto number, version.Integer(0, 1'000'000));
  if (number != 1) {
    return version.Refuse(
        fmt::format("is {}; 1 is known: use the exporter of this Marquee", number));
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field library, root.Get("library"));
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, library.Text());
  forest.library = std::string(name);
  MARQUEE_ASSIGN_OR_RETURN(forest.link, ReadLink(root));
  MARQUEE_ASSIGN_OR_RETURN(const Field features, root.Get("num_features"));
  MARQUEE_ASSIGN_OR_RETURN(const auto num_features, features.Integer(1, kMaxForestFeatures));
  forest.num_features = static_cast<std::size_t>(num_features);
  MARQUEE_ASSIGN_OR_RETURN(const Field names, root.Get("features"));
  if (!names.IsNull()) {
    MARQUEE_ASSIGN_OR_RETURN(forest.feature_names, names.Texts());
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field classes, root.Get("classes"));
  if (!classes.IsNull()) {
    MARQUEE_ASSIGN_OR_RETURN(forest.class_names, classes.Texts());
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field missing, root.Get("takes_missing"));
  MARQUEE_ASSIGN_OR_RETURN(forest.takes_missing, missing.Bool());
  MARQUEE_ASSIGN_OR_RETURN(const Field zero, root.Get("zero_is_second"));
  MARQUEE_ASSIGN_OR_RETURN(forest.zero_is_second, zero.Bool());
  if (const auto slope = root.Find("slope")) {
    MARQUEE_ASSIGN_OR_RETURN(forest.slope, slope->Number());
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field divisor, root.Get("divisor"));
  MARQUEE_ASSIGN_OR_RETURN(forest.divisor, divisor.Number());
  MARQUEE_ASSIGN_OR_RETURN(const Field start, root.Get("start"));
  MARQUEE_ASSIGN_OR_RETURN(const auto starts, start.Numbers());
  if (starts.empty() || starts.size() > 254) {
    return start.Refuse(fmt::format("has {} entries; 1 to 254 are allowed", starts.size()));
  }
  forest.start.assign(starts.begin(), starts.end());
  forest.num_scores = starts.size();
  const bool one = forest.link == Link::kIdentity || forest.link == Link::kLogistic;
  if (one != (forest.num_scores == 1)) {
    return start.Refuse(
        fmt::format("has {} entries, which does not fit the link", forest.num_scores));
  }
  forest.bias.assign(forest.num_scores, 0.0);
  return {};
}

}  // namespace

Result<Forest> ReadPortable(const Value& document) {
  const Field root(document, "");
  MARQUEE_RETURN_IF_ERROR(
      root.AllowOnly({"format", "version", "library", "link", "num_features", "features", "classes",
                      "takes_missing", "zero_is_second", "slope", "start", "divisor", "trees"}));
  Forest forest;
  forest.in_f64 = true;
  forest.cuts_categories = false;  // scikit-learn's are codes of values
  MARQUEE_RETURN_IF_ERROR(ReadHeader(root, forest));
  MARQUEE_ASSIGN_OR_RETURN(const Field trees, root.Get("trees"));
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, trees.Size());
  SetBudget budget;
  for (std::size_t t = 0; t < count; ++t) {
    MARQUEE_ASSIGN_OR_RETURN(const Field field, trees.At(t));
    MARQUEE_ASSIGN_OR_RETURN(Tree tree, ReadTree(field, forest, budget));
    forest.trees.push_back(std::move(tree));
  }
  MARQUEE_RETURN_IF_ERROR(CheckForest(forest));
  return forest;
}

}  // namespace marquee::model
