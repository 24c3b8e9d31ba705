#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "model/builtin.h"
#include "model/engine.h"
#include "tests/model/import/fixtures.h"
#include "tests/model/scoring.h"

namespace marquee::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// score = x of `feature` > 0 ? 1 : 0.
Forest Stump(std::uint32_t feature, std::vector<std::string> names) {
  Forest forest;
  forest.library = "a test";
  forest.num_features = names.size();
  forest.feature_names = std::move(names);
  forest.in_f64 = true;
  forest.start = {0};
  forest.bias = {0};
  Split split;
  split.feature = feature;
  split.left = -1;
  split.right = -2;
  forest.trees = {Tree{.target = 0, .splits = {split}, .leaves = {0, 1}, .depth = 1}};
  return forest;
}

std::string Problem(const Forest& forest, const Model& base, const AttachOptions& options = {}) {
  const auto attached = AttachForest(forest, base, options);
  EXPECT_FALSE(attached);
  return attached ? "" : std::string(attached.error().message());
}

TEST(AttachTest, FindsFeaturesByName) {
  const auto base = Base(kThreeClasses);
  // In the base, c is column 2; features without a split need no column.
  const auto attached = AttachForest(Stump(1, {"unused", "c"}), *base, {});
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_THAT(attached->columns, ElementsAre(4, 2));
  EXPECT_THAT(attached->parts.binary_trees->split_columns, ElementsAre(2));
}

TEST(AttachTest, TakesAnUnderscoreForABlank) {
  const auto base = Base(kThreeClasses, {"genres=Science Fiction", "x"});
  EXPECT_TRUE(AttachForest(Stump(0, {"genres=Science_Fiction"}), *base, {}));
}

TEST(AttachTest, NamesFeaturesThatAreNoColumnsAndTheNearest) {
  const auto base = Base(kThreeClasses, {"vote_count", "popularity", "revenue"});
  EXPECT_THAT(Problem(Stump(0, {"vote_cuont"}), *base),
              HasSubstr("1 of its features are no columns of the base model base.model: "
                        "'vote_cuont' (nearest: 'vote_count')"));
  std::vector<std::string> many;
  for (int i = 0; i < 12; ++i) many.push_back("x" + std::to_string(i));
  Forest asks_many = Stump(0, many);
  for (std::uint32_t f = 1; f < 12; ++f) asks_many.trees.push_back(Stump(f, many).trees[0]);
  EXPECT_THAT(Problem(asks_many, *base), HasSubstr("'x9' (nearest: 'revenue'), …; 'marquee model"));
  Forest twice = Stump(0, {"revenue", "revenue"});
  twice.trees.push_back(Stump(1, {"", ""}).trees[0]);
  EXPECT_THAT(Problem(twice, *base), HasSubstr("'revenue' (named twice)"));
}

TEST(AttachTest, AsksForNamesThatTheFileLacks) {
  const auto base = Base(kThreeClasses);
  Forest forest = Stump(2, {"x", "y", "z"});
  forest.feature_names.clear();
  EXPECT_THAT(Problem(forest, *base), HasSubstr("names no features: give --features with 3 names"));
  AttachOptions options;
  options.features = {"a", "b"};
  EXPECT_THAT(Problem(forest, *base, options),
              HasSubstr("was trained on 3 features, but --features names 2"));
  options.features = {"d", "c", "b"};
  const auto attached = AttachForest(forest, *base, options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_THAT(attached->columns, ElementsAre(4, 4, 1));
}

TEST(AttachTest, PutsClassesIntoTheOrderOfTheBase) {
  const auto forest = ReadForest(Fixture("sklearn_forest.json"));
  ASSERT_TRUE(forest) << forest.error().message();
  ASSERT_THAT(forest->class_names, ElementsAre("high", "low", "mid"));
  const auto model = ImportOnto(*Base(kThreeClasses), *forest);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->classifier().kind(), ClassifierKind::kShares);
  const Scored scored = ScoreRows(**model, ExpectedRows(false));
  const std::vector<float> expected = ExpectedScores("sklearn_forest.json");
  for (std::size_t row = 0; row < scored.classes.size(); ++row) {
    const float* theirs = &expected[3 * row];
    EXPECT_THAT(std::span(scored.scores).subspan(3 * row, 3),
                ElementsAre(theirs[1], theirs[2], theirs[0]));
  }
}

TEST(AttachTest, TiesGoToTheFirstClassOfTheLibrary) {
  auto document = nlohmann::json::parse(Fixture("sklearn_forest.json"));
  // Its classes are high, low, mid. Trees vote; a <= 0: one for high, one for low; else low and mid.
  document["trees"] = nlohmann::json::array();
  for (const auto& [left, right] : {std::pair{0, 1}, std::pair{1, 2}}) {
    auto tree = nlohmann::json::parse(R"({"target": null, "left": [1, -1, -1],
        "right": [2, -1, -1], "feature": [0, -1, -1], "threshold": [0, 0, 0],
        "missing_left": [0, 0, 0], "value": [0, 0, 0, 0, 0, 0, 0, 0, 0]})");
    tree["value"][3 + left] = 1;
    tree["value"][6 + right] = 1;
    document["trees"].push_back(tree);
  }
  const auto model = ImportOnto(*Base(kThreeClasses), ReadGood(document.dump()));
  ASSERT_TRUE(model) << model.error().message();
  // In the base low is before high, and before mid.
  EXPECT_THAT(ScoreRows(**model, RowsWith(0, {-1, 1})).classes, ElementsAre(2, 0));
}

TEST(AttachTest, RefusesOtherClasses) {
  auto forest = *ReadForest(Fixture("sklearn_forest.json"));
  AttachOptions options;
  options.features = kColumns;
  EXPECT_THAT(Problem(forest, *Base(kTwoClasses), options),
              HasSubstr("has 3 classes, but the base model base.model has 2 (low, high)"));
  forest.class_names[1] = "bad";
  EXPECT_THAT(Problem(forest, *Base(kThreeClasses), options),
              HasSubstr("has the class 'bad', but the base model base.model has low, mid, high"));
  options.classes = {"low", "low", "mid"};
  EXPECT_THAT(Problem(forest, *Base(kThreeClasses), options), HasSubstr("the class 'low' twice"));
  options.classes = {"high", "low", "mid"};
  EXPECT_TRUE(AttachForest(forest, *Base(kThreeClasses), options));
}

TEST(AttachTest, OneScoreBelongsToTheSecondClass) {
  Forest forest = Stump(0, kColumns);
  forest.link = Link::kLogistic;
  const auto model = ImportOnto(*Base(kTwoClasses), forest);
  ASSERT_TRUE(model) << model.error().message();
  RowsParts rows;
  rows.num_rows = 2;
  rows.numeric = {-1, 1, 0, 0, 0, 0, 0, 0};
  const Scored scored = ScoreRows(**model, rows);
  // A score of 0 is no more than even.
  EXPECT_THAT(scored.classes, ElementsAre(0, 1));
  EXPECT_EQ(scored.probabilities[2], 0.5f);
  EXPECT_FLOAT_EQ(scored.probabilities[3], static_cast<float>(1 / (1 + std::exp(-1.0))));
  forest.zero_is_second = true;
  EXPECT_THAT(ScoreRows(**ImportOnto(*Base(kTwoClasses), forest), rows).classes, ElementsAre(1, 1));
  forest.class_names = {"high", "low"};
  EXPECT_THAT(Problem(forest, *Base(kTwoClasses)),
              HasSubstr("has one score, for its second class"));
}

TEST(AttachTest, MakesClassesOfValuesByCutpoints) {
  const Forest forest = Stump(0, kColumns);
  const auto base = Base(kThreeClasses);
  EXPECT_THAT(AttachForest(forest, *base, {})->parts.cutpoints, ElementsAre(1, 2));
  AttachOptions options;
  options.cutpoints = {0.5f};
  EXPECT_THAT(Problem(forest, *base, options), HasSubstr("--cutpoints gives 1: 3 classes"));
  options.cutpoints = {0.5f, 4};
  EXPECT_THAT(AttachForest(forest, *base, options)->parts.cutpoints, ElementsAre(0.5f, 4));
  Forest classifier = forest;
  classifier.link = Link::kLogistic;
  EXPECT_THAT(Problem(classifier, *Base(kTwoClasses), options),
              HasSubstr("which has no --cutpoints"));
}

TEST(AttachTest, LeavesTheScalerOutUnlessAsked) {
  const auto base = Model::FromBytes(BuiltinModelBytes(), "built-in model");
  ASSERT_TRUE(base) << base.error().message();
  const Forest forest = Stump(0, {"budget"});
  const auto plain = AttachForest(forest, **base, {});
  ASSERT_TRUE(plain) << plain.error().message();
  EXPECT_THAT(plain->parts.mean, testing::Each(0.0f));
  EXPECT_THAT(plain->parts.inv_std, testing::Each(1.0f));
  AttachOptions options;
  options.scaled = true;
  const auto scaled = AttachForest(forest, **base, options);
  EXPECT_EQ(scaled->parts.mean[0], (*base)->scaler().mean()[0]);
  // Lists, encodings and classes are the base's, so its pipeline takes the model.
  const auto probe = Probe(*plain);
  ASSERT_TRUE(probe) << probe.error().message();
  const auto bytes = FinishModel(*plain, *probe, probe->scores);
  ASSERT_TRUE(bytes) << bytes.error().message();
  const auto model = Model::FromBytes(*bytes, "imported.model");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->feature_spec(), (*base)->feature_spec());
  EXPECT_EQ((*model)->num_lists(), (*base)->num_lists());
  EXPECT_EQ((*model)->num_training_ids(), 0u);
}

TEST(AttachTest, SymmetricTreesGetTheSymmetricEngine) {
  const auto forest = ReadForest(Fixture("catboost_symmetric.json"));
  const auto model = ImportOnto(*Base(kThreeClasses), *forest);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ(EngineNames(**model).front(), "oblivious");
  const auto nested = ReadForest(Fixture("catboost_nested.json"));
  EXPECT_NE(EngineNames(**ImportOnto(*Base(kTwoClasses), *nested)).front(), "oblivious");
}

TEST(AttachTest, TheGoldenBoundIsTwiceTheDifference) {
  const auto base = Base(kThreeClasses);
  const auto forest = ReadForest(Fixture("catboost_symmetric.json"));
  const auto attached = AttachForest(*forest, *base, {});
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_GT(attached->bound, 0);
  EXPECT_THAT(attached->why, HasSubstr("summed in f32 for speed"));
  const auto probe = Probe(*attached);
  ASSERT_TRUE(probe) << probe.error().message();
  std::vector<float> scores = probe->scores;
  const float before = scores[7];
  scores[7] = std::nextafter(before, 1000.0f);
  const auto bytes = FinishModel(*attached, *probe, scores);
  ASSERT_TRUE(bytes) << bytes.error().message();
  const auto model = Model::FromBytes(*bytes, "imported.model");
  const auto engine = MakeEngine(**model);
  EXPECT_EQ((*model)->CheckGolden(**engine)->bound, 2 * (scores[7] - before));
  scores[7] = before + 2 * attached->bound;
  EXPECT_THAT(FinishModel(*attached, *probe, scores).error().message(),
              HasSubstr("imported model: golden.scores[7]"));
}

TEST(AttachTest, GoldenScoresComeBackFromTheLibrary) {
  const auto base = Base(kThreeClasses);
  const auto forest = ReadForest(Fixture("xgboost_softprob.json"));
  const auto attached = AttachForest(*forest, *base, {});
  ASSERT_TRUE(attached) << attached.error().message();
  const auto probe = Probe(*attached);
  ASSERT_TRUE(probe) << probe.error().message();
  const std::string rows = WriteProbeCsv(*attached, *probe);
  EXPECT_EQ(rows.substr(0, 16), "# marquee probe ");
  EXPECT_THAT(rows, HasSubstr("\n\"a\",\"b\",\"c\",\"d\"\n"));
  EXPECT_THAT(rows, HasSubstr("nan"));

  std::string scores = "# marquee scores " + rows.substr(16, 16) + "\n";
  for (std::size_t i = 0; i < probe->scores.size(); ++i) {
    scores += std::to_string(0.25 * static_cast<double>(i)) + (i % 3 == 2 ? "\n" : ",");
  }
  const auto read = ReadScoresCsv(scores, *attached, *probe);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ((*read)[5], 1.25f);
  EXPECT_THAT(FinishModel(*attached, *probe, *read).error().message(),
              HasSubstr("imported model: golden.scores[0] (row 0, score 0)"));

  const auto problem = [&](const std::string& text) {
    return std::string(ReadScoresCsv(text, *attached, *probe).error().message());
  };
  EXPECT_THAT(problem("# marquee scores 0123456789abcdef\n"), HasSubstr("scores of other rows"));
  const std::string mark = scores.substr(0, 34);
  EXPECT_THAT(problem(mark + "1,2\n"), HasSubstr("line 2 does not hold 3 finite scores"));
  EXPECT_THAT(problem(mark + "1,2,3,4\n"), HasSubstr("line 2 does not hold 3 finite scores"));
  EXPECT_THAT(problem(mark + "1,2,nan\n"), HasSubstr("line 2 does not hold 3 finite scores"));
  EXPECT_THAT(problem(mark + "1,2,3\n"), HasSubstr("holds scores of 1 rows instead of 1024"));
}

TEST(AttachTest, GoldenScoresOfClassesInAnotherOrderArePutIntoTheBases) {
  const auto forest = ReadForest(Fixture("sklearn_forest.json"));
  ASSERT_THAT(forest->class_names, ElementsAre("high", "low", "mid"));
  AttachOptions options;
  options.features = kColumns;
  const auto attached = AttachForest(*forest, *Base(kThreeClasses), options);
  ASSERT_TRUE(attached) << attached.error().message();
  EXPECT_THAT(attached->scores, ElementsAre(2, 0, 1));
  const auto probe = Probe(*attached);
  ASSERT_TRUE(probe) << probe.error().message();
  std::string text = "# marquee scores " + WriteProbeCsv(*attached, *probe).substr(16, 16) + "\n";
  for (std::size_t row = 0; row < probe->num_rows; ++row) {
    const float* ours = &probe->scores[3 * row];
    text += fmt::format("{},{},{}\n", ours[2], ours[0], ours[1]);
  }
  const auto read = ReadScoresCsv(text, *attached, *probe);
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, probe->scores);
}

}  // namespace
}  // namespace marquee::model
