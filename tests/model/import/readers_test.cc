#include "model/import/readers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/model/import/catboost_file.h"
#include "tests/model/import/fixtures.h"
#include "tests/model/import/onnx_model.h"

namespace marquee::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

TEST(ReadersTest, ScoreAsTheirLibraries) {
  for (const std::string_view name : kFixtures) {
    Forest forest = ReadGood(Fixture(name));
    // A forest of classes by name puts them in the base's order.
    forest.class_names.clear();
    const RowsParts rows = ExpectedRows(name.substr(0, 4) == "onnx");
    const std::vector<float> scores = ScoresOf(forest, rows);
    const std::vector<float> expected = ExpectedScores(name);
    ASSERT_EQ(scores.size(), expected.size()) << name;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      if (forest.symmetric) {
        EXPECT_NEAR(scores[i], expected[i], 1e-6) << name << " score " << i;
      } else {
        EXPECT_EQ(scores[i], expected[i]) << name << " score " << i;
      }
    }
  }
}

TEST(ReadersTest, UbjsonSaysWhatJsonSays) {
  const auto document = nlohmann::json::parse(Fixture("xgboost_softprob.json"));
  const RowsParts rows = ExpectedRows(false);
  const std::vector<float> expected = ExpectedScores("xgboost_softprob.json");
  for (const auto& [counted, typed] : {std::pair{false, false}, {true, false}, {true, true}}) {
    std::string bytes;
    nlohmann::json::to_ubjson(document, bytes, counted, typed);
    EXPECT_EQ(ScoresOf(ReadGood(bytes), rows), expected);
  }
}

TEST(ReadersTest, XgboostStartsFromTheLogitOfItsBaseScore) {
  std::string text = Fixture("xgboost_categories.json");
  for (const auto& [base_score, logit] :
       {std::pair{"[5E-1]", 0.0f}, {"5E-1", 0.0f}, {"[7.5E-1]", std::log(3.0f)}}) {
    auto document = nlohmann::json::parse(text);
    document["learner"]["learner_model_param"]["base_score"] = base_score;
    const Forest forest = ReadGood(document.dump());
    ASSERT_EQ(forest.start.size(), 1u);
    EXPECT_NEAR(forest.start[0], logit, 1e-6) << base_score;
  }
}

TEST(ReadersTest, XgboostBeforeVersion3IsRead) {
  auto document = nlohmann::json::parse(Fixture("xgboost_softprob.json"));
  document["version"] = {1, 7, 6};
  auto& param = document["learner"]["learner_model_param"];
  param["base_score"] = "5E-1";
  param.erase("boost_from_average");
  auto& model = document["learner"]["gradient_booster"]["model"];
  model.erase("cats");
  model.erase("iteration_indptr");
  for (auto& tree : model["trees"]) {
    for (auto& flag : tree["default_left"]) flag = flag.get<int>() != 0;
  }
  const Forest forest = ReadGood(document.dump());
  EXPECT_THAT(forest.start, ElementsAre(0.5, 0.5, 0.5));
  EXPECT_EQ(forest.trees.size(), 6u);
}

TEST(ReadersTest, LightgbmTreatsWhatIsMissingAsItsBitsSay) {
  // x <= -1 goes left.
  const auto scores_of = [](int decision, const std::string& threshold = "-1") {
    const std::string text = LightgbmStump("num_cat=0\nsplit_feature=0\nthreshold=" + threshold +
                                           "\ndecision_type=" + std::to_string(decision));
    const float nan = std::numeric_limits<float>::quiet_NaN();
    return ScoresOf(ReadGood(text), RowsWith(0, {nan, 0.0f, -1e-35f, 2e-35f, -2.0f}));
  };
  EXPECT_THAT(scores_of(0), ElementsAre(2, 2, 2, 2, 1)) << "none: NaN is 0";
  EXPECT_THAT(scores_of(2), ElementsAre(2, 2, 2, 2, 1)) << "none: the default does not count";
  EXPECT_THAT(scores_of(4), ElementsAre(2, 2, 2, 2, 1)) << "zero, default right";
  EXPECT_THAT(scores_of(6), ElementsAre(1, 1, 1, 2, 1)) << "zero, default left";
  EXPECT_THAT(scores_of(8), ElementsAre(2, 2, 2, 2, 1)) << "NaN, default right";
  EXPECT_THAT(scores_of(10), ElementsAre(1, 2, 2, 2, 1)) << "NaN, default left";
  // Thresholds between 0 and its neighbours: whatever is as near to 0 counts as 0.
  EXPECT_THAT(scores_of(0, "-1.0000000180025095e-35"), ElementsAre(2, 2, 2, 2, 1));
  EXPECT_THAT(scores_of(0, "1.0000000180025095e-35"), ElementsAre(1, 1, 1, 2, 1));
  EXPECT_THAT(scores_of(0, "0"), ElementsAre(1, 1, 1, 2, 1));
}

TEST(ReadersTest, LightgbmOfARandomForestGivesTheMean) {
  std::string text = Fixture("lightgbm_zero.txt");
  const RowsParts rows = ExpectedRows(false);
  const std::vector<float> sums = ScoresOf(ReadGood(text), rows);
  text.replace(text.find("feature_names="), 0, "average_output\n");
  const std::vector<float> means = ScoresOf(ReadGood(text), rows);
  for (std::size_t i = 0; i < sums.size(); ++i) EXPECT_EQ(means[i], sums[i] / 2);
}

TEST(ReadersTest, CatboostBinaryTakesTheLevelsBitsInOrder) {
  // Levels: a > 2, then b > 3.
  const Forest forest = ReadGood(WriteCatboost({}));
  EXPECT_THAT(forest.feature_names, ElementsAre("a", "b"));
  RowsParts rows = Rows(4, {2, 3, 2, 3, /* b */ 3, 3, 4, 4});
  rows.numeric.resize(16, 0.0f);
  EXPECT_THAT(ScoresOf(forest, rows), ElementsAre(0.75f, 1.75f, 2.75f, 3.75f));
}

TEST(ReadersTest, CatboostBinaryFollowsTheStepsOfNodes) {
  // a > 1: the value at 2, and no step; else b > 3: the values at 0 and 1.
  CatboostFile file;
  file.splits = {0, 2, 0, 0};
  file.sizes = {4};
  file.steps = {{1, 0}, {1, 2}, {0, 0}, {0, 0}};
  file.node_values = {2, 0, 0, 1};
  file.leaf_values = {0.5, 1.5, 2.5};
  RowsParts rows = Rows(3, {1, 1, 2, /* b */ 3, 4, 4});
  rows.numeric.resize(12, 0.0f);
  EXPECT_THAT(ScoresOf(ReadGood(WriteCatboost(file)), rows), ElementsAre(0.75f, 1.75f, 2.75f));
}

TEST(ReadersTest, OnnxAsksAsItsModesSay) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto scores_of = [nan](const std::string& mode, bool missing_is_true) {
    OnnxTree tree;
    tree.modes[0] = mode;
    if (missing_is_true) tree.missing = {1, 0, 0};
    return ScoresOf(ReadGood(WriteOnnx(tree)), RowsWith(2, {1.0f, 1.5f, 2.0f, nan}));
  };
  EXPECT_THAT(scores_of("BRANCH_LEQ", false), ElementsAre(10, 10, 20, 20));
  EXPECT_THAT(scores_of("BRANCH_LEQ", true), ElementsAre(10, 10, 20, 10));
  EXPECT_THAT(scores_of("BRANCH_LT", false), ElementsAre(10, 20, 20, 20));
  EXPECT_THAT(scores_of("BRANCH_GT", false), ElementsAre(20, 20, 10, 20));
  EXPECT_THAT(scores_of("BRANCH_GT", true), ElementsAre(20, 20, 10, 10));
  EXPECT_THAT(scores_of("BRANCH_GTE", false), ElementsAre(20, 10, 10, 20));
}

TEST(ReadersTest, OnnxForestsOfTwoClassesGiveTheSharesOfBoth) {
  OnnxTree tree;
  tree.labels = {0, 1};
  tree.weights = {0.5f, 0.625f};
  tree.more = Text("post_transform", "NONE");
  const auto model = ImportOnto(*Base(kTwoClasses), ReadGood(WriteOnnx(tree)));
  ASSERT_TRUE(model) << model.error().message();
  const Scored scored = ScoreRows(**model, RowsWith(2, {1, 2}));
  EXPECT_THAT(scored.scores, ElementsAre(0.5f, 0.5f, 0.375f, 0.625f));
  EXPECT_THAT(scored.classes, ElementsAre(0, 1));
  EXPECT_THAT(scored.probabilities, ElementsAre(0.5f, 0.375f, 0.5f, 0.625f));
  tree.weight_ids = {1, 1};
  EXPECT_THAT(ReadForest(WriteOnnx(tree)).error().message(),
              HasSubstr("post_transform is 'NONE' for 1 score(s) of 2 classes"));
}

TEST(ReadersTest, OnnxEnsemblesAskAsTheirModesSay) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto scores_of = [nan](char mode, std::string_view more = "") {
    OnnxEnsemble ensemble;
    ensemble.modes = std::string(1, mode);
    ensemble.more = more;
    return ScoresOf(ReadGood(WriteOnnx(ensemble)), RowsWith(2, {1.0f, 1.5f, 2.0f, nan}));
  };
  const std::string missing = Integers("nodes_missing_value_tracks_true", {1});
  EXPECT_THAT(scores_of(0), ElementsAre(10, 10, 20, 20));
  EXPECT_THAT(scores_of(0, missing), ElementsAre(10, 10, 20, 10));
  EXPECT_THAT(scores_of(1), ElementsAre(10, 20, 20, 20));
  EXPECT_THAT(scores_of(2), ElementsAre(20, 10, 10, 20));
  EXPECT_THAT(scores_of(3), ElementsAre(20, 20, 10, 20));
  EXPECT_THAT(scores_of(3, missing), ElementsAre(20, 20, 10, 10));
}

TEST(ReadersTest, OnnxEnsemblesAreAveraged) {
  OnnxEnsemble ensemble;
  ensemble.more = Integer("aggregate_function", 0);
  // A tree of one leaf is a node with two ways to it.
  ensemble.roots = {0, 1};
  ensemble.features = {2, 0};
  ensemble.splits = {1.5f, 0};
  ensemble.modes = std::string(2, '\0');
  ensemble.yes = {0, 2};
  ensemble.no = {1, 2};
  ensemble.yes_is_leaf = ensemble.no_is_leaf = {1, 1};
  ensemble.weights = {10, 20, 4};
  ensemble.targets = {0, 0, 0};
  EXPECT_THAT(ScoresOf(ReadGood(WriteOnnx(ensemble)), RowsWith(2, {1, 2})), ElementsAre(7, 12));
}

TEST(ReadersTest, OnnxTakesACastToFloatsBeforeItsTrees) {
  OnnxTree tree;
  tree.before = "Cast";
  tree.of_before = Integer("to", 1);
  tree.behind = "Reshape";
  EXPECT_EQ(ReadGood(WriteOnnx(tree)).trees.size(), 1u);
}

TEST(ReadersTest, AFeatureOfXgboostsNameMakesNoOtherNumbers) {
  auto document = nlohmann::json::parse(Fixture("sklearn_forest.json"));
  const Forest before = ReadGood(document.dump());
  document["features"] = {"learner", "b", "c", "d"};
  const Forest after = ReadGood(document.dump());
  EXPECT_EQ(after.trees[0].leaves, before.trees[0].leaves);
}

/// An exporter's file of one tree, which asks column a.
nlohmann::json ExportedStump() {
  auto document = nlohmann::json::parse(Fixture("sklearn_forest.json"));
  document["link"] = "identity";
  document["classes"] = nullptr;
  document["start"] = {0};
  document["divisor"] = 1;
  document["trees"] = nlohmann::json::parse(R"([{"target": 0, "left": [1, -1, -1],
      "right": [2, -1, -1], "feature": [0, -1, -1], "threshold": [0, 0, 0],
      "missing_left": [0, 0, 0], "value": [0, 10, 20]}])");
  return document;
}

TEST(ReadersTest, AnExportersThresholdMayBeInfinite) {
  const float inf = std::numeric_limits<float>::infinity();
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto document = ExportedStump();
  const RowsParts rows = RowsWith(0, {-inf, 0, inf, nan});
  const auto scores_of = [&](double threshold) {
    document["trees"][0]["threshold"][0] = threshold;
    return ScoresOf(ReadGood(document.dump()), rows);
  };
  EXPECT_THAT(scores_of(std::numeric_limits<double>::max()), ElementsAre(10, 10, 10, 20));
  EXPECT_THAT(scores_of(1e300), ElementsAre(10, 10, 20, 20));
  EXPECT_THAT(scores_of(-std::numeric_limits<double>::max()), ElementsAre(10, 20, 20, 20));
}

TEST(ReadersTest, AnExportersLogisticHasASlope) {
  auto document = ExportedStump();
  document["link"] = "logistic";
  EXPECT_EQ(ReadGood(document.dump()).slope, 1);
  document["slope"] = 2;
  document["trees"][0]["value"] = {0, -0.5, 0.5};
  const auto model = ImportOnto(*Base(kTwoClasses), ReadGood(document.dump()));
  ASSERT_TRUE(model) << model.error().message();
  const Scored scored = ScoreRows(**model, RowsWith(0, {-1, 1}));
  EXPECT_FLOAT_EQ(scored.probabilities[3], static_cast<float>(1 / (1 + std::exp(-1.0))));
  document["slope"] = 0;
  EXPECT_THAT(ReadForest(document.dump()).error().message(),
              HasSubstr("the slope of its sigmoid is 0, not above 0"));
}

TEST(ReadersTest, AnExportersCategoriesGoRight) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  auto document = ExportedStump();
  document["trees"][0]["feature"] = {3, -1, -1};
  document["trees"][0]["missing_left"] = {1, 0, 0};
  document["trees"][0]["categories"] = {{2, 40}, nullptr, nullptr};
  const RowsParts rows = RowsWith(3, {2, 3, 40, 41, nan, -2});
  // scikit-learn would take these for unknown.
  const RowsParts fractions = RowsWith(3, {2.5f, 3.5f, 40.9f, 1.9f});
  EXPECT_THAT(ScoresOf(ReadGood(document.dump()), rows), ElementsAre(20, 10, 20, 10, 10, 10));
  EXPECT_THAT(ScoresOf(ReadGood(document.dump()), fractions), ElementsAre(20, 10, 20, 10));

  auto& categories = document["trees"][0]["categories"];
  for (const auto& [bad, problem] : std::vector<std::pair<const char*, const char*>>{
           {"[[2], null]", "trees[0].categories: has 2 entries instead of 3 (one a node)"},
           {"[[2, -1], null, null]", "trees[0].categories[0]: [1] is -1, not a whole number"},
           {"[[16777216], null, null]", "trees[0].categories[0]: [0] is 16777216, not a whole"},
           {"[[], null, null]", "trees[0].categories[0]: is empty"},
           {"[[2], [3], null]", "trees[0].categories[1]: is of a leaf, which asks nothing"}}) {
    categories = nlohmann::json::parse(bad);
    const auto forest = ReadForest(document.dump());
    ASSERT_FALSE(forest) << bad;
    EXPECT_THAT(forest.error().message(), HasSubstr(problem));
  }
}

TEST(ReadersTest, KnowTheirFormats) {
  for (const auto& [bytes, problem] : std::vector<std::pair<std::string, std::string>>{
           {"", "of no known format"},
           {"id,title\n1,x\n", "of no known format"},
           {std::string("\x80\x04\x95", 3), "is a Python pickle"},
           {"PK\x03\x04", "is a Python pickle or archive"},
           {"binf....", "XGBoost's old binary format"},
           {"{\"trees\": []}", "is JSON, but neither XGBoost's"},
           {"{\"learner\": ", "cannot be read: "}}) {
    const auto forest = ReadForest(bytes);
    ASSERT_FALSE(forest) << bytes;
    EXPECT_EQ(forest.error().code(), StatusCode::kConfig);
    EXPECT_THAT(forest.error().message(), HasSubstr(problem));
  }
}

}  // namespace
}  // namespace marquee::model
