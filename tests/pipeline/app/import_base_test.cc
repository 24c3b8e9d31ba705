#include "pipeline/app/import_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "pipeline/app/scoring.h"
#include "pipeline/stages/table_schema.h"
#include "pipeline/transport/file/message_file.h"
#include "tests/support/example_messages.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

FeatureSpec Spec(const std::string& id, const std::string& target) {
  auto spec = ParseTableSchema(id + R"(
numeric = [{ name = "x", kind = "number" }, { name = "y", kind = "number" }]
lists = [{ name = "l", kind = "list" }]
[target]
column = "t"
)" + target,
                               "table.toml");
  if (!spec) ADD_FAILURE() << spec.error().message();
  return *std::move(spec);
}

const char* const kCategories =
    R"(classes = [{ name = "a", values = ["1"] }, { name = "b", values = ["2"] }])";
const char* const kBounds =
    "min = 0\nmax = 9\nclasses = [{ name = \"a\" }, { name = \"b\", from = 2.5 }]";

TEST(ImportBaseTest, ABaseHasTheNumericFeaturesAsColumns) {
  for (const char* target : {kCategories, kBounds}) {
    const FeatureSpec spec = Spec("", target);
    const auto base = BaseModelOf(spec, "table.toml");
    ASSERT_TRUE(base) << base.error().message();
    EXPECT_THAT((*base)->column_names(), ElementsAre("x", "y"));
    EXPECT_THAT((*base)->class_names(), ElementsAre("a", "b"));
    const auto again = SpecOf(**base);
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->Hash(), spec.Hash());
    for (const auto& profile : (*base)->numeric_profiles()) EXPECT_FALSE(profile.known());
  }
  EXPECT_THAT((*BaseModelOf(Spec("", kBounds), ""))->classifier().cutpoints(), ElementsAre(2.5F));
  FeatureSpec lists_only = Spec("", kBounds);
  lists_only.numeric.clear();
  EXPECT_FALSE(BaseModelOf(lists_only, ""));
}

class TrainingFactsTest : public testing::Test {
 protected:
  /// A file of the features of 101 rows: x is 0 to 100, y missing, l has as many items as the last digit
  /// of x modulo 3.
  std::string WriteFeatures(const FeatureSpec& spec) {
    testing_support::Rows rows;
    for (int i = 0; i <= 100; ++i) {
      const std::vector<std::string> lists = {"", "a", "a, b"};
      rows.push_back(
          {std::to_string(i), std::to_string(i), "", lists[static_cast<std::size_t>(i % 3)], "1"});
    }
    Message raw;
    testing_support::WriteRawBatch({"id", "x", "y", "l", "t"}, rows, raw,
                                   testing_support::ExampleInfo(rows.size()));
    const auto stage = PreprocessStage::Make(spec);
    PreprocessStage::Scratch scratch(*stage);
    Message features;
    Rejects rejects("table.csv");
    EXPECT_TRUE(stage->Process(RawBatchView::Own(raw), scratch, features, rejects).ok());
    auto file = MessageFileWriter::Create(folder_.File("features"));
    EXPECT_TRUE(file->Write(features.bytes()).ok());
    EXPECT_TRUE(file->Close().ok());
    return folder_.File("features");
  }

  static model::ModelParts Parts() {
    model::ModelParts parts;
    parts.numeric_profiles.resize(2);
    parts.list_profiles.resize(1);
    return parts;
  }

  testing_support::TempDir folder_;
};

TEST_F(TrainingFactsTest, TellHowFeaturesWereDistributed) {
  const FeatureSpec spec = Spec("id = \"id\"\n", kCategories);
  model::ModelParts parts = Parts();
  const auto num_rows = AddTrainingFacts(WriteFeatures(spec), spec, parts);
  ASSERT_TRUE(num_rows) << num_rows.error().message();
  EXPECT_EQ(*num_rows, 101U);
  const auto& x = parts.numeric_profiles[0];
  ASSERT_EQ(x.quantiles.size(), 33U);
  EXPECT_EQ(x.quantiles.front(), 0);
  EXPECT_EQ(x.quantiles[16], 50);
  EXPECT_EQ(x.quantiles.back(), 100);
  EXPECT_EQ(x.missing_share, 0);
  EXPECT_THAT(parts.numeric_profiles[1].quantiles, IsEmpty());
  EXPECT_EQ(parts.numeric_profiles[1].missing_share, 1);
  const auto& shares = parts.list_profiles[0].length_shares;
  EXPECT_EQ(shares[0], 34.0F / 101);
  EXPECT_EQ(shares[1], 34.0F / 101);
  EXPECT_EQ(shares[2], 33.0F / 101);
  EXPECT_THAT(std::vector(shares.begin() + 3, shares.end()), Each(0));
  EXPECT_EQ(parts.training_ids.size(), 101U);
  EXPECT_TRUE(std::is_sorted(parts.training_ids.begin(), parts.training_ids.end()));
}

TEST_F(TrainingFactsTest, NumbersOfRowsAreNoIds) {
  const FeatureSpec spec = Spec("", kCategories);
  model::ModelParts parts = Parts();
  ASSERT_TRUE(AddTrainingFacts(WriteFeatures(spec), spec, parts));
  EXPECT_THAT(parts.training_ids, IsEmpty());
}

TEST_F(TrainingFactsTest, OtherFeaturesAreRefused) {
  const FeatureSpec spec = Spec("", kCategories);
  model::ModelParts parts = Parts();
  const std::string path = WriteFeatures(Spec("", kBounds));
  const auto other = AddTrainingFacts(path, spec, parts);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().code(), StatusCode::kConfig);
  EXPECT_THAT(std::string(other.error().message()), HasSubstr(path + ": features of spec"));
  folder_.Write("empty", "");
  const auto empty = AddTrainingFacts(folder_.File("empty"), spec, parts);
  ASSERT_FALSE(empty);
  EXPECT_THAT(std::string(empty.error().message()), HasSubstr("there are no rows in it"));
  EXPECT_FALSE(AddTrainingFacts(folder_.File("none"), spec, parts));
}

}  // namespace
}  // namespace marquee
