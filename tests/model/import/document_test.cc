#include "model/import/document.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace marquee::model {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string Problem(const Result<Value>& value) {
  EXPECT_FALSE(value);
  return value ? "" : std::string(value.error().message());
}

TEST(DocumentTest, AnswersByKeyAndPlace) {
  const auto value = ParseJson(
      R"({"text": "x", "numbers": [1, 2.5], "mixed": [1, [2], null], "flag": true, "n": "12"})",
      NumberType::kDouble);
  ASSERT_TRUE(value) << value.error().message();
  const Field root(*value, "");
  EXPECT_EQ(*root.Get("text")->Text(), "x");
  EXPECT_THAT(*root.Get("numbers")->Numbers(), ElementsAre(1, 2.5));
  EXPECT_EQ(*root.Get("mixed")->Size(), 3u);
  EXPECT_EQ(*root.Get("mixed")->At(0)->Number(), 1);
  EXPECT_THAT(*root.Get("mixed")->At(1)->Numbers(), ElementsAre(2));
  EXPECT_TRUE(root.Get("mixed")->At(2)->IsNull());
  EXPECT_TRUE(*root.Get("flag")->Bool());
  EXPECT_EQ(*root.Get("n")->Integer(0, 20), 12);
  EXPECT_EQ(root.Get("nothing").error().message(), "has no 'nothing'");
  EXPECT_EQ(root.Get("text")->Number().error().message(), "text: is no number");
  EXPECT_EQ(root.Get("mixed")->At(1)->Text().error().message(), "mixed[1]: is no text");
  EXPECT_FALSE(root.Get("n")->Integer(0, 11));
  EXPECT_FALSE(root.Get("numbers")->Integers(2, 0, 9, "so"));
  EXPECT_FALSE(root.AllowOnly({"text", "numbers"}).ok());
  EXPECT_TRUE(root.AllowOnly({"text", "numbers", "mixed", "flag", "n"}).ok());
}

TEST(DocumentTest, RoundsDigitsOnce) {
  // Just above the middle between two floats: by way of a double it would become that middle, and
  // round to even, down.
  const std::string digits = "1.00000029802322387695312500001";
  const auto as_float = ParseJson("[" + digits + "]", NumberType::kFloat);
  ASSERT_TRUE(as_float);
  EXPECT_EQ((*Field(*as_float, "").Numbers())[0], static_cast<double>(1.00000035762786865234f));
  const auto as_double = ParseJson("[" + digits + "]", NumberType::kDouble);
  EXPECT_EQ(static_cast<float>((*Field(*as_double, "").Numbers())[0]), 1.00000023841857910156f);
}

TEST(DocumentTest, RefusesAKeyNamedTwice) {
  EXPECT_THAT(Problem(ParseJson(R"({"a": 1, "b": {"c": 1, "c": 2}})", NumberType::kDouble)),
              HasSubstr("holds the key 'c' twice in one object"));
}

TEST(DocumentTest, RefusesWhatNestsTooDeep) {
  const std::size_t depth = kMaxDocumentDepth + 1;
  EXPECT_THAT(Problem(ParseJson(std::string(depth, '['), NumberType::kDouble)),
              HasSubstr("nests deeper than 256"));
  // A recursive reader would run out of stack long before the end of this one.
  EXPECT_THAT(Problem(ParseUbjson(std::string(10'000'000, '['))),
              HasSubstr("nests deeper than 256"));
  std::string objects;
  for (int i = 0; i < 1'000'000; ++i) objects += "{i\x01k";
  EXPECT_THAT(Problem(ParseUbjson(objects)), HasSubstr("nests deeper than 256"));
}

TEST(DocumentTest, RefusesAFewBytesThatClaimMuch) {
  // An array of 2^31 - 1 nulls, of which none takes a byte of the file.
  EXPECT_THAT(Problem(ParseUbjson(std::string("[$Z#l\x7f\xff\xff\xff", 9))),
              HasSubstr("holds more values than fit 512 MiB"));
  EXPECT_FALSE(ParseUbjson(std::string("[$D#l\x7f\xff\xff\xff", 9)));
  EXPECT_FALSE(ParseUbjson(std::string("[#l\xff\xff\xff\xff", 7))) << "a negative count";
  EXPECT_FALSE(ParseUbjson(std::string("Sl\x7f\xff\xff\xff", 6))) << "a long text";
}

TEST(DocumentTest, RefusesWhatIsCutOrGoesOn) {
  EXPECT_THAT(Problem(ParseJson(R"({"a": [1, 2)", NumberType::kDouble)),
              HasSubstr("cannot be read: parse error at line 1, column"));
  EXPECT_THAT(Problem(ParseJson("{} {}", NumberType::kDouble)), HasSubstr("cannot be read"));
  EXPECT_THAT(Problem(ParseJson("[NaN]", NumberType::kDouble)), HasSubstr("cannot be read"));
  EXPECT_THAT(Problem(ParseUbjson("{i\x01")), HasSubstr("cannot be read"));
}

}  // namespace
}  // namespace marquee::model
