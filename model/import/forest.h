// model/import/forest.h — trees of any library in one form: what every reader makes of its file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace marquee::model {

/// More splits and leaves than a model file of Marquee could hold.
inline constexpr std::size_t kMaxForestNodes = std::size_t{1} << 22;
/// Largest number of features a model may have been trained on; far fewer can be columns.
inline constexpr std::size_t kMaxForestFeatures = std::size_t{1} << 16;
/// Categories are numbers below this, as everywhere: f32 has each of them.
inline constexpr std::size_t kMaxCategory = std::size_t{1} << 24;

/// A question to one feature. "Yes" is right, as in schemas/model.fbs, which says what each field
/// means.
struct Split {
  std::uint32_t feature = 0;
  float threshold = 0;
  bool missing_right = false;
  bool zero_missing = false;
  /// Categorical: the set of those that go right, as bits of words. Never empty then.
  std::vector<std::uint32_t> categories;
  /// c >= 0: split c of the same tree, above this one's number; c < 0: leaf -1 - c.
  std::int32_t left = -1;
  std::int32_t right = -1;
};

/// One tree: splits, root first, and one leaf more than splits.
struct Tree {
  /// The score that it adds to; none: each leaf has a value for every score.
  std::optional<std::size_t> target;
  std::vector<Split> splits;
  /// [splits + 1], or [splits + 1][num_scores].
  std::vector<double> leaves;
  /// Most splits on a way from the root to a leaf.
  std::size_t depth = 0;
};

/// What a library makes of the scores.
enum class Link : std::uint8_t {
  kIdentity,   ///< one score, a number: regression
  kLogistic,   ///< one score, two classes
  kSoftmax,    ///< a score a class
  kOneVsRest,  ///< a score a class, each by itself logistic
  kShares,     ///< a score a class, and that is its probability
};

/// A model of trees, checked: every index in it is in range, every number finite.
struct Forest {
  /// Library and version, as it names itself.
  std::string library;
  /// Empty if the file does not name them.
  std::vector<std::string> feature_names;
  std::size_t num_features = 0;
  /// Empty if the file does not name them.
  std::vector<std::string> class_names;
  std::size_t num_scores = 1;
  Link link = Link::kIdentity;
  /// Link kLogistic and kOneVsRest: probability = 1 / (1 + exp(-slope * score)).
  double slope = 1;
  /// Link kLogistic: whether a score of exactly 0 is the second class; else the first.
  bool zero_is_second = false;
  /// Whether the library takes NaN; golden rows hold none if not.
  bool takes_missing = true;
  /// Whether the library cuts categories above 0 to whole numbers; golden rows hold no fractions if
  /// not.
  bool cuts_categories = true;
  /// Whether the library sums in f64, else in f32; then every number is one that f32 has.
  bool in_f64 = false;
  /// Whether every level of every tree asks one question, so that a symmetric engine may score it.
  bool symmetric = false;
  /// score = (start + leaves, in the order of the trees) / divisor * scale + bias.
  std::vector<double> start;
  double divisor = 1;
  double scale = 1;
  std::vector<double> bias;
  std::vector<Tree> trees;

  std::size_t num_classes() const noexcept { return link == Link::kLogistic ? 2 : num_scores; }
};

/// A node of a file, before anything is known of the tree that nodes make.
struct FileNode {
  /// Numbers of nodes; only of a split.
  std::int64_t left = -1;
  std::int64_t right = -1;
  /// Of a leaf: which of the tree's rows of values.
  std::size_t values = 0;
  bool is_leaf = false;
  Split split;
};

/// The words that all category sets of a forest take: a few bytes of a file can ask for many.
class SetBudget {
 public:
  /// Have `words` more, before they are made. Errors: kConfig: more than a model file holds.
  Status Spend(std::size_t words);

 private:
  std::size_t spent_ = 0;
};

/// An error without control characters, and without the middle of what is too long: names out of a
/// stranger's file could act on a terminal, and fill it.
Status Printable(const Status& error);

/// Put a category into a set of bits. The caller has checked that it is below kMaxCategory.
///
/// Errors: kConfig: the budget has no words for it.
Status AddCategory(std::size_t category, std::vector<std::uint32_t>& words, SetBudget& budget);

/// The largest float that is not above `threshold`: a float x is above both or neither.
float FloatNotAbove(double threshold) noexcept;

/// The largest float that is below `threshold`: a float x is above it where x >= threshold.
float FloatBelow(float threshold) noexcept;

/// Make a tree of nodes, of which node 0 is the root.
///
/// `values` [rows][values_per_leaf] are the leaves' values. The tree's splits come out level by
/// level, so that a child is always behind its parent; nodes that no path reaches are left out if
/// `unreached` are allowed (libraries leave pruned ones in the file), else an error.
/// Errors: kConfig: a child out of range, a node with two parents or on a cycle, a feature or number
/// that cannot be; `place` names the tree, and the message the node.
Result<Tree> MakeTree(const std::vector<FileNode>& nodes, const std::vector<double>& values,
                      std::size_t values_per_leaf, std::size_t num_features, bool unreached,
                      std::string_view place);

/// Check what readers leave to the end: sizes that must agree, and numbers that must be finite.
Status CheckForest(const Forest& forest);

}  // namespace marquee::model
