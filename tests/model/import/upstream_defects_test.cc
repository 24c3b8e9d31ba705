// What other readers of models got wrong, or do not defend against, by the number of the report.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/model/import/catboost_file.h"
#include "tests/model/import/crafted.h"

namespace marquee::model {
namespace {

using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(UpstreamDefectTest, Treelite635And633BaseScoreIsAVectorAndCatsAreThere) {
  const auto forest = ReadForest(Fixture(kSoftprob));
  ASSERT_TRUE(forest) << forest.error().message();
  EXPECT_THAT(forest->start, testing::Each(testing::Ne(0.5)));
  ExpectAllRefused({{kSoftprob, R"("base_score":"[)", R"("base_score":"[1E0,)",
                     "base_score: has 4 entries, but there are 3 scores"},
                    {kSoftprob, R"("base_score":"[)", R"("base_score":"[x,)",
                     "base_score: holds 'x', not a number"},
                    {kCategories, R"("enc":[])", R"("enc":[{"type":0}])",
                     "cats.enc: names categories, which a column of numbers has not"}});
}

TEST(UpstreamDefectTest, Treelite585BaseScoreIsNotLost) {
  std::string text = Fixture(kCategories);
  const std::size_t place = text.find(R"("base_score":"[)");
  const std::size_t end = text.find(']', place);
  text.replace(place, end - place, R"("base_score":"[9E-1)");
  const auto forest = ReadForest(text);
  ASSERT_TRUE(forest) << forest.error().message();
  EXPECT_NEAR(forest->start[0], std::log(9.0), 1e-6);
  text.replace(text.find("9E-1"), 4, "1E0");
  ExpectRefused(text, "base_score: is 1, not a probability between 0 and 1", "a logit of 1");
}

TEST(UpstreamDefectTest, Treelite333CategoricalSplitsAreNotLost) {
  ExpectRefused(std::string("binf\0\0\0?", 8), "is XGBoost's old binary format", "the old format");
  // In that one, only the "1e-45" was left of a categorical split.
  EXPECT_THAT(ReadGood(Fixture(kCategories)).trees[0].splits[1].categories, ElementsAre(0b10101));
  auto document = nlohmann::json::parse(Fixture(kCategories));
  auto& tree = document["learner"]["gradient_booster"]["model"]["trees"][0];
  for (const char* key :
       {"categories", "categories_nodes", "categories_segments", "categories_sizes"}) {
    tree[key] = nlohmann::json::array();
  }
  ExpectRefused(document.dump(), "trees[0]: node 1 is a categorical split without a set", "no set");
}

TEST(UpstreamDefectTest, Treelite7And433ThresholdsAreTheLibrarysFloats) {
  auto document = nlohmann::json::parse(Fixture(kCategories));
  document["learner"]["learner_model_param"]["base_score"] = "[5E-1]";
  auto& model = document["learner"]["gradient_booster"]["model"];
  model["gbtree_model_param"]["num_trees"] = "1";
  model["tree_info"] = {0};
  model["trees"] = nlohmann::json::array({nlohmann::json::parse(
      R"({"left_children": [1, -1, -1], "right_children": [2, -1, -1], "split_indices": [0, 0, 0],
          "split_conditions": [0.7, 1, 2], "default_left": [0, 0, 0],
          "tree_param": {"num_nodes": "3", "size_leaf_vector": "1"}})")});
  // Below goes left, equal goes right. In f64, 0.7f would be below 0.7.
  const RowsParts rows = RowsWith(0, {std::nextafter(0.7f, 0.0f), 0.7f, kNan});
  EXPECT_THAT(ScoresOf(ReadGood(document.dump()), rows), ElementsAre(1, 2, 2));
}

TEST(UpstreamDefectTest, Treelite77LightgbmsSetsTakeWholeNumbersAndNoNan) {
  // Categories 0 and 33 go left, cut to whole numbers; NaN, negative and unknown ones go right.
  const std::string text = LightgbmStump(
      "num_cat=1\nsplit_feature=3\nthreshold=0\ndecision_type=1\ncat_boundaries=0 2\n"
      "cat_threshold=1 2");
  const RowsParts rows = RowsWith(3, {0, 0.9f, -0.9f, 33.5f, kNan, -1, 1, 64, 1e30f});
  EXPECT_THAT(ScoresOf(ReadGood(text), rows), ElementsAre(1, 1, 1, 1, 2, 2, 2, 2, 2));
}

TEST(UpstreamDefectTest, Xgboost12102IndicesInUbjsonAreRangeChecked) {
  const auto refuse = [](const char* key, std::size_t node, int value, std::string_view problem) {
    auto document = nlohmann::json::parse(Fixture(kSoftprob));
    document["learner"]["gradient_booster"]["model"]["trees"][0][key][node] = value;
    std::string bytes;
    nlohmann::json::to_ubjson(document, bytes, true, true);
    ExpectRefused(bytes, problem, problem);
  };
  refuse("left_children", 0, 1'000'000, "trees[0].left_children: [0] is 1000000, not a whole");
  refuse("right_children", 0, -2, "trees[0].right_children: [0] is -2, not a whole number");
  refuse("right_children", 1, 0, "trees[0]: node 1 has child 0, which another path reaches too");
  refuse("split_indices", 0, 1 << 30, "trees[0]: node 0 asks feature 1073741824");
}

TEST(UpstreamDefectTest, Mlflow18655PicklesAreNotRead) {
  // A pickle of protocol 2, a torch or numpy archive, and a pickle of protocol 0 that calls a shell.
  ExpectRefused(std::string("\x80\x02}q\x00.", 6), "is a Python pickle", "protocol 2");
  ExpectRefused("PK\x03\x04", "is a Python pickle or archive", "an archive");
  ExpectRefused("cos\nsystem\n(S'true'\ntR.", "of no known format", "protocol 0");
}

TEST(UpstreamDefectTest, Catboost951JsonSaysWhatTheBinaryFileSays) {
  CatboostFile file;
  file.flat_index = 4;  // a's; another kind of feature lies between
  const Forest binary = ReadGood(WriteCatboost(file));
  const Forest json = ReadGood(R"({"features_info": {"float_features": [
      {"borders": [1, 2], "feature_id": "a", "feature_index": 0, "flat_feature_index": 4,
       "has_nans": true, "nan_value_treatment": "AsFalse"},
      {"borders": [3], "feature_id": "b", "feature_index": 1, "flat_feature_index": 1,
       "has_nans": true, "nan_value_treatment": "AsFalse"}]},
      "model_info": {"params": {"loss_function": {"type": "RMSE"}}},
      "oblivious_trees": [{"leaf_values": [0.5, 1.5, 2.5, 3.5], "leaf_weights": [1, 1, 1, 1],
       "splits": [
        {"border": 2, "float_feature_index": 0, "split_index": 1, "split_type": "FloatFeature"},
        {"border": 3, "float_feature_index": 1, "split_index": 2, "split_type": "FloatFeature"}]}],
      "scale_and_bias": [1, [0.25]]})");
  EXPECT_EQ(json.feature_names, binary.feature_names);
  EXPECT_EQ(json.bias, binary.bias);
  ASSERT_EQ(json.trees[0].splits.size(), binary.trees[0].splits.size());
  for (std::size_t s = 0; s < json.trees[0].splits.size(); ++s) {
    EXPECT_EQ(json.trees[0].splits[s].feature, binary.trees[0].splits[s].feature);
    EXPECT_EQ(json.trees[0].splits[s].threshold, binary.trees[0].splits[s].threshold);
  }
  EXPECT_EQ(json.trees[0].leaves, binary.trees[0].leaves);
  EXPECT_EQ(json.trees[0].splits[0].feature, 4u);
}

TEST(UpstreamDefectTest, Catboost3137LeafCountIsNoMultipleOfTheLeaves) {
  ExpectAllRefused({{kSymmetric, R"("leaf_values":[)", R"("leaf_values":[0,)",
                     "oblivious_trees[0]: has 13 leaf values instead of 12 (2^2 leaves of 3"},
                    {kSymmetric, R"("leaf_values":[0.14200000000000113,)", R"("leaf_values":[)",
                     "oblivious_trees[0]: has 11 leaf values instead of 12"}});
}

TEST(UpstreamDefectTest, Catboost2414And2659CategoricalSplitsAreNotGuessed) {
  // The JSON of trees that are not symmetric gives no more of a categorical split than its number.
  ExpectAllRefused({{kNested,
                     R"({"border":0.34644049406051636,"float_feature_index":2,"split_index":4,)"
                     R"("split_type":"FloatFeature"})",
                     R"({"split_index":4,"split_type":"OnlineCtr"})",
                     "trees[0].right.split.split_type: is 'OnlineCtr'"}});
}

TEST(UpstreamDefectTest, Catboost1850TheFirstSplitIsTheLowestBit) {
  const auto forest = ReadForest(WriteCatboost({}));
  ASSERT_TRUE(forest) << forest.error().message();
  // Root: the first split, of feature a. Leaf 1 is "a yes, b no".
  EXPECT_EQ(forest->trees[0].splits[0].feature, 0u);
  EXPECT_EQ(forest->trees[0].splits[1].feature, 1u);
  EXPECT_THAT(forest->trees[0].leaves, ElementsAre(0.5, 2.5, 1.5, 3.5));
}

TEST(UpstreamDefectTest, Lightgbm7357And7438ChildrenAreRangeChecked) {
  ExpectAllRefused({{kMulticlass, "left_child=-1 2 -2", "left_child=-1 3 -2",
                     "Tree=0: left_child[1] is 3, not a whole number from -4 to 2"},
                    {kMulticlass, "left_child=-1 2 -2", "left_child=-5 2 -2",
                     "Tree=0: left_child[0] is -5, not a whole number from -4 to 2"},
                    {kMulticlass, "right_child=1 -3 -4", "right_child=1 -3 2147483647",
                     "Tree=0: right_child[2] is 2147483647"},
                    {kMulticlass, "left_child=-1 2 -2", "left_child=-1 0 -2",
                     "Tree=0: node 1 has child 0, which another path reaches too"},
                    {kMulticlass, "left_child=-1 2 -2", "left_child=-1 1 -2",
                     "Tree=0: node 1 has child 1, which another path reaches too"}});
}

TEST(UpstreamDefectTest, Lightgbm7437CategorySetsAreRangeChecked) {
  ExpectAllRefused(
      {{kMulticlass, "-0.21427220851182935 0\ndecision", "-0.21427220851182935 1\ndecision",
        "Tree=0: threshold[2] is 1, the number of a category set; but there are 1 sets"},
       {kMulticlass, "-0.21427220851182935 0\ndecision", "-0.21427220851182935 -1\ndecision",
        "threshold[2] is -1, the number of a category set"},
       {kMulticlass, "-0.21427220851182935 0\ndecision", "-0.21427220851182935 0.5\ndecision",
        "threshold[2] is 0.5, the number of a category set"},
       {kMulticlass, "cat_boundaries=0 1", "cat_boundaries=0 2",
        "Tree=0: cat_threshold has 1 entries instead of 2"},
       {kMulticlass, "cat_boundaries=0 1", "cat_boundaries=1 1",
        "cat_boundaries[0] is 1: they begin at 0 and ascend"},
       {kMulticlass, "cat_boundaries=0 1", "cat_boundaries=0 4000000000",
        "cat_boundaries[1] is 4000000000, not a whole number"},
       {kMulticlass, "num_cat=1", "num_cat=0", "but there are 0 sets"}});
}

TEST(UpstreamDefectTest, Lightgbm6998ArraysHaveTheLengthThatTheyClaim) {
  ExpectAllRefused({{kMulticlass, "num_leaves=4", "num_leaves=400",
                     "Tree=0: leaf_value has 4 entries instead of 400"},
                    {kMulticlass, "split_feature=0 0 3", "split_feature=0 0",
                     "Tree=0: split_feature has 2 entries instead of 3"}});
  const std::string text = Fixture(kMulticlass);
  ExpectRefused(text.substr(0, text.find("end of trees")), "the file ends before 'end of trees'",
                "a cut file");
}

}  // namespace
}  // namespace marquee::model
