// CatBoost's .cbm: "CBM1", the length of a FlatBuffer, the FlatBuffer.
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "model/import/catboost.h"
#include "model/import/catboost_generated.h"
#include "model/import/readers.h"
#include "schemas/aligned_buffer.h"
#include "schemas/wire_span.h"

namespace marquee::model {
namespace {

constexpr std::string_view kMagic = "CBM1";
constexpr std::string_view kFormat = "FlabuffersModel_v1";
constexpr flatbuffers::uoffset_t kMaxNesting = 8;
constexpr flatbuffers::uoffset_t kMaxTables = 1 << 18;

Status Refuse(std::string_view field, std::string_view problem) {
  return Status::Config(fmt::format("{}: {}", field, problem));
}

/// A symmetric tree has its levels' splits; another one a split a node.
class Reader {
 public:
  explicit Reader(const wire::catboost::Trees& wire)
      : wire_(wire),
        splits_(SpanOf(wire.splits())),
        sizes_(SpanOf(wire.sizes())),
        starts_(SpanOf(wire.starts())),
        node_values_(SpanOf(wire.node_values())) {}

  Result<Forest> Read(const wire::catboost::Model& model) {
    for (const auto* vector : {wire_.leaf_values(), wire_.biases()}) {
      if (!LiesAligned(vector)) return Refuse("leaf_values", "do not lie on multiples of 8 bytes");
    }
    leaf_values_ = SpanOf(wire_.leaf_values());
    forest_.in_f64 = true;
    forest_.library = "CatBoost";
    forest_.symmetric = wire_.steps() == nullptr || wire_.steps()->size() == 0;
    MARQUEE_RETURN_IF_ERROR(ReadScores());
    MARQUEE_RETURN_IF_ERROR(RefuseOthers());
    MARQUEE_RETURN_IF_ERROR(ReadFeatures());
    MARQUEE_RETURN_IF_ERROR(ReadInfo(model));
    MARQUEE_RETURN_IF_ERROR(CheckSizes());
    std::size_t num_nodes = 0;
    for (std::size_t t = 0; t < sizes_.size() && num_nodes <= kMaxForestNodes; ++t) {
      const std::string place = fmt::format("tree {}", t);
      MARQUEE_ASSIGN_OR_RETURN(Tree tree,
                               forest_.symmetric ? ReadSymmetric(t, place) : ReadNodes(t, place));
      if (forest_.num_scores == 1) tree.target = 0;
      num_nodes += tree.splits.size() + tree.leaves.size();
      forest_.trees.push_back(std::move(tree));
    }
    if (forest_.symmetric && next_value_ != leaf_values_.size()) {
      return Refuse("leaf_values", fmt::format("has {} entries, of which trees need {}",
                                               leaf_values_.size(), next_value_));
    }
    MARQUEE_RETURN_IF_ERROR(CheckForest(forest_));
    return std::move(forest_);
  }

 private:
  Status ReadScores() {
    if (wire_.num_scores() < 1 || wire_.num_scores() > 254) {
      return Refuse("num_scores", fmt::format("is {}; 1 to 254 are allowed", wire_.num_scores()));
    }
    forest_.num_scores = static_cast<std::size_t>(wire_.num_scores());
    forest_.start.assign(forest_.num_scores, 0.0);
    forest_.scale = wire_.scale();
    const auto biases = SpanOf(wire_.biases());
    forest_.bias.assign(biases.begin(), biases.end());
    if (biases.empty()) forest_.bias.assign(forest_.num_scores, wire_.bias());
    return {};
  }

  /// Numbers of splits of other features come behind those of numeric ones, and are refused there;
  /// here it is said plainly whose they are.
  Status RefuseOthers() const {
    const auto refuse = [](const auto* features, std::string_view name) -> Status {
      if (features == nullptr || features->size() == 0) return {};
      return Refuse(
          name, fmt::format("there are {}: only numeric features are supported", features->size()));
    };
    MARQUEE_RETURN_IF_ERROR(refuse(wire_.one_hot_features(), "one-hot features"));
    MARQUEE_RETURN_IF_ERROR(refuse(wire_.ctr_features(), "CTR features"));
    return refuse(wire_.estimated_features(), "features estimated from text or embeddings");
  }

  Status ReadFeatures() {
    std::vector<CatboostFeature> features;
    const auto* list = wire_.float_features();
    for (flatbuffers::uoffset_t i = 0; list != nullptr && i < list->size(); ++i) {
      const wire::catboost::FloatFeature& from = *list->Get(i);
      const std::string place = fmt::format("float feature {}", i);
      if (from.flat_index() < 0 ||
          static_cast<std::size_t>(from.flat_index()) >= kMaxForestFeatures) {
        return Refuse(place, fmt::format("has flat index {}", from.flat_index()));
      }
      if (from.nan_treatment() > wire::catboost::NanTreatment::MAX ||
          from.nan_treatment() < wire::catboost::NanTreatment::MIN) {
        return Refuse(place, fmt::format("treats NaN in a way that is unknown ({})",
                                         static_cast<int>(from.nan_treatment())));
      }
      CatboostFeature feature;
      feature.flat_index = static_cast<std::size_t>(from.flat_index());
      feature.name = std::string(TextOf(from.name()));
      feature.missing_right = from.nan_treatment() == wire::catboost::NanTreatment::AsTrue;
      feature.takes_missing = from.nan_treatment() != wire::catboost::NanTreatment::AsIs;
      for (const float border : SpanOf(from.borders())) {
        Split split;
        split.feature = static_cast<std::uint32_t>(feature.flat_index);
        split.threshold = border;
        split.missing_right = feature.missing_right;
        questions_.push_back(split);
      }
      features.push_back(std::move(feature));
    }
    return SetCatboostFeatures(features, forest_);
  }

  Status ReadInfo(const wire::catboost::Model& model) {
    const auto find = [&model](std::string_view key) -> std::string_view {
      const auto* info = model.info();
      for (flatbuffers::uoffset_t i = 0; info != nullptr && i < info->size(); ++i) {
        if (TextOf(info->Get(i)->key()) == key) return TextOf(info->Get(i)->value());
      }
      return "{}";
    };
    const auto parse = [&find](std::string_view key) -> Result<Value> {
      auto value = ParseJson(find(key), NumberType::kDouble);
      if (!value) return std::move(value).error().WithContext(key);
      return value;
    };
    MARQUEE_ASSIGN_OR_RETURN(const Value params, parse("params"));
    MARQUEE_ASSIGN_OR_RETURN(const Field loss, Field(params, "params").Get("loss_function"));
    MARQUEE_ASSIGN_OR_RETURN(const Field type, loss.Get("type"));
    MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, type.Text());
    MARQUEE_RETURN_IF_ERROR(SetCatboostLoss(name, type.place(), forest_));
    MARQUEE_ASSIGN_OR_RETURN(const Value classes, parse("class_params"));
    MARQUEE_ASSIGN_OR_RETURN(forest_.class_names,
                             ReadCatboostClasses(Field(classes, "class_params")));
    return {};
  }

  Status CheckSizes() const {
    if (starts_.size() != sizes_.size()) {
      return Refuse("starts", fmt::format("has {} entries, but there are {} trees", starts_.size(),
                                          sizes_.size()));
    }
    for (std::size_t t = 0; t < sizes_.size(); ++t) {
      if (sizes_[t] < 0 || starts_[t] < 0 ||
          static_cast<std::size_t>(starts_[t]) + static_cast<std::size_t>(sizes_[t]) >
              splits_.size()) {
        return Refuse(fmt::format("tree {}", t),
                      fmt::format("has {} splits from {} on, but there are {}", sizes_[t],
                                  starts_[t], splits_.size()));
      }
    }
    if (forest_.symmetric) return {};
    if (wire_.steps()->size() == splits_.size() && node_values_.size() == splits_.size()) return {};
    return Refuse("steps", fmt::format("has {} entries, and node_values {}, instead of {} each",
                                       wire_.steps()->size(), node_values_.size(), splits_.size()));
  }

  Result<Split> SplitAt(std::size_t place, std::string_view tree) const {
    const std::int32_t number = splits_[place];
    if (number < 0 || static_cast<std::size_t>(number) >= questions_.size()) {
      return Refuse(tree, fmt::format("splits[{}] is {}, but numeric features have {} borders",
                                      place, number, questions_.size()));
    }
    return questions_[static_cast<std::size_t>(number)];
  }

  Result<Tree> ReadSymmetric(std::size_t t, const std::string& place) {
    const auto depth = static_cast<std::size_t>(sizes_[t]);
    if (depth > kMaxCatboostDepth) {
      return Refuse(place,
                    fmt::format("has {} levels; at most {} are allowed", depth, kMaxCatboostDepth));
    }
    std::vector<Split> splits;
    for (std::size_t d = 0; d < depth; ++d) {
      MARQUEE_ASSIGN_OR_RETURN(const Split split,
                               SplitAt(static_cast<std::size_t>(starts_[t]) + d, place));
      splits.push_back(split);
    }
    const std::size_t count = (std::size_t{1} << depth) * forest_.num_scores;
    const std::size_t first = std::min(next_value_, leaf_values_.size());
    next_value_ += count;
    const auto values = leaf_values_.subspan(first, std::min(count, leaf_values_.size() - first));
    return MakeSymmetricTree(splits, {values.begin(), values.end()}, forest_, place);
  }

  Result<Tree> ReadNodes(std::size_t t, const std::string& place) const {
    const auto first = static_cast<std::size_t>(starts_[t]);
    const auto size = static_cast<std::size_t>(sizes_[t]);
    // A leaf takes 12 bytes of the file, whatever its number of scores.
    if (size > kMaxForestNodes / forest_.num_scores) {
      return Refuse(place, fmt::format("has {} nodes of {} score(s); at most {} values are allowed",
                                       size, forest_.num_scores, kMaxForestNodes));
    }
    std::vector<double> values;
    // A node with one child has a value of its own for the other side: a leaf behind the nodes.
    std::vector<FileNode> nodes(size);
    for (std::size_t n = 0; n < size; ++n) {
      const wire::catboost::Step& step =
          *wire_.steps()->Get(static_cast<flatbuffers::uoffset_t>(first + n));
      const std::int64_t left = step.left();
      const std::int64_t right = step.right();
      if (left == 0 || right == 0) {
        const std::size_t value = node_values_[first + n];
        if (value > leaf_values_.size() || leaf_values_.size() - value < forest_.num_scores) {
          return Refuse(place, fmt::format("node {} has the value at {}, but there are {}", n,
                                           value, leaf_values_.size()));
        }
        const auto begin = leaf_values_.begin() + static_cast<std::ptrdiff_t>(value);
        values.insert(values.end(), begin, begin + static_cast<std::ptrdiff_t>(forest_.num_scores));
      }
      const std::size_t leaf = values.size() / forest_.num_scores - 1;
      if (left == 0 && right == 0) {
        nodes[n].is_leaf = true;
        nodes[n].values = leaf;
        continue;
      }
      const auto number = static_cast<std::int64_t>(n);
      MARQUEE_ASSIGN_OR_RETURN(nodes[n].split, SplitAt(first + n, place));
      for (const std::int64_t diff : {left, right}) {
        if (number + diff < static_cast<std::int64_t>(size)) continue;
        return Refuse(place, fmt::format("node {} has child {}, but there are {} nodes", n,
                                         number + diff, size));
      }
      std::int64_t own = 0;
      if (left == 0 || right == 0) {
        own = static_cast<std::int64_t>(nodes.size());
        nodes.push_back({.values = leaf, .is_leaf = true});
      }
      nodes[n].left = left == 0 ? own : number + left;
      nodes[n].right = right == 0 ? own : number + right;
    }
    return MakeTree(nodes, values, forest_.num_scores, forest_.num_features, false, place);
  }

  const wire::catboost::Trees& wire_;
  std::span<const std::int32_t> splits_;
  std::span<const std::int32_t> sizes_;
  std::span<const std::int32_t> starts_;
  std::span<const std::uint32_t> node_values_;
  std::span<const double> leaf_values_;
  /// All borders of all features, which `splits` name by number.
  std::vector<Split> questions_;
  std::size_t next_value_ = 0;
  Forest forest_;
};

}  // namespace

Result<Forest> ReadCatboostBinary(std::string_view bytes) {
  std::uint32_t size = 0;
  const std::size_t header = kMagic.size() + sizeof(size);
  if (bytes.size() < header || bytes.substr(0, kMagic.size()) != kMagic) {
    return Status::Config("does not begin with CBM1 and a length");
  }
  std::memcpy(&size, bytes.data() + kMagic.size(), sizeof(size));
  if (size > bytes.size() - header) {
    return Status::Config(fmt::format("claims {} bytes of trees, but {} are there: it was cut",
                                      size, bytes.size() - header));
  }
  AlignedBuffer buffer(std::max<std::size_t>(size, 1));
  std::memcpy(buffer.data(), bytes.data() + header, size);
  const auto* data = reinterpret_cast<const std::uint8_t*>(buffer.data());
  flatbuffers::Verifier verifier(data, size, kMaxNesting, kMaxTables);
  if (!wire::catboost::VerifyModelBuffer(verifier)) {
    return Status::Config("its FlatBuffer is broken: save the model again");
  }
  const wire::catboost::Model& model = *wire::catboost::GetModel(data);
  if (TextOf(model.format()) != kFormat) {
    return Refuse("format", fmt::format("is '{}' instead of '{}'",
                                        TextOf(model.format()).substr(0, 80), kFormat));
  }
  if (model.part_names() != nullptr && model.part_names()->size() > 0) {
    return Refuse("part_names",
                  fmt::format("there are {} parts behind the trees, which categories, text or "
                              "embeddings need: only numeric features are supported",
                              model.part_names()->size()));
  }
  if (model.trees() == nullptr) return Status::Config("has no trees");
  return Reader(*model.trees()).Read(model);
}

}  // namespace marquee::model
