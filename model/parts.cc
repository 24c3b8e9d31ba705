#include "model/parts.h"

#include <algorithm>
#include <span>

#include "schemas/frame.h"
#include "schemas/model_generated.h"

namespace marquee::model {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

flatbuffers::Offset<wire::Encoding> Write(Builder& builder, const EncodingParts& parts) {
  const auto name = builder.CreateString(parts.name);
  const auto lists = builder.CreateVector(parts.lists);
  const auto codes = builder.CreateVector(parts.codes);
  const auto values = builder.CreateVector(parts.values);
  return wire::CreateEncoding(builder, name, static_cast<wire::EncodingKind>(parts.kind), lists,
                              codes, values, parts.unknown, parts.base, parts.other);
}

flatbuffers::Offset<wire::Trees> Write(Builder& builder, const TreesParts& parts) {
  const auto border_counts = builder.CreateVector(parts.border_counts);
  const auto nan_above = builder.CreateVector(parts.nan_above);
  const auto borders = builder.CreateVector(parts.borders);
  const auto depths = builder.CreateVector(parts.depths);
  const auto split_features = builder.CreateVector(parts.split_features);
  const auto split_borders = builder.CreateVector(parts.split_borders);
  const auto leaves = builder.CreateVector(parts.leaves);
  const auto bias = builder.CreateVector(parts.bias);
  return wire::CreateTrees(builder, parts.num_scores, border_counts, nan_above, borders, depths,
                           split_features, split_borders, leaves, parts.scale, bias);
}

flatbuffers::Offset<wire::BinaryTrees> Write(Builder& builder, const BinaryTreesParts& parts) {
  static_assert(kMissingRight == static_cast<std::uint8_t>(wire::SplitFlag::MissingRight) &&
                kZeroMissing == static_cast<std::uint8_t>(wire::SplitFlag::ZeroMissing) &&
                kCategorical == static_cast<std::uint8_t>(wire::SplitFlag::Categorical));
  const auto split_counts = builder.CreateVector(parts.split_counts);
  const auto targets = builder.CreateVector(parts.targets);
  const auto columns = builder.CreateVector(parts.split_columns);
  const auto thresholds = builder.CreateVector(parts.split_thresholds);
  const auto flags = builder.CreateVector(parts.split_flags);
  const auto lefts = builder.CreateVector(parts.split_lefts);
  const auto rights = builder.CreateVector(parts.split_rights);
  const auto set_ends = builder.CreateVector(parts.set_ends);
  const auto set_words = builder.CreateVector(parts.set_words);
  const auto leaves = builder.CreateVector(parts.leaves);
  const auto leaves_f64 = builder.CreateVector(parts.leaves_f64);
  const auto start = builder.CreateVector(parts.start);
  const auto bias = builder.CreateVector(parts.bias);
  return wire::CreateBinaryTrees(builder, parts.num_scores, split_counts, targets, columns,
                                 thresholds, flags, lefts, rights, set_ends, set_words, leaves,
                                 leaves_f64, start, parts.divisor, parts.scale, bias);
}

flatbuffers::Offset<wire::Classifier> WriteClassifier(Builder& builder, const ModelParts& parts) {
  flatbuffers::Offset<wire::Trees> trees;
  if (!parts.trees.border_counts.empty()) trees = Write(builder, parts.trees);
  flatbuffers::Offset<wire::BinaryTrees> binary_trees;
  if (parts.binary_trees) binary_trees = Write(builder, *parts.binary_trees);
  const auto cutpoints = builder.CreateVector(parts.cutpoints);
  const auto offsets = builder.CreateVector(parts.logistic_offsets);
  flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> order;
  if (!parts.tie_order.empty()) order = builder.CreateVector(parts.tie_order);
  return wire::CreateClassifier(builder, static_cast<wire::ClassifierKind>(parts.classifier), trees,
                                cutpoints, parts.logistic_slope, offsets, binary_trees, order);
}

flatbuffers::Offset<wire::Figure> Write(Builder& builder, const FigureParts& parts) {
  const auto name = builder.CreateString(parts.name);
  return wire::CreateFigure(builder, name, parts.mean, parts.std, parts.repetitions);
}

flatbuffers::Offset<wire::GoldenList> Write(Builder& builder, const ListParts& parts) {
  const auto lengths = builder.CreateVector(parts.lengths);
  const auto codes = builder.CreateVector(parts.codes);
  return wire::CreateGoldenList(builder, lengths, codes);
}

flatbuffers::Offset<wire::NumericProfile> Write(Builder& builder,
                                                const NumericProfileParts& parts) {
  const auto quantiles = builder.CreateVector(parts.quantiles);
  return wire::CreateNumericProfile(builder, quantiles, parts.missing_share);
}

flatbuffers::Offset<wire::ListProfile> Write(Builder& builder, const ListProfileParts& parts) {
  const auto length_shares = builder.CreateVector(parts.length_shares);
  const auto items = builder.CreateVectorOfStrings(parts.items);
  const auto item_shares = builder.CreateVector(parts.item_shares);
  return wire::CreateListProfile(builder, length_shares, items, item_shares);
}

/// Write each part of a vector, then the vector of what was written.
template <class Table, class Parts>
flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<Table>>> WriteAll(
    Builder& builder, const std::vector<Parts>& parts) {
  std::vector<flatbuffers::Offset<Table>> offsets;
  for (const Parts& part : parts) offsets.push_back(Write(builder, part));
  return builder.CreateVector(offsets);
}

flatbuffers::Offset<wire::Golden> Write(Builder& builder, const GoldenParts& parts) {
  const auto numeric = builder.CreateVector(parts.rows.numeric);
  const auto lists = WriteAll<wire::GoldenList>(builder, parts.rows.lists);
  const auto scores = builder.CreateVector(parts.scores);
  return wire::CreateGolden(builder, static_cast<std::uint32_t>(parts.rows.num_rows), numeric,
                            lists, scores, parts.bound);
}

std::vector<std::byte> Frame(std::span<const std::byte> payload) {
  const auto header = EncodeFrameHeader(payload);
  const std::size_t size = header.size() + payload.size();
  std::vector<std::byte> file((size + 63) / 64 * 64);
  std::copy(header.begin(), header.end(), file.begin());
  std::copy(payload.begin(), payload.end(), file.begin() + header.size());
  return file;
}

}  // namespace

std::vector<std::byte> WriteModelFile(const ModelParts& parts) {
  Builder builder;
  const auto name = builder.CreateString(parts.name);
  const auto version = builder.CreateString(parts.version);
  const auto spec = builder.CreateString(parts.feature_spec_text);
  const auto class_names = builder.CreateVectorOfStrings(parts.class_names);
  const auto column_names = builder.CreateVectorOfStrings(parts.column_names);
  const auto mean = builder.CreateVector(parts.mean);
  const auto inv_std = builder.CreateVector(parts.inv_std);
  const auto scaler = wire::CreateScaler(builder, mean, inv_std);
  const auto encodings = WriteAll<wire::Encoding>(builder, parts.encodings);
  const auto classifier = WriteClassifier(builder, parts);
  const auto sha256 = builder.CreateString(parts.training_sha256);
  const auto training_ids = builder.CreateVector(parts.training_ids);
  const auto quality = WriteAll<wire::Figure>(builder, parts.quality);
  const auto golden = Write(builder, parts.golden);
  const auto numeric_profiles = WriteAll<wire::NumericProfile>(builder, parts.numeric_profiles);
  const auto list_profiles = WriteAll<wire::ListProfile>(builder, parts.list_profiles);
  wire::FinishModelBuffer(
      builder,
      wire::CreateModel(builder, parts.format_version, name, version, parts.feature_spec, spec,
                        class_names, column_names, scaler, encodings, classifier, sha256,
                        training_ids, quality, golden, numeric_profiles, list_profiles));
  return Frame(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize())));
}

}  // namespace marquee::model
