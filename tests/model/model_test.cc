#include "model/model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <filesystem>

#include "model/synthetic.h"
#include "schemas/frame.h"
#include "tests/model/scoring.h"
#include "tests/support/temp_dir.h"

namespace marquee::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::TempDir;

ModelParts SomeModel() {
  Random random(11);
  return MakeSyntheticModel(SyntheticShape(), random);
}

std::uint64_t HashOf(std::int64_t id) { return XXH3_64bits(&id, sizeof(id)); }

std::string_view Text(const std::vector<std::byte>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(ModelTest, GivesWhatTheFileHolds) {
  const ModelParts parts = SomeModel();
  const std::vector<std::byte> file = WriteModelFile(parts);
  const TempDir dir;
  const std::string path = dir.Write("some.model", Text(file));
  const auto loaded = Model::Load(path);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const Model& model = **loaded;
  EXPECT_EQ(model.source(), path);
  EXPECT_EQ(model.name(), "synthetic");
  EXPECT_EQ(model.version(), "1.0.0");
  EXPECT_EQ(model.feature_spec(), parts.feature_spec);
  EXPECT_EQ(model.feature_spec_text(), "3 numeric\n2 lists\n");
  EXPECT_THAT(model.class_names(), ElementsAre("class 0", "class 1", "class 2"));
  EXPECT_EQ(model.num_numeric(), 3u);
  EXPECT_EQ(model.num_lists(), 2u);
  EXPECT_EQ(model.num_columns(), parts.column_names.size());
  EXPECT_EQ(model.column_names()[3], "encoding 0, column 0");
  EXPECT_EQ(model.num_scores(), 1u);
  EXPECT_EQ(model.num_trees(), 20u);
  EXPECT_EQ(model.training_sha256(), std::string(64, 'a'));
  ASSERT_NE(model.FindFigure("macro_f1"), nullptr);
  EXPECT_EQ(model.FindFigure("macro_f1")->mean, 0.64);
  EXPECT_EQ(model.FindFigure("macro_f1")->repetitions, 25u);
  EXPECT_EQ(model.FindFigure("accuracy"), nullptr);
  EXPECT_THAT(model.numeric_profiles()[0].quantiles, ElementsAre(-1.0f, 0.0f, 2.5f));
  EXPECT_THAT(model.list_profiles()[1].items, ElementsAre("Drama", "Pathé"));
  std::uint64_t payload_bytes = 0;
  std::memcpy(&payload_bytes, file.data() + 8, sizeof(payload_bytes));
  EXPECT_EQ(model.id(), XXH3_64bits(file.data() + kFrameHeaderBytes, payload_bytes));
}

TEST(ModelTest, EncodingsAnswerForTheirItems) {
  const ModelParts parts = SomeModel();
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  const Encoding& linear = (*model)->encoder().encodings()[1];
  const EncodingParts& expected = parts.encodings[1];
  ASSERT_EQ(linear.kind, EncodingKind::kLinearScore);
  EXPECT_EQ(linear.first_column, 3 + parts.encodings[0].num_columns());
  EXPECT_EQ(linear.base, expected.base);
  for (std::size_t i = 0; i < expected.codes.size(); ++i) {
    EXPECT_EQ(linear.ValueOf(expected.codes[i]), expected.values[i]);
  }
  EXPECT_EQ(linear.ValueOf(expected.codes[0] + 1), expected.unknown);
}

TEST(ModelTest, LoadsFromBytesAtAnyAddress) {
  const std::vector<std::byte> file = WriteModelFile(SomeModel());
  for (const std::size_t offset : {0u, 1u, 3u, 4u, 7u}) {
    std::vector<std::byte> moved(offset);
    moved.insert(moved.end(), file.begin(), file.end());
    const auto model = Model::FromBytes(std::span(moved).subspan(offset), "moved");
    ASSERT_TRUE(model) << model.error().message();
  }
}

TEST(ModelTest, KnowsItsTrainingIds) {
  ModelParts parts = SomeModel();
  parts.training_ids.clear();
  for (std::int64_t id = -500; id < 500; id += 2) parts.training_ids.push_back(HashOf(id * 1001));
  std::sort(parts.training_ids.begin(), parts.training_ids.end());
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->num_training_ids(), 500u);
  for (std::int64_t id = -500; id < 500; ++id) {
    EXPECT_EQ((*model)->IsTrainingId(id * 1001), id % 2 == 0) << id;
  }
}

TEST(ModelTest, MayHaveNoTrainingIds) {
  ModelParts parts = SomeModel();
  parts.training_ids.clear();
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_FALSE((*model)->IsTrainingId(1));
}

TEST(IdSetTest, FindsExactlyItsHashes) {
  const std::uint64_t top = std::numeric_limits<std::uint64_t>::max();
  const std::vector<std::uint64_t> crowded = {0, 1, 2, 3, 4, 5, 6, 1u << 20, top - 1, top};
  const IdSet set(crowded);
  for (const std::uint64_t hash : crowded) EXPECT_TRUE(set.Contains(hash)) << hash;
  for (const std::uint64_t hash : {std::uint64_t{7}, top / 2, top - 2}) {
    EXPECT_FALSE(set.Contains(hash)) << hash;
  }
  EXPECT_FALSE(IdSet().Contains(0));
  EXPECT_FALSE(IdSet().Contains(top));
}

TEST(ModelTest, RequiresItsFeatureSpec) {
  const ModelParts parts = SomeModel();
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_TRUE((*model)->RequireFeatureSpec(parts.feature_spec, parts.feature_spec_text).ok());
  const Status refused = (*model)->RequireFeatureSpec(0xabc, "3 numeric\n4 lists\n");
  EXPECT_EQ(refused.code(), StatusCode::kConfig);
  EXPECT_THAT(refused.message(), HasSubstr("test.model"));
  EXPECT_THAT(refused.message(), HasSubstr("0000000000000abc"));
  EXPECT_THAT(refused.message(), HasSubstr("line 2 is \"2 lists\" in the model's and \"4 lists\""));
  EXPECT_THAT((*model)->RequireFeatureSpec(1, "3 numeric\n2 lists\nmore\n").message(),
              HasSubstr("line 3 is \"\" in the model's and \"more\""));
  EXPECT_THAT((*model)->RequireFeatureSpec(1, "").message(),
              HasSubstr("line 1 is \"3 numeric\" in the model's and \"\""));
}

TEST(ModelTest, NamesAFileThatIsNotThere) {
  const auto model = Model::Load("/no/such/movies.model");
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), StatusCode::kConfig);
  EXPECT_THAT(model.error().message(), HasSubstr("/no/such/movies.model: No such file"));
  EXPECT_THAT(model.error().message(), HasSubstr("--model"));
}

TEST(ModelTest, RefusesAFolderAndAnEmptyFile) {
  const TempDir dir;
  const auto folder = Model::Load(dir.path().string());
  ASSERT_FALSE(folder);
  EXPECT_EQ(folder.error().code(), StatusCode::kConfig);
  const auto model = Model::Load(dir.Write("empty.model", ""));
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("has 0 bytes"));
}

TEST(ModelTest, RefusesBytesBehindItsFrame) {
  std::vector<std::byte> file = WriteModelFile(SomeModel());
  file.resize(file.size() + 64);
  const auto model = Model::FromBytes(file, "long.model");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("its header claims"));
}

TEST(ModelTest, RefusesAnotherMessageInAFrame) {
  const std::string text(200, 'x');
  const auto header = EncodeFrameHeader(std::as_bytes(std::span(text)));
  std::vector<std::byte> file(320);
  std::copy(header.begin(), header.end(), file.begin());
  std::memcpy(file.data() + header.size(), text.data(), text.size());
  const auto model = Model::FromBytes(file, "text.model");
  ASSERT_FALSE(model);
  EXPECT_THAT(model.error().message(), HasSubstr("text.model: is not a model"));
}

TEST(ModelTest, ReportsOnItsGoldenRows) {
  ModelParts parts = SomeModel();
  parts.golden.bound = 1e-4f;
  parts.golden.scores[3] += 5e-5f;
  const auto model = LoadParts(parts);
  ASSERT_TRUE(model) << model.error().message();
  const auto engine = MakeEngine(**model);
  const auto report = (*model)->CheckGolden(**engine);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->num_rows, 16u);
  EXPECT_NEAR(report->max_difference, 5e-5f, 1e-6f);
  EXPECT_EQ(report->bound, 1e-4f);
}

TEST(ModelTest, RefusesToScoreOtherwiseThanItsGoldenRows) {
  ModelParts parts = SomeModel();
  parts.golden.bound = 1e-4f;
  parts.golden.scores[3] += 2e-4f;
  const auto model = LoadParts(parts);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), StatusCode::kConfig);
  EXPECT_THAT(model.error().message(), HasSubstr("test.model: golden.scores[3] (row 3, score 0)"));
}

class ShippedModelTest : public ::testing::TestWithParam<std::string> {};

TEST_P(ShippedModelTest, IsAccepted) {
  const auto model = Model::Load(MARQUEE_SOURCE_DIR "/model/artifacts/" + GetParam() + ".model");
  ASSERT_TRUE(model) << model.error().message();
  EXPECT_EQ((*model)->name(), GetParam());
  EXPECT_EQ((*model)->num_numeric(), 14u);
  EXPECT_EQ((*model)->num_lists(), 8u);
  EXPECT_THAT((*model)->class_names(), ElementsAre("low", "mid", "high"));
  EXPECT_NE((*model)->FindFigure("cross_validated_f1"), nullptr);
  const auto engine = MakeEngine(**model);
  const auto report = (*model)->CheckGolden(**engine);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_GE(report->num_rows, 1000u);
  EXPECT_LE(report->bound, 2e-5f);
}

INSTANTIATE_TEST_SUITE_P(Shipped, ShippedModelTest, ::testing::Values("movies", "movies-cold"),
                         [](const auto& which) {
                           return which.param == "movies" ? "movies" : "cold";
                         });

}  // namespace
}  // namespace marquee::model
