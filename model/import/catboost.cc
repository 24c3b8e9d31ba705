#include "model/import/catboost.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace marquee::model {

Status SetCatboostFeatures(const std::vector<CatboostFeature>& features, Forest& forest) {
  for (const CatboostFeature& feature : features) {
    forest.num_features = std::max(forest.num_features, feature.flat_index + 1);
    forest.takes_missing = forest.takes_missing && feature.takes_missing;
  }
  std::vector<bool> taken(forest.num_features);
  std::vector<std::string> names(forest.num_features);
  bool named = false;
  for (const CatboostFeature& feature : features) {
    if (taken[feature.flat_index]) {
      return Status::Config(
          fmt::format("two numeric features have the flat index {}", feature.flat_index));
    }
    taken[feature.flat_index] = true;
    names[feature.flat_index] = feature.name;
    named = named || !feature.name.empty();
  }
  if (named) forest.feature_names = std::move(names);
  return {};
}

Status SetCatboostLoss(std::string_view loss, std::string_view place, Forest& forest) {
  constexpr std::array<std::string_view, 7> kIdentity = {"RMSE", "MAE",     "Quantile", "Huber",
                                                         "MAPE", "LogCosh", "Expectile"};
  const bool several = loss == "MultiClass" || loss == "MultiClassOneVsAll";
  if (std::find(kIdentity.begin(), kIdentity.end(), loss) != kIdentity.end()) {
    forest.link = Link::kIdentity;
  } else if (loss == "Logloss" || loss == "CrossEntropy") {
    forest.link = Link::kLogistic;
  } else if (several) {
    forest.link = loss == "MultiClass" ? Link::kSoftmax : Link::kOneVsRest;
  } else {
    return Status::Config(fmt::format(
        "{}: the loss function is '{}', whose scores are no plain values, logits or class scores: "
        "train with one of RMSE, MAE, Logloss, MultiClass, MultiClassOneVsAll",
        place, loss));
  }
  if (several == (forest.num_scores > 1)) return {};
  return Status::Config(fmt::format("{}: the loss function is '{}', but leaves have {} value(s)",
                                    place, loss, forest.num_scores));
}

Result<Tree> MakeSymmetricTree(const std::vector<Split>& splits, const std::vector<double>& values,
                               const Forest& forest, std::string_view place) {
  const std::size_t depth = splits.size();
  if (depth > kMaxCatboostDepth) {
    return Status::Config(
        fmt::format("{}: has {} splits; at most {} are allowed", place, depth, kMaxCatboostDepth));
  }
  const std::size_t num_leaves = std::size_t{1} << depth;
  if (values.size() != num_leaves * forest.num_scores) {
    return Status::Config(
        fmt::format("{}: has {} leaf values instead of {} (2^{} leaves of {} value(s))", place,
                    values.size(), num_leaves * forest.num_scores, depth, forest.num_scores));
  }
  // A heap: the children of node n are 2n + 1 and 2n + 2.
  std::vector<FileNode> nodes(2 * num_leaves - 1);
  nodes[0].values = 0;
  for (std::size_t n = 0, level = 0; n < nodes.size(); ++n) {
    if (n + 1 == std::size_t{2} << level) ++level;
    FileNode& node = nodes[n];
    node.is_leaf = level == depth;
    if (node.is_leaf) continue;
    node.split = splits[level];
    node.left = static_cast<std::int64_t>(2 * n + 1);
    node.right = static_cast<std::int64_t>(2 * n + 2);
    nodes[2 * n + 1].values = node.values;
    nodes[2 * n + 2].values = node.values | std::size_t{1} << level;
  }
  return MakeTree(nodes, values, forest.num_scores, forest.num_features, false, place);
}

}  // namespace marquee::model
