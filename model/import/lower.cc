#include "model/import/lower.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "kernels/bin.h"
#include "kernels/trees.h"
#include "model/validate.h"

namespace marquee::model {
namespace {

/// Half the distance of adjacent floats, relative to them: what one rounding costs at most.
constexpr double kRound = 0x1p-24;

/// A bound on |our score - the library's|, if ours rounds leaves and every step of their sum to f32.
double RoundingBound(const Forest& forest) {
  double worst = 0;
  for (std::size_t s = 0; s < forest.num_scores; ++s) {
    double sum = std::abs(forest.start[s]);
    double error = 0;
    for (const Tree& tree : forest.trees) {
      if (tree.target && *tree.target != s) continue;
      const std::size_t width = tree.target ? 1 : forest.num_scores;
      double largest = 0;
      for (std::size_t i = tree.target ? 0 : s; i < tree.leaves.size(); i += width) {
        largest = std::max(largest, std::abs(tree.leaves[i]));
      }
      sum += largest;
      error += kRound * largest + kRound * sum;
    }
    const double scale = std::abs(forest.scale) / forest.divisor;
    const double score = sum * scale + std::abs(forest.bias[s]);
    worst = std::max(worst, error * scale + 4 * kRound * score);
  }
  return worst;
}

float RoundUp(double bound) {
  return std::nextafter(static_cast<float>(bound), std::numeric_limits<float>::max());
}

/// Where symmetric trees of f32 would be further off than this, binary ones of f64 are taken.
constexpr double kMaxSymmetricBound = 1e-3;

/// The levels of a tree that is symmetric, first split first.
std::vector<Split> LevelsOf(const Tree& tree) {
  std::vector<Split> levels;
  for (std::size_t first = 0; first < tree.splits.size(); first = 2 * first + 1) {
    levels.push_back(tree.splits[first]);
  }
  return levels;
}

/// Borders of each column, and where NaN goes; nothing if a model file cannot say it.
struct Borders {
  std::vector<std::set<float>> of_column;
  std::vector<std::uint8_t> nan_above;
};

std::optional<Borders> CollectBorders(const Forest& forest, const std::vector<std::size_t>& columns,
                                      std::size_t num_columns) {
  Borders borders{std::vector<std::set<float>>(num_columns),
                  std::vector<std::uint8_t>(num_columns, 0)};
  for (const Tree& tree : forest.trees) {
    const std::vector<Split> levels = LevelsOf(tree);
    if (levels.size() > kernels::kMaxTreeDepth) return std::nullopt;
    for (const Split& split : levels) {
      const std::size_t column = columns[split.feature];
      auto& of_column = borders.of_column[column];
      const auto nan_above = static_cast<std::uint8_t>(split.missing_right ? 1 : 0);
      const bool other_nan = !of_column.empty() && borders.nan_above[column] != nan_above;
      if (!std::isfinite(split.threshold) || other_nan) return std::nullopt;
      borders.nan_above[column] = nan_above;
      of_column.insert(split.threshold);
      if (of_column.size() > kernels::kMaxBorders) return std::nullopt;
    }
  }
  return borders;
}

/// Leaf i of a tree of this depth, level by level, has the first answer in its highest bit; a model
/// file has it in the lowest.
std::size_t Reversed(std::size_t leaf, std::size_t depth) {
  std::size_t reversed = 0;
  for (std::size_t d = 0; d < depth; ++d) reversed |= (leaf >> d & 1) << (depth - 1 - d);
  return reversed;
}

/// Whether symmetric trees could say what the forest says; then they do.
bool LowerSymmetric(const Forest& forest, AttachedModel& attached) {
  const std::size_t num_columns = attached.parts.column_names.size();
  const double bound = RoundingBound(forest);
  if (!forest.symmetric || num_columns > kMaxSymmetricColumns || bound > kMaxSymmetricBound) {
    return false;
  }
  const auto borders = CollectBorders(forest, attached.columns, num_columns);
  if (!borders) return false;
  TreesParts& trees = attached.parts.trees;
  trees.num_scores = static_cast<std::uint16_t>(forest.num_scores);
  trees.nan_above = borders->nan_above;
  for (const auto& of_column : borders->of_column) {
    trees.border_counts.push_back(static_cast<std::uint8_t>(of_column.size()));
    trees.borders.insert(trees.borders.end(), of_column.begin(), of_column.end());
  }
  for (const Tree& tree : forest.trees) {
    const std::vector<Split> levels = LevelsOf(tree);
    trees.depths.push_back(static_cast<std::uint8_t>(levels.size()));
    for (const Split& split : levels) {
      const std::size_t column = attached.columns[split.feature];
      const auto& of_column = borders->of_column[column];
      trees.split_features.push_back(static_cast<std::uint8_t>(column));
      trees.split_borders.push_back(static_cast<std::uint8_t>(
          std::distance(of_column.begin(), of_column.find(split.threshold))));
    }
    const std::size_t first = trees.leaves.size();
    const std::size_t num_leaves = std::size_t{1} << levels.size();
    trees.leaves.resize(first + num_leaves * forest.num_scores);
    for (std::size_t leaf = 0; leaf < num_leaves; ++leaf) {
      const std::size_t place = first + Reversed(leaf, levels.size()) * forest.num_scores;
      for (std::size_t s = 0; s < forest.num_scores; ++s) {
        trees.leaves[place + attached.scores[s]] =
            static_cast<float>(tree.leaves[leaf * forest.num_scores + s]);
      }
    }
  }
  trees.scale = static_cast<float>(forest.scale);
  trees.bias.resize(forest.num_scores);
  for (std::size_t s = 0; s < forest.num_scores; ++s) {
    trees.bias[attached.scores[s]] = static_cast<float>(forest.bias[s]);
  }
  attached.bound = RoundUp(bound);
  attached.why = fmt::format(
      "symmetric trees are summed in f32 for speed, {} sums in f64; the bound is the worst case of "
      "{} roundings",
      forest.library, forest.trees.size());
  return true;
}

std::uint8_t FlagsOf(const Split& split) {
  unsigned flags = 0;
  if (split.missing_right) flags |= kMissingRight;
  if (split.zero_missing) flags |= kZeroMissing;
  if (!split.categories.empty()) flags |= kCategorical;
  return static_cast<std::uint8_t>(flags);
}

void AppendSplits(const Tree& tree, const std::vector<std::size_t>& columns,
                  BinaryTreesParts& trees) {
  trees.split_counts.push_back(static_cast<std::uint32_t>(tree.splits.size()));
  for (const Split& split : tree.splits) {
    trees.split_columns.push_back(static_cast<std::uint16_t>(columns[split.feature]));
    trees.split_thresholds.push_back(split.categories.empty() ? split.threshold : 0.0f);
    trees.split_flags.push_back(FlagsOf(split));
    trees.split_lefts.push_back(split.left);
    trees.split_rights.push_back(split.right);
    if (split.categories.empty()) continue;
    trees.set_words.insert(trees.set_words.end(), split.categories.begin(), split.categories.end());
    trees.set_ends.push_back(static_cast<std::uint32_t>(trees.set_words.size()));
  }
}

void AppendLeaves(const Tree& tree, const Forest& forest, const std::vector<std::size_t>& scores,
                  BinaryTreesParts& trees) {
  std::vector<double> leaves = tree.leaves;
  if (!tree.target) {
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const std::size_t score = i % forest.num_scores;
      leaves[i - score + scores[score]] = tree.leaves[i];
    }
  }
  trees.targets.push_back(
      static_cast<std::uint16_t>(tree.target ? scores[*tree.target] : forest.num_scores));
  if (forest.in_f64) {
    trees.leaves_f64.insert(trees.leaves_f64.end(), leaves.begin(), leaves.end());
  } else {
    for (const double leaf : leaves) trees.leaves.push_back(static_cast<float>(leaf));
  }
}

void LowerBinary(const Forest& forest, AttachedModel& attached) {
  BinaryTreesParts& trees = attached.parts.binary_trees.emplace();
  trees.num_scores = static_cast<std::uint16_t>(forest.num_scores);
  for (const Tree& tree : forest.trees) {
    AppendSplits(tree, attached.columns, trees);
    AppendLeaves(tree, forest, attached.scores, trees);
  }
  trees.start.resize(forest.num_scores);
  trees.bias.resize(forest.num_scores);
  for (std::size_t s = 0; s < forest.num_scores; ++s) {
    trees.start[attached.scores[s]] = forest.start[s];
    trees.bias[attached.scores[s]] = forest.bias[s];
  }
  trees.divisor = forest.divisor;
  trees.scale = forest.scale;
}

}  // namespace

Status LowerForest(const Forest& forest, AttachedModel& attached) {
  if (forest.trees.size() > kMaxTrees) {
    return Status::Config(
        fmt::format("has {} trees; at most {} are allowed", forest.trees.size(), kMaxTrees));
  }
  if (!LowerSymmetric(forest, attached)) LowerBinary(forest, attached);
  return {};
}

}  // namespace marquee::model
