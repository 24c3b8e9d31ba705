// CatBoost's JSON: symmetric trees as lists of levels, others as nested objects.
#include <fmt/format.h>

#include <cmath>

#include "model/import/catboost.h"
#include "model/import/readers.h"

namespace marquee::model {
namespace {

Result<CatboostFeature> ReadFeature(const Field& field, std::size_t number) {
  MARQUEE_RETURN_IF_ERROR(
      field.AllowOnly({"borders", "feature_id", "feature_index", "feature_name",
                       "flat_feature_index", "has_nans", "nan_value_treatment"}));
  CatboostFeature feature;
  MARQUEE_ASSIGN_OR_RETURN(const Field index_field, field.Get("feature_index"));
  MARQUEE_ASSIGN_OR_RETURN(const auto index, index_field.Integer(0, kMaxForestFeatures - 1));
  if (static_cast<std::size_t>(index) != number) {
    return index_field.Refuse(fmt::format("is {} instead of {}", index, number));
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field flat_field, field.Get("flat_feature_index"));
  MARQUEE_ASSIGN_OR_RETURN(const auto flat, flat_field.Integer(0, kMaxForestFeatures - 1));
  feature.flat_index = static_cast<std::size_t>(flat);
  if (const auto name = field.Find("feature_id")) {
    MARQUEE_ASSIGN_OR_RETURN(const std::string_view text, name->Text());
    feature.name = std::string(text);
  }
  MARQUEE_ASSIGN_OR_RETURN(const Field nan_field, field.Get("nan_value_treatment"));
  MARQUEE_ASSIGN_OR_RETURN(const std::string_view treatment, nan_field.Text());
  if (treatment != "AsIs" && treatment != "AsFalse" && treatment != "AsTrue") {
    return nan_field.Refuse(fmt::format("is '{}', none of AsIs, AsFalse, AsTrue", treatment));
  }
  feature.missing_right = treatment == "AsTrue";
  feature.takes_missing = treatment != "AsIs";
  return feature;
}

class Reader {
 public:
  Result<Forest> Read(const Field& root) {
    MARQUEE_RETURN_IF_ERROR(root.AllowOnly(
        {"ctr_data", "features_info", "model_info", "oblivious_trees", "scale_and_bias", "trees"}));
    forest_.in_f64 = true;
    MARQUEE_RETURN_IF_ERROR(ReadScaleAndBias(root));
    MARQUEE_RETURN_IF_ERROR(ReadFeatures(root));
    MARQUEE_RETURN_IF_ERROR(ReadInfo(root));
    const auto symmetric = root.Find("oblivious_trees");
    forest_.symmetric = symmetric.has_value();
    MARQUEE_ASSIGN_OR_RETURN(const Field trees,
                             symmetric ? Result<Field>(*symmetric) : root.Get("trees"));
    MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, trees.Size());
    for (std::size_t t = 0; t < count; ++t) {
      MARQUEE_ASSIGN_OR_RETURN(const Field field, trees.At(t));
      MARQUEE_ASSIGN_OR_RETURN(Tree tree,
                               forest_.symmetric ? ReadSymmetric(field) : ReadNested(field));
      if (forest_.num_scores == 1) tree.target = 0;
      num_nodes_ += tree.splits.size() + tree.leaves.size();
      if (num_nodes_ > kMaxForestNodes) break;  // CheckForest tells
      forest_.trees.push_back(std::move(tree));
    }
    MARQUEE_RETURN_IF_ERROR(CheckForest(forest_));
    return std::move(forest_);
  }

 private:
  Status ReadScaleAndBias(const Field& root) {
    MARQUEE_ASSIGN_OR_RETURN(const Field field, root.Get("scale_and_bias"));
    std::vector<double> numbers;
    if (field.Numbers()) {
      // [scale, bias], as versions before 0.24 write it.
      MARQUEE_ASSIGN_OR_RETURN(const auto both, field.Numbers(2, "scale and bias"));
      numbers.assign(both.begin(), both.end());
    } else {
      MARQUEE_ASSIGN_OR_RETURN(const std::size_t size, field.Size());
      if (size != 2) return field.Refuse(fmt::format("has {} entries instead of 2", size));
      MARQUEE_ASSIGN_OR_RETURN(const Field scale_field, field.At(0));
      MARQUEE_ASSIGN_OR_RETURN(const double scale, scale_field.Number());
      MARQUEE_ASSIGN_OR_RETURN(const Field bias_field, field.At(1));
      MARQUEE_ASSIGN_OR_RETURN(const auto bias, bias_field.Numbers());
      numbers.push_back(scale);
      numbers.insert(numbers.end(), bias.begin(), bias.end());
    }
    if (numbers.size() < 2 || numbers.size() > 255) {
      return field.Refuse(fmt::format("has {} biases; 1 to 254 are allowed", numbers.size() - 1));
    }
    forest_.scale = numbers[0];
    forest_.bias.assign(numbers.begin() + 1, numbers.end());
    forest_.num_scores = forest_.bias.size();
    forest_.start.assign(forest_.num_scores, 0.0);
    return {};
  }

  Status ReadFeatures(const Field& root) {
    MARQUEE_ASSIGN_OR_RETURN(const Field info, root.Get("features_info"));
    MARQUEE_RETURN_IF_ERROR(
        info.AllowOnly({"categorical_features", "cat_features_hash", "ctrs", "embedding_features",
                        "float_features", "text_features"}));
    if (const auto list = info.Find("float_features")) {
      MARQUEE_ASSIGN_OR_RETURN(const std::size_t count, list->Size());
      for (std::size_t i = 0; i < count; ++i) {
        MARQUEE_ASSIGN_OR_RETURN(const Field field, list->At(i));
        MARQUEE_ASSIGN_OR_RETURN(CatboostFeature feature, ReadFeature(field, i));
        features_.push_back(std::move(feature));
      }
    }
    return SetCatboostFeatures(features_, forest_);
  }

  Status ReadInfo(const Field& root) {
    // Any key may be here: CatBoost keeps its settings in it, and users their notes.
    MARQUEE_ASSIGN_OR_RETURN(const Field info, root.Get("model_info"));
    forest_.library = "CatBoost";
    MARQUEE_ASSIGN_OR_RETURN(const Field params, info.Get("params"));
    MARQUEE_ASSIGN_OR_RETURN(const Field loss, params.Get("loss_function"));
    MARQUEE_ASSIGN_OR_RETURN(const Field type, loss.Get("type"));
    MARQUEE_ASSIGN_OR_RETURN(const std::string_view name, type.Text());
    MARQUEE_RETURN_IF_ERROR(SetCatboostLoss(name, type.place(), forest_));
    if (const auto classes = info.Find("class_params")) {
      MARQUEE_ASSIGN_OR_RETURN(forest_.class_names, ReadCatboostClasses(*classes));
    }
    return {};
  }

  /// Read what a level or node asks.
  Result<Split> ReadSplit(const Field& field) const {
    MARQUEE_ASSIGN_OR_RETURN(const Field type_field, field.Get("split_type"));
    MARQUEE_ASSIGN_OR_RETURN(const std::string_view type, type_field.Text());
    if (type != "FloatFeature") {
      return type_field.Refuse(fmt::format(
          "is '{}': only splits of numbers are supported, for the file does not say all that "
          "categories, text and embeddings need; train on numeric features",
          type));
    }
    MARQUEE_RETURN_IF_ERROR(
        field.AllowOnly({"border", "float_feature_index", "split_index", "split_type"}));
    MARQUEE_ASSIGN_OR_RETURN(const Field index_field, field.Get("float_feature_index"));
    MARQUEE_ASSIGN_OR_RETURN(
        const auto index, index_field.Integer(0, static_cast<std::int64_t>(features_.size()) - 1));
    MARQUEE_ASSIGN_OR_RETURN(const Field border_field, field.Get("border"));
    MARQUEE_ASSIGN_OR_RETURN(const double border, border_field.Number());
    const CatboostFeature& feature = features_[static_cast<std::size_t>(index)];
    Split split;
    split.feature = static_cast<std::uint32_t>(feature.flat_index);
    // Written from a float: the nearest one is it.
    split.threshold = static_cast<float>(border);
    split.missing_right = feature.missing_right;
    return split;
  }

  Result<Tree> ReadSymmetric(const Field& field) const {
    MARQUEE_RETURN_IF_ERROR(field.AllowOnly({"leaf_values", "leaf_weights", "splits"}));
    std::vector<Split> splits;
    if (const auto levels = field.Find("splits"); levels && !levels->IsNull()) {
      MARQUEE_ASSIGN_OR_RETURN(const std::size_t depth, levels->Size());
      for (std::size_t d = 0; d < depth; ++d) {
        MARQUEE_ASSIGN_OR_RETURN(const Field level, levels->At(d));
        MARQUEE_ASSIGN_OR_RETURN(const Split split, ReadSplit(level));
        splits.push_back(split);
      }
    }
    MARQUEE_ASSIGN_OR_RETURN(const Field values_field, field.Get("leaf_values"));
    MARQUEE_ASSIGN_OR_RETURN(const auto values, values_field.Numbers());
    return MakeSymmetricTree(splits, {values.begin(), values.end()}, forest_, field.place());
  }

  Result<Tree> ReadNested(const Field& field) const {
    std::vector<FileNode> nodes(1);
    std::vector<double> values;
    // Fields of nodes, in the order of their numbers.
    std::vector<Field> fields = {field};
    for (std::size_t n = 0; n < fields.size(); ++n) {
      const Field node = fields[n];
      MARQUEE_RETURN_IF_ERROR(node.AllowOnly({"left", "right", "split", "value", "weight"}));
      if (const auto value = node.Find("value")) {
        MARQUEE_RETURN_IF_ERROR(ReadLeaf(*value, values));
        nodes[n].is_leaf = true;
        nodes[n].values = values.size() / forest_.num_scores - 1;
        continue;
      }
      MARQUEE_ASSIGN_OR_RETURN(const Field split, node.Get("split"));
      MARQUEE_ASSIGN_OR_RETURN(nodes[n].split, ReadSplit(split));
      MARQUEE_ASSIGN_OR_RETURN(const Field left, node.Get("left"));
      MARQUEE_ASSIGN_OR_RETURN(const Field right, node.Get("right"));
      nodes[n].left = static_cast<std::int64_t>(fields.size());
      nodes[n].right = nodes[n].left + 1;
      fields.push_back(left);
      fields.push_back(right);
      nodes.resize(fields.size());
    }
    return MakeTree(nodes, values, forest_.num_scores, forest_.num_features, false, field.place());
  }

  Status ReadLeaf(const Field& field, std::vector<double>& values) const {
    if (field.IsNumber()) {
      MARQUEE_ASSIGN_OR_RETURN(const double value, field.Number());
      values.push_back(value);
      return forest_.num_scores == 1
                 ? Status()
                 : field.Refuse(
                       fmt::format("is one number, but there are {} scores", forest_.num_scores));
    }
    MARQUEE_ASSIGN_OR_RETURN(const auto several, field.Numbers(forest_.num_scores, "one a score"));
    values.insert(values.end(), several.begin(), several.end());
    return {};
  }

  Forest forest_;
  std::vector<CatboostFeature> features_;
  std::size_t num_nodes_ = 0;
};

}  // namespace

Result<std::vector<std::string>> ReadCatboostClasses(const Field& params) {
  std::vector<std::string> names;
  const auto classes = params.Find("class_names");
  if (!classes) return names;
  if (const auto numbers = classes->Numbers()) {
    for (const double number : *numbers) names.push_back(fmt::format("{:.15g}", number));
    return names;
  }
  return classes->Texts();
}

Result<Forest> ReadCatboostJson(const Value& document) {
  return Reader().Read(Field(document, ""));
}

}  // namespace marquee::model
