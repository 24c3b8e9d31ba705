#include "model/validate_binary_trees.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/checks.h"
#include "model/validate.h"
#include "schemas/model_generated.h"
#include "schemas/wire_span.h"

namespace marquee::model {
namespace {

std::string Field(std::string_view name) { return fmt::format("classifier.binary_trees.{}", name); }

std::string Field(std::string_view name, std::size_t index) {
  return fmt::format("classifier.binary_trees.{}[{}]", name, index);
}

/// How many values each leaf of a tree has.
std::size_t LeafWidth(const wire::BinaryTrees& trees, std::size_t tree) {
  const bool one = SpanOf(trees.targets())[tree] < trees.num_scores();
  return one ? 1 : trees.num_scores();
}

Status CheckAligned(const wire::BinaryTrees& trees) {
  for (const auto& [name, vector] : {std::pair{"leaves_f64", trees.leaves_f64()},
                                     {"start", trees.start()},
                                     {"bias", trees.bias()}}) {
    if (!LiesAligned(vector)) return Refuse(Field(name), "does not lie on a multiple of 8 bytes");
  }
  return {};
}

/// The lengths that all other checks rely on.
Status CheckLengths(const wire::BinaryTrees& trees) {
  const auto counts = SpanOf(trees.split_counts());
  const auto targets = SpanOf(trees.targets());
  if (counts.empty() || counts.size() > kMaxTrees) {
    return Refuse(Field("split_counts"), fmt::format("has {} entries; 1 to {} trees are allowed",
                                                     counts.size(), kMaxTrees));
  }
  MARQUEE_RETURN_IF_ERROR(CheckSize(Field("targets"), targets.size(), counts.size(), "one a tree"));
  std::size_t num_splits = 0;
  std::size_t num_leaves = 0;
  for (std::size_t tree = 0; tree < counts.size(); ++tree) {
    if (targets[tree] > trees.num_scores()) {
      return Refuse(Field("targets", tree), fmt::format("is {}, but there are {} scores",
                                                        targets[tree], trees.num_scores()));
    }
    num_splits += counts[tree];
    num_leaves += (std::size_t{counts[tree]} + 1) * LeafWidth(trees, tree);
  }
  const auto check = [num_splits](std::string_view name, std::size_t size) {
    return CheckSize(Field(name), size, num_splits, "the sum of split_counts");
  };
  MARQUEE_RETURN_IF_ERROR(check("split_columns", trees.split_columns()->size()));
  MARQUEE_RETURN_IF_ERROR(check("split_thresholds", trees.split_thresholds()->size()));
  MARQUEE_RETURN_IF_ERROR(check("split_flags", trees.split_flags()->size()));
  MARQUEE_RETURN_IF_ERROR(check("split_lefts", trees.split_lefts()->size()));
  MARQUEE_RETURN_IF_ERROR(check("split_rights", trees.split_rights()->size()));
  const bool in_f64 = !SpanOf(trees.leaves_f64()).empty();
  if (in_f64 && !SpanOf(trees.leaves()).empty()) {
    return Refuse(Field("leaves"), "are there, and leaves_f64 too");
  }
  return CheckSize(Field(in_f64 ? "leaves_f64" : "leaves"),
                   in_f64 ? trees.leaves_f64()->size() : SpanOf(trees.leaves()).size(), num_leaves,
                   "one a leaf, or num_scores a leaf where a tree adds to all");
}

Status CheckQuestions(const wire::BinaryTrees& trees, std::size_t num_columns) {
  const auto columns = SpanOf(trees.split_columns());
  const auto thresholds = SpanOf(trees.split_thresholds());
  const auto flags = SpanOf(trees.split_flags());
  std::size_t num_sets = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (columns[i] >= num_columns) {
      return Refuse(Field("split_columns", i),
                    fmt::format("is {}, but the model has {} columns", columns[i], num_columns));
    }
    if (flags[i] > static_cast<std::uint8_t>(wire::SplitFlag::ANY)) {
      return Refuse(Field("split_flags", i),
                    fmt::format("is {}, which has unknown bits", flags[i]));
    }
    const bool categorical = (static_cast<wire::SplitFlag>(flags[i]) &
                              wire::SplitFlag::Categorical) != wire::SplitFlag::NONE;
    if (categorical) ++num_sets;
    if (std::isnan(thresholds[i]) || (categorical && thresholds[i] != 0.0f)) {
      return Refuse(Field("split_thresholds", i),
                    fmt::format("is {}{}", thresholds[i],
                                categorical ? "; that of a categorical split is 0" : ""));
    }
  }
  const auto ends = SpanOf(trees.set_ends());
  const auto words = SpanOf(trees.set_words());
  MARQUEE_RETURN_IF_ERROR(
      CheckSize(Field("set_ends"), ends.size(), num_sets, "one a categorical split"));
  if (words.size() > kMaxSetWords) {
    return Refuse(Field("set_words"), fmt::format("has {} entries; at most {} are allowed",
                                                  words.size(), kMaxSetWords));
  }
  for (std::size_t i = 1; i < ends.size(); ++i) {
    if (ends[i] < ends[i - 1]) {
      return Refuse(Field("set_ends", i),
                    fmt::format("is {}, below {} before it", ends[i], ends[i - 1]));
    }
  }
  return CheckSize(Field("set_words"), words.size(), ends.empty() ? 0 : ends.back(),
                   "where the last set ends");
}

/// One tree's children: each split but the root, and each leaf, exactly one's child, and above it.
///
/// So nothing loops, every leaf is reached, and the depth is known. `first_split`: of all trees.
Status CheckChildren(const wire::BinaryTrees& trees, std::size_t first_split,
                     std::size_t num_splits) {
  std::vector<bool> split_taken(num_splits);
  std::vector<bool> leaf_taken(num_splits + 1);
  std::vector<std::uint32_t> depths(num_splits);
  const auto take = [&](std::string_view name, std::size_t split, std::int32_t child) -> Status {
    const std::string_view what = child < 0 ? "leaf" : "split";
    std::vector<bool>& taken = child < 0 ? leaf_taken : split_taken;
    const auto number = static_cast<std::size_t>(child < 0 ? -1 - std::int64_t{child} : child);
    const auto refuse = [&](std::string_view problem) {
      return Refuse(Field(name, first_split + split),
                    fmt::format("is {}: {} {} of its tree {}", child, what, number, problem));
    };
    if (number >= taken.size()) return refuse("is not there");
    if (child >= 0 && number <= split) return refuse("does not come after it");
    if (taken[number]) return refuse("is a child already");
    taken[number] = true;
    if (child < 0) return {};
    depths[number] = depths[split] + 1;
    return depths[number] < kMaxBinaryDepth
               ? Status()
               : refuse(fmt::format("lies deeper than {} splits", kMaxBinaryDepth));
  };
  for (std::size_t split = 0; split < num_splits; ++split) {
    MARQUEE_RETURN_IF_ERROR(
        take("split_lefts", split, SpanOf(trees.split_lefts())[first_split + split]));
    MARQUEE_RETURN_IF_ERROR(
        take("split_rights", split, SpanOf(trees.split_rights())[first_split + split]));
  }
  // 2s children of s splits are s - 1 splits and s + 1 leaves, no one twice: all are taken.
  return {};
}

Status CheckShapes(const wire::BinaryTrees& trees) {
  std::size_t first_split = 0;
  for (const std::size_t num_splits : SpanOf(trees.split_counts())) {
    MARQUEE_RETURN_IF_ERROR(CheckChildren(trees, first_split, num_splits));
    first_split += num_splits;
  }
  return {};
}

/// A number that scores are computed with; `in_f64`: or else in f32, which must have it.
Status CheckNumber(const std::string& field, double number, bool in_f64) {
  MARQUEE_RETURN_IF_ERROR(CheckFinite(field, std::span<const double>(&number, 1)));
  if (std::abs(number) > kMaxScore) {
    return Refuse(field, fmt::format("is {}; at most {} is allowed", number, kMaxScore));
  }
  if (in_f64 || static_cast<double>(static_cast<float>(number)) == number) return {};
  return Refuse(field, fmt::format("is {}, which is no f32, but leaves are", number));
}

/// The sum over trees of the largest absolute leaf.
template <class Number>
double LargestSum(const wire::BinaryTrees& trees, std::span<const Number> leaves) {
  double sum = 0;
  std::size_t first = 0;
  for (std::size_t tree = 0; tree < trees.split_counts()->size(); ++tree) {
    const std::size_t size =
        (std::size_t{SpanOf(trees.split_counts())[tree]} + 1) * LeafWidth(trees, tree);
    double largest = 0;
    for (const Number leaf : leaves.subspan(first, size)) {
      largest = std::max(largest, static_cast<double>(std::abs(leaf)));
    }
    sum += largest;
    first += size;
  }
  return sum;
}

Status CheckNumbers(const wire::BinaryTrees& trees) {
  const auto leaves = SpanOf(trees.leaves());
  const auto leaves_f64 = SpanOf(trees.leaves_f64());
  const bool in_f64 = !leaves_f64.empty();
  MARQUEE_RETURN_IF_ERROR(CheckFinite(Field("leaves"), leaves));
  MARQUEE_RETURN_IF_ERROR(CheckFinite(Field("leaves_f64"), leaves_f64));
  MARQUEE_RETURN_IF_ERROR(CheckNumber(Field("divisor"), trees.divisor(), in_f64));
  if (!(trees.divisor() > 0)) {
    return Refuse(Field("divisor"), fmt::format("is {}, not above 0", trees.divisor()));
  }
  MARQUEE_RETURN_IF_ERROR(CheckNumber(Field("scale"), trees.scale(), in_f64));
  double largest_start = 0;
  for (const auto& [name, numbers] :
       {std::pair{"start", SpanOf(trees.start())}, {"bias", SpanOf(trees.bias())}}) {
    MARQUEE_RETURN_IF_ERROR(
        CheckSize(Field(name), numbers.size(), trees.num_scores(), "one a score"));
    for (std::size_t s = 0; s < numbers.size(); ++s) {
      MARQUEE_RETURN_IF_ERROR(CheckNumber(Field(name, s), numbers[s], in_f64));
    }
  }
  for (const double start : SpanOf(trees.start())) {
    largest_start = std::max(largest_start, std::abs(start));
  }
  const double sum =
      largest_start + (in_f64 ? LargestSum(trees, leaves_f64) : LargestSum(trees, leaves));
  const double mean = sum / trees.divisor();
  if (!(std::max({sum, mean, mean * std::abs(trees.scale())}) <= kMaxScore)) {
    return Refuse(Field(in_f64 ? "leaves_f64" : "leaves"),
                  fmt::format("may sum up to {}, over {} times {}; at most {} is allowed", sum,
                              trees.divisor(), trees.scale(), kMaxScore));
  }
  return {};
}

}  // namespace

Status CheckBinaryTrees(const wire::BinaryTrees& trees, std::size_t num_columns) {
  MARQUEE_RETURN_IF_ERROR(CheckAligned(trees));
  MARQUEE_RETURN_IF_ERROR(CheckLengths(trees));
  MARQUEE_RETURN_IF_ERROR(CheckQuestions(trees, num_columns));
  MARQUEE_RETURN_IF_ERROR(CheckShapes(trees));
  return CheckNumbers(trees);
}

std::size_t BinaryTreesWork(const wire::BinaryTrees& trees) {
  std::size_t work = 0;
  std::size_t first_split = 0;
  std::vector<std::size_t> depths;
  for (std::size_t tree = 0; tree < trees.split_counts()->size(); ++tree) {
    const std::size_t num_splits = SpanOf(trees.split_counts())[tree];
    depths.assign(num_splits, 1);
    std::size_t deepest = 0;
    for (std::size_t split = 0; split < num_splits; ++split) {
      deepest = std::max(deepest, depths[split]);
      for (const std::int32_t child : {SpanOf(trees.split_lefts())[first_split + split],
                                       SpanOf(trees.split_rights())[first_split + split]}) {
        if (child >= 0) depths[static_cast<std::size_t>(child)] = depths[split] + 1;
      }
    }
    work += deepest + LeafWidth(trees, tree);
    first_split += num_splits;
  }
  return work;
}

}  // namespace marquee::model
