#include "model/synthetic_binary.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "model/synthetic_draw.h"

namespace marquee::model {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// A split or leaf of a tree that grows.
struct Node {
  std::int32_t left = 0;  // of nodes; 0: a leaf
  std::int32_t right = 0;
  std::size_t depth = 0;
};

/// Grow a tree from one leaf.
std::vector<Node> Grow(const BinaryShape& shape, std::size_t num_leaves, Random& random) {
  std::vector<Node> nodes(1);
  std::vector<std::size_t> leaves = {0};
  while (leaves.size() < num_leaves) {
    std::size_t chosen = Below(random, leaves.size());
    if (shape.balanced) {
      chosen = static_cast<std::size_t>(std::min_element(leaves.begin(), leaves.end(),
                                                         [&](std::size_t a, std::size_t b) {
                                                           return nodes[a].depth < nodes[b].depth;
                                                         }) -
                                        leaves.begin());
    }
    const std::size_t split = leaves[chosen];
    nodes[split].left = static_cast<std::int32_t>(nodes.size());
    nodes[split].right = static_cast<std::int32_t>(nodes.size() + 1);
    leaves[chosen] = nodes.size();
    leaves.push_back(nodes.size() + 1);
    nodes.resize(nodes.size() + 2, {0, 0, nodes[split].depth + 1});
  }
  return nodes;
}

class Maker {
 public:
  Maker(const BinaryShape& shape, Random& random) : shape_(shape), random_(random) {
    for (std::size_t c = 0; c < shape.num_columns; ++c) {
      categorical_.push_back(Below(random, 8) < shape.categorical_of_8);
      std::vector<float> of_column = {0.0f, -kInfinity, kInfinity, 1e-35f};
      while (of_column.size() < 4 + shape.num_thresholds) {
        of_column.push_back(Uniform(random, -2, 2));
      }
      thresholds_.push_back(std::move(of_column));
    }
  }

  BinaryTreesParts Make() {
    trees_.num_scores = static_cast<std::uint16_t>(shape_.num_scores);
    for (std::size_t tree = 0; tree < shape_.num_trees; ++tree) {
      AddTree(Grow(shape_, Between(random_, shape_.min_leaves, shape_.max_leaves), random_));
    }
    // In f32 these have to be floats.
    for (std::size_t s = 0; s < shape_.num_scores; ++s) {
      trees_.start.push_back(Uniform(random_, -1, 1));
      trees_.bias.push_back(Uniform(random_, -1, 1));
    }
    trees_.divisor = Uniform(random_, 0.5f, 20);
    trees_.scale = Uniform(random_, -2, 2);
    return std::move(trees_);
  }

 private:
  void AddTree(const std::vector<Node>& nodes) {
    // Nodes are in the order of growth, so children come after their parents.
    std::vector<std::int32_t> numbers(nodes.size());
    std::int32_t num_splits = 0;
    std::int32_t num_leaves = 0;
    for (std::size_t i = 0; i < nodes.size(); ++i) {
      numbers[i] = nodes[i].left == 0 ? -1 - num_leaves++ : num_splits++;
    }
    for (const Node& node : nodes) {
      if (node.left == 0) continue;
      AddQuestion();
      trees_.split_lefts.push_back(numbers[static_cast<std::size_t>(node.left)]);
      trees_.split_rights.push_back(numbers[static_cast<std::size_t>(node.right)]);
    }
    trees_.split_counts.push_back(static_cast<std::uint32_t>(num_splits));
    const bool to_all = Below(random_, 8) < shape_.to_all_of_8;
    trees_.targets.push_back(
        static_cast<std::uint16_t>(to_all ? shape_.num_scores : Below(random_, shape_.num_scores)));
    const std::size_t num_values =
        static_cast<std::size_t>(num_leaves) * (to_all ? shape_.num_scores : 1);
    for (std::size_t i = 0; i < num_values; ++i) AddLeaf();
  }

  void AddQuestion() {
    const std::size_t column = Below(random_, shape_.num_columns);
    std::uint8_t flags = Below(random_, 2) == 0 ? kMissingRight : 0;
    if (Below(random_, 8) < shape_.zero_missing_of_8) flags |= kZeroMissing;
    float threshold = Pick(random_, thresholds_[column]);
    if (categorical_[column]) {
      flags |= kCategorical;
      threshold = 0;
      AddSet();
    }
    trees_.split_columns.push_back(static_cast<std::uint16_t>(column));
    trees_.split_thresholds.push_back(threshold);
    trees_.split_flags.push_back(flags);
  }

  void AddSet() {
    const std::size_t num_words = Below(random_, (shape_.num_categories + 31) / 32 + 1);
    for (std::size_t word = 0; word < num_words; ++word) {
      // Few categories, or many.
      auto bits = static_cast<std::uint32_t>(random_() & random_());
      if (Below(random_, 2) == 0) bits &= static_cast<std::uint32_t>(random_() & random_());
      trees_.set_words.push_back(bits);
    }
    trees_.set_ends.push_back(static_cast<std::uint32_t>(trees_.set_words.size()));
  }

  /// Of very different sizes, so that another order of the sum gives another result.
  void AddLeaf() {
    const float size = Pick(random_, std::vector<float>{1, 1, 1e-4f, 1e4f, 0});
    if (shape_.in_f64) {
      trees_.leaves_f64.push_back(static_cast<double>(Uniform(random_, -1, 1)) * size +
                                  static_cast<double>(Uniform(random_, -1, 1)) * 1e-9);
    } else {
      trees_.leaves.push_back(Uniform(random_, -1, 1) * size);
    }
  }

  const BinaryShape& shape_;
  Random& random_;
  std::vector<bool> categorical_;
  std::vector<std::vector<float>> thresholds_;
  BinaryTreesParts trees_;
};

/// Whether a row's value goes right at a split of all; `set`: the words of its set.
bool NaiveGoesRight(const BinaryTreesParts& trees, std::size_t split,
                    std::span<const std::uint32_t> set, float value) {
  const std::uint8_t flags = trees.split_flags[split];
  const bool is_zero = value >= -1e-35f && value <= 1e-35f;
  if (std::isnan(value) || ((flags & kZeroMissing) != 0 && is_zero)) {
    return (flags & kMissingRight) != 0;
  }
  if ((flags & kCategorical) == 0) return value > trees.split_thresholds[split];
  const double category = std::trunc(static_cast<double>(value));
  for (std::size_t k = 0; k < set.size() * 32; ++k) {
    if (static_cast<double>(k) == category) return (set[k / 32] >> (k % 32)) % 2 == 1;
  }
  return false;
}

template <class Number>
std::vector<float> NaiveScoresOf(const BinaryTreesParts& trees, const std::vector<Number>& leaves,
                                 const std::vector<float>& columns, std::size_t num_rows) {
  std::vector<float> scores;
  std::vector<std::span<const std::uint32_t>> sets(trees.split_flags.size());
  std::size_t first_word = 0;
  for (std::size_t split = 0, set = 0; split < sets.size(); ++split) {
    if ((trees.split_flags[split] & kCategorical) == 0) continue;
    sets[split] = std::span(trees.set_words).subspan(first_word, trees.set_ends[set] - first_word);
    first_word = trees.set_ends[set++];
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    std::vector<Number> sums(trees.start.begin(), trees.start.end());
    std::size_t first_split = 0;
    std::size_t first_leaf = 0;
    for (std::size_t tree = 0; tree < trees.split_counts.size(); ++tree) {
      std::int32_t child = trees.split_counts[tree] == 0 ? -1 : 0;
      while (child >= 0) {
        const std::size_t split = first_split + static_cast<std::size_t>(child);
        const float value = columns[trees.split_columns[split] * num_rows + row];
        child = NaiveGoesRight(trees, split, sets[split], value) ? trees.split_rights[split]
                                                                 : trees.split_lefts[split];
      }
      const auto leaf = static_cast<std::size_t>(-1 - child);
      const bool to_all = trees.targets[tree] == trees.num_scores;
      const std::size_t width = to_all ? trees.num_scores : 1;
      for (std::size_t s = 0; s < width; ++s) {
        sums[to_all ? s : trees.targets[tree]] += leaves[first_leaf + leaf * width + s];
      }
      first_split += trees.split_counts[tree];
      first_leaf += (trees.split_counts[tree] + 1) * width;
    }
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      const Number mean = sums[s] / static_cast<Number>(trees.divisor);
      const Number scaled = mean * static_cast<Number>(trees.scale);
      scores.push_back(static_cast<float>(scaled + static_cast<Number>(trees.bias[s])));
    }
  }
  return scores;
}

}  // namespace

BinaryShape RandomBinaryShape(Random& random) {
  BinaryShape shape;
  shape.num_columns = Between(random, 1, 20);
  shape.num_trees = Between(random, 1, 30);
  shape.max_leaves = Pick(random, std::vector<std::size_t>{1, 2, 5, 31, 64, 130, 256, 600});
  shape.min_leaves = Between(random, 1, shape.max_leaves);
  shape.balanced = Below(random, 2) == 0;
  shape.num_thresholds = Pick(random, std::vector<std::size_t>{1, 20, 250, 254, 255, 2000});
  shape.categorical_of_8 = Pick(random, std::vector<std::size_t>{0, 0, 4, 8});
  shape.zero_missing_of_8 = Pick(random, std::vector<std::size_t>{0, 4});
  shape.num_categories = Pick(random, std::vector<std::size_t>{3, 40, 300});
  shape.num_scores = Pick(random, std::vector<std::size_t>{1, 1, 2, 5});
  shape.to_all_of_8 = Pick(random, std::vector<std::size_t>{0, 4, 8});
  shape.in_f64 = Below(random, 2) == 0;
  return shape;
}

ModelParts MakeBinaryModel(const BinaryShape& shape, Random& random) {
  // Its columns, names and profiles are those of a symmetric model.
  SyntheticShape around;
  around.num_numeric = shape.num_columns;
  around.num_lists = 0;
  around.encodings.clear();
  around.num_trees = 1;
  around.num_golden_rows = 1;
  if (shape.num_scores > 1) {
    around.classifier = ClassifierKind::kSoftmax;
    around.num_classes = shape.num_scores;
  }
  ModelParts parts = MakeSyntheticModel(around, random);
  if (shape.num_scores > 1) parts.classifier = ClassifierKind::kShares;
  std::fill(parts.mean.begin(), parts.mean.end(), 0.0f);
  std::fill(parts.inv_std.begin(), parts.inv_std.end(), 1.0f);
  parts.trees = {};
  parts.binary_trees = Maker(shape, random).Make();
  parts.golden.rows.num_rows = shape.num_golden_rows;
  parts.golden.rows.numeric = MakeBinaryColumns(parts, shape.num_golden_rows, random);
  parts.golden.scores =
      NaiveBinaryScores(*parts.binary_trees, parts.golden.rows.numeric, shape.num_golden_rows);
  return parts;
}

std::vector<float> MakeBinaryColumns(const ModelParts& parts, std::size_t num_rows,
                                     Random& random) {
  const BinaryTreesParts& trees = *parts.binary_trees;
  std::vector<std::vector<float>> thresholds(parts.mean.size());
  for (std::size_t i = 0; i < trees.split_columns.size(); ++i) {
    thresholds[trees.split_columns[i]].push_back(trees.split_thresholds[i]);
  }
  std::vector<float> columns;
  for (std::vector<float>& of_column : thresholds) {
    of_column.push_back(1e-35f);
    for (std::size_t row = 0; row < num_rows; ++row) {
      const std::size_t what = Below(random, 8);
      const float threshold = Pick(random, of_column);
      float value = SpecialValue(random);
      if (what == 0) value = threshold;
      if (what == 1) value = std::nextafter(threshold, kInfinity);
      if (what == 2) value = std::nextafter(-threshold, -kInfinity);
      if (what == 3) value = Uniform(random, -3, 3);
      if (what > 4) value = std::floor(Uniform(random, -4, 330));
      if (what > 5) value += Uniform(random, 0, 1);
      columns.push_back(value);
    }
  }
  return columns;
}

std::vector<float> NaiveBinaryScores(const BinaryTreesParts& trees,
                                     const std::vector<float>& columns, std::size_t num_rows) {
  return trees.leaves_f64.empty() ? NaiveScoresOf(trees, trees.leaves, columns, num_rows)
                                  : NaiveScoresOf(trees, trees.leaves_f64, columns, num_rows);
}

}  // namespace marquee::model
