#include "pipeline/stages/preprocess.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "pipeline/stages/table_schema.h"
#include "tests/support/example_messages.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::IsNan;

using Row = std::map<std::string, std::string>;

/// A stage with the movies' spec, and rows made of the fields that matter to a test.
class PreprocessTest : public testing::Test {
 protected:
  static std::vector<std::string> Columns() { return MoviesSpec().Columns(); }

  Status Process(const std::vector<Row>& rows) {
    testing_support::Rows fields;
    for (Row row : rows) {
      row.insert({"id", "1"});
      fields.emplace_back();
      for (const std::string& column : Columns()) fields.back().push_back(row[column]);
    }
    BatchInfo info = testing_support::ExampleInfo(rows.size());
    testing_support::WriteRawBatch(Columns(), fields, input_, info);
    rejects_.Clear();
    return stage_.Process(RawBatchView::Own(input_), scratch_, output_, rejects_);
  }

  FeatureBatchView Features() {
    testing_support::Receive(output_.bytes(), received_);
    const auto view = FeatureBatchView::Verify(received_.bytes());
    if (!view) ADD_FAILURE() << view.error().message();
    return FeatureBatchView::Own(output_);
  }

  std::vector<wire::RejectReason> Reasons() {
    std::vector<wire::RejectReason> reasons;
    Message message;
    for (std::size_t i = 0; i < rejects_.size(); ++i) {
      testing_support::Receive(rejects_.message(i), message);
      reasons.push_back(RawBatchView::Verify(message.bytes())->reject()->reason());
    }
    return reasons;
  }

  std::uint64_t Problem(const std::string& column, FieldProblem problem) const {
    for (const ColumnProblems& entry : scratch_.problems()) {
      if (entry.column == column) return entry.counts[static_cast<std::size_t>(problem)];
    }
    return 0;
  }

  PreprocessStage stage_ = *PreprocessStage::Make(MoviesSpec());
  PreprocessStage::Scratch scratch_{stage_};
  Rejects rejects_{"movies.csv"};
  Message input_;
  Message output_;
  Message received_;
};

TEST_F(PreprocessTest, MakesTheFeaturesOfTheSpec) {
  ASSERT_TRUE(Process({{{"id", "862"},
                        {"title", "Toy Story"},
                        {"budget", "30000000"},
                        {"revenue", "373554033"},
                        {"vote_count", "5415"},
                        {"popularity", "21.946943"},
                        {"runtime", "81"},
                        {"release_date", "1995-10-30"},
                        {"genres", "Animation, Comedy, Family"},
                        {"original_language", "en"},
                        {"production_companies", "Pixar Animation Studios"},
                        {"overview", "Led by Woody"},
                        {"vote_average", "7.7"}}})
                  .ok());
  const FeatureBatchView batch = Features();
  EXPECT_EQ(batch.feature_spec(), MoviesSpec().Hash());
  std::vector<float> numeric;
  for (std::size_t i = 0; i < batch.num_numeric(); ++i) numeric.push_back(batch.numeric(i)[0]);
  EXPECT_THAT(numeric, ElementsAre(3e7F, 373554033.0F, 5415.0F, 21.946943F, 81.0F, 1995.0F, 10.0F,
                                   3.0F, 1.0F, 0.0F, 0.0F, 0.0F, 9.0F, 12.0F));
  EXPECT_THAT(batch.list_lengths(0), ElementsAre(3));
  EXPECT_THAT(batch.list_lengths(6), ElementsAre(2));  // words of the title
  EXPECT_THAT(batch.list_lengths(7), ElementsAre(1));  // bucket of the year
  EXPECT_THAT(batch.rows().ids, ElementsAre(862));
  EXPECT_EQ(batch.rows().titles, "Toy Story");
  EXPECT_THAT(batch.rows().target, ElementsAre(7.7F));
  EXPECT_THAT(batch.rows().target_class, ElementsAre(2));
  EXPECT_THAT(batch.rows().labelled, ElementsAre(1));
  EXPECT_EQ(batch.info().num_hops, 2U);
  EXPECT_EQ(batch.info().sequence, 7U);
}

TEST_F(PreprocessTest, TheTargetRuleIsExactAtItsBounds) {
  ASSERT_TRUE(Process({{{"vote_average", "5.9"}, {"vote_count", "10"}},
                       {{"vote_average", "6"}, {"vote_count", "9"}},
                       {{"vote_average", "6.9"}, {"vote_count", "10"}},
                       {{"vote_average", "7.0"}, {"vote_count", "x"}},
                       {{"vote_average", ""}, {"vote_count", "50"}},
                       {{"vote_average", "10.5"}, {"vote_count", "50"}},
                       {{"vote_average", "-1"}, {"vote_count", "50"}}})
                  .ok());
  const RowColumns rows = Features().rows();
  EXPECT_THAT(rows.target_class, ElementsAre(0, 1, 1, 2, kNoClass, kNoClass, kNoClass));
  EXPECT_THAT(rows.labelled, ElementsAre(1, 0, 1, 0, 0, 0, 0));
  EXPECT_THAT(rows.target[4], IsNan());
  EXPECT_EQ(Problem("vote_average", FieldProblem::kOutOfRange), 1U);
  EXPECT_EQ(Problem("vote_average", FieldProblem::kNegative), 1U);
  EXPECT_EQ(Problem("vote_count", FieldProblem::kUnparsable), 1U);
}

TEST_F(PreprocessTest, AProblemOfAColumnThatServesSeveralFeaturesCountsOnce) {
  ASSERT_TRUE(Process({{{"release_date", "soon"}, {"runtime", "-5"}}}).ok());
  EXPECT_EQ(Problem("release_date", FieldProblem::kUnparsable), 1U);
  EXPECT_EQ(Problem("runtime", FieldProblem::kNegative), 1U);
}

TEST_F(PreprocessTest, AListThatIsCutIsCountedWhole) {
  std::string genres = "0";
  for (int i = 1; i < 1030; ++i) genres += ", " + std::to_string(i);
  ASSERT_TRUE(Process({{{"genres", "a, b"}}, {{"genres", genres}}, {{"genres", ""}}}).ok());
  const FeatureBatchView batch = Features();
  EXPECT_THAT(batch.list_lengths(0), ElementsAre(2, 1024, 0));
  EXPECT_THAT(batch.numeric(7), ElementsAre(2.0F, 1030.0F, 0.0F));
  EXPECT_EQ(Problem("genres", FieldProblem::kListTooLong), 1U);
}

TEST_F(PreprocessTest, BadRowsLeaveAndTheOthersStay) {
  ASSERT_TRUE(Process({{{"id", "1"}, {"title", "one"}},
                       {{"id", ""}, {"title", "no id"}},
                       {{"id", "2x"}, {"title", "no number"}},
                       {{"id", "3"}, {"title", std::string("a\0b", 3)}},
                       {{"id", "4"}, {"keywords", "caf\xE9"}},
                       {{"id", " 5 "}, {"title", "five"}}})
                  .ok());
  const FeatureBatchView batch = Features();
  EXPECT_THAT(batch.rows().ids, ElementsAre(1, 5));
  EXPECT_EQ(batch.rows().titles, "onefive");
  EXPECT_THAT(batch.rows().ordinals, ElementsAre(0, 5));
  EXPECT_THAT(Reasons(), testing::UnorderedElementsAre(
                             wire::RejectReason::IdAbsent, wire::RejectReason::IdNotANumber,
                             wire::RejectReason::NulByte, wire::RejectReason::InvalidUtf8));
  // One row was lost before this stage.
  EXPECT_EQ(batch.info().num_rejects(), 5U);
}

TEST_F(PreprocessTest, FeaturesOfKeptRowsDoNotDependOnRejectedOnes) {
  const std::vector<Row> good = {{{"id", "1"},
                                  {"title", "One"},
                                  {"genres", "a, b"},
                                  {"release_date", "1995-10-30"},
                                  {"budget", "5"}},
                                 {{"id", "2"},
                                  {"title", "Two 2"},
                                  {"genres", ""},
                                  {"vote_average", "7"},
                                  {"vote_count", "12"}}};
  ASSERT_TRUE(Process(good).ok());
  std::vector<std::vector<float>> numeric;
  std::vector<std::vector<std::uint32_t>> codes;
  FeatureBatchView batch = Features();
  for (std::size_t i = 0; i < batch.num_numeric(); ++i) {
    numeric.emplace_back(batch.numeric(i).begin(), batch.numeric(i).end());
  }
  for (std::size_t i = 0; i < batch.num_lists(); ++i) {
    codes.emplace_back(batch.list_codes(i).begin(), batch.list_codes(i).end());
  }
  const Row bad = {{"id", "x"}, {"title", "bad"}, {"genres", "c, d"}, {"release_date", "soon"}};
  ASSERT_TRUE(Process({bad, good[0], bad, good[1], bad}).ok());
  batch = Features();
  EXPECT_THAT(batch.rows().ordinals, ElementsAre(1, 3));
  for (std::size_t i = 0; i < batch.num_numeric(); ++i) {
    EXPECT_THAT(batch.numeric(i), testing::Pointwise(testing::NanSensitiveFloatEq(), numeric[i]));
  }
  for (std::size_t i = 0; i < batch.num_lists(); ++i) {
    EXPECT_THAT(batch.list_codes(i), testing::ElementsAreArray(codes[i]));
  }
  EXPECT_EQ(Problem("release_date", FieldProblem::kUnparsable), 0U);
}

TEST_F(PreprocessTest, ACharacterCutBetweenTwoRowsIsInvalidInBoth) {
  ASSERT_TRUE(Process({{{"title", "caf\xC3"}}, {{"title", "\xA9"}}}).ok());
  EXPECT_EQ(rejects_.count(wire::RejectReason::InvalidUtf8), 2U);
  EXPECT_EQ(Features().num_rows(), 0U);
}

TEST_F(PreprocessTest, AnEmptyBatchMakesAnEmptyBatch) {
  ASSERT_TRUE(Process({}).ok());
  EXPECT_EQ(Features().num_rows(), 0U);
}

TEST_F(PreprocessTest, RowsWhoseFeaturesDoNotFitAreRejectedNotLost) {
  // Items of one character: four bytes of features for three of text, so a message that is nearly
  // full overflows.
  std::string field = "a";
  for (int i = 0; i < 1023; ++i) field += ", a";
  const Row row = {{"genres", field},
                   {"production_companies", field},
                   {"keywords", field},
                   {"spoken_languages", field},
                   {"production_countries", field}};
  ASSERT_TRUE(Process(std::vector<Row>(50, row)).ok());
  EXPECT_LE(output_.bytes().size(), kMaxMessageBytes);
  const std::size_t kept = Features().num_rows();
  EXPECT_LT(kept, 50U);
  EXPECT_GT(kept, 40U);
  EXPECT_EQ(rejects_.count(wire::RejectReason::FeaturesTooLarge), 50 - kept);
}

TEST_F(PreprocessTest, RefusesABatchWithoutANeededColumn) {
  testing_support::WriteRawBatch({"id", "title"}, {{"1", "a"}}, input_,
                                 testing_support::ExampleInfo(1));
  const Status status = stage_.Process(RawBatchView::Own(input_), scratch_, output_, rejects_);
  EXPECT_EQ(status.code(), StatusCode::kData);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no column 'vote_count'"));
}

/// A table without ids and titles, whose target is a category.
class OtherTableTest : public testing::Test {
 protected:
  OtherTableTest() {
    const auto spec = ParseTableSchema(R"(
numeric = [
  { name = "change", kind = "signed_number" },
  { name = "job", kind = "category_code", values = ["Craft", "Clerk"] },
  { name = "speaks_english", kind = "holds_item", column = "languages", values = ["English", "Scots"] },
]
lists = [{ name = "languages", kind = "list", limit = 2 }]
[target]
column = "income"
classes = [{ name = "low", values = ["<=50K", "<=50K."] }, { name = "high", values = [">50K"] }]
)",
                                       "people.toml");
    stage_.emplace(*PreprocessStage::Make(*spec));
    scratch_.emplace(*stage_);
  }

  FeatureBatchView Process(const std::vector<std::string>& columns,
                           const testing_support::Rows& rows) {
    BatchInfo info = testing_support::ExampleInfo(rows.size());
    info.first_record = 1000;
    testing_support::WriteRawBatch(columns, rows, input_, info);
    const Status status = stage_->Process(RawBatchView::Own(input_), *scratch_, output_, rejects_);
    EXPECT_TRUE(status.ok()) << status.message();
    return FeatureBatchView::Own(output_);
  }

  std::optional<PreprocessStage> stage_;
  std::optional<PreprocessStage::Scratch> scratch_;
  Rejects rejects_{"people.csv"};
  Message input_;
  Message output_;
};

const std::vector<std::string> kPeopleColumns = {"change", "job", "languages", "income"};

TEST_F(OtherTableTest, MakesItsFeatures) {
  const FeatureBatchView batch =
      Process(kPeopleColumns, {{"-5.5", " Clerk ", "Hindi, Scots", ">50K"},
                               {"x", "?", "", "<=50K."},
                               {"", "", "English, a, b", "50K"}});
  EXPECT_THAT(batch.numeric(0), ElementsAre(-5.5F, IsNan(), IsNan()));
  EXPECT_THAT(batch.numeric(1), ElementsAre(1.0F, IsNan(), IsNan()));
  EXPECT_THAT(batch.numeric(2), ElementsAre(1.0F, 0.0F, 1.0F));
  EXPECT_THAT(batch.list_lengths(0), ElementsAre(2, 0, 2));
  EXPECT_THAT(batch.rows().target, ElementsAre(1.0F, 0.0F, IsNan()));
  EXPECT_THAT(batch.rows().target_class, ElementsAre(1, 0, kNoClass));
  EXPECT_THAT(batch.rows().labelled, ElementsAre(1, 1, 0));
  EXPECT_THAT(batch.rows().titles, IsEmpty());
  const auto unknown = static_cast<std::size_t>(FieldProblem::kUnknown);
  for (const ColumnProblems& column : scratch_->problems()) {
    const bool has_one = column.column == "job" || column.column == "income";
    EXPECT_EQ(column.counts[unknown], has_one ? 1U : 0U) << column.column;
  }
}

TEST_F(OtherTableTest, IdsAreNumbersOfRows) {
  const std::vector<std::string> row = {"1", "Craft", "", ">50K"};
  EXPECT_THAT(Process(kPeopleColumns, {row, row}).rows().ids, ElementsAre(1000, 1001));
  // The first one is no text, and gone.
  const FeatureBatchView batch = Process(kPeopleColumns, {{"1", "\xff", "", ""}, row, row});
  EXPECT_THAT(batch.rows().ids, ElementsAre(1001, 1002));
  EXPECT_THAT(batch.rows().title_lengths, ElementsAre(0, 0));
}

TEST_F(OtherTableTest, WithoutItsTargetNoRowIsLabelled) {
  const FeatureBatchView batch =
      Process({"change", "job", "languages"}, {{"1", "Craft", ""}, {"2", "Clerk", ""}});
  EXPECT_THAT(batch.rows().target, ElementsAre(IsNan(), IsNan()));
  EXPECT_THAT(batch.rows().labelled, ElementsAre(0, 0));
}

TEST(PreprocessStageTest, TheRowsOfAWideTableFit) {
  FeatureSpec spec = MoviesSpec();
  EXPECT_GT(MostRowsOf(spec), kMaxBatchRows);
  while (spec.numeric.size() < FeatureSpec::kMaxNumeric) {
    spec.numeric.push_back({fmt::format("more_{}", spec.numeric.size()), "number", "budget"});
  }
  while (spec.lists.size() < FeatureSpec::kMaxLists) {
    spec.lists.push_back({fmt::format("more_{}", spec.lists.size()), "category", "genres"});
  }
  const auto stage = PreprocessStage::Make(spec);
  ASSERT_TRUE(stage) << stage.error().message();
  const std::size_t num_rows = MostRowsOf(spec);
  EXPECT_GT(num_rows, 50U);
  const std::vector<std::string> columns = spec.Columns();
  std::vector<std::string> row(columns.size());
  row[0] = "7";
  Message input;
  testing_support::WriteRawBatch(columns, testing_support::Rows(num_rows, row), input,
                                 testing_support::ExampleInfo(num_rows));
  PreprocessStage::Scratch scratch(*stage);
  Rejects rejects("wide.csv");
  Message output;
  ASSERT_TRUE(stage->Process(RawBatchView::Own(input), scratch, output, rejects).ok());
  EXPECT_EQ(rejects.size(), 0U);
  EXPECT_EQ(FeatureBatchView::Own(output).num_rows(), num_rows);
}

TEST(PreprocessStageTest, RefusesAnUnknownKind) {
  FeatureSpec spec = MoviesSpec();
  spec.lists[0].kind = "bag";
  const auto stage = PreprocessStage::Make(spec);
  ASSERT_FALSE(stage);
  EXPECT_THAT(std::string(stage.error().message()),
              HasSubstr("list feature 'genres': there is no kind 'bag': it is one of list"));
}

}  // namespace
}  // namespace marquee
