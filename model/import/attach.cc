// A forest in the place of a base model's trees: whose column each feature is, which class each score.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include "model/import/import.h"
#include "model/import/lower.h"
#include "model/import/probe_rows.h"
#include "model/validate.h"

namespace marquee::model {
namespace {

/// Of a message: how many names, and how much of each.
constexpr std::size_t kMaxShown = 10;
constexpr std::size_t kMaxShownBytes = 100;

/// LightGBM writes _ for the blanks of a name.
std::string Comparable(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), ' ', '_');
  return text;
}

/// Letters to insert, drop or change to make one text of the other.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

std::string_view Nearest(std::string_view name, std::span<const std::string_view> known) {
  return *std::min_element(known.begin(), known.end(),
                           [name](std::string_view a, std::string_view b) {
                             return Distance(name, a) < Distance(name, b);
                           });
}

Result<std::vector<std::string>> FeatureNames(const Forest& forest, const AttachOptions& options) {
  if (options.features.empty() && forest.feature_names.empty()) {
    return Status::Config(
        fmt::format("names no features: give --features with {} names, in the order of training",
                    forest.num_features));
  }
  if (options.features.empty()) return forest.feature_names;
  // A file may have dropped features at its end that no split asks.
  if (options.features.size() < forest.num_features) {
    return Status::Config(fmt::format("was trained on {} features, but --features names {}",
                                      forest.num_features, options.features.size()));
  }
  return options.features;
}

/// The column of each feature that a split asks.
Result<std::vector<std::size_t>> FindColumns(const Forest& forest,
                                             const std::vector<std::string>& names,
                                             const Model& base) {
  std::vector<bool> asked(names.size());
  for (const Tree& tree : forest.trees) {
    for (const Split& split : tree.splits) asked[split.feature] = true;
  }
  const auto known = base.column_names();
  std::map<std::string, std::size_t> column_of;
  for (std::size_t c = 0; c < known.size(); ++c) column_of.emplace(Comparable(known[c]), c);
  std::vector<std::size_t> columns(names.size(), known.size());
  std::vector<bool> taken(known.size());
  std::vector<std::string> problems;
  std::size_t num_problems = 0;
  for (std::size_t f = 0; f < names.size(); ++f) {
    if (!asked[f]) continue;
    const auto found = column_of.find(Comparable(names[f]));
    if (found != column_of.end() && !taken[found->second]) {
      columns[f] = found->second;
      taken[found->second] = true;
      continue;
    }
    // The search for a near name takes long, and more than a few help nobody.
    if (++num_problems > kMaxShown) continue;
    const std::string_view name = std::string_view(names[f]).substr(0, kMaxShownBytes);
    problems.push_back(found == column_of.end()
                           ? fmt::format("'{}' (nearest: '{}')", name, Nearest(name, known))
                           : fmt::format("'{}' (named twice)", name));
  }
  if (num_problems == 0) return columns;
  return Status::Config(
      fmt::format("{} of its features are no columns of the base model {}: {}{}; 'marquee model "
                  "inspect --json' "
                  "lists the columns, --features gives other names",
                  num_problems, base.source(), fmt::join(problems, ", "),
                  num_problems > kMaxShown ? ", …" : ""));
}

/// For each class of the forest, its number in the base.
Result<std::vector<std::size_t>> FindClasses(const Forest& forest, const Model& base,
                                             const AttachOptions& options) {
  const std::vector<std::string>& names =
      options.classes.empty() ? forest.class_names : options.classes;
  const auto known = base.class_names();
  const std::size_t count = forest.num_classes();
  if (count != known.size() || (!names.empty() && names.size() != count)) {
    return Status::Config(fmt::format(
        "has {} classes{}, but the base model {} has {} ({}): train on these, in this order", count,
        names.size() == count || names.empty() ? "" : fmt::format(" and {} names", names.size()),
        base.source(), known.size(), fmt::join(known, ", ")));
  }
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const bool numbered = std::all_of(names.begin(), names.end(), [&names](const std::string& name) {
    return name == std::to_string(&name - names.data());
  });
  if (numbered) return order;
  for (std::size_t k = 0; k < count; ++k) {
    const auto found = std::find(known.begin(), known.end(), names[k]);
    order[k] = static_cast<std::size_t>(found - known.begin());
    const bool again = std::count(names.begin(), names.end(), names[k]) > 1;
    if (found != known.end() && !again) continue;
    return Status::Config(fmt::format(
        "has the class '{}'{}, but the base model {} has {}: --classes names them in the order of "
        "the scores",
        names[k].substr(0, kMaxShownBytes), again ? " twice" : "", base.source(),
        fmt::join(known, ", ")));
  }
  return order;
}

EncodingParts PartsOf(const Encoding& encoding) {
  return {std::string(encoding.name),
          encoding.kind,
          {encoding.lists.begin(), encoding.lists.end()},
          {encoding.codes.begin(), encoding.codes.end()},
          {encoding.values.begin(), encoding.values.end()},
          encoding.unknown,
          encoding.base,
          encoding.other};
}

/// Everything of the base but its trees, what they learned from, and how good they were.
ModelParts PartsOf(const Model& base, bool scaled) {
  ModelParts parts;
  parts.feature_spec = base.feature_spec();
  parts.feature_spec_text = std::string(base.feature_spec_text());
  parts.class_names.assign(base.class_names().begin(), base.class_names().end());
  parts.column_names.assign(base.column_names().begin(), base.column_names().end());
  const Scaler& scaler = base.scaler();
  parts.mean.assign(scaler.mean().begin(), scaler.mean().end());
  parts.inv_std.assign(scaler.inv_std().begin(), scaler.inv_std().end());
  if (!scaled) {
    // (x - 0) * 1 is x.
    std::fill(parts.mean.begin(), parts.mean.end(), 0.0f);
    std::fill(parts.inv_std.begin(), parts.inv_std.end(), 1.0f);
  }
  for (const Encoding& encoding : base.encoder().encodings()) {
    parts.encodings.push_back(PartsOf(encoding));
  }
  for (const NumericProfile& profile : base.numeric_profiles()) {
    parts.numeric_profiles.push_back(
        {{profile.quantiles.begin(), profile.quantiles.end()}, profile.missing_share});
  }
  for (const ListProfile& profile : base.list_profiles()) {
    parts.list_profiles.push_back({{profile.length_shares.begin(), profile.length_shares.end()},
                                   {profile.items.begin(), profile.items.end()},
                                   {profile.item_shares.begin(), profile.item_shares.end()}});
  }
  parts.training_sha256 = std::string(64, '0');
  return parts;
}

/// Regression: classes by cutpoints. Without the base's logistic, probabilities are as steep as 1.
Status SetCutpoints(const Model& base, const AttachOptions& options, ModelParts& parts) {
  const Classifier& of_base = base.classifier();
  const bool ordinal = of_base.kind() == ClassifierKind::kOrdinal;
  parts.logistic_slope = ordinal ? of_base.slope() : 1.0f;
  if (options.cutpoints.empty()) {
    if (!ordinal) {
      return Status::Config(
          "is a regression: give --cutpoints, for the base model has none to make classes of "
          "values");
    }
    parts.cutpoints.assign(of_base.cutpoints().begin(), of_base.cutpoints().end());
    parts.logistic_offsets.assign(of_base.offsets().begin(), of_base.offsets().end());
    return {};
  }
  if (options.cutpoints.size() + 1 != base.num_classes()) {
    return Status::Config(
        fmt::format("is a regression, and --cutpoints gives {}: {} classes ({}) have {} between "
                    "them",
                    options.cutpoints.size(), base.num_classes(),
                    fmt::join(base.class_names(), ", "), base.num_classes() - 1));
  }
  parts.cutpoints = options.cutpoints;
  for (const float cutpoint : options.cutpoints) {
    parts.logistic_offsets.push_back(parts.logistic_slope * cutpoint);
  }
  return {};
}

Status SetClassifier(const Forest& forest, const Model& base, const AttachOptions& options,
                     ModelParts& parts) {
  if (forest.link != Link::kIdentity && !options.cutpoints.empty()) {
    return Status::Config("is a classifier, which has no --cutpoints");
  }
  switch (forest.link) {
    case Link::kIdentity:
      return SetCutpoints(base, options, parts);
    case Link::kLogistic:
      parts.logistic_slope = static_cast<float>(forest.slope);
      parts.logistic_offsets = {0.0f};
      parts.cutpoints = {forest.zero_is_second ? 0.0f : std::numeric_limits<float>::denorm_min()};
      return {};
    case Link::kSoftmax:
      parts.classifier = ClassifierKind::kSoftmax;
      return {};
    case Link::kOneVsRest:
      parts.classifier = ClassifierKind::kOneVsRest;
      parts.logistic_slope = static_cast<float>(forest.slope);
      return {};
    case Link::kShares:
      parts.classifier = ClassifierKind::kShares;
      return {};
  }
  return Status::Internal("a link without a classifier");
}

Result<AttachedModel> Attach(const Forest& forest, const Model& base,
                             const AttachOptions& options) {
  AttachedModel attached;
  MARQUEE_ASSIGN_OR_RETURN(attached.feature_names, FeatureNames(forest, options));
  MARQUEE_ASSIGN_OR_RETURN(attached.columns, FindColumns(forest, attached.feature_names, base));
  std::vector<std::size_t> classes(forest.num_scores, 0);
  if (forest.link != Link::kIdentity) {
    MARQUEE_ASSIGN_OR_RETURN(classes, FindClasses(forest, base, options));
    if (forest.num_scores == 1 && classes != std::vector<std::size_t>{0, 1}) {
      return Status::Config(fmt::format(
          "has one score, for its second class, which is the base's first: train with the classes "
          "in the order of the base model, {}",
          fmt::join(base.class_names(), ", ")));
    }
  }
  ModelParts& parts = attached.parts;
  parts = PartsOf(base, options.scaled);
  parts.name = options.name;
  parts.version = forest.library;
  MARQUEE_RETURN_IF_ERROR(SetClassifier(forest, base, options, parts));
  attached.scores.assign(classes.begin(),
                         classes.begin() + static_cast<std::ptrdiff_t>(forest.num_scores));
  // Of equal scores, libraries take the first in their own order.
  if (forest.num_scores > 1 && !std::is_sorted(classes.begin(), classes.end())) {
    parts.tie_order.assign(classes.begin(), classes.end());
  }
  MARQUEE_RETURN_IF_ERROR(LowerForest(forest, attached));
  parts.golden.rows = MakeProbeRows(forest, attached);
  return attached;
}

}  // namespace

Result<AttachedModel> AttachForest(const Forest& forest, const Model& base,
                                   const AttachOptions& options) {
  auto attached = Attach(forest, base, options);
  if (!attached) return Printable(attached.error());
  return attached;
}

}  // namespace marquee::model
