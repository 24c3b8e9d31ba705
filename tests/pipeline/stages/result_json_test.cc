#include "pipeline/stages/result_json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "tests/support/example_messages.h"
#include "tests/support/seed.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using Json = nlohmann::json;

const std::vector<std::string_view> kClassNames = {"low", "mid", "high"};
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// Rows of which only what the tests are about is given.
struct Results {
  std::vector<std::string> titles;
  std::vector<float> targets;
  std::vector<float> scores;
  std::vector<float> probabilities;  // class-major
};

void WriteResults(const Results& results, Message& message) {
  const std::size_t num_rows = results.titles.size();
  std::string titles;
  std::vector<std::uint16_t> title_lengths;
  for (const std::string& title : results.titles) {
    titles += title;
    title_lengths.push_back(static_cast<std::uint16_t>(title.size()));
  }
  const std::vector<std::int64_t> ids(num_rows, std::numeric_limits<std::int64_t>::min());
  const std::vector<std::uint8_t> zeros(num_rows, 0);
  const std::vector<std::uint8_t> no_class(num_rows, kNoClass);
  auto& builder = message.Begin();
  const RowColumnOffsets o = CopyRowColumns({.ids = ids,
                                             .title_lengths = title_lengths,
                                             .titles = titles,
                                             .target = results.targets,
                                             .target_class = no_class,
                                             .labelled = zeros},
                                            num_rows, message);
  const auto predicted = message.Copy<std::uint8_t>(zeros, num_rows);
  const auto scores = message.Copy<float>(results.scores, num_rows);
  const auto probabilities = message.Copy<float>(results.probabilities, num_rows);
  const auto seen = message.Copy<std::uint8_t>(zeros, num_rows);
  const auto info = WriteBatchInfo(builder, {.num_ordinals = static_cast<std::uint32_t>(num_rows)});
  const Status status = message.Finish(
      wire::CreateResultBatch(builder, info, 0, static_cast<std::uint32_t>(num_rows), 3, o.ordinals,
                              o.ids, o.title_lengths, o.title_bytes, o.target, o.target_class,
                              o.labelled, predicted, scores, probabilities, seen),
      wire::ResultBatchIdentifier());
  ASSERT_TRUE(status.ok()) << status.message();
}

std::vector<std::string> Lines(const Message& message, ResultJson::Members members) {
  std::string text = "left from the batch before";
  ResultJson(kClassNames, members).Write(ResultBatchView::Own(message), text);
  EXPECT_TRUE(text.empty() || text.ends_with('\n'));
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

/// The object of one row with this title.
Json WithTitle(const std::string& title) {
  Message message;
  WriteResults({{title}, {7.5F}, {7.0F}, {0.25F, 0.25F, 0.5F}}, message);
  const auto lines = Lines(message, ResultJson::Members::kPrediction);
  EXPECT_EQ(lines.size(), 1U);
  return Json::parse(lines.at(0), nullptr, /*allow_exceptions=*/false);
}

TEST(ResultJsonTest, WritesOneCompactObjectARow) {
  Message message;
  testing_support::WriteExampleResultBatch(message);
  EXPECT_THAT(
      Lines(message, ResultJson::Members::kAll),
      ElementsAre(R"({"id":862,"title":"One","target":7.5,"class":"high","score":7.25,"p_low":0,)"
                  R"("p_mid":0.25,"p_high":0.75,"seen":true,"labelled":true,)"
                  R"("run":"0123456789abcdeffedcba9876543210","sequence":7,"ordinal":0,)"
                  R"("model":"99aabbccddeeff00"})",
                  R"({"id":8844,"title":"","target":null,"class":"mid","score":6.5,"p_low":0.25,)"
                  R"("p_mid":0.5,"p_high":0.25,"seen":false,"labelled":false,)"
                  R"("run":"0123456789abcdeffedcba9876543210","sequence":7,"ordinal":2,)"
                  R"("model":"99aabbccddeeff00"})",
                  R"({"id":-1,"title":"日本","target":5,"class":"mid","score":6.125,"p_low":0.25,)"
                  R"("p_mid":0.5,"p_high":0.25,"seen":false,"labelled":false,)"
                  R"("run":"0123456789abcdeffedcba9876543210","sequence":7,"ordinal":3,)"
                  R"("model":"99aabbccddeeff00"})"));
}

TEST(ResultJsonTest, APredictionLeavesOutWhereItComesFrom) {
  Message message;
  testing_support::WriteExampleResultBatch(message);
  EXPECT_EQ(Lines(message, ResultJson::Members::kPrediction).at(0),
            R"({"id":862,"title":"One","target":7.5,"class":"high","score":7.25,"p_low":0,)"
            R"("p_mid":0.25,"p_high":0.75,"seen":true})");
}

TEST(ResultJsonTest, OrdinalsThatAreNotWrittenAreTheRowsNumbers) {
  Message message;
  WriteResults({{"a", "b"}, {1, 2}, {3, 4}, {0, 0, 0, 0, 1, 1}}, message);
  const auto lines = Lines(message, ResultJson::Members::kAll);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(Json::parse(lines[0])["ordinal"], 0);
  EXPECT_EQ(Json::parse(lines[1])["ordinal"], 1);
}

TEST(ResultJsonTest, ABatchWithoutRowsIsEmpty) {
  Message message;
  WriteResults({}, message);
  EXPECT_THAT(Lines(message, ResultJson::Members::kAll), testing::IsEmpty());
}

TEST(ResultJsonTest, WhatJsonHasNotIsNull) {
  Message message;
  WriteResults({{"a"}, {kNan}, {kInfinity}, {-kInfinity, kNan, 1}}, message);
  EXPECT_THAT(Lines(message, ResultJson::Members::kPrediction).at(0),
              HasSubstr(R"("target":null,"class":"low","score":null,"p_low":null,"p_mid":null,)"
                        R"("p_high":1,)"));
}

TEST(ResultJsonTest, EveryCharacterOfATitleComesBack) {
  std::string title;
  for (int c = 0; c < 0x80; ++c) title.push_back(static_cast<char>(c));
  title += "é日本😀\u2028";
  EXPECT_EQ(WithTitle(title)["title"], title);
  // As other writers do it, so that equal rows stay equal texts.
  Message message;
  WriteResults({{title}, {1}, {1}, {0, 0, 1}}, message);
  EXPECT_THAT(Lines(message, ResultJson::Members::kPrediction).at(0),
              HasSubstr(Json(title).dump()));
}

TEST(ResultJsonTest, ATitleThatIsNoUtf8StillMakesValidJson) {
  EXPECT_EQ(WithTitle("caf\xE9!")["title"], "caf\xEF\xBF\xBD!");
  EXPECT_EQ(WithTitle("\xC3")["title"], "\xEF\xBF\xBD");
}

TEST(ResultJsonTest, NamesOfClassesAreEscaped) {
  Message message;
  WriteResults({{"a"}, {1}, {1}, {0, 0, 1}}, message);
  const std::vector<std::string_view> names = {"\"bad\"", "so\nso", "good"};
  std::string text;
  ResultJson(names, ResultJson::Members::kPrediction).Write(ResultBatchView::Own(message), text);
  const Json json = Json::parse(text);
  EXPECT_EQ(json["class"], "\"bad\"");
  EXPECT_EQ(json["p_so\nso"], 0);
  EXPECT_EQ(json["p_good"], 1);
}

TEST(ResultJsonTest, EveryFloatReadsBackTheSame) {
  std::mt19937_64 random(testing_support::TestSeed());
  Results results;
  while (results.titles.size() < 4000) {
    const auto value = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!std::isfinite(value)) continue;
    results.titles.emplace_back();
    results.targets.push_back(value);
    results.scores.push_back(static_cast<float>(random() % 100'000) / 1000);
  }
  for (std::size_t i = 0; i < 3 * results.titles.size(); ++i) {
    results.probabilities.push_back(static_cast<float>(random()) /
                                    static_cast<float>(std::mt19937_64::max()));
  }
  Message message;
  WriteResults(results, message);
  const auto lines = Lines(message, ResultJson::Members::kPrediction);
  ASSERT_EQ(lines.size(), results.titles.size());
  for (std::size_t row = 0; row < lines.size(); ++row) {
    const Json json = Json::parse(lines[row]);
    EXPECT_EQ(json["id"], std::numeric_limits<std::int64_t>::min());
    EXPECT_EQ(json["score"].get<float>(), results.scores[row]) << lines[row];
    EXPECT_EQ(json["p_mid"].get<float>(), results.probabilities[lines.size() + row]) << lines[row];
    EXPECT_EQ(json["target"].get<float>(), results.targets[row]) << lines[row];
  }
}

}  // namespace
}  // namespace marquee
