#include "pipeline/app/import_base.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "pipeline/transport/file/message_file.h"
#include "schemas/feature_batch.h"

namespace marquee {
namespace {

/// As model/train/profiles.py has it.
constexpr std::size_t kQuantiles = 33;
constexpr std::size_t kMaxLength = 40;

void AddNumericFeature(const FeatureLine& line, model::ModelParts& parts) {
  parts.column_names.push_back(line.name);
  parts.mean.push_back(0);
  parts.inv_std.push_back(1);
  parts.numeric_profiles.push_back({});
}

/// One tree of one leaf: a model has to have some.
void AddTrees(std::size_t num_scores, model::ModelParts& parts) {
  auto& trees = parts.binary_trees.emplace();
  trees.num_scores = static_cast<std::uint16_t>(num_scores);
  trees.split_counts = {0};
  trees.targets = {0};
  trees.leaves = {0};
  trees.start.assign(num_scores, 0);
  trees.bias.assign(num_scores, 0);
}

model::NumericProfileParts ProfileOf(std::vector<float> values, std::size_t num_rows) {
  std::sort(values.begin(), values.end());
  model::NumericProfileParts profile;
  const std::size_t missing = num_rows - values.size();
  profile.missing_share = static_cast<float>(missing) / static_cast<float>(num_rows);
  if (values.empty()) return profile;
  for (std::size_t i = 0; i < kQuantiles; ++i) {
    // Values that occur, never ones in between.
    const std::size_t last = values.size() - 1;
    profile.quantiles.push_back(values[(i * last + (kQuantiles - 1) / 2) / (kQuantiles - 1)]);
  }
  return profile;
}

/// The rows of a file of features, as far as a model holds facts of them.
class FeatureFacts {
 public:
  explicit FeatureFacts(const FeatureSpec& spec)
      : spec_(spec),
        values_(spec.numeric.size()),
        lengths_(spec.lists.size(), std::vector<std::uint64_t>(kMaxLength + 1)) {}

  Status Add(const FeatureBatchView& batch) {
    if (batch.feature_spec() != spec_.Hash() || batch.num_numeric() != values_.size() ||
        batch.num_lists() != lengths_.size()) {
      return Status::Config(
          fmt::format("features of spec {:016x}, not {:016x}: make them with the same --schema",
                      batch.feature_spec(), spec_.Hash()));
    }
    num_rows_ += batch.num_rows();
    for (std::size_t i = 0; i < values_.size(); ++i) {
      std::ranges::copy_if(batch.numeric(i), std::back_inserter(values_[i]),
                           [](float value) { return std::isfinite(value); });
    }
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      for (const std::size_t length : batch.list_lengths(i)) {
        ++lengths_[i][std::min(length, kMaxLength)];
      }
    }
    if (spec_.id_column.empty()) return {};
    for (const std::int64_t id : batch.rows().ids) ids_.push_back(XXH3_64bits(&id, sizeof(id)));
    return {};
  }

  std::size_t num_rows() const noexcept { return num_rows_; }

  void WriteTo(model::ModelParts& parts) {
    for (std::size_t i = 0; i < values_.size(); ++i) {
      parts.numeric_profiles[i] = ProfileOf(std::move(values_[i]), num_rows_);
    }
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      std::vector<float>& shares = parts.list_profiles[i].length_shares;
      shares.clear();
      for (const std::uint64_t rows : lengths_[i]) {
        shares.push_back(static_cast<float>(rows) / static_cast<float>(num_rows_));
      }
    }
    std::sort(ids_.begin(), ids_.end());
    ids_.erase(std::unique(ids_.begin(), ids_.end()), ids_.end());
    parts.training_ids = std::move(ids_);
  }

 private:
  const FeatureSpec& spec_;
  std::size_t num_rows_ = 0;
  std::vector<std::vector<float>> values_;           // by numeric feature, those present
  std::vector<std::vector<std::uint64_t>> lengths_;  // by list, rows by number of items
  std::vector<std::uint64_t> ids_;
};

}  // namespace

Result<std::shared_ptr<const model::Model>> BaseModelOf(const FeatureSpec& spec,
                                                        const std::string& source) {
  if (spec.numeric.empty()) {
    return Status::Config(source + ": there is no numeric feature for trees to ask: add some");
  }
  model::ModelParts parts;
  parts.name = "schema";
  parts.version = "1";
  parts.feature_spec = spec.Hash();
  parts.feature_spec_text = spec.CanonicalText();
  parts.class_names = spec.target.class_names;
  for (const FeatureLine& line : spec.numeric) AddNumericFeature(line, parts);
  parts.list_profiles.assign(spec.lists.size(), {.length_shares = {1}});
  if (spec.target.is_category()) {
    parts.classifier = model::ClassifierKind::kSoftmax;
    AddTrees(parts.class_names.size(), parts);
  } else {
    parts.cutpoints.assign(spec.target.bounds.begin(), spec.target.bounds.end());
    parts.logistic_offsets = parts.cutpoints;
    parts.logistic_slope = 1;
    AddTrees(1, parts);
  }
  parts.training_sha256 = std::string(64, '0');
  parts.golden.rows = {.num_rows = 1,
                       .numeric = std::vector<float>(spec.numeric.size()),
                       .lists = std::vector<model::ListParts>(spec.lists.size(), {{0}, {}})};
  parts.golden.scores.assign(parts.binary_trees->num_scores, 0);
  return model::Model::FromBytes(model::WriteModelFile(parts), source, model::GoldenCheck::kSkip);
}

Result<std::size_t> AddTrainingFacts(const std::string& path, const FeatureSpec& spec,
                                     model::ModelParts& parts) {
  MARQUEE_ASSIGN_OR_RETURN(MessageFileReader file, MessageFileReader::Open(path));
  FeatureFacts facts(spec);
  Message message;
  while (true) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, file.Next(message));
    if (!more) break;
    auto batch = FeatureBatchView::Verify(message.bytes());
    if (!batch) return std::move(batch).error().WithContext(path);
    MARQUEE_RETURN_IF_ERROR(facts.Add(*batch).WithContext(path));
  }
  if (facts.num_rows() == 0) return Status::Config(path + ": there are no rows in it");
  facts.WriteTo(parts);
  return facts.num_rows();
}

}  // namespace marquee
