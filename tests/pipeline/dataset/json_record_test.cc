#include "pipeline/dataset/json_record.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "model/builtin.h"
#include "model/model.h"
#include "pipeline/dataset/csv_source.h"
#include "pipeline/dataset/generator.h"
#include "pipeline/stages/feature_spec.h"
#include "pipeline/stages/preprocess.h"
#include "pipeline/stages/produce.h"
#include "schemas/raw_batch.h"
#include "tests/support/example_messages.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;
using Json = nlohmann::json;
using Fields = std::vector<std::pair<std::string, std::string>>;

/// What a damaged copy of which must never do harm: every kind of value, escapes, nesting.
constexpr std::string_view kEveryKind =
    R"({"id": 862, "title":"Toy \"Story\" \u00e9\ud83d\ude00", "adult":false, "video" : true,)"
    R"("popularity":2.1946943e1,"tagline":null,"genres":[{"id":16,"name":"Animation"},)"
    R"({"id":35,"name":"Comedy"}],"origin":["US", "FR"],"collection":{"id":1,"name":"Toys"},)"
    R"("more":{"a":[1,-2.5,{"b":[]}],"c":{}},"empty":[] , "日本":"é"})";

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

class JsonRecordReaderTest : public testing::Test {
 protected:
  Status Read(std::string_view json) {
    return reader_.Read(Bytes(json), JsonOrigin("movies", 3, 1, 41), output_);
  }

  /// The fields of the record, which must be readable and a valid message.
  Fields FieldsOf(std::string_view json) {
    const Status status = Read(json);
    EXPECT_TRUE(status.ok()) << status.message();
    return status.ok() ? Received() : Fields();
  }

  /// The text of the only field of `{"a":value}`.
  std::string TextOf(std::string_view value) {
    const Fields fields = FieldsOf(fmt::format(R"({{"a":{}}})", value));
    EXPECT_EQ(fields.size(), 1U);
    return fields.empty() ? "" : fields[0].second;
  }

  std::string ErrorOf(std::string_view json) {
    const Status status = Read(json);
    EXPECT_EQ(status.code(), StatusCode::kData) << json.substr(0, 200);
    return std::string(status.message());
  }

  Fields Received() {
    testing_support::Receive(output_.bytes(), received_);
    const auto view = RawBatchView::Verify(received_.bytes());
    EXPECT_TRUE(view) << view.error().message();
    if (!view) return {};
    EXPECT_EQ(view->num_rows(), 1U);
    Fields fields;
    for (std::size_t i = 0; i < view->num_columns(); ++i) {
      const RawColumnView column = view->column(i);
      fields.emplace_back(column.name, column.bytes);
    }
    return fields;
  }

  JsonRecordReader reader_{{}};
  Message output_;
  Message received_;
};

TEST_F(JsonRecordReaderTest, ScalarsAreTheTextOfACsvField) {
  EXPECT_EQ(TextOf("\"plain\""), "plain");
  EXPECT_EQ(TextOf(R"("a\"b\\c\/\n\t\u00e9\ud83d\ude00")"), "a\"b\\c/\n\té😀");
  EXPECT_EQ(TextOf("true"), "True");
  EXPECT_EQ(TextOf("false"), "False");
  EXPECT_EQ(TextOf("null"), "");
  EXPECT_EQ(TextOf("\"\""), "");
}

TEST_F(JsonRecordReaderTest, NumbersKeepTheirDigits) {
  for (const std::string number :
       {"0", "-0", "7.0", "7.700", "1e-06", "1.5E+10", "-12.25e3", "123456789012345678901234567890",
        "0.1000000000000000055511151231257827", "1e999"}) {
    EXPECT_EQ(TextOf(number), number);
    EXPECT_EQ(TextOf("  " + number + " \r\n\t "), number);
  }
}

TEST_F(JsonRecordReaderTest, ListsAreJoinedAsInTheCsv) {
  EXPECT_EQ(TextOf(R"(["Drama", "Crime"])"), "Drama, Crime");
  EXPECT_EQ(TextOf(R"([{"id":18,"name":"Drama"},{"name":"Crime","id":80}])"), "Drama, Crime");
  EXPECT_EQ(TextOf("[1,2,3,4,5,6,7,8,9,true,false]"), "1, 2, 3, 4, 5, 6, 7, 8, 9, True, False");
  EXPECT_EQ(TextOf("[]"), "");
  EXPECT_EQ(TextOf(R"(["", "a", null, {"name":""}, {"name":null}, "b"])"), "a, b");
  EXPECT_EQ(TextOf(R"(["Lions, Tigers", "Bears"])"), "Lions, Tigers, Bears");
}

TEST_F(JsonRecordReaderTest, AnObjectStandsForItsNameOrElseForItsJson) {
  EXPECT_EQ(TextOf(R"({"id":10194,"name":"Toy Story Collection","parts":[{"name":"x"}]})"),
            "Toy Story Collection");
  EXPECT_EQ(TextOf(R"({"n\u0061me":7})"), "7");
  EXPECT_EQ(TextOf(R"({ "id" : 1 } )"), R"({ "id" : 1 })");
  EXPECT_EQ(TextOf(R"({"name":["a"]})"), R"({"name":["a"]})");
  EXPECT_EQ(TextOf("{}"), "{}");
  EXPECT_EQ(TextOf(R"([{"id":1} , [1, [2] ] ,"a"])"), R"({"id":1}, [1, [2] ], a)");
}

TEST_F(JsonRecordReaderTest, TheKeysAreTheColumns) {
  EXPECT_THAT(FieldsOf(R"( {"id":1,"\u0074itle":"Heat","":"no name"} )"),
              ElementsAre(Pair("id", "1"), Pair("title", "Heat"), Pair("", "no name")));
  EXPECT_THAT(FieldsOf("{}"), IsEmpty());
}

TEST_F(JsonRecordReaderTest, NeededColumnsThatTheObjectLacksAreEmpty) {
  reader_ = JsonRecordReader({"title", "id", "budget"});
  EXPECT_THAT(FieldsOf(R"({"zoo":"z","id":1,"actor":"a"})"),
              ElementsAre(Pair("zoo", "z"), Pair("id", "1"), Pair("actor", "a"), Pair("title", ""),
                          Pair("budget", "")));
  EXPECT_THAT(FieldsOf(R"({"budget":1,"title":"t","id":null})"),
              ElementsAre(Pair("budget", "1"), Pair("title", "t"), Pair("id", "")));
}

TEST_F(JsonRecordReaderTest, AReaderKeepsNothingOfTheRecordBefore) {
  const Fields expected = FieldsOf(kEveryKind);
  ASSERT_EQ(expected.size(), 12U);
  FieldsOf(fmt::format(R"({{"a":"{}","b":["{}"]}})", std::string(60'000, '}'),
                       std::string(60'000, ']')));
  EXPECT_THAT(ErrorOf(R"({"a":[{"b":1})"), HasSubstr("not a well-formed JSON object"));
  EXPECT_EQ(FieldsOf(kEveryKind), expected);
}

TEST_F(JsonRecordReaderTest, WhatIsNotOneObjectIsRefused) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("the record is empty"));
  for (const std::string_view json : {" ",
                                      "[]",
                                      "7",
                                      "null",
                                      "\"text\"",
                                      R"([{"a":1}])",
                                      "}",
                                      "{",
                                      R"({"a":1)",
                                      R"({"a":)",
                                      R"({"a":})",
                                      R"({"a"})",
                                      R"({"a":1,})",
                                      R"({,"a":1})",
                                      R"({"a":1 "b":2})",
                                      R"({"a":[1,]})",
                                      R"({"a":[1 2]})",
                                      R"({"a":[1})",
                                      R"({"a":{"b":1})",
                                      R"({"a":{"b":1]})",
                                      R"({a:1})",
                                      R"({1:1})",
                                      R"({"a":"open})",
                                      R"({"a":"\x"})",
                                      R"({"a":"\u12g4"})",
                                      R"({"\q":1})",
                                      "{\"a\":\"line\nbreak\"}",
                                      "not JSON",
                                      "id,title\n1,Heat\n"}) {
    EXPECT_THAT(ErrorOf(json), HasSubstr("send one JSON object a record")) << json;
  }
  for (const std::string_view value :
       {"tru", "True", "nul", "nullx", "NaN", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+",
        "1.e5", "0x10", "1_000", "Infinity", "1 1", "truefalse"}) {
    EXPECT_THAT(ErrorOf(fmt::format(R"({{"a":{}}})", value)), HasSubstr("byte ")) << value;
    EXPECT_THAT(ErrorOf(fmt::format(R"({{"a":{{"b":[{}]}}}})", value)), HasSubstr("byte "))
        << value;
  }
  EXPECT_THAT(ErrorOf(std::string_view("{\"a\":1\0}", 8)), HasSubstr("send one JSON object"));
}

TEST_F(JsonRecordReaderTest, ErrorsSayWhere) {
  EXPECT_THAT(ErrorOf(R"({"a":1} {"b":2})"), HasSubstr("byte 8: the record goes on"));
  EXPECT_THAT(ErrorOf(R"({"a":1}})"), HasSubstr("byte 7: the record goes on"));
  EXPECT_THAT(ErrorOf(R"({"a":tru})"), HasSubstr("byte 5: "));
  EXPECT_THAT(ErrorOf("{\"a\":\"caf\xE9\"}"), HasSubstr("not valid UTF-8"));
}

TEST_F(JsonRecordReaderTest, AKeyMayBeThereOnce) {
  EXPECT_THAT(ErrorOf(R"({"id":1,"title":"a","id":2})"), HasSubstr("key 'id' is there twice"));
  EXPECT_THAT(ErrorOf(R"({"id":1,"\u0069d":1})"), HasSubstr("key 'id' is there twice"));
}

TEST_F(JsonRecordReaderTest, HalfASurrogatePairIsRefused) {
  for (const std::string_view half : {R"(\ud83d)", R"(\ude00)", R"(\ud83dx)", R"(\ude00\ud83d)"}) {
    ErrorOf(fmt::format(R"({{"a":"{}"}})", half));
    ErrorOf(fmt::format(R"({{"{}":1}})", half));
    ErrorOf(fmt::format(R"({{"a":["b","{}"]}})", half));
  }
}

TEST_F(JsonRecordReaderTest, FieldsAndKeysHaveLimits) {
  const auto record = [](std::size_t key_bytes, std::size_t field_bytes) {
    return fmt::format(R"({{"{}":"{}"}})", std::string(key_bytes, 'k'),
                       std::string(field_bytes, 'x'));
  };
  EXPECT_EQ(FieldsOf(record(256, 65'535))[0].second.size(), 65'535U);
  EXPECT_THAT(ErrorOf(record(1, 65'536)), HasSubstr("key 'k': the field has 65536 bytes"));
  EXPECT_THAT(ErrorOf(record(257, 1)), HasSubstr("has 257 bytes; at most 256"));
  // Joining makes the field longer than its JSON.
  EXPECT_THAT(ErrorOf(fmt::format(R"({{"k":[1{}]}})",
                                  [] {
                                    std::string items;
                                    for (int i = 0; i < 22'000; ++i) items += ",1";
                                    return items;
                                  }())),
              HasSubstr("key 'k': the field has 66001 bytes"));
}

TEST_F(JsonRecordReaderTest, ARecordMustFitIntoAMessage) {
  const auto record = [](std::size_t fields, std::size_t bytes) {
    Json json;
    for (std::size_t i = 0; i < fields; ++i) json[std::to_string(i)] = std::string(bytes, 'x');
    return json.dump();
  };
  EXPECT_EQ(FieldsOf(record(13, 65'535)).size(), 13U);
  EXPECT_THAT(ErrorOf(record(14, 65'535)), HasSubstr("14 fields do not fit"));
  EXPECT_EQ(FieldsOf(record(4096, 1)).size(), 4096U);
  EXPECT_THAT(ErrorOf(record(4097, 1)), HasSubstr("more than 4096 keys"));
}

TEST_F(JsonRecordReaderTest, NestingHasALimit) {
  const auto nested = [](std::size_t depth, std::string_view open, std::string_view close) {
    std::string json = R"({"a":)";
    for (std::size_t i = 0; i < depth; ++i) json += open;
    json += "1";
    for (std::size_t i = 0; i < depth; ++i) json += close;
    return json + "}";
  };
  EXPECT_EQ(FieldsOf(nested(31, "[", "]")).size(), 1U);
  EXPECT_EQ(FieldsOf(nested(31, R"({"b":)", "}")).size(), 1U);
  EXPECT_THAT(ErrorOf(nested(32, "[", "]")), HasSubstr("key 'a': nested over 32 levels"));
  EXPECT_THAT(ErrorOf(nested(100'000, "[", "]")), HasSubstr("key 'a': nested over 32 levels"));
  EXPECT_THAT(ErrorOf(nested(100'000, R"({"name":)", "}")), HasSubstr("nested over 32 levels"));
}

TEST_F(JsonRecordReaderTest, ANulByteIsLeftToPreprocessing) {
  EXPECT_EQ(TextOf(R"("a\u0000b")"), std::string("a\0b", 3));
}

TEST_F(JsonRecordReaderTest, TheOriginGoesIntoTheMessage) {
  FieldsOf(R"({"id":1})");
  const BatchInfo info = RawBatchView::Own(output_).info();
  EXPECT_EQ(info.run, JsonOrigin("movies", 3, 1, 41).run);
  EXPECT_EQ(info.sequence, 124U);
  EXPECT_EQ(info.first_record, 42U);
  EXPECT_EQ(info.num_ordinals, 1U);
  EXPECT_FALSE(info.totals);
}

TEST_F(JsonRecordReaderTest, DamagedTextIsAnErrorOrAValidMessage) {
  std::size_t readable = 0;
  std::size_t refused = 0;
  const auto try_text = [&](std::string_view text) {
    // As a block of its own, so that a sanitizer sees a read past its end.
    const auto copy = std::make_unique<char[]>(text.size());
    std::memcpy(copy.get(), text.data(), text.size());
    if (const Status status = Read({copy.get(), text.size()}); status.ok()) {
      ++readable;
      Received();
    } else {
      ++refused;
      EXPECT_EQ(status.code(), StatusCode::kData) << status.message();
    }
  };
  for (std::size_t length = 0; length < kEveryKind.size(); ++length) {
    try_text(kEveryKind.substr(0, length));
    try_text(kEveryKind.substr(length));
  }
  for (std::size_t at = 0; at < kEveryKind.size(); ++at) {
    std::string damaged(kEveryKind);
    for (int bit = 0; bit < 8; ++bit) {
      damaged[at] = static_cast<char>(kEveryKind[at] ^ (1 << bit));
      try_text(damaged);
    }
    for (const char c : std::string_view("{}[]\",:\\\0 0e-", 13)) {
      damaged[at] = c;
      try_text(damaged);
    }
    try_text(std::string(kEveryKind).erase(at, 1));
  }
  EXPECT_GT(readable, kEveryKind.size());
  EXPECT_GT(refused, 5 * kEveryKind.size());
}

TEST(JsonOriginTest, IsTheSameForTheSameRecordAndAnotherForAnyOther) {
  std::map<std::pair<RunId, std::uint64_t>, int> seen;
  for (const std::string_view topic : {"movies", "movies2", ""}) {
    for (std::uint32_t partition = 0; partition < 3; ++partition) {
      for (const std::uint64_t offset : {0ULL, 1ULL, 2ULL, 5'000'000'000ULL}) {
        const BatchInfo info = JsonOrigin(topic, 3, partition, offset);
        EXPECT_EQ(info.sequence % 3, partition);
        EXPECT_EQ(info.first_record, offset + 1);
        ++seen[{info.run, info.sequence}];
      }
    }
  }
  EXPECT_EQ(seen.size(), 36U);
  // Origins lie in topics: a later release must make the same ones.
  EXPECT_EQ(JsonOrigin("movies", 3, 0, 0).run.ToString(), "eed58261016783660e0b607ffd019bba");
}

const std::set<std::string_view> kLists = {"genres", "production_companies", "production_countries",
                                           "spoken_languages", "keywords"};

/// A field as JSON in one of the ways that stand for it; empty if the key is to be left out.
std::string JsonValue(const std::string& text, bool is_list, std::mt19937_64& random) {
  if (text.empty()) return std::vector<std::string>{"", "null", "\"\"", "[]"}[random() % 4];
  if (random() % 4 == 0) return Json(text).dump();
  if (text == "True") return "true";
  if (text == "False") return "false";
  if (is_list) {
    Json items = Json::array();
    for (std::size_t begin = 0; begin <= text.size();) {
      const std::size_t end = std::min(text.find(", ", begin), text.size());
      const std::string item = text.substr(begin, end - begin);
      if (random() % 2 == 0) {
        items.push_back(item);
      } else {
        items.push_back({{"id", random() % 100}, {"name", item}});
      }
      begin = end + 2;
    }
    return items.dump(-1, ' ', /*ensure_ascii=*/random() % 2 == 0);
  }
  const bool is_number = Json::parse(text, nullptr, /*allow_exceptions=*/false).is_number();
  return is_number ? text : Json(text).dump(-1, ' ', random() % 2 == 0);
}

/// Row `row` of a batch as a JSON object, its keys in any order.
std::string RowAsJson(const RawBatchView& batch, std::size_t row, std::mt19937_64& random) {
  std::vector<std::string> members;
  for (std::size_t index = 0; index < batch.num_columns(); ++index) {
    const RawColumnView column = batch.column(index);
    const std::string field(
        column.bytes.substr(TotalLength(column.lengths.first(row)), column.lengths[row]));
    if (const std::string value = JsonValue(field, kLists.contains(column.name), random);
        !value.empty()) {
      members.push_back(Json(column.name).dump() + ": " + value);
    }
  }
  std::shuffle(members.begin(), members.end(), random);
  std::string json = "{";
  for (const std::string& member : members) json += (json.size() > 1 ? ", " : "") + member;
  return json + "}";
}

std::string GenerateFile(const testing_support::TempDir& dir, std::uint64_t seed) {
  const auto model = model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
  std::string text;
  const Status status = GenerateCsv(*ProfileFromModel(**model), 500, seed, [&](auto piece) {
    text.append(piece);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return dir.Write("movies.csv", text);
}

template <class T>
bool SameBits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() &&
         (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}

/// Expect that the only row of `one` is row `row` of `all`, in every column.
void ExpectSameRow(const FeatureBatchView& one, const FeatureBatchView& all, std::size_t row) {
  ASSERT_EQ(one.num_rows(), 1U);
  const RowColumns a = one.rows();
  const RowColumns b = all.rows();
  EXPECT_EQ(a.ids[0], b.ids[row]);
  EXPECT_EQ(a.titles,
            b.titles.substr(TotalLength(b.title_lengths.first(row)), b.title_lengths[row]));
  EXPECT_TRUE(SameBits(a.target, b.target.subspan(row, 1)));
  EXPECT_EQ(a.target_class[0], b.target_class[row]);
  EXPECT_EQ(a.labelled[0], b.labelled[row]);
  for (std::size_t i = 0; i < all.num_numeric(); ++i) {
    EXPECT_TRUE(SameBits(one.numeric(i), all.numeric(i).subspan(row, 1))) << i;
  }
  for (std::size_t i = 0; i < all.num_lists(); ++i) {
    const auto lengths = all.list_lengths(i);
    ASSERT_EQ(one.list_lengths(i)[0], lengths[row]) << i;
    EXPECT_TRUE(SameBits(one.list_codes(i),
                         all.list_codes(i).subspan(TotalLength(lengths.first(row)), lengths[row])))
        << i;
  }
}

TEST(JsonRecordFeaturesTest, AreThoseOfTheSameRowInACsvFile) {
  const std::uint64_t seed = testing_support::TestSeed();
  std::mt19937_64 random(seed);
  const testing_support::TempDir dir;
  const auto source = CsvSource::Open(GenerateFile(dir, seed));
  ASSERT_TRUE(source) << source.error().message();
  std::vector<ProducedColumn> columns;
  for (std::size_t i = 0; i < (*source)->columns().size(); ++i) columns.push_back({.index = i});
  const ProduceStage produce({}, (*source)->columns(), columns);
  const auto preprocess = PreprocessStage::Make(MoviesSpec());
  ASSERT_TRUE(preprocess);
  ProduceStage::Scratch produce_scratch;
  PreprocessStage::Scratch scratch(*preprocess);
  PreprocessStage::Scratch json_scratch(*preprocess);
  Rejects rejects("movies");
  Message raw;
  Message features;
  Message json_raw;
  Message json_features;
  JsonRecordReader reader(MoviesSpec().Columns());
  RecordBlock block;
  std::size_t compared = 0;
  while (*(*source)->Next(block)) {
    ASSERT_TRUE(produce.Process({block, 0}, produce_scratch, raw, rejects).ok());
    const RawBatchView batch = RawBatchView::Own(raw);
    ASSERT_TRUE(preprocess->Process(batch, scratch, features, rejects).ok());
    ASSERT_EQ(rejects.size(), 0U);
    for (std::size_t row = 0; row < batch.num_rows(); ++row) {
      const std::string json = RowAsJson(batch, row, random);
      SCOPED_TRACE(json);
      const Status read = reader.Read(Bytes(json), JsonOrigin("movies", 1, 0, row), json_raw);
      ASSERT_TRUE(read.ok()) << read.message();
      const Status made =
          preprocess->Process(RawBatchView::Own(json_raw), json_scratch, json_features, rejects);
      ASSERT_TRUE(made.ok()) << made.message();
      ExpectSameRow(FeatureBatchView::Own(json_features), FeatureBatchView::Own(features), row);
      ++compared;
    }
  }
  EXPECT_EQ(compared, 500U);
}

}  // namespace
}  // namespace marquee
