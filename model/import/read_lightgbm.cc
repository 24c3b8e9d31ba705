// LightGBM's text format, versions 3 and 4: a header, then blocks of key=value lines, one a tree.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "model/import/readers.h"

namespace marquee::model {
namespace {

// Bits of decision_type.
constexpr std::int64_t kCategorical = 1;
constexpr std::int64_t kDefaultLeft = 2;
constexpr int kMissingShift = 2;
enum class Missing : std::uint8_t { kNone, kZero, kNan };

constexpr std::array<std::string_view, 11> kHeaderKeys = {
    "version",         "num_class",  "num_tree_per_iteration", "label_index",
    "max_feature_idx", "objective",  "average_output",         "feature_names",
    "feature_infos",   "tree_sizes", "monotone_constraints"};
constexpr std::array<std::string_view, 22> kTreeKeys = {
    "num_leaves",    "num_cat",        "split_feature",   "split_gain",     "threshold",
    "decision_type", "left_child",     "right_child",     "leaf_value",     "leaf_weight",
    "leaf_count",    "internal_value", "internal_weight", "internal_count", "cat_boundaries",
    "cat_threshold", "is_linear",      "shrinkage",       "leaf_const",     "num_features",
    "leaf_features", "leaf_coeff"};

/// The lines of a file, one after the other.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}

  /// The next line, without its end; nothing behind the last.
  std::optional<std::string_view> Next() {
    if (text_.empty()) return std::nullopt;
    const std::size_t end = text_.find('\n');
    std::string_view line = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    if (!line.empty() && line.back() == '\r') line.remove_suffix(1);
    ++number_;
    return line;
  }
  std::size_t number() const noexcept { return number_; }

 private:
  std::string_view text_;
  std::size_t number_ = 0;
};

/// A block of key=value lines, and how to ask it.
class Block {
 public:
  explicit Block(std::string place) : place_(std::move(place)) {}

  const std::string& place() const noexcept { return place_; }

  Status Refuse(std::string_view problem) const {
    return Status::Config(fmt::format("{}: {}", place_, problem));
  }

  Status Add(std::string_view line, std::size_t number, std::span<const std::string_view> known) {
    const std::size_t equals = line.find('=');
    const std::string_view key = line.substr(0, equals);
    if (std::find(known.begin(), known.end(), key) == known.end()) {
      return Refuse(
          fmt::format("line {} has the key '{}', which Marquee does not know (known are {})",
                      number, key.substr(0, 80), fmt::join(known, ", ")));
    }
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view() : line.substr(equals + 1);
    if (!values_.emplace(key, value).second) {
      return Refuse(fmt::format("line {} has the key '{}' again", number, key));
    }
    return {};
  }

  bool Has(std::string_view key) const { return values_.find(key) != values_.end(); }

  Result<std::string_view> Text(std::string_view key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) return Refuse(fmt::format("has no '{}'", key));
    return found->second;
  }

  Result<std::vector<std::string_view>> Words(std::string_view key) const {
    MARQUEE_ASSIGN_OR_RETURN(std::string_view text, Text(key));
    std::vector<std::string_view> words;
    while (true) {
      const std::size_t first = text.find_first_not_of(' ');
      if (first == std::string_view::npos) return words;
      text.remove_prefix(first);
      const std::size_t end = std::min(text.find(' '), text.size());
      if (words.size() >= kMaxForestNodes) {
        return Refuse(fmt::format("{} has over {} entries", key, kMaxForestNodes));
      }
      words.push_back(text.substr(0, end));
      text.remove_prefix(end);
    }
  }

  Result<std::vector<double>> Numbers(std::string_view key, std::size_t count) const {
    MARQUEE_ASSIGN_OR_RETURN(const auto words, Words(key));
    if (words.size() != count) {
      return Refuse(fmt::format("{} has {} entries instead of {}", key, words.size(), count));
    }
    std::vector<double> numbers(count);
    for (std::size_t i = 0; i < count; ++i) {
      // A threshold may be infinite: all that is not missing is below it.
      if (!ParseNumber(words[i], NumberType::kDouble, numbers[i]) || std::isnan(numbers[i])) {
        return Refuse(fmt::format("{}[{}] is '{}', not a number", key, i, words[i].substr(0, 80)));
      }
    }
    return numbers;
  }

  Result<std::vector<std::int64_t>> Integers(std::string_view key, std::size_t count,
                                             std::int64_t least, std::int64_t most) const {
    MARQUEE_ASSIGN_OR_RETURN(const auto numbers, Numbers(key, count));
    std::vector<std::int64_t> integers(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (numbers[i] != std::trunc(numbers[i]) || numbers[i] < static_cast<double>(least) ||
          numbers[i] > static_cast<double>(most)) {
        return Refuse(fmt::format("{}[{}] is {}, not a whole number from {} to {}", key, i,
                                  numbers[i], least, most));
      }
      integers[i] = static_cast<std::int64_t>(numbers[i]);
    }
    return integers;
  }

  Result<std::int64_t> Integer(std::string_view key, std::int64_t least, std::int64_t most) const {
    MARQUEE_ASSIGN_OR_RETURN(const auto integers, Integers(key, 1, least, most));
    return integers[0];
  }

 private:
  std::string place_;
  std::map<std::string_view, std::string_view> values_;
};

/// Read the lines of a block up to an empty one.
Result<Block> ReadBlock(Lines& lines, std::string place, std::span<const std::string_view> known) {
  Block block(std::move(place));
  while (const auto line = lines.Next()) {
    if (line->empty()) break;
    MARQUEE_RETURN_IF_ERROR(block.Add(*line, lines.number(), known));
  }
  return block;
}

/// The number behind "name:" among the words of the objective.
Result<double> Parameter(const Block& header, std::span<const std::string_view> words,
                         std::string_view name) {
  for (const std::string_view word : words) {
    double number = 0;
    if (word.size() > name.size() && word.substr(0, name.size()) == name &&
        word[name.size()] == ':' &&
        ParseNumber(word.substr(name.size() + 1), NumberType::kDouble, number)) {
      return number;
    }
  }
  return header.Refuse(fmt::format("objective names no '{}:'", name));
}

Status ReadObjective(const Block& header, Forest& forest) {
  MARQUEE_ASSIGN_OR_RETURN(const auto words, header.Words("objective"));
  const std::string_view name = words.empty() ? std::string_view() : words[0];
  const auto has = [&words](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  // Their score is the value itself; that of poisson, gamma and tweedie is its logarithm, and with
  // "sqrt" its root.
  constexpr std::array<std::string_view, 6> kIdentity = {"regression", "regression_l1", "huber",
                                                         "fair",       "quantile",      "mape"};
  if (std::find(kIdentity.begin(), kIdentity.end(), name) != kIdentity.end() && !has("sqrt")) {
    forest.link = Link::kIdentity;
    return {};
  }
  if (name == "multiclass") {
    forest.link = Link::kSoftmax;
    return {};
  }
  if (name == "binary" || name == "multiclassova") {
    forest.link = name == "binary" ? Link::kLogistic : Link::kOneVsRest;
    MARQUEE_ASSIGN_OR_RETURN(forest.slope, Parameter(header, words, "sigmoid"));
    return {};
  }
  return header.Refuse(fmt::format(
      "objective is '{}', whose scores are no plain values, logits or class scores: train with one "
      "of regression, binary, multiclass, multiclassova",
      fmt::join(words, " ")));
}

Status ReadHeader(const Block& header, Forest& forest) {
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view version, header.Text("version"));
  if (version != "v3" && version != "v4") {
    return header.Refuse(
        fmt::format("version is '{}'; v3 and v4 are known: save the model with LightGBM 3 or 4",
                    version.substr(0, 80)));
  }
  forest.library = fmt::format("LightGBM, format {}", version);
  MARQUEE_RETURN_IF_ERROR(ReadObjective(header, forest));
  MARQUEE_ASSIGN_OR_RETURN(const auto classes, header.Integer("num_class", 1, 254));
  MARQUEE_ASSIGN_OR_RETURN(const auto per_iteration,
                           header.Integer("num_tree_per_iteration", 1, 254));
  const bool several = forest.link == Link::kSoftmax || forest.link == Link::kOneVsRest;
  if (classes != per_iteration || (several ? classes < 2 : classes != 1)) {
    return header.Refuse(fmt::format(
        "num_class is {} and num_tree_per_iteration {}, which does not fit the objective", classes,
        per_iteration));
  }
  forest.num_scores = static_cast<std::size_t>(classes);
  MARQUEE_ASSIGN_OR_RETURN(const auto last,
                           header.Integer("max_feature_idx", 0, kMaxForestFeatures - 1));
  forest.num_features = static_cast<std::size_t>(last) + 1;
  MARQUEE_ASSIGN_OR_RETURN(const auto names, header.Words("feature_names"));
  forest.feature_names.assign(names.begin(), names.end());
  return {};
}

/// What a tree's lines say of its splits.
struct TreeArrays {
  std::vector<std::int64_t> features;
  std::vector<double> thresholds;
  std::vector<std::int64_t> decisions;
  std::vector<std::int64_t> left;
  std::vector<std::int64_t> right;
  /// Category sets: words [boundaries[i], boundaries[i + 1]).
  std::vector<std::int64_t> boundaries;
  std::vector<std::int64_t> words;
};

Status ReadSets(const Block& block, TreeArrays& arrays) {
  MARQUEE_ASSIGN_OR_RETURN(const auto num_sets, block.Integer("num_cat", 0, kMaxForestNodes));
  if (num_sets == 0) return {};
  const auto count = static_cast<std::size_t>(num_sets);
  MARQUEE_ASSIGN_OR_RETURN(arrays.boundaries,
                           block.Integers("cat_boundaries", count + 1, 0, kMaxForestNodes));
  for (std::size_t i = 0; i <= count; ++i) {
    if (i == 0 ? arrays.boundaries[0] == 0 : arrays.boundaries[i - 1] < arrays.boundaries[i]) {
      continue;
    }
    return block.Refuse(fmt::format("cat_boundaries[{}] is {}: they begin at 0 and ascend", i,
                                    arrays.boundaries[i]));
  }
  const auto num_words = static_cast<std::size_t>(arrays.boundaries.back());
  MARQUEE_ASSIGN_OR_RETURN(arrays.words, block.Integers("cat_threshold", num_words, 0, 0xffffffff));
  return {};
}

Result<TreeArrays> ReadArrays(const Block& block, std::size_t num_splits,
                              std::size_t num_features) {
  TreeArrays arrays;
  const auto last_feature = static_cast<std::int64_t>(num_features) - 1;
  MARQUEE_ASSIGN_OR_RETURN(arrays.features,
                           block.Integers("split_feature", num_splits, 0, last_feature));
  MARQUEE_ASSIGN_OR_RETURN(arrays.thresholds, block.Numbers("threshold", num_splits));
  MARQUEE_ASSIGN_OR_RETURN(arrays.decisions, block.Integers("decision_type", num_splits, 0, 11));
  // Splits from 0, leaves from -1 downwards.
  const auto most = static_cast<std::int64_t>(num_splits) - 1;
  MARQUEE_ASSIGN_OR_RETURN(arrays.left, block.Integers("left_child", num_splits, -2 - most, most));
  MARQUEE_ASSIGN_OR_RETURN(arrays.right,
                           block.Integers("right_child", num_splits, -2 - most, most));
  MARQUEE_RETURN_IF_ERROR(ReadSets(block, arrays));
  return arrays;
}

/// A set goes left in LightGBM, and right here; NaN is in none. `taken`: sets that splits before have.
Status SetCategories(const Block& block, const TreeArrays& arrays, std::size_t n,
                     std::vector<bool>& taken, SetBudget& budget, FileNode& node) {
  const double number = arrays.thresholds[n];
  const std::size_t num_sets = arrays.boundaries.empty() ? 0 : arrays.boundaries.size() - 1;
  if (number != std::trunc(number) || number < 0 || number >= static_cast<double>(num_sets)) {
    return block.Refuse(
        fmt::format("threshold[{}] is {}, the number of a category set; but there are {} sets", n,
                    number, num_sets));
  }
  const auto set = static_cast<std::size_t>(number);
  if (taken[set]) {
    return block.Refuse(
        fmt::format("threshold[{}] is {}, a category set that another split has", n, set));
  }
  taken[set] = true;
  Status status =
      budget.Spend(static_cast<std::size_t>(arrays.boundaries[set + 1] - arrays.boundaries[set]));
  if (!status.ok()) return std::move(status).WithContext(block.place());
  const auto first = arrays.words.begin() + arrays.boundaries[set];
  const auto last = arrays.words.begin() + arrays.boundaries[set + 1];
  for (auto word = first; word != last; ++word) {
    node.split.categories.push_back(static_cast<std::uint32_t>(*word));
  }
  std::swap(node.left, node.right);
  return {};
}

/// LightGBM takes what is this near to 0 for 0 before it asks any split (Predictor's and LGBM_Booster's
/// rows leave it out), so such thresholds lie at the border of what is 0.
float ThresholdOf(double threshold) {
  constexpr float kZeroLimit = 1e-35f;
  if (threshold < -double{kZeroLimit} || threshold > double{kZeroLimit}) {
    return FloatNotAbove(threshold);
  }
  return threshold < 0 ? FloatBelow(-kZeroLimit) : kZeroLimit;
}

Status SetThreshold(const Block& block, const TreeArrays& arrays, std::size_t n, Split& split) {
  const double threshold = arrays.thresholds[n];
  split.threshold = ThresholdOf(threshold);
  const std::int64_t missing = arrays.decisions[n] >> kMissingShift;
  if (missing > static_cast<std::int64_t>(Missing::kNan)) {
    return block.Refuse(fmt::format("decision_type[{}] is {}, a kind of missing that is unknown", n,
                                    arrays.decisions[n]));
  }
  split.zero_missing = static_cast<Missing>(missing) == Missing::kZero;
  // Where nothing is missing, NaN counts as 0.
  split.missing_right = static_cast<Missing>(missing) == Missing::kNone
                            ? 0.0 > threshold
                            : (arrays.decisions[n] & kDefaultLeft) == 0;
  return {};
}

Result<Tree> ReadTree(const Block& block, std::size_t num_features, SetBudget& budget) {
  MARQUEE_ASSIGN_OR_RETURN(const auto num_leaves, block.Integer("num_leaves", 1, kMaxForestNodes));
  if (block.Has("is_linear")) {
    MARQUEE_ASSIGN_OR_RETURN(const auto linear, block.Integer("is_linear", 0, 1));
    if (linear == 1) {
      return block.Refuse(
          "is_linear is 1: leaves that are linear models are not supported; train with "
          "linear_tree=false");
    }
  }
  const auto leaves = static_cast<std::size_t>(num_leaves);
  const std::size_t num_splits = leaves - 1;
  MARQUEE_ASSIGN_OR_RETURN(const auto values, block.Numbers("leaf_value", leaves));
  TreeArrays arrays;
  if (num_splits > 0) {
    MARQUEE_ASSIGN_OR_RETURN(arrays, ReadArrays(block, num_splits, num_features));
  }
  std::vector<FileNode> nodes(num_splits + leaves);
  const auto node_of = [num_splits](std::int64_t child) {
    return child >= 0 ? child : static_cast<std::int64_t>(num_splits) - 1 - child;
  };
  std::vector<bool> taken(arrays.boundaries.size());
  for (std::size_t n = 0; n < num_splits; ++n) {
    FileNode& node = nodes[n];
    node.left = node_of(arrays.left[n]);
    node.right = node_of(arrays.right[n]);
    node.split.feature = static_cast<std::uint32_t>(arrays.features[n]);
    const bool categorical = (arrays.decisions[n] & kCategorical) != 0;
    MARQUEE_RETURN_IF_ERROR(categorical ? SetCategories(block, arrays, n, taken, budget, node)
                                        : SetThreshold(block, arrays, n, node.split));
  }
  for (std::size_t leaf = 0; leaf < leaves; ++leaf) {
    nodes[num_splits + leaf].is_leaf = true;
    nodes[num_splits + leaf].values = leaf;
  }
  return MakeTree(nodes, values, 1, num_features, false, block.place());
}

/// Read "Tree=N" and its block; nothing at "end of trees".
Result<std::optional<Block>> NextTree(Lines& lines, std::size_t expected) {
  while (const auto line = lines.Next()) {
    if (line->empty()) continue;
    if (*line == "end of trees") return std::optional<Block>();
    const std::string place = fmt::format("Tree={}", expected);
    if (*line != place) {
      return Status::Config(fmt::format("line {} is '{}' where {} or 'end of trees' should be",
                                        lines.number(), line->substr(0, 80), place));
    }
    MARQUEE_ASSIGN_OR_RETURN(Block block, ReadBlock(lines, place, kTreeKeys));
    return std::optional<Block>(std::move(block));
  }
  return Status::Config(
      fmt::format("the file ends before 'end of trees', after {} trees: it was cut", expected));
}

/// Refuse categories of pandas, unless their codes are what they stand for.
Status CheckPandas(std::string_view json) {
  auto document = ParseJson(json, NumberType::kDouble);
  if (!document) return std::move(document).error().WithContext("pandas_categorical");
  const Field columns(*document, "pandas_categorical");
  if (columns.IsNull()) return {};
  MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, columns.Size());
  for (std::size_t c = 0; c < count; ++c) {
    MARQUEE_ASSIGN_OR_RETURN(const Field column, columns.At(c));
    const auto categories = column.Numbers();
    double code = 0;
    if (categories && std::all_of(categories->begin(), categories->end(),
                                  [&code](double category) { return category == code++; })) {
      continue;
    }
    return column.Refuse(
        "names categories, whose numbers in this list the trees ask for, while a column holds "
        "values: train on numbers (LightGBM's categorical_feature) instead of pandas categories");
  }
  return {};
}

/// What follows the trees: importances and parameters, which have no say in scores, and categories.
Status ReadEnd(Lines& lines) {
  while (const auto line = lines.Next()) {
    if (line->empty()) continue;
    constexpr std::string_view kPandas = "pandas_categorical:";
    if (line->substr(0, kPandas.size()) == kPandas) {
      MARQUEE_RETURN_IF_ERROR(CheckPandas(line->substr(kPandas.size())));
      continue;
    }
    const bool parameters = *line == "parameters:";
    if (!parameters && *line != "feature_importances:") {
      return Status::Config(
          fmt::format("line {} is '{}', which Marquee does not know behind 'end of trees' (known "
                      "are feature_importances:, parameters: and {})",
                      lines.number(), line->substr(0, 80), kPandas));
    }
    const std::string_view end = parameters ? "end of parameters" : "";
    for (auto entry = lines.Next(); entry && *entry != end;) entry = lines.Next();
  }
  return {};
}

}  // namespace

Result<Forest> ReadLightgbm(std::string_view text) {
  Lines lines(text);
  if (lines.Next() != "tree") return Status::Config("line 1 is not 'tree'");
  MARQUEE_ASSIGN_OR_RETURN(const Block header, ReadBlock(lines, "header", kHeaderKeys));
  Forest forest;
  forest.in_f64 = true;
  MARQUEE_RETURN_IF_ERROR(ReadHeader(header, forest));
  SetBudget budget;
  while (true) {
    const std::size_t number = forest.trees.size();
    MARQUEE_ASSIGN_OR_RETURN(const auto block, NextTree(lines, number));
    if (!block) break;
    MARQUEE_ASSIGN_OR_RETURN(Tree tree, ReadTree(*block, forest.num_features, budget));
    tree.target = number % forest.num_scores;
    forest.trees.push_back(std::move(tree));
  }
  MARQUEE_RETURN_IF_ERROR(ReadEnd(lines));
  MARQUEE_ASSIGN_OR_RETURN(const auto sizes, header.Words("tree_sizes"));
  if (sizes.size() != forest.trees.size()) {
    return header.Refuse(fmt::format("tree_sizes has {} entries, but there are {} trees",
                                     sizes.size(), forest.trees.size()));
  }
  const std::size_t iterations = forest.trees.size() / forest.num_scores;
  if (iterations * forest.num_scores != forest.trees.size()) {
    return header.Refuse(fmt::format("there are {} trees, not a multiple of {} classes",
                                     forest.trees.size(), forest.num_scores));
  }
  if (header.Has("average_output")) forest.divisor = static_cast<double>(iterations);
  forest.start.assign(forest.num_scores, 0.0);
  forest.bias.assign(forest.num_scores, 0.0);
  MARQUEE_RETURN_IF_ERROR(CheckForest(forest));
  return forest;
}

}  // namespace marquee::model
