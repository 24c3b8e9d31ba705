// `marquee model import` as its users run it: a library's file in, a model that scores movies out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "tests/support/run_program.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::StartsWith;
using testing_support::Outcome;
using testing_support::ReadFile;

class ModelImportTest : public testing::Test {
 protected:
  /// A LightGBM model of three classes over four columns of the built-in model.
  ModelImportTest() {
    std::string text = ReadFile(MARQUEE_FIXTURES "/lightgbm_multiclass.txt");
    text.replace(text.find("feature_names=a b c d"), 21,
                 "feature_names=popularity runtime year genres=Science_Fiction");
    dir_.Write("booster.txt", text);
  }

  Outcome Marquee(const std::string& arguments) const {
    return testing_support::RunProgram(dir_, MARQUEE_PROGRAM " " + arguments);
  }

  testing_support::TempDir dir_;
};

TEST_F(ModelImportTest, AnImportedModelScoresMovies) {
  const Outcome import = Marquee("model import --from booster.txt -o booster.model --name mine");
  ASSERT_EQ(import.exit_code, 0) << import.err;
  EXPECT_THAT(
      import.out,
      StartsWith("booster.txt: 6 trees of LightGBM, format v4, 3 scores → "
                 "booster.model\nscores: the library's on one thread, bit for bit: summed in "
                 "f64, then rounded to f32,"));
  EXPECT_THAT(import.out, HasSubstr("scores that Marquee's own engine computed"));
  EXPECT_THAT(import.out, HasSubstr("columns: as they are"));

  const Outcome verify = Marquee("model verify booster.model");
  EXPECT_EQ(verify.exit_code, 0) << verify.err;
  EXPECT_THAT(verify.out, HasSubstr("1024 golden rows, largest difference 0, allowed 0"));
  ASSERT_EQ(Marquee("generate -o movies.csv --rows 300").exit_code, 0);
  const Outcome run = Marquee("run --data movies.csv --model booster.model --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(Marquee("model inspect booster.model").out, StartsWith("model mine LightGBM"));
}

TEST_F(ModelImportTest, TheSameFileGivesTheSameBytes) {
  ASSERT_EQ(Marquee("model import --from booster.txt -o one.model").exit_code, 0);
  ASSERT_EQ(Marquee("model import --from booster.txt -o two.model").exit_code, 0);
  EXPECT_EQ(ReadFile(dir_.File("one.model")), ReadFile(dir_.File("two.model")));
}

TEST_F(ModelImportTest, FeaturesAreNamedByAListOrAFile) {
  dir_.Write("names.txt", "revenue\r\nbudget\nmonth\ngenres=Drama\n");
  ASSERT_EQ(Marquee("model import --from booster.txt --features names.txt -o file.model").exit_code,
            0);
  ASSERT_EQ(Marquee("model import --from booster.txt -o list.model --features "
                    "revenue,budget,month,genres=Drama")
                .exit_code,
            0);
  EXPECT_EQ(ReadFile(dir_.File("file.model")), ReadFile(dir_.File("list.model")));
}

TEST_F(ModelImportTest, GoldenScoresOfOtherRowsAreRefused) {
  const Outcome probe = Marquee("model import --from booster.txt --probe rows.csv");
  ASSERT_EQ(probe.exit_code, 0) << probe.err;
  const std::string rows = ReadFile(dir_.File("rows.csv"));
  EXPECT_THAT(rows,
              HasSubstr("\n\"popularity\",\"runtime\",\"year\",\"genres=Science_Fiction\"\n"));
  // What a library would say, were all its leaves 0.
  std::string scores = "# marquee scores" + rows.substr(15, 17) + "\n";
  for (auto lines = std::count(rows.begin(), rows.end(), '\n') - 2; lines > 0; --lines) {
    scores += "0,0,0\n";
  }
  dir_.Write("scores.csv", scores);
  const Outcome wrong = Marquee("model import --from booster.txt --golden scores.csv -o x.model");
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_THAT(wrong.err, HasSubstr("booster.txt: imported model: golden.scores[0]"));
  const Outcome scaled =
      Marquee("model import --from booster.txt --scaled --golden scores.csv -o x.model");
  EXPECT_EQ(scaled.exit_code, 3);
  EXPECT_THAT(scaled.err, HasSubstr("scores.csv: line 1 is"));
}

TEST_F(ModelImportTest, ErrorsNameTheFileAndWhatToDo) {
  const auto problem = [this](const std::string& arguments, int exit_code) {
    const Outcome outcome = Marquee("model import " + arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
    return outcome.err;
  };
  EXPECT_THAT(problem("--from booster.txt", 2), HasSubstr("give either -o OUT.model, or --probe"));
  EXPECT_THAT(problem("--from none.json -o x.model", 3), HasSubstr("none.json: No such file"));
  EXPECT_THAT(problem("--from . -o x.model", 3), HasSubstr(".: Is a directory"));
  EXPECT_THAT(problem("--from booster.txt -o booster.txt", 2), HasSubstr("booster.txt"));
  EXPECT_THAT(problem("--from booster.txt --features a,budget,year,runtim -o x.model", 3),
              HasSubstr("booster.txt: 2 of its features are no columns of the base model"));
  EXPECT_THAT(problem("--from booster.txt --cutpoints 5,6 -o x.model", 3),
              HasSubstr("is a classifier, which has no --cutpoints"));
  std::string text = ReadFile(dir_.File("booster.txt"));
  text.replace(text.find("left_child=-1 2"), 15, "left_child=-1 9");
  dir_.Write("bad.txt", text);
  EXPECT_THAT(problem("--from bad.txt -o x.model", 3),
              HasSubstr("marquee: bad.txt: Tree=0: left_child[1] is 9"));
}

}  // namespace
}  // namespace marquee
