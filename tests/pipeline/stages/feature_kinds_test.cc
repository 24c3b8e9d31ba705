#include "pipeline/stages/feature_kinds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <charconv>
#include <cmath>
#include <iterator>
#include <limits>
#include <random>
#include <string>
#include <utility>

#include "pipeline/stages/feature_spec.h"
#include "schemas/item_code.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsNan;

/// A column of these fields, as it lies in a message.
class Column {
 public:
  explicit Column(const std::vector<std::string>& fields) {
    for (const std::string& field : fields) {
      lengths_.push_back(static_cast<std::uint16_t>(field.size()));
      bytes_ += field;
    }
    view_ = {.name = "column", .lengths = lengths_, .bytes = bytes_};
  }
  const RawColumnView& view() const { return view_; }

 private:
  std::vector<std::uint16_t> lengths_;
  std::string bytes_;
  RawColumnView view_;
};

struct Numbers {
  std::vector<float> values;
  ProblemCounts problems{};

  std::uint64_t problem(FieldProblem p) const { return problems[static_cast<std::size_t>(p)]; }
};

Numbers Apply(std::string_view kind, const std::vector<std::string>& fields, double parameter = 0) {
  const Column column(fields);
  Numbers numbers;
  numbers.values.resize(fields.size());
  KindScratch scratch;
  FindNumericKind(kind)(column.view(), {parameter, {}}, scratch, numbers.values, numbers.problems);
  return numbers;
}

/// The items of one field, by name.
std::vector<std::string> Items(std::string_view kind, const std::string& field, double parameter) {
  std::vector<std::string> items;
  FindItemNames(kind)(field, parameter,
                      [&items](std::string_view item) { items.emplace_back(item); });
  return items;
}

struct Hashes {
  std::vector<std::uint16_t> lengths;
  std::vector<std::uint32_t> codes;
  ProblemCounts problems{};
};

Hashes Hash(std::string_view kind, const std::vector<std::string>& fields, double parameter,
            KindScratch& scratch) {
  const Column column(fields);
  Hashes hashes;
  hashes.lengths.resize(fields.size());
  scratch.BeginBatch();
  FindListKind(kind)(column.view(), parameter, 3, scratch, hashes.lengths, hashes.codes,
                     hashes.problems);
  return hashes;
}

TEST(FeatureKindsTest, NumberReadsPlainAndScientificNotation) {
  const Numbers numbers = Apply("number", {"30000000", "1e-06", " 21.946943 ", "0", ""});
  EXPECT_THAT(numbers.values, ElementsAre(30000000.0F, 1e-06F, 21.946943F, 0.0F, IsNan()));
  EXPECT_THAT(numbers.problems, testing::Each(0));
}

TEST(FeatureKindsTest, WholeNumbersAreReadLikeAllOthers) {
  std::vector<std::string> whole = {"0", "007", "1234567890"};
  for (std::size_t digits = 1; digits <= 20; ++digits) whole.emplace_back(digits, '9');
  std::vector<std::string> with_point;
  for (const std::string& text : whole) with_point.push_back(text + ".0");
  EXPECT_EQ(Apply("number", whole).values, Apply("number", with_point).values);
}

TEST(FeatureKindsTest, AnUnusableNumberIsAbsentAndCounted) {
  const Numbers numbers =
      Apply("number", {"x", "1.2.3", "12 34", "nan", "0x10", "-1", "1e40", "inf", "-0"});
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(std::isnan(numbers.values[i])) << i;
  EXPECT_EQ(numbers.values[8], 0.0F);
  EXPECT_EQ(numbers.problem(FieldProblem::kUnparsable), 5U);
  EXPECT_EQ(numbers.problem(FieldProblem::kNegative), 1U);
  EXPECT_EQ(numbers.problem(FieldProblem::kOutOfRange), 2U);
}

TEST(FeatureKindsTest, CappedNumberKeepsAbsentAbsent) {
  EXPECT_THAT(Apply("capped_number", {"81", "1256", ""}, 400).values,
              ElementsAre(81.0F, 400.0F, IsNan()));
}

TEST(FeatureKindsTest, DatesAreCalendarDays) {
  const std::vector<std::string> fields = {"1995-10-30", "2000-02-29", "1900-02-29", "1995-13-01",
                                           "95-10-30",   "1995/10/30", "1799-01-01", "2101-01-01",
                                           "1995-1-30x", "",           "+995-10-30"};
  const Numbers years = Apply("year", fields);
  const Numbers months = Apply("month", fields);
  EXPECT_EQ(years.values[0], 1995.0F);
  EXPECT_EQ(months.values[0], 10.0F);
  EXPECT_EQ(years.values[1], 2000.0F);
  for (std::size_t i = 2; i < fields.size(); ++i) {
    EXPECT_TRUE(std::isnan(years.values[i])) << fields[i];
    EXPECT_TRUE(std::isnan(months.values[i])) << fields[i];
  }
  EXPECT_EQ(years.problem(FieldProblem::kOutOfRange), 4U);
  EXPECT_EQ(years.problem(FieldProblem::kUnparsable), 4U);
}

TEST(FeatureKindsTest, ListsSplitOnCommaAndSpace) {
  EXPECT_THAT(Items("list", "Animation, Comedy, Family", 1024),
              ElementsAre("Animation", "Comedy", "Family"));
  EXPECT_THAT(Items("list", "A,B, C", 1024), ElementsAre("A,B", "C"));
  EXPECT_THAT(Items("list", " a ,  , b, , ", 1024), ElementsAre("a", "b"));
  EXPECT_THAT(Items("list", "a,", 1024), ElementsAre("a,"));
  EXPECT_THAT(Items("list", ",, b,,, c", 1024), ElementsAre(",", "b,,", "c"));
  EXPECT_THAT(Items("list", "", 1024), IsEmpty());
  EXPECT_THAT(Items("list", " \t\n\v\f\r", 1024), IsEmpty());
  EXPECT_THAT(Items("list", "a, a", 1024), ElementsAre("a", "a"));
  EXPECT_THAT(Apply("list_count", {"a, b, , c", "", "a"}).values, ElementsAre(3.0F, 0.0F, 1.0F));
}

TEST(FeatureKindsTest, AListOfTooManyItemsIsCutAndCounted) {
  std::string field = "0";
  for (int i = 1; i < 1030; ++i) field += ", " + std::to_string(i);
  KindScratch scratch;
  const Hashes hashes = Hash("list", {field, "a"}, 1024, scratch);
  EXPECT_THAT(hashes.lengths, ElementsAre(1024, 1));
  EXPECT_EQ(hashes.codes.size(), 1025U);
  EXPECT_EQ(hashes.codes[1023], ItemCode("1023", 3));
  EXPECT_EQ(hashes.codes[1024], ItemCode("a", 3));
  EXPECT_EQ(hashes.problems[static_cast<std::size_t>(FieldProblem::kListTooLong)], 1U);
}

TEST(FeatureKindsTest, OtherListKinds) {
  EXPECT_THAT(Items("category", " en ", 0), ElementsAre("en"));
  EXPECT_THAT(Items("category", "  ", 0), IsEmpty());
  EXPECT_THAT(Items("words", "The Lord's 7 日本 Ümläut--END", 16),
              ElementsAre("the", "lord", "s", "7", "日本", "Ümläut", "end"));
  EXPECT_THAT(Items("words", "a b c", 2), ElementsAre("a", "b"));
  EXPECT_THAT(Items("year_bucket", "1999-05-01", 5), ElementsAre("1995"));
  EXPECT_THAT(Items("year_bucket", "soon", 5), IsEmpty());
}

/// Texts with everything that kinds look for in them, of any length that hashes are made of in a
/// way of their own.
std::vector<std::string> RandomFields(std::mt19937_64& random) {
  const std::string_view pieces[] = {", ", ",",  " ",          "a",  "Bc",
                                     "\t", "日", "1995-10-30", "19", "-"};
  std::vector<std::string> fields(random() % 50);
  for (std::string& field : fields) {
    const std::size_t size = random() % 3 == 0 ? 300 : 12;
    for (std::size_t n = random() % size; n > 0; --n) field += pieces[random() % std::size(pieces)];
    if (random() % 4 == 0) field = "2004-02-29";
    if (random() % 50 == 0) field.assign(random() % 300, 'x');
  }
  return fields;
}

TEST(FeatureKindsTest, HashesAreThoseOfTheNames) {
  std::mt19937_64 random(1);
  KindScratch scratch;  // the same for all, as a worker has it
  for (std::size_t round = 0; round < 2000; ++round) {
    const std::vector<std::string> fields = RandomFields(random);
    for (const auto& [kind, parameter] :
         {std::pair("list", 5.0), {"category", 0.0}, {"words", 7.0}, {"year_bucket", 5.0}}) {
      const Hashes hashes = Hash(kind, fields, parameter, scratch);
      std::vector<std::uint16_t> lengths;
      std::vector<std::uint32_t> codes;
      for (const std::string& field : fields) {
        const std::vector<std::string> items = Items(kind, field, parameter);
        lengths.push_back(static_cast<std::uint16_t>(items.size()));
        for (const std::string& item : items) codes.push_back(ItemCode(item, 3));
      }
      ASSERT_EQ(hashes.lengths, lengths) << kind << testing::PrintToString(fields);
      ASSERT_EQ(hashes.codes, codes) << kind << testing::PrintToString(fields);
    }
  }
}

TEST(FeatureKindsTest, NumbersAreThoseOfTheStandardLibrary) {
  // Digits, points and what is neither, so that plain numbers and nearly plain ones come often.
  std::mt19937_64 random(2);
  std::vector<std::string> fields;
  for (std::size_t i = 0; i < 300'000; ++i) {
    std::string& field = fields.emplace_back();
    const bool plain = random() % 4 != 0;
    for (std::size_t n = random() % 20; n > 0; --n) {
      const std::string_view alphabet = plain ? "0123456789" : "0123456789.-+e: /";
      field += alphabet[random() % alphabet.size()];
    }
    if (plain && random() % 2 == 0) field.insert(random() % (field.size() + 1), ".");
  }
  const Column column(fields);
  KindScratch scratch;
  ProblemCounts problems{};
  const double max = std::numeric_limits<double>::max();
  const auto numbers = scratch.Numbers(column.view(), -max, max, problems);
  std::uint64_t unparsable = 0;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string_view text = kernels::Trim(fields[i]);
    double expected = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), expected);
    if (text.empty() || error == std::errc::invalid_argument || end != text.data() + text.size()) {
      unparsable += text.empty() ? 0 : 1;
      ASSERT_TRUE(std::isnan(numbers[i])) << fields[i];
    } else if (error == std::errc()) {  // else 0 or infinity: the standard does not say
      ASSERT_EQ(numbers[i], expected) << fields[i];
    }
  }
  EXPECT_EQ(problems[static_cast<std::size_t>(FieldProblem::kUnparsable)], unparsable);
}

TEST(FeatureKindsTest, ShortNumbersAreWholeOnes) {
  for (const std::string_view text : {"0", "7", "00000000", "12345678", "99999999"}) {
    EXPECT_EQ(ParseShortNumber(text, text.size()), std::stoul(std::string(text))) << text;
  }
  for (const std::string_view text : {"", "-1", "1.0", "123456789", " 1", "1 ", "/", ":", "x"}) {
    EXPECT_EQ(ParseShortNumber(text, text.size()), std::nullopt) << text;
  }
}

TEST(FeatureKindsTest, HashesAreThoseOfTheWire) {
  // From the reference implementation's Python binding: xxhash.xxh3_64_intdigest("Drama", seed=0) &
  // 0xffffffff.
  EXPECT_EQ(ItemCode("Drama", 0), 2241739714U);
  EXPECT_NE(ItemCode("Drama", 0), ItemCode("Drama", 5));
}

TEST(FeatureKindsTest, LengthsAreEnoughForTextBytes) {
  const std::vector<std::uint16_t> lengths = {5, 0, 9};
  const RawColumnView column{.name = "overview", .lengths = lengths, .bytes = {}};
  std::vector<float> values(3);
  ProblemCounts problems{};
  KindScratch scratch;
  FindNumericKind("text_bytes")(column, {}, scratch, values, problems);
  EXPECT_THAT(values, ElementsAre(5.0F, 0.0F, 9.0F));
}

TEST(FeatureSpecTest, EveryKindOfTheMoviesSpecExists) {
  for (const FeatureLine& line : MoviesSpec().numeric)
    EXPECT_NE(FindNumericKind(line.kind), nullptr);
  for (const FeatureLine& line : MoviesSpec().lists) EXPECT_NE(FindListKind(line.kind), nullptr);
  EXPECT_EQ(FindNumericKind("none"), nullptr);
  EXPECT_EQ(FindListKind("none"), nullptr);
}

TEST(FeatureSpecTest, EveryFactIsPartOfTheHash) {
  const FeatureSpec& spec = MoviesSpec();
  const auto changed = [&spec](auto change) {
    FeatureSpec other = spec;
    change(other);
    return other.Hash() != spec.Hash();
  };
  EXPECT_TRUE(changed([](FeatureSpec& s) { s.id_column = "movie"; }));
  EXPECT_TRUE(changed([](FeatureSpec& s) { s.numeric[4].parameter = 401; }));
  EXPECT_TRUE(changed([](FeatureSpec& s) { std::swap(s.lists[0], s.lists[1]); }));
  EXPECT_TRUE(changed([](FeatureSpec& s) { s.target.bounds[1] = 7.5; }));
  EXPECT_TRUE(changed([](FeatureSpec& s) { s.target.label_min = 11; }));
  EXPECT_TRUE(changed([](FeatureSpec& s) { s.target.class_names[0] = "poor"; }));
}

TEST(FeatureSpecTest, SaysWhatItReads) {
  EXPECT_EQ(MoviesSpec().UseOf("overview"), ColumnUse::kLengths);
  EXPECT_EQ(MoviesSpec().UseOf("title"), ColumnUse::kBytes);
  EXPECT_EQ(MoviesSpec().UseOf("tagline"), ColumnUse::kNone);
  EXPECT_EQ(MoviesSpec().Columns().size(), 16U);
}

}  // namespace
}  // namespace marquee
