#include "pipeline/stages/table_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kPeople = R"(
title = "full name"
numeric = [
  { name = "age", kind = "number" },
  { name = "job", kind = "category_code", column = "job \"title\"", values = ["Craft", "a \\ b", "Clerk, senior"] },
  { name = "hours", kind = "capped_number", cap = 80.5 },
]
lists = [{ name = "words", kind = "words", column = "full name", limit = 3 }]

[target]
column = "income"
classes = [{ name = "low", values = ["<=50K"] }, { name = "high", values = [">50K", "over 50K"] }]
)";

std::string Replaced(std::string_view text, std::string_view what, std::string_view by) {
  std::string changed(text);
  const std::size_t at = changed.find(what);
  EXPECT_NE(at, std::string::npos) << what;
  return changed.replace(at, what.size(), by);
}

std::string Problem(const std::string& toml) {
  const auto spec = ParseTableSchema(toml, "people.toml");
  if (spec) return "none";
  EXPECT_EQ(spec.error().code(), StatusCode::kConfig);
  return std::string(spec.error().message());
}

TEST(TableSchemaTest, TheMoviesAreTheShippedDescription) {
  // A change of this hash makes every model fitted before it useless.
  EXPECT_EQ(MoviesSpec().Hash(), 0x33b6e4f8cafa9f24U);
  const auto spec = LoadTableSchema("");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->Hash(), MoviesSpec().Hash());
}

TEST(TableSchemaTest, EveryKeyBecomesPartOfTheSpec) {
  const auto spec = ParseTableSchema(kPeople, "people.toml");
  ASSERT_TRUE(spec) << spec.error().message();
  EXPECT_EQ(
      spec->CanonicalText(),
      "id \"\"\n"
      "title \"full name\"\n"
      "numeric age number age 0\n"
      "numeric job category_code \"job \\\"title\\\"\" 0 Craft \"a \\\\ b\" \"Clerk, senior\"\n"
      "numeric hours capped_number hours 80.5\n"
      "list words words \"full name\" 3\n"
      "target income\n"
      "class low is <=50K\n"
      "class high is >50K \"over 50K\"\n"
      "labelled always\n"
      "hash xxh3-64 low 32 bits, seed = number of the list\n");
  EXPECT_THAT(spec->NeededColumns(), ElementsAre("full name", "age", "job \"title\"", "hours"));
  EXPECT_THAT(spec->OptionalColumns(), ElementsAre("income"));
}

TEST(TableSchemaTest, ErrorsNameFileLineAndWhatMayBeThere) {
  const auto change = [](std::string_view what, std::string_view by) {
    return Problem(Replaced(kPeople, what, by));
  };
  EXPECT_THAT(change("title", "= title"), HasSubstr("people.toml, line 2: "));
  EXPECT_EQ(change("cap = 80.5", "kap = 80.5"),
            "people.toml, line 6: 'kap' is not known here; there may be cap, column, kind, name");
  EXPECT_EQ(change("\"number\"", "\"nomber\""),
            "people.toml, line 4: there is no kind 'nomber': it is one of number, signed_number, "
            "capped_number, year, month, list_count, text_bytes, category_code, holds_item");
  EXPECT_EQ(change("\"number\"", "5"), "people.toml, line 4: 'kind' must be a text");
  EXPECT_EQ(change(", kind = \"number\"", ""), "people.toml, line 4: 'kind' is missing");
  EXPECT_EQ(change("80.5", "inf"), "people.toml, line 6: 'cap' must be a number");
  EXPECT_EQ(change("80.5", "-1"),
            "people.toml: numeric feature 'hours': kind 'capped_number' needs 'cap', a number from "
            "0 to 3.4028234663852886e+38, not -1");
  EXPECT_THAT(change(", cap = 80.5", ""), HasSubstr("'hours': kind 'capped_number' needs 'cap'"));
  EXPECT_THAT(change("limit = 3", "limit = 2.5"),
              HasSubstr("a whole number from 1 to 1024, not 2.5"));
  EXPECT_EQ(change("[\"Craft\"", "[7"), "people.toml, line 5: 'values' must be a list of texts");
  EXPECT_THAT(change("\"Craft\"", "\"a \\\\ b\""), HasSubstr("values: 'a \\ b' is there twice"));
  EXPECT_THAT(change("\"hours\"", "\"age\""), HasSubstr("numeric feature 'age' is there twice"));
  EXPECT_THAT(change("\"age\"", "\"\""), HasSubstr("the name of a numeric feature must have 1 to"));
  EXPECT_THAT(change("\"age\"", "\"a\\nge\""), HasSubstr("no control characters, not some"));
  EXPECT_EQ(change("[target]", "[goal]"), "people.toml, line 1: [target] is missing");
  EXPECT_THAT(change("\"over 50K\"", "\"<=50K\""),
              HasSubstr("target: values: '<=50K' is there twice"));
  EXPECT_THAT(change(", values = [\"<=50K\"]", ""),
              HasSubstr("classes have either 'values' each, or 'from' each but the first"));
  EXPECT_THAT(change("column = \"income\"", "column = \"income\"\nmin = 1"),
              HasSubstr("classes have either 'values'"));
  EXPECT_THAT(change("column = \"income\"", "column = \"income\"\nlabel_min = -1"),
              HasSubstr("label_column must have 1 to"));
  EXPECT_THAT(change("{ name = \"low\", values = [\"<=50K\"] }, ", ""),
              HasSubstr("1 classes; 2 to 254"));
}

TEST(TableSchemaTest, BoundsOfANumberAscend) {
  const std::string toml = R"(
numeric = [{ name = "x", kind = "signed_number" }]
[target]
column = "y"
min = -10
max = 10
classes = [{ name = "a" }, { name = "b", from = 0 }, { name = "c", from = 2.5 }]
)";
  EXPECT_EQ(Problem(toml), "none");
  EXPECT_THAT(Problem(Replaced(toml, "2.5", "0")), HasSubstr("and these ascend"));
  EXPECT_THAT(Problem(Replaced(toml, ", from = 0", "")), HasSubstr("needs 'from'"));
  EXPECT_THAT(Problem(Replaced(toml, "max = 10", "max = -10")),
              HasSubstr("between 'min' and 'max'"));
  EXPECT_THAT(Problem(Replaced(toml, "numeric = [{ name = \"x\", kind = \"signed_number\" }]", "")),
              HasSubstr("there is no feature"));
}

TEST(TableSchemaTest, AFileThatIsNoneIsSaid) {
  testing_support::TempDir folder;
  for (const std::string& path : {folder.File("none.toml"), folder.path().string()}) {
    const auto spec = LoadTableSchema(path);
    ASSERT_FALSE(spec);
    EXPECT_THAT(std::string(spec.error().message()),
                HasSubstr(path + ": no file of at most 1 MiB"));
  }
  folder.Write("large.toml", std::string((1 << 20) + 1, '#'));
  EXPECT_FALSE(LoadTableSchema(folder.File("large.toml")));
  folder.Write("people.toml", std::string(kPeople));
  EXPECT_TRUE(LoadTableSchema(folder.File("people.toml")));
}

TEST(SpecTextTest, TheCanonicalTextGivesTheSpecBack) {
  const auto people = ParseTableSchema(kPeople, "people.toml");
  ASSERT_TRUE(people);
  for (const FeatureSpec* spec : {&MoviesSpec(), &*people}) {
    const auto again = FeatureSpec::FromCanonicalText(spec->CanonicalText());
    ASSERT_TRUE(again) << again.error().message();
    EXPECT_EQ(again->CanonicalText(), spec->CanonicalText());
    EXPECT_EQ(again->target.class_values, spec->target.class_values);
    EXPECT_EQ(again->target.bounds, spec->target.bounds);
  }
}

TEST(SpecTextTest, RefusesATextThatIsNoSpec) {
  const std::string movies = MoviesSpec().CanonicalText();
  const auto problem = [](const std::string& text) {
    const auto spec = FeatureSpec::FromCanonicalText(text);
    return spec ? "none" : std::string(spec.error().message());
  };
  EXPECT_EQ(problem("budget, please"),
            "line 1 of the feature spec, 'budget, please', says nothing that this Marquee knows");
  EXPECT_THAT(problem(""), HasSubstr("there is no feature"));
  EXPECT_THAT(problem(Replaced(movies, "budget 0\n", "budget x\n")), HasSubstr("line 3 of"));
  EXPECT_THAT(problem(Replaced(movies, "release_date 5", "release_date 0")),
              HasSubstr("list feature 'year_bucket': kind 'year_bucket' needs 'years'"));
  EXPECT_THAT(problem(Replaced(movies, "keywords 1024", "keywords 1e30")), HasSubstr("1 to 1024"));
  // What means the same, but is not the one form that has the hash.
  for (const auto& [what, by] : {std::pair{"id id", "id \"id\""},
                                 {"release_date 5", "release_date 5.0"},
                                 {"class mid", "class  mid"},
                                 {"title title\n", "title title\n\n"},
                                 {"numeric budget", "numeric \"budget"}}) {
    EXPECT_NE(problem(Replaced(movies, what, by)), "none") << by;
  }
  EXPECT_NE(problem(movies.substr(0, movies.size() - 1)), "none");
}

}  // namespace
}  // namespace marquee
