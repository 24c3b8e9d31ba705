#include "model/import/forest.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "model/validate.h"
#include "schemas/cut_text.h"

namespace marquee::model {
namespace {

/// Bytes of a message's beginning and end.
constexpr std::size_t kMaxHalf = 2000;

Status Refuse(std::string_view place, std::string_view problem) {
  return Status::Config(fmt::format("{}: {}", place, problem));
}

/// The numbers of the reachable nodes, parents before children; and the depth of the tree.
Result<std::vector<std::size_t>> Order(const std::vector<FileNode>& nodes, std::string_view place,
                                       std::size_t& depth) {
  std::vector<std::size_t> order = {0};
  std::vector<std::size_t> depths(nodes.size(), 0);
  std::vector<bool> reached(nodes.size(), false);
  reached[0] = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const FileNode& node = nodes[order[i]];
    if (node.is_leaf) continue;
    for (const std::int64_t child : {node.left, node.right}) {
      if (child < 0 || static_cast<std::uint64_t>(child) >= nodes.size()) {
        return Refuse(place, fmt::format("node {} has child {}, but there are {} nodes", order[i],
                                         child, nodes.size()));
      }
      const auto number = static_cast<std::size_t>(child);
      if (reached[number]) {
        return Refuse(place,
                      fmt::format("node {} has child {}, which another path reaches too: this is "
                                  "no tree",
                                  order[i], child));
      }
      reached[number] = true;
      order.push_back(number);
      depths[number] = depths[order[i]] + 1;
      depth = std::max(depth, depths[number]);
      if (depth > kMaxBinaryDepth) {
        return Refuse(place,
                      fmt::format("node {} lies deeper than {} splits", child, kMaxBinaryDepth));
      }
    }
  }
  return order;
}

Status CheckSplit(const Split& split, std::size_t num_features, std::size_t node,
                  std::string_view place) {
  if (split.feature >= num_features) {
    return Refuse(place, fmt::format("node {} asks feature {}, but there are {}", node,
                                     split.feature, num_features));
  }
  if (std::isnan(split.threshold)) {
    return Refuse(place, fmt::format("node {} has a threshold that is no number", node));
  }
  return {};
}

bool AllFinite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); });
}

}  // namespace

Status Printable(const Status& error) {
  std::string text(error.message());
  // Ours say where at their beginning, and what to do at their end.
  if (text.size() > 2 * kMaxHalf) {
    const std::string_view begin = CutText(text, kMaxHalf);
    std::size_t end = text.size() - kMaxHalf;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80 && end + 1 < text.size()) ++end;
    text = std::string(begin) + " … " + text.substr(end);
  }
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    // U+0080 to U+009F are 0xC2 and this byte in UTF-8.
    const bool is_second =
        i > 0 && byte >= 0x80 && byte < 0xa0 && static_cast<unsigned char>(text[i - 1]) == 0xc2;
    if (byte < 0x20 || byte == 0x7f || is_second) text[i] = '?';
  }
  return {error.code(), std::move(text)};
}

Status SetBudget::Spend(std::size_t words) {
  spent_ += words;
  if (spent_ <= kMaxSetWords) return {};
  return Status::Config(fmt::format(
      "has sets of too many categories: at most {} words of 32 are allowed in all trees "
      "together; train on smaller category numbers",
      kMaxSetWords));
}

Status AddCategory(std::size_t category, std::vector<std::uint32_t>& words, SetBudget& budget) {
  const std::size_t needed = category / 32 + 1;
  if (needed > words.size()) {
    MARQUEE_RETURN_IF_ERROR(budget.Spend(needed - words.size()));
    words.resize(needed);
  }
  words[category / 32] |= 1u << category % 32;
  return {};
}

float FloatNotAbove(double threshold) noexcept {
  const auto nearest = static_cast<float>(threshold);
  return static_cast<double>(nearest) <= threshold ? nearest : FloatBelow(nearest);
}

float FloatBelow(float threshold) noexcept {
  return std::nextafter(threshold, -std::numeric_limits<float>::infinity());
}

Result<Tree> MakeTree(const std::vector<FileNode>& nodes, const std::vector<double>& values,
                      std::size_t values_per_leaf, std::size_t num_features, bool unreached,
                      std::string_view place) {
  if (nodes.empty()) return Refuse(place, "has no node");
  Tree tree;
  MARQUEE_ASSIGN_OR_RETURN(const std::vector<std::size_t> order, Order(nodes, place, tree.depth));
  if (!unreached && order.size() < nodes.size()) {
    return Refuse(place, fmt::format("has {} nodes, of which the root reaches {} only",
                                     nodes.size(), order.size()));
  }
  // A node's place among splits, or among leaves.
  std::vector<std::int32_t> number(nodes.size(), 0);
  for (const std::size_t n : order) {
    const FileNode& node = nodes[n];
    if (!node.is_leaf) {
      MARQUEE_RETURN_IF_ERROR(CheckSplit(node.split, num_features, n, place));
      number[n] = static_cast<std::int32_t>(tree.splits.size());
      tree.splits.push_back(node.split);
      continue;
    }
    if (node.values >= values.size() / values_per_leaf) {
      return Refuse(place, fmt::format("node {} is leaf {}, but values of {} leaves are there", n,
                                       node.values, values.size() / values_per_leaf));
    }
    number[n] = -1 - static_cast<std::int32_t>(tree.leaves.size() / values_per_leaf);
    const auto first = values.begin() + static_cast<std::ptrdiff_t>(node.values * values_per_leaf);
    for (std::size_t s = 0; s < values_per_leaf; ++s) {
      const double value = first[static_cast<std::ptrdiff_t>(s)];
      if (!std::isfinite(value)) {
        return Refuse(place, fmt::format("node {} is a leaf of value {}", n, value));
      }
      tree.leaves.push_back(value);
    }
  }
  std::size_t split = 0;
  for (const std::size_t n : order) {
    if (nodes[n].is_leaf) continue;
    tree.splits[split].left = number[static_cast<std::size_t>(nodes[n].left)];
    tree.splits[split].right = number[static_cast<std::size_t>(nodes[n].right)];
    ++split;
  }
  return tree;
}

Status CheckForest(const Forest& forest) {
  if (forest.trees.empty()) return Status::Config("there is no tree");
  if (forest.num_features > kMaxForestFeatures) {
    return Status::Config(fmt::format("there are {} features; at most {} are allowed",
                                      forest.num_features, kMaxForestFeatures));
  }
  if (!forest.feature_names.empty() && forest.feature_names.size() != forest.num_features) {
    return Status::Config(fmt::format("there are {} features, but {} feature names",
                                      forest.num_features, forest.feature_names.size()));
  }
  if (!forest.class_names.empty() && forest.class_names.size() != forest.num_classes()) {
    return Status::Config(fmt::format("there are {} classes, but {} class names",
                                      forest.num_classes(), forest.class_names.size()));
  }
  if (forest.start.size() != forest.num_scores || forest.bias.size() != forest.num_scores) {
    return Status::Config(fmt::format("there are {} scores, but {} base values", forest.num_scores,
                                      std::max(forest.start.size(), forest.bias.size())));
  }
  if (!AllFinite(forest.start) || !AllFinite(forest.bias) || !std::isfinite(forest.scale) ||
      !std::isfinite(forest.divisor) || forest.divisor <= 0) {
    return Status::Config("a base value, scale or divisor is not finite");
  }
  const bool logistic = forest.link == Link::kLogistic || forest.link == Link::kOneVsRest;
  if (logistic && !(std::isfinite(forest.slope) && forest.slope > 0)) {
    return Status::Config(fmt::format("the slope of its sigmoid is {}, not above 0", forest.slope));
  }
  std::size_t num_nodes = 0;
  for (const Tree& tree : forest.trees) num_nodes += tree.splits.size() + tree.leaves.size();
  if (num_nodes > kMaxForestNodes) {
    return Status::Config(
        fmt::format("its trees have {} splits and leaf values; at most {} are allowed", num_nodes,
                    kMaxForestNodes));
  }
  return {};
}

}  // namespace marquee::model
