#include "model/validate.h"

#include <fmt/format.h>
#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/bin.h"
#include "kernels/trees.h"
#include "model/checks.h"
#include "model/validate_binary_trees.h"
#include "schemas/model_generated.h"
#include "schemas/wire_span.h"

namespace marquee::model {
namespace {

constexpr std::size_t kMaxNameBytes = 512;
constexpr std::size_t kMaxSpecBytes = std::size_t{1} << 20;
/// The most items of a list that Marquee keeps; also in the feature spec.
constexpr std::size_t kMaxListItems = 1024;

Status CheckShare(const std::string& field, float share) {
  if (share >= 0.0f && share <= 1.0f) return {};
  return Refuse(field, fmt::format("is {}, not a share from 0 to 1", share));
}

/// Text fit for a terminal or a log: UTF-8, and no control character that could act on either.
bool IsPrintable(std::string_view text, bool newlines_allowed) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool is_newline = newlines_allowed && byte == '\n';
    if ((byte < 0x20 && !is_newline) || byte == 0x7f) return false;
    // U+0080 to U+009F, the controls of ISO 6429, are 0xC2 and this byte in UTF-8.
    if (byte == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
      return false;
    }
  }
  return simdjson::validate_utf8(text.data(), text.size());
}

Status CheckName(const std::string& field, std::string_view name) {
  if (name.empty()) return Refuse(field, "is empty");
  if (name.size() > kMaxNameBytes) {
    return Refuse(field,
                  fmt::format("has {} bytes; at most {} are allowed", name.size(), kMaxNameBytes));
  }
  if (!IsPrintable(name, false)) return Refuse(field, "is not printable UTF-8");
  return {};
}

using Names = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

Status CheckUniqueNames(std::string_view field, const Names& names) {
  std::set<std::string_view> seen;
  for (flatbuffers::uoffset_t i = 0; i < names.size(); ++i) {
    const std::string entry = fmt::format("{}[{}]", field, i);
    const std::string_view name = TextOf(names.Get(i));
    MARQUEE_RETURN_IF_ERROR(CheckName(entry, name));
    if (!seen.insert(name).second) return Refuse(entry, fmt::format("repeats '{}'", name));
  }
  return {};
}

Status CheckIdentity(const wire::Model& model) {
  MARQUEE_RETURN_IF_ERROR(CheckName("name", TextOf(model.name())));
  MARQUEE_RETURN_IF_ERROR(CheckName("version", TextOf(model.version())));
  const std::string_view spec = TextOf(model.feature_spec_text());
  if (spec.empty() || spec.size() > kMaxSpecBytes || !IsPrintable(spec, true)) {
    return Refuse("feature_spec_text",
                  fmt::format("is not printable UTF-8 of 1 to {} bytes", kMaxSpecBytes));
  }
  if (const std::uint64_t hash = XXH3_64bits(spec.data(), spec.size());
      hash != model.feature_spec()) {
    return Refuse("feature_spec", fmt::format("is {:016x}, but its text hashes to {:016x}",
                                              model.feature_spec(), hash));
  }
  return {};
}

/// Classes, columns and numbers of features: the lengths that all other checks compare with.
Status CheckShape(const wire::Model& model) {
  const std::size_t num_classes = model.class_names()->size();
  if (num_classes < 2 || num_classes > kMaxClasses) {
    return Refuse("class_names",
                  fmt::format("has {} entries; 2 to {} are allowed", num_classes, kMaxClasses));
  }
  MARQUEE_RETURN_IF_ERROR(CheckUniqueNames("class_names", *model.class_names()));
  const std::size_t num_columns = model.column_names()->size();
  const bool symmetric = model.classifier()->trees() != nullptr;
  const std::size_t most = symmetric ? kMaxSymmetricColumns : kMaxColumns;
  if (num_columns < 1 || num_columns > most) {
    return Refuse("column_names",
                  fmt::format("has {} entries; 1 to {} are allowed", num_columns, most));
  }
  return CheckUniqueNames("column_names", *model.column_names());
}

Status CheckScaler(const wire::Scaler& scaler) {
  const auto mean = SpanOf(scaler.mean());
  const auto inv_std = SpanOf(scaler.inv_std());
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("scaler.inv_std", inv_std.size(), mean.size(), "as scaler.mean"));
  MARQUEE_RETURN_IF_ERROR(CheckFinite("scaler.mean", mean));
  MARQUEE_RETURN_IF_ERROR(CheckFinite("scaler.inv_std", inv_std));
  for (std::size_t i = 0; i < inv_std.size(); ++i) {
    if (inv_std[i] <= 0.0f) {
      return Refuse(fmt::format("scaler.inv_std[{}]", i),
                    fmt::format("is {}, not above 0", inv_std[i]));
    }
  }
  return {};
}

Status CheckCodes(const std::string& field, std::span<const std::uint32_t> codes) {
  if (codes.size() > kMaxCodes) {
    return Refuse(field,
                  fmt::format("has {} entries; at most {} are allowed", codes.size(), kMaxCodes));
  }
  std::vector<std::uint32_t> sorted(codes.begin(), codes.end());
  std::sort(sorted.begin(), sorted.end());
  const auto twice = std::adjacent_find(sorted.begin(), sorted.end());
  if (twice != sorted.end()) return Refuse(field, fmt::format("holds code {} twice", *twice));
  return {};
}

/// Each list there, and none named twice: a list that counts many times costs as often.
Status CheckLists(const std::string& field, std::span<const std::uint8_t> lists,
                  std::size_t num_lists) {
  if (lists.size() > num_lists) {
    return Refuse(field, fmt::format("has {} entries, but the model has {} list features",
                                     lists.size(), num_lists));
  }
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const std::string entry = fmt::format("{}[{}]", field, i);
    if (lists[i] >= num_lists) {
      return Refuse(entry,
                    fmt::format("is {}, but the model has {} list features", lists[i], num_lists));
    }
    const auto before = lists.first(i);
    if (std::find(before.begin(), before.end(), lists[i]) != before.end()) {
      return Refuse(entry, fmt::format("repeats list {}", lists[i]));
    }
  }
  return {};
}

Status CheckEncoding(const std::string& field, const wire::Encoding& encoding,
                     std::size_t num_lists) {
  MARQUEE_RETURN_IF_ERROR(CheckName(field + ".name", TextOf(encoding.name())));
  if (encoding.kind() > wire::EncodingKind::MAX) {
    return Refuse(field + ".kind", fmt::format("is {}, which no encoding has",
                                               static_cast<unsigned>(encoding.kind())));
  }
  const auto lists = SpanOf(encoding.lists());
  const bool several = encoding.kind() == wire::EncodingKind::LinearScore;
  if (lists.empty() || (lists.size() > 1 && !several)) {
    return Refuse(field + ".lists", fmt::format("has {} entries; this kind takes {}", lists.size(),
                                                several ? "1 or more" : "1"));
  }
  MARQUEE_RETURN_IF_ERROR(CheckLists(field + ".lists", lists, num_lists));
  const auto codes = SpanOf(encoding.codes());
  const auto values = SpanOf(encoding.values());
  MARQUEE_RETURN_IF_ERROR(CheckCodes(field + ".codes", codes));
  if (encoding.kind() == wire::EncodingKind::Hot) {
    if (codes.empty()) return Refuse(field + ".codes", "is empty");
    return CheckSize(field + ".values", values.size(), 0, "a hot encoding has none");
  }
  if (encoding.other()) return Refuse(field + ".other", "is set, but only a hot encoding has it");
  MARQUEE_RETURN_IF_ERROR(
      CheckSize(field + ".values", values.size(), codes.size(), "as its codes"));
  MARQUEE_RETURN_IF_ERROR(CheckFinite(field + ".values", values));
  const float unknown = encoding.unknown();
  const float base = encoding.base();
  MARQUEE_RETURN_IF_ERROR(CheckFinite(field + ".unknown", std::span(&unknown, 1)));
  return CheckFinite(field + ".base", std::span(&base, 1));
}

Status CheckEncodings(const wire::Model& model, std::size_t num_numeric, std::size_t num_lists) {
  std::size_t num_columns = num_numeric;
  std::size_t num_codes = 0;
  for (flatbuffers::uoffset_t i = 0; i < model.encodings()->size(); ++i) {
    const wire::Encoding& encoding = *model.encodings()->Get(i);
    const std::string field = fmt::format("encodings[{}]", i);
    MARQUEE_RETURN_IF_ERROR(CheckEncoding(field, encoding, num_lists));
    num_codes += SpanOf(encoding.codes()).size();
    if (num_codes > kMaxTotalCodes) {
      return Refuse(field + ".codes",
                    fmt::format("brings the codes of all encodings to {}; at most {} are allowed",
                                num_codes, kMaxTotalCodes));
    }
    num_columns += encoding.kind() == wire::EncodingKind::Hot
                       ? encoding.codes()->size() + (encoding.other() ? 1 : 0)
                       : 1;
  }
  return CheckSize("column_names", model.column_names()->size(), num_columns,
                   "what scaler and encodings make");
}

Status CheckBorders(const wire::Trees& trees, std::size_t num_columns) {
  const auto counts = SpanOf(trees.border_counts());
  const auto nan_above = SpanOf(trees.nan_above());
  const auto borders = SpanOf(trees.borders());
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("classifier.trees.border_counts", counts.size(), num_columns, "one a column"));
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("classifier.trees.nan_above", nan_above.size(), num_columns, "one a column"));
  for (std::size_t c = 0; c < num_columns; ++c) {
    if (nan_above[c] > 1) {
      return Refuse(fmt::format("classifier.trees.nan_above[{}]", c),
                    fmt::format("is {}, not 0 or 1", nan_above[c]));
    }
    if (counts[c] > kernels::kMaxBorders) {
      return Refuse(fmt::format("classifier.trees.border_counts[{}]", c),
                    fmt::format("is {}; at most {} are allowed", counts[c], kernels::kMaxBorders));
    }
  }
  const std::size_t total = std::accumulate(counts.begin(), counts.end(), std::size_t{0});
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("classifier.trees.borders", borders.size(), total, "the sum of border_counts"));
  for (std::size_t c = 0, first = 0; c < num_columns; first += counts[c], ++c) {
    MARQUEE_RETURN_IF_ERROR(
        CheckAscending(fmt::format("classifier.trees.borders (column {}, from {})", c, first),
                       borders.subspan(first, counts[c])));
  }
  return {};
}

Status CheckSplits(const wire::Trees& trees, std::size_t num_columns) {
  const auto counts = SpanOf(trees.border_counts());
  const auto depths = SpanOf(trees.depths());
  const auto features = SpanOf(trees.split_features());
  const auto borders = SpanOf(trees.split_borders());
  if (depths.empty()) return Refuse("classifier.trees.depths", "is empty: there is no tree");
  if (depths.size() > kMaxTrees) {
    return Refuse("classifier.trees.depths",
                  fmt::format("has {} entries; at most {} are allowed", depths.size(), kMaxTrees));
  }
  std::size_t num_splits = 0;
  std::size_t num_leaves = 0;
  for (std::size_t tree = 0; tree < depths.size(); ++tree) {
    if (depths[tree] > kernels::kMaxTreeDepth) {
      return Refuse(
          fmt::format("classifier.trees.depths[{}]", tree),
          fmt::format("is {}; at most {} are allowed", depths[tree], kernels::kMaxTreeDepth));
    }
    num_splits += depths[tree];
    num_leaves += std::size_t{1} << depths[tree];
  }
  MARQUEE_RETURN_IF_ERROR(CheckSize("classifier.trees.split_features", features.size(), num_splits,
                                    "the sum of depths"));
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("classifier.trees.split_borders", borders.size(), num_splits, "the sum of depths"));
  for (std::size_t i = 0; i < num_splits; ++i) {
    if (features[i] >= num_columns) {
      return Refuse(fmt::format("classifier.trees.split_features[{}]", i),
                    fmt::format("is {}, but the model has {} columns", features[i], num_columns));
    }
    if (borders[i] >= counts[features[i]]) {
      return Refuse(fmt::format("classifier.trees.split_borders[{}]", i),
                    fmt::format("is {}, but column {} has {} borders", borders[i], features[i],
                                counts[features[i]]));
    }
  }
  return CheckSize("classifier.trees.leaves", trees.leaves()->size(),
                   num_leaves * trees.num_scores(), "the sum of 2^depth, times num_scores");
}

/// Leaves, scale and bias finite, and so small that no sum of them overflows.
Status CheckScores(const wire::Trees& trees) {
  const auto leaves = SpanOf(trees.leaves());
  const auto bias = SpanOf(trees.bias());
  const float scale = trees.scale();
  MARQUEE_RETURN_IF_ERROR(CheckFinite("classifier.trees.leaves", leaves));
  MARQUEE_RETURN_IF_ERROR(CheckFinite("classifier.trees.scale", std::span(&scale, 1)));
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("classifier.trees.bias", bias.size(), trees.num_scores(), "one a score"));
  MARQUEE_RETURN_IF_ERROR(CheckFinite("classifier.trees.bias", bias));
  double largest_sum = 0;
  std::size_t first = 0;
  for (const std::uint8_t depth : SpanOf(trees.depths())) {
    const std::size_t size = (std::size_t{1} << depth) * trees.num_scores();
    float largest = 0;
    for (const float leaf : leaves.subspan(first, size))
      largest = std::max(largest, std::abs(leaf));
    largest_sum += largest;
    first += size;
  }
  if (largest_sum > kMaxScore || largest_sum * std::abs(scale) > kMaxScore) {
    return Refuse("classifier.trees.leaves",
                  fmt::format("may sum up to {}, times scale {}; at most {} is allowed",
                              largest_sum, scale, kMaxScore));
  }
  for (std::size_t s = 0; s < bias.size(); ++s) {
    if (std::abs(bias[s]) > kMaxScore) {
      return Refuse(fmt::format("classifier.trees.bias[{}]", s),
                    fmt::format("is {}; at most {} is allowed", bias[s], kMaxScore));
    }
  }
  return {};
}

Status CheckTreesThere(const wire::Classifier& classifier) {
  const bool symmetric = classifier.trees() != nullptr;
  if (symmetric != (classifier.binary_trees() != nullptr)) return {};
  return Refuse("classifier", symmetric ? "has both trees and binary_trees"
                                        : "has neither trees nor binary_trees");
}

Status CheckTrees(const wire::Classifier& classifier, std::size_t num_columns) {
  if (classifier.binary_trees() != nullptr) {
    return CheckBinaryTrees(*classifier.binary_trees(), num_columns);
  }
  const wire::Trees& trees = *classifier.trees();
  MARQUEE_RETURN_IF_ERROR(CheckBorders(trees, num_columns));
  MARQUEE_RETURN_IF_ERROR(CheckSplits(trees, num_columns));
  return CheckScores(trees);
}

std::size_t NumScores(const wire::Classifier& classifier) {
  return classifier.trees() != nullptr ? classifier.trees()->num_scores()
                                       : classifier.binary_trees()->num_scores();
}

Status CheckTieOrder(const wire::Classifier& classifier, std::size_t num_classes) {
  const auto order = SpanOf(classifier.tie_order());
  if (order.empty()) return {};
  const bool ordinal = classifier.kind() == wire::ClassifierKind::Ordinal;
  MARQUEE_RETURN_IF_ERROR(CheckSize("classifier.tie_order", order.size(), ordinal ? 0 : num_classes,
                                    ordinal ? "one score ties with no other" : "one a class"));
  std::vector<bool> taken(num_classes);
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] >= num_classes || taken[order[i]]) {
      return Refuse(fmt::format("classifier.tie_order[{}]", i),
                    fmt::format("is {}: each of {} classes is there once", order[i], num_classes));
    }
    taken[order[i]] = true;
  }
  return {};
}

Status CheckClassifier(const wire::Classifier& classifier, std::size_t num_classes) {
  const std::size_t num_scores = NumScores(classifier);
  const auto cutpoints = SpanOf(classifier.cutpoints());
  const auto offsets = SpanOf(classifier.logistic_offsets());
  if (classifier.kind() > wire::ClassifierKind::MAX) {
    return Refuse("classifier.kind", fmt::format("is {}, which no classifier has",
                                                 static_cast<unsigned>(classifier.kind())));
  }
  const bool ordinal = classifier.kind() == wire::ClassifierKind::Ordinal;
  if (const std::size_t expected = ordinal ? 1 : num_classes; num_scores != expected) {
    return Refuse(
        classifier.trees() != nullptr ? "classifier.trees.num_scores"
                                      : "classifier.binary_trees.num_scores",
        fmt::format("is {} instead of {} ({})", num_scores, expected,
                    ordinal ? "an ordinal classifier has one" : "this kind has one a class"));
  }
  const std::size_t num_cuts = ordinal ? num_classes - 1 : 0;
  const std::string_view because =
      ordinal ? "one fewer than classes" : "only an ordinal classifier has them";
  MARQUEE_RETURN_IF_ERROR(CheckSize("classifier.cutpoints", cutpoints.size(), num_cuts, because));
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("classifier.logistic_offsets", offsets.size(), num_cuts, because));
  MARQUEE_RETURN_IF_ERROR(CheckAscending("classifier.cutpoints", cutpoints));
  MARQUEE_RETURN_IF_ERROR(CheckAscending("classifier.logistic_offsets", offsets));
  const bool logistic = ordinal || classifier.kind() == wire::ClassifierKind::OneVsRest;
  const float slope = classifier.logistic_slope();
  if (logistic && !(std::isfinite(slope) && slope > 0.0f)) {
    return Refuse("classifier.logistic_slope", fmt::format("is {}, not above 0 and finite", slope));
  }
  return CheckTieOrder(classifier, num_classes);
}

Status CheckProvenance(const wire::Model& model) {
  const std::string_view sha256 = TextOf(model.training_sha256());
  const bool is_hex = std::all_of(sha256.begin(), sha256.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (sha256.size() != 64 || !is_hex) {
    return Refuse("training_sha256", "is not 64 lower-case hexadecimal digits");
  }
  const flatbuffers::Vector<std::uint64_t>& ids = *model.training_ids();
  if (!LiesAligned(&ids)) {
    return Refuse("training_ids", "does not lie on a multiple of 8 bytes");
  }
  for (flatbuffers::uoffset_t i = 1; i < ids.size(); ++i) {
    if (ids.Get(i - 1) >= ids.Get(i)) {
      return Refuse(fmt::format("training_ids[{}]", i), "is not above the one before it");
    }
  }
  for (flatbuffers::uoffset_t i = 0; i < model.quality()->size(); ++i) {
    const wire::Figure& figure = *model.quality()->Get(i);
    MARQUEE_RETURN_IF_ERROR(CheckName(fmt::format("quality[{}].name", i), TextOf(figure.name())));
    if (!std::isfinite(figure.mean()) || !std::isfinite(figure.std()) || figure.std() < 0) {
      return Refuse(fmt::format("quality[{}]", i),
                    fmt::format("says {} ± {}", figure.mean(), figure.std()));
    }
  }
  return {};
}

Status CheckGoldenList(const std::string& field, const wire::GoldenList& list,
                       std::size_t num_rows) {
  const auto lengths = SpanOf(list.lengths());
  MARQUEE_RETURN_IF_ERROR(
      CheckSize(field + ".lengths", lengths.size(), num_rows, "golden.num_rows"));
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (lengths[row] > kMaxListItems) {
      return Refuse(fmt::format("{}.lengths[{}]", field, row),
                    fmt::format("is {}; at most {} are allowed", lengths[row], kMaxListItems));
    }
  }
  const std::size_t num_items = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
  return CheckSize(field + ".codes", list.codes()->size(), num_items, "the sum of its lengths");
}

/// What scoring one row takes, in splits and leaves looked at, about.
std::size_t WorkPerRow(const wire::Classifier& classifier) {
  if (classifier.binary_trees() != nullptr) return BinaryTreesWork(*classifier.binary_trees());
  return std::size_t{classifier.trees()->depths()->size()} * classifier.trees()->num_scores();
}

Status CheckGoldenRows(const wire::Golden& golden, std::size_t num_numeric,
                       const wire::Classifier& classifier) {
  const std::size_t num_scores = NumScores(classifier);
  const std::size_t num_rows = golden.num_rows();
  if (num_rows < 1 || num_rows > kMaxGoldenRows) {
    return Refuse("golden.num_rows",
                  fmt::format("is {}; 1 to {} are allowed", num_rows, kMaxGoldenRows));
  }
  const std::size_t work = WorkPerRow(classifier);
  if (num_rows * work > kMaxGoldenWork) {
    return Refuse("golden.num_rows",
                  fmt::format("is {}, times {} steps through the trees; a product of at most {} is "
                              "allowed",
                              num_rows, work, kMaxGoldenWork));
  }
  MARQUEE_RETURN_IF_ERROR(CheckSize("golden.numeric", golden.numeric()->size(),
                                    num_rows * num_numeric, "rows times numeric features"));
  for (flatbuffers::uoffset_t i = 0; i < golden.lists()->size(); ++i) {
    MARQUEE_RETURN_IF_ERROR(
        CheckGoldenList(fmt::format("golden.lists[{}]", i), *golden.lists()->Get(i), num_rows));
  }
  const auto scores = SpanOf(golden.scores());
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("golden.scores", scores.size(), num_rows * num_scores, "rows times num_scores"));
  MARQUEE_RETURN_IF_ERROR(CheckFinite("golden.scores", scores));
  float largest = 1.0f;
  for (const float score : scores) largest = std::max(largest, std::abs(score));
  // A thousandth of the largest score is fifty times what CatBoost's f64 sums differ by; beyond, it
  // checks nothing.
  if (!(golden.bound() >= 0.0f && golden.bound() <= 1e-3f * largest)) {
    return Refuse("golden.bound",
                  fmt::format("is {}; 0 to {} is allowed", golden.bound(), 1e-3f * largest));
  }
  return {};
}

Status CheckNumericProfile(const std::string& field, const wire::NumericProfile& profile) {
  const auto quantiles = SpanOf(profile.quantiles());
  MARQUEE_RETURN_IF_ERROR(CheckFinite(field + ".quantiles", quantiles));
  if (quantiles.size() == 1)
    return Refuse(field + ".quantiles", "has 1 entry instead of 0, or 2 or more");
  if (!std::is_sorted(quantiles.begin(), quantiles.end())) {
    return Refuse(field + ".quantiles", "does not ascend");
  }
  return CheckShare(field + ".missing_share", profile.missing_share());
}

Status CheckListProfile(const std::string& field, const wire::ListProfile& profile) {
  const auto length_shares = SpanOf(profile.length_shares());
  if (length_shares.empty() || length_shares.size() > kMaxListItems + 1) {
    return Refuse(field + ".length_shares", fmt::format("has {} entries; 1 to {} are allowed",
                                                        length_shares.size(), kMaxListItems + 1));
  }
  double sum = 0;
  for (std::size_t i = 0; i < length_shares.size(); ++i) {
    MARQUEE_RETURN_IF_ERROR(
        CheckShare(fmt::format("{}.length_shares[{}]", field, i), length_shares[i]));
    sum += length_shares[i];
  }
  if (std::abs(sum - 1.0) > 1e-3) {
    return Refuse(field + ".length_shares", fmt::format("sums to {} instead of 1", sum));
  }
  const auto item_shares = SpanOf(profile.item_shares());
  MARQUEE_RETURN_IF_ERROR(CheckUniqueNames(field + ".items", *profile.items()));
  MARQUEE_RETURN_IF_ERROR(CheckSize(field + ".item_shares", item_shares.size(),
                                    profile.items()->size(), "as its items"));
  for (std::size_t i = 0; i < item_shares.size(); ++i) {
    MARQUEE_RETURN_IF_ERROR(
        CheckShare(fmt::format("{}.item_shares[{}]", field, i), item_shares[i]));
  }
  if (!std::is_sorted(item_shares.rbegin(), item_shares.rend())) {
    return Refuse(field + ".item_shares", "does not descend");
  }
  return {};
}

Status CheckProfiles(const wire::Model& model, std::size_t num_numeric) {
  MARQUEE_RETURN_IF_ERROR(CheckSize("numeric_profiles", model.numeric_profiles()->size(),
                                    num_numeric, "one a numeric feature"));
  for (flatbuffers::uoffset_t i = 0; i < num_numeric; ++i) {
    MARQUEE_RETURN_IF_ERROR(CheckNumericProfile(fmt::format("numeric_profiles[{}]", i),
                                                *model.numeric_profiles()->Get(i)));
  }
  for (flatbuffers::uoffset_t i = 0; i < model.list_profiles()->size(); ++i) {
    MARQUEE_RETURN_IF_ERROR(
        CheckListProfile(fmt::format("list_profiles[{}]", i), *model.list_profiles()->Get(i)));
  }
  return {};
}

}  // namespace

Status ValidateModel(const wire::Model& model) {
  if (model.format_version() > kFormatVersion) {
    return Status::Config(fmt::format(
        "format_version is {}: the model was made by a newer Marquee, and this one reads "
        "version {}; update Marquee",
        model.format_version(), kFormatVersion));
  }
  if (model.format_version() != kFormatVersion) {
    return Refuse("format_version",
                  fmt::format("is {} instead of {}", model.format_version(), kFormatVersion));
  }
  const std::size_t num_numeric = model.scaler()->mean()->size();
  const std::size_t num_lists = model.list_profiles()->size();
  const std::size_t num_columns = model.column_names()->size();
  MARQUEE_RETURN_IF_ERROR(CheckIdentity(model));
  MARQUEE_RETURN_IF_ERROR(CheckTreesThere(*model.classifier()));
  MARQUEE_RETURN_IF_ERROR(CheckShape(model));
  MARQUEE_RETURN_IF_ERROR(CheckScaler(*model.scaler()));
  MARQUEE_RETURN_IF_ERROR(CheckEncodings(model, num_numeric, num_lists));
  MARQUEE_RETURN_IF_ERROR(CheckClassifier(*model.classifier(), model.class_names()->size()));
  MARQUEE_RETURN_IF_ERROR(CheckTrees(*model.classifier(), num_columns));
  MARQUEE_RETURN_IF_ERROR(CheckProvenance(model));
  MARQUEE_RETURN_IF_ERROR(CheckProfiles(model, num_numeric));
  MARQUEE_RETURN_IF_ERROR(
      CheckSize("golden.lists", model.golden()->lists()->size(), num_lists, "as list_profiles"));
  return CheckGoldenRows(*model.golden(), num_numeric, *model.classifier());
}

}  // namespace marquee::model
