#include "model/model.h"

#include <fmt/format.h>

// One short hash a row: a call would take as long.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "model/validate.h"
#include "schemas/frame.h"
#include "schemas/model_generated.h"
#include "schemas/wire_span.h"

namespace marquee::model {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the parts read the file's floats as they lie");

/// Deeper or busier than any model: encodings are at most 255, and profiles at most 255 and 256.
constexpr flatbuffers::uoffset_t kMaxNesting = 8;
constexpr flatbuffers::uoffset_t kMaxTables = 4096;

Status Unreadable(std::string_view problem) {
  return Status::Config(
      fmt::format("{}: give a model file with --model FILE, or fit one (./run train)", problem));
}

Status Damaged(std::string_view problem) {
  return Status::Config(
      fmt::format("{}: fetch the file again or fit a new one (./run train)", problem));
}

struct CloseFile {
  void operator()(std::FILE* file) const noexcept { std::fclose(file); }
};

/// Check frame and padding, and return the header.
Result<FrameHeader> CheckFrame(std::span<const std::byte> file) {
  if (file.size() < kFrameHeaderBytes) {
    return Damaged(fmt::format("has {} bytes, fewer than a model file's header", file.size()));
  }
  auto header = DecodeFrameHeader(file.first<kFrameHeaderBytes>(), Model::kMaxBytes);
  if (!header) return Damaged(header.error().message());
  const std::size_t claimed = kFrameHeaderBytes + header->payload_bytes + header->padding_bytes();
  if (file.size() != claimed) {
    return Damaged(fmt::format("has {} bytes, but its header claims {}", file.size(), claimed));
  }
  const auto padding = file.last(header->padding_bytes());
  if (std::any_of(padding.begin(), padding.end(), [](std::byte b) { return b != std::byte{0}; })) {
    return Damaged("the padding at its end is not zero");
  }
  const Status status =
      VerifyFramePayload(*header, file.subspan(kFrameHeaderBytes, header->payload_bytes));
  if (!status.ok()) return Damaged(status.message());
  return header;
}

template <class Vector>
std::vector<std::string_view> TextsOf(const Vector& texts) {
  std::vector<std::string_view> views;
  views.reserve(texts.size());
  for (flatbuffers::uoffset_t i = 0; i < texts.size(); ++i) views.push_back(TextOf(texts.Get(i)));
  return views;
}

SymmetricTrees TreesOf(const wire::Trees& trees) {
  return {
      SpanOf(trees.border_counts()),
      SpanOf(trees.nan_above()),
      SpanOf(trees.borders()),
      {trees.num_scores(), SpanOf(trees.depths()), SpanOf(trees.split_features()),
       SpanOf(trees.split_borders()), SpanOf(trees.leaves()), trees.scale(), SpanOf(trees.bias())}};
}

template <class T>
std::vector<T> CopyOf(const flatbuffers::Vector<T>* from) {
  const auto span = SpanOf(from);
  return {span.begin(), span.end()};
}

std::vector<kernels::BinarySplit> SplitsOf(const wire::BinaryTrees& from) {
  std::vector<kernels::BinarySplit> splits;
  splits.reserve(from.split_flags()->size());
  std::uint32_t first_word = 0;
  flatbuffers::uoffset_t num_sets = 0;
  for (flatbuffers::uoffset_t i = 0; i < from.split_flags()->size(); ++i) {
    const auto flags = static_cast<wire::SplitFlag>(from.split_flags()->Get(i));
    const auto has = [flags](wire::SplitFlag flag) { return (flags & flag) == flag; };
    kernels::BinarySplit split;
    split.threshold = from.split_thresholds()->Get(i);
    split.left = from.split_lefts()->Get(i);
    split.right = from.split_rights()->Get(i);
    split.column = from.split_columns()->Get(i);
    split.missing_right = has(wire::SplitFlag::MissingRight);
    split.zero_missing = has(wire::SplitFlag::ZeroMissing);
    split.categorical = has(wire::SplitFlag::Categorical);
    if (split.categorical) {
      const std::uint32_t end = from.set_ends()->Get(num_sets++);
      split.first_word = first_word;
      split.num_words = end - first_word;
      first_word = end;
    }
    splits.push_back(split);
  }
  return splits;
}

BinaryTrees TreesOf(const wire::BinaryTrees& from, std::size_t num_columns) {
  BinaryTrees trees;
  trees.num_scores = from.num_scores();
  trees.num_columns = num_columns;
  kernels::BinaryTree next;
  for (flatbuffers::uoffset_t i = 0; i < from.split_counts()->size(); ++i) {
    next.num_splits = from.split_counts()->Get(i);
    next.target = from.targets()->Get(i);
    trees.trees.push_back(next);
    next.first_split += next.num_splits;
    next.first_leaf +=
        (next.num_splits + 1) * (next.target < trees.num_scores ? 1 : trees.num_scores);
  }
  trees.splits = SplitsOf(from);
  trees.words = CopyOf(from.set_words());
  trees.leaves = CopyOf(from.leaves());
  trees.leaves_f64 = CopyOf(from.leaves_f64());
  trees.start = CopyOf(from.start());
  trees.divisor = from.divisor();
  trees.scale = from.scale();
  trees.bias = CopyOf(from.bias());
  return trees;
}

Classifier WithoutOrder(const wire::Classifier& classifier, std::size_t num_classes) {
  switch (classifier.kind()) {
    case wire::ClassifierKind::Ordinal:
      return Classifier::Ordinal(SpanOf(classifier.cutpoints()), classifier.logistic_slope(),
                                 SpanOf(classifier.logistic_offsets()));
    case wire::ClassifierKind::Softmax:
      return Classifier::Softmax(num_classes);
    case wire::ClassifierKind::OneVsRest:
      return Classifier::OneVsRest(num_classes, classifier.logistic_slope());
    case wire::ClassifierKind::Shares:
      return Classifier::Shares(num_classes);
  }
  return {};  // ValidateModel refuses any other
}

Classifier ClassifierOf(const wire::Classifier& from, std::size_t num_classes) {
  const Classifier classifier = WithoutOrder(from, num_classes);
  const auto order = SpanOf(from.tie_order());
  return order.empty() ? classifier : classifier.InOrder(order);
}

Encoding EncodingOf(const wire::Encoding& from) {
  static_assert(static_cast<int>(wire::EncodingKind::MAX) ==
                static_cast<int>(EncodingKind::kTargetMin));
  Encoding encoding;
  encoding.name = TextOf(from.name());
  encoding.kind = static_cast<EncodingKind>(from.kind());
  encoding.lists = SpanOf(from.lists());
  encoding.codes = SpanOf(from.codes());
  encoding.values = SpanOf(from.values());
  encoding.unknown = from.unknown();
  encoding.base = from.base();
  encoding.other = from.other();
  return encoding;
}

/// The number of the first line in which two texts differ, and that line of each.
struct LineDifference {
  std::size_t line = 1;
  std::string_view first;
  std::string_view second;
};

LineDifference FirstDifference(std::string_view first, std::string_view second) {
  LineDifference difference;
  while (true) {
    difference.first = first.substr(0, first.find('\n'));
    difference.second = second.substr(0, second.find('\n'));
    const bool at_end =
        difference.first.size() == first.size() || difference.second.size() == second.size();
    if (difference.first != difference.second || at_end) return difference;
    first.remove_prefix(difference.first.size() + 1);
    second.remove_prefix(difference.second.size() + 1);
    ++difference.line;
  }
}

}  // namespace

Model::~Model() = default;

Result<std::shared_ptr<const Model>> Model::Load(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return Unreadable(fmt::format("{}: {}", path, error.message()));
  if (size > kMaxBytes) {
    return Unreadable(
        fmt::format("{}: has {} bytes; a model has at most {}", path, size, kMaxBytes));
  }
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rb"));
  if (file == nullptr)
    return Unreadable(fmt::format("{}: {}", path, std::generic_category().message(errno)));
  AlignedBuffer bytes(std::max<std::size_t>(size, 1));
  if (std::fread(bytes.data(), 1, size, file.get()) != size) {
    return Unreadable(fmt::format("{}: reading stopped before its end ({} bytes)", path, size));
  }
  return FromFile(std::move(bytes), size, path, GoldenCheck::kDo);
}

Result<std::shared_ptr<const Model>> Model::FromBytes(std::span<const std::byte> bytes,
                                                      std::string_view source_name,
                                                      GoldenCheck golden) {
  AlignedBuffer copy(std::max<std::size_t>(bytes.size(), 1));
  std::copy(bytes.begin(), bytes.end(), copy.data());
  return FromFile(std::move(copy), bytes.size(), std::string(source_name), golden);
}

Result<std::shared_ptr<const Model>> Model::FromFile(AlignedBuffer bytes, std::size_t size,
                                                     std::string source, GoldenCheck golden) {
  const auto header = CheckFrame({bytes.data(), size});
  if (!header) return Status::Config(std::string(header.error().message())).WithContext(source);
  // The header has 64 bytes, so the payload lies on a 64-byte border like the buffer.
  const auto* payload = reinterpret_cast<const std::uint8_t*>(bytes.data() + kFrameHeaderBytes);
  flatbuffers::Verifier verifier(payload, header->payload_bytes, kMaxNesting, kMaxTables);
  if (!wire::VerifyModelBuffer(verifier)) {
    return Damaged("is not a model (identifier MQMD), or its structure is broken")
        .WithContext(source);
  }
  std::shared_ptr<Model> model(new Model);
  model->source_ = std::move(source);
  model->bytes_ = std::move(bytes);
  model->wire_ = wire::GetModel(payload);
  model->id_ = header->payload_xxh3;
  Status status = ValidateModel(*model->wire_);
  if (status.ok()) status = model->Attach();
  if (!status.ok()) return std::move(status).WithContext(model->source_);
  if (golden == GoldenCheck::kDo) {
    MARQUEE_ASSIGN_OR_RETURN(const auto engine, MakeEngine(*model));
    MARQUEE_RETURN_IF_ERROR(std::move(model->CheckGolden(*engine)).error());
  }
  return std::shared_ptr<const Model>(std::move(model));
}

Status Model::Attach() {
  name_ = TextOf(wire_->name());
  version_ = TextOf(wire_->version());
  feature_spec_ = wire_->feature_spec();
  feature_spec_text_ = TextOf(wire_->feature_spec_text());
  class_names_ = TextsOf(*wire_->class_names());
  column_names_ = TextsOf(*wire_->column_names());
  scaler_ = Scaler(SpanOf(wire_->scaler()->mean()), SpanOf(wire_->scaler()->inv_std()));
  if (const wire::Trees* symmetric = wire_->classifier()->trees(); symmetric != nullptr) {
    trees_ = TreesOf(*symmetric);
    num_scores_ = symmetric->num_scores();
    num_trees_ = symmetric->depths()->size();
  } else {
    const wire::BinaryTrees& binary = *wire_->classifier()->binary_trees();
    trees_ = TreesOf(binary, num_columns());
    num_scores_ = binary.num_scores();
    num_trees_ = binary.split_counts()->size();
  }
  classifier_ = ClassifierOf(*wire_->classifier(), num_classes());
  training_sha256_ = TextOf(wire_->training_sha256());
  const auto& ids = *wire_->training_ids();
  training_ids_ = IdSet(std::vector<std::uint64_t>(ids.begin(), ids.end()));
  for (const wire::Figure* figure : *wire_->quality()) {
    quality_.push_back(
        {TextOf(figure->name()), figure->mean(), figure->std(), figure->repetitions()});
  }
  for (const wire::NumericProfile* profile : *wire_->numeric_profiles()) {
    numeric_profiles_.push_back({SpanOf(profile->quantiles()), profile->missing_share()});
  }
  for (const wire::ListProfile* profile : *wire_->list_profiles()) {
    list_profiles_.push_back({SpanOf(profile->length_shares()), TextsOf(*profile->items()),
                              SpanOf(profile->item_shares())});
  }
  for (flatbuffers::uoffset_t i = 0; i < wire_->encodings()->size(); ++i) {
    if (!encoder_.Append(EncodingOf(*wire_->encodings()->Get(i)), num_numeric())) {
      return Damaged(fmt::format("encodings[{}].codes collide as no item hashes do", i));
    }
  }
  return {};
}

Status Model::RequireFeatureSpec(std::uint64_t hash, std::string_view text) const {
  if (hash == feature_spec_) return {};
  const LineDifference difference = FirstDifference(feature_spec_text_, text);
  return Status::Config(fmt::format(
      "{}: the model was fitted on feature spec {:016x}, but the features are of spec {:016x}; "
      "line {} "
      "is \"{}\" in the model's and \"{}\" in the features': use a model fitted on these features, "
      "or "
      "the preprocessor this model was fitted with",
      source_, feature_spec_, hash, difference.line, difference.first, difference.second));
}

const Figure* Model::FindFigure(std::string_view name) const noexcept {
  const auto found = std::find_if(quality_.begin(), quality_.end(),
                                  [name](const Figure& figure) { return figure.name == name; });
  return found == quality_.end() ? nullptr : &*found;
}

bool Model::IsTrainingId(std::int64_t id) const noexcept {
  return training_ids_.Contains(XXH3_64bits(&id, sizeof(id)));
}

}  // namespace marquee::model
