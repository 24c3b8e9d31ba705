#include "pipeline/dataset/generator.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "kernels/csv.h"
#include "model/model.h"
#include "model/parts.h"
#include "model/synthetic.h"
#include "pipeline/dataset/csv_source.h"
#include "pipeline/dataset/random.h"
#include "pipeline/stages/evaluate.h"
#include "pipeline/stages/feature_spec.h"
#include "pipeline/stages/infer.h"
#include "pipeline/stages/preprocess.h"
#include "pipeline/stages/produce.h"
#include "schemas/item_code.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::TempDir;

/// A small profile of every kind of item: plain, with commas, quotes, other scripts.
GeneratorProfile SmallProfile() {
  GeneratorProfile profile;
  profile.budget = {{0, 0, 0, 0, 30e6, 300e6}, 0};
  profile.revenue = {{0, 0, 0, 0, 20e6, 2e9}, 0.1};
  profile.vote_count = {{0, 3, 10, 40, 14000}, 0};
  profile.popularity = {{0, 0.5, 1, 5, 290}, 0.2};
  profile.runtime = {{0, 85, 95, 110, 400}, 0.05};
  profile.year = {{1900, 1970, 2000, 2010, 2020}, 0.15};
  profile.month = {{1, 6, 12}, 0.15};
  profile.overview_bytes = {{0, 100, 300, 500, 1000}, 0};
  profile.genres = {
      {0.1, 0.5, 0.4}, {"Drama", "Comedy", "Horror"}, {0.6, 0.3, 0.1}, {0.3, 0, -0.6}};
  profile.original_language = {{0.01, 0.99}, {"en", "fr"}, {0.8, 0.2}, {0, 0.2}};
  profile.production_companies = {{0.3, 0.5, 0.2},
                                  {"A,B Films", "The \"Best\" Pictures", "\"Quoted\"", "Plain"},
                                  {0.25, 0.25, 0.25, 0.25},
                                  {0, 0, 0, 0}};
  profile.production_countries = {{0.2, 0.8}, {"France", "Japan"}, {0.5, 0.5}, {0, 0}};
  profile.spoken_languages = {{0.1, 0.9}, {"Français", "日本語"}, {0.5, 0.5}, {0, 0}};
  profile.keywords = {
      {0.3, 0.3, 0.2, 0.2}, {"love", "murder", "sea", "night"}, {4, 3, 2, 1}, {0, 0, 0, 0}};
  profile.title_words = {{0, 0.3, 0.7}, {"the", "night", "été"}, {0.5, 0.3, 0.2}, {0, 0, 0}};
  profile.year_buckets = {{}, {"2000", "2010"}, {0.5, 0.5}, {0.1, -0.1}};
  return profile;
}

std::string Generate(const GeneratorProfile& profile, std::uint64_t rows, std::uint64_t seed) {
  std::string text;
  const Status status = GenerateCsv(profile, rows, seed, [&](std::string_view piece) {
    text.append(piece);
    return Status();
  });
  EXPECT_TRUE(status.ok()) << status.message();
  return text;
}

/// The decoded fields of a generated text, by column name.
class Table {
 public:
  explicit Table(const std::string& text) {
    TempDir dir;
    auto source = CsvSource::Open(dir.Write("generated.csv", text));
    EXPECT_TRUE(source) << source.error().message();
    if (!source) return;
    std::vector<char> scratch(1 << 20);
    std::vector<std::string_view> fields(64);
    RecordBlock block;
    for (;;) {
      const auto more = (*source)->Next(block);
      EXPECT_TRUE(more);
      if (!more || !*more) break;
      for (const Record& record : block.records) {
        EXPECT_EQ(record.flaw, wire::RejectReason::None);
        const std::size_t count = kernels::SplitCsvRecord(record.text, scratch, fields);
        EXPECT_EQ(count, (*source)->columns().size()) << record.text;
        for (std::size_t i = 0; i < count; ++i)
          columns_[(*source)->columns()[i]].emplace_back(fields[i]);
        ++rows_;
      }
    }
    names_ = (*source)->columns();
  }

  const std::vector<std::string>& names() const { return names_; }
  std::size_t rows() const { return rows_; }
  const std::vector<std::string>& operator[](const std::string& name) const {
    return columns_.at(name);
  }

  /// Share of rows whose field is `value`.
  double Share(const std::string& name, std::string_view value) const {
    const auto& column = columns_.at(name);
    return static_cast<double>(std::count(column.begin(), column.end(), value)) /
           static_cast<double>(rows_);
  }

 private:
  std::vector<std::string> names_;
  std::map<std::string, std::vector<std::string>> columns_;
  std::size_t rows_ = 0;
};

std::vector<std::string> SplitList(const std::string& field) {
  std::vector<std::string> items;
  for (std::size_t begin = 0; begin < field.size();) {
    const std::size_t end = std::min(field.find(", ", begin), field.size());
    items.push_back(field.substr(begin, end - begin));
    begin = end + 2;
  }
  return items;
}

TEST(RandomTest, DrawsTheSameEverywhere) {
  // Of the published xoshiro256** and splitmix64, computed apart from this code.
  Random random(42);
  EXPECT_EQ(random.Next(), 1546998764402558742u);
  EXPECT_EQ(random.Next(), 6990951692964543102u);
  EXPECT_EQ(random.Next(), 12544586762248559009u);
}

TEST(RandomTest, WeightedChoiceDrawsByWeight) {
  const std::vector<double> weights = {0, 1, 5, 0.5, 0, 3.5};
  const WeightedChoice choice(weights);
  Random random(1);
  std::vector<int> counts(weights.size());
  constexpr int kDraws = 1'000'000;
  for (int i = 0; i < kDraws; ++i) ++counts[choice.Draw(random)];
  for (std::size_t i = 0; i < weights.size(); ++i)
    EXPECT_NEAR(counts[i], kDraws * weights[i] / 10, 2500) << i;
  EXPECT_EQ(counts[0] + counts[4], 0);
  EXPECT_TRUE(WeightedChoice(std::vector<double>{0, 0}).empty());
  EXPECT_TRUE(WeightedChoice(std::vector<double>{}).empty());
}

TEST(GeneratorTest, SameSeedSameBytesOnEveryMachine) {
  const std::string text = Generate(SmallProfile(), 2000, 7);
  EXPECT_EQ(text, Generate(SmallProfile(), 2000, 7));
  EXPECT_EQ(XXH3_64bits(text.data(), text.size()), 6449249498903296686u)
      << "bytes have changed: was that meant?";
}

TEST(GeneratorTest, OtherSeedOtherBytes) {
  EXPECT_NE(Generate(SmallProfile(), 100, 7), Generate(SmallProfile(), 100, 8));
}

TEST(GeneratorTest, AShorterFileIsTheBeginningOfALongerOne) {
  const std::string text = Generate(SmallProfile(), 3000, 7);
  EXPECT_TRUE(text.starts_with(Generate(SmallProfile(), 1000, 7)));
  EXPECT_EQ(Generate(SmallProfile(), 0, 7), text.substr(0, text.find('\n') + 1));
}

TEST(GeneratorTest, HasTheRealFilesColumnsInItsOrder) {
  EXPECT_THAT(
      Table(Generate(SmallProfile(), 1, 1)).names(),
      ElementsAre("id", "title", "vote_average", "vote_count", "status", "release_date", "revenue",
                  "runtime", "adult", "budget", "imdb_id", "original_language", "original_title",
                  "overview", "popularity", "tagline", "genres", "production_companies",
                  "production_countries", "spoken_languages", "keywords"));
}

TEST(GeneratorTest, FieldsFollowTheProfile) {
  constexpr std::size_t kRows = 20'000;
  const GeneratorProfile profile = SmallProfile();
  const Table table(Generate(profile, kRows, 3));
  ASSERT_EQ(table.rows(), kRows);
  EXPECT_NEAR(table.Share("revenue", ""), 0.1, 0.01);
  EXPECT_NEAR(table.Share("popularity", ""), 0.2, 0.01);
  EXPECT_NEAR(table.Share("runtime", ""), 0.05, 0.01);
  EXPECT_NEAR(table.Share("release_date", ""), 0.15, 0.01);
  EXPECT_NEAR(table.Share("original_language", ""), 0.01, 0.005);
  EXPECT_NEAR(table.Share("original_language", "fr"), 0.2, 0.02);
  EXPECT_NEAR(table.Share("budget", "0"), 0.6, 0.02);
  const std::pair<const char*, const GeneratorProfile::List*> lists[] = {
      {"genres", &profile.genres},
      {"production_companies", &profile.production_companies},
      {"production_countries", &profile.production_countries},
      {"spoken_languages", &profile.spoken_languages},
      {"keywords", &profile.keywords}};
  for (const auto& [name, list] : lists) {
    SCOPED_TRACE(name);
    std::vector<std::size_t> lengths(list->length_shares.size());
    std::map<std::string, std::size_t> counts;
    for (const std::string& field : table[name]) {
      const std::vector<std::string> items = SplitList(field);
      ASSERT_LT(items.size(), lengths.size());
      ++lengths[items.size()];
      for (const std::string& item : items) ++counts[item];
      EXPECT_EQ(std::set<std::string>(items.begin(), items.end()).size(), items.size()) << field;
    }
    for (std::size_t i = 0; i < lengths.size(); ++i) {
      EXPECT_NEAR(static_cast<double>(lengths[i]) / kRows, list->length_shares[i], 0.03) << i;
    }
    EXPECT_EQ(counts.size(), list->items.size());
    for (const auto& [item, count] : counts) {
      EXPECT_THAT(list->items, testing::Contains(item));
    }
  }
}

TEST(GeneratorTest, FieldsAreAsDirtyAsTheRealOnes) {
  const Table table(Generate(SmallProfile(), 20'000, 3));
  const auto share = [&](const char* name, auto predicate) {
    const auto& column = table[name];
    return static_cast<double>(std::count_if(column.begin(), column.end(), predicate)) /
           static_cast<double>(column.size());
  };
  const auto has = [](std::string_view part) {
    return [part](const std::string& field) { return field.find(part) != std::string::npos; };
  };
  EXPECT_NEAR(share("title", has("\"")), 0.007, 0.003);
  EXPECT_NEAR(share("title", has(",")), 0.01, 0.005);
  EXPECT_NEAR(share("overview", has("\"")), 0.095, 0.01);
  EXPECT_NEAR(share("overview", has("\n")), 0.0012, 0.001);
  EXPECT_GT(share("overview", has(",")), 0.5);
  EXPECT_NEAR(share("overview", has("")) - table.Share("overview", ""), 0.979, 0.01);
  EXPECT_NEAR(share("popularity", has("e-0")), 0.0027, 0.0015);
  EXPECT_NEAR(share("tagline", [](const std::string& field) { return field.empty(); }), 0.845,
              0.01);
  const auto& ids = table["id"];
  const std::size_t repeated = ids.size() - std::set<std::string>(ids.begin(), ids.end()).size();
  EXPECT_GT(repeated, 0u);
  EXPECT_LT(repeated, 40u);
  for (std::size_t i = 0; i < table.rows(); ++i) {
    const std::string& rating = table["vote_average"][i];
    const double value = std::strtod(rating.c_str(), nullptr);
    EXPECT_EQ(rating, fmt::format("{:.1f}", value));
    EXPECT_TRUE(value >= 0 && value <= 10) << rating;
    EXPECT_TRUE(table["vote_count"][i] != "0" || rating == "0.0") << rating;
  }
}

TEST(GeneratorTest, PythonReadsTheSameFields) {
  if (std::system("python3 -c '' 2>/dev/null") != 0) GTEST_SKIP() << "python3 is not there";
  constexpr std::size_t kRows = 5000;
  TempDir dir;
  const std::string text = Generate(SmallProfile(), kRows, 9);
  const std::string csv = dir.Write("generated.csv", text);
  // Each field behind its length in UTF-8 bytes.
  const std::string script =
      dir.Write("fields.py",
                "import csv, sys\n"
                "with open(sys.argv[1], encoding='utf-8', newline='') as rows, "
                "open(sys.argv[2], 'wb') as out:\n"
                "    for row in csv.reader(rows):\n"
                "        for field in row:\n"
                "            data = field.encode()\n"
                "            out.write(b'%d:%s' % (len(data), data))\n");
  const std::string fields = dir.File("fields");
  ASSERT_EQ(std::system(fmt::format("python3 {} {} {}", script, csv, fields).c_str()), 0);
  const Table table(text);
  std::string expected;
  for (const std::string& name : table.names()) expected += fmt::format("{}:{}", name.size(), name);
  for (std::size_t row = 0; row < kRows; ++row) {
    for (const std::string& name : table.names()) {
      expected += fmt::format("{}:{}", table[name][row].size(), table[name][row]);
    }
  }
  EXPECT_TRUE(testing_support::ReadFile(fields) == expected);
}

TEST(GeneratorTest, EmptyProfileGivesRowsWithoutWhatItLacks) {
  const Table table(Generate(GeneratorProfile{}, 100, 1));
  EXPECT_EQ(table.rows(), 100u);
  EXPECT_EQ(table.Share("genres", ""), 1.0);
  EXPECT_EQ(table.Share("release_date", ""), 1.0);
  EXPECT_EQ(table.Share("title", ""), 0.0);
}

TEST(GeneratorTest, AFailingSinkEndsIt) {
  int pieces = 0;
  const Status status = GenerateCsv(SmallProfile(), 1'000'000, 1, [&](std::string_view) {
    return ++pieces < 3 ? Status() : Status::Unavailable("disk full");
  });
  EXPECT_EQ(status.message(), "disk full");
  EXPECT_EQ(pieces, 3);
}

/// The shipped model; null where it is not built yet.
std::shared_ptr<const model::Model> ShippedModel() {
  auto model = model::Model::Load(MARQUEE_SOURCE_DIR "/model/artifacts/movies.model");
  EXPECT_TRUE(model) << model.error().message();
  return model ? *model : nullptr;
}

TEST(GeneratorTest, ProfileFromModelHasTheModelsItemsAndValues) {
  const auto model = ShippedModel();
  ASSERT_NE(model, nullptr);
  const auto profile = ProfileFromModel(*model);
  ASSERT_TRUE(profile) << profile.error().message();
  EXPECT_EQ(profile->genres.items.size(), 20u);
  EXPECT_EQ(profile->genres.items.front(), "Drama");
  EXPECT_GT(profile->keywords.items.size(), 100u);
  EXPECT_EQ(profile->vote_count.quantiles.back(), model->numeric_profiles()[2].quantiles.back());
  for (const model::Encoding& encoding : model->encoder().encodings()) {
    if (encoding.kind != model::EncodingKind::kLinearScore) continue;
    EXPECT_EQ(profile->genres.effects.front(), encoding.ValueOf(ItemCode("Drama", 0)));
    EXPECT_EQ(profile->keywords.effects[3],
              encoding.ValueOf(ItemCode(profile->keywords.items[3], 5)));
  }
}

bool ExpectOk(const Status& status) {
  EXPECT_TRUE(status.ok()) << status.message();
  return status.ok();
}

/// Score a generated file with the shipped model.
ConfusionMatrix Score(const std::shared_ptr<const model::Model>& model, const std::string& path) {
  auto source = CsvSource::Open(path, {}, MoviesSpec().Columns());
  auto preprocess = PreprocessStage::Make(MoviesSpec());
  auto infer = InferStage::Make(model, "");
  EXPECT_TRUE(source && preprocess && infer);
  std::vector<ProducedColumn> columns;
  for (std::size_t i = 0; i < (*source)->columns().size(); ++i) columns.push_back({i, false});
  const ProduceStage produce(RunId{1, 2}, (*source)->columns(), columns);
  ProduceStage::Scratch produce_scratch;
  PreprocessStage::Scratch preprocess_scratch(*preprocess);
  InferStage::Scratch infer_scratch(*infer);
  Rejects rejects("generated");
  Message raw;
  Message features;
  Message results;
  Evaluation evaluation(model->num_classes());
  RecordBlock block;
  for (;;) {
    const auto more = (*source)->Next(block);
    EXPECT_TRUE(more);
    if (!more || !*more) break;
    const bool ok = ExpectOk(produce.Process({block, 0}, produce_scratch, raw, rejects)) &&
                    ExpectOk(preprocess->Process(RawBatchView::Own(raw), preprocess_scratch,
                                                 features, rejects)) &&
                    ExpectOk(infer->Process(FeatureBatchView::Own(features), infer_scratch, results,
                                            rejects)) &&
                    ExpectOk(evaluation.Add(ResultBatchView::Own(results), 0));
    if (!ok) break;
  }
  EXPECT_EQ(rejects.size(), 0u);
  EXPECT_EQ(evaluation.seen(), 0u);
  return evaluation.confusion();
}

/// A model of the movies' shape whose numbers have these quantiles.
Result<std::shared_ptr<const model::Model>> ModelWithQuantiles(
    const std::vector<float>& quantiles) {
  model::SyntheticShape shape = model::MoviesShape();
  shape.num_trees = 1;
  model::Random random(5);
  model::ModelParts parts = model::MakeSyntheticModel(shape, random);
  parts.numeric_profiles.assign(shape.num_numeric, {quantiles, 0.0f});
  return model::Model::FromBytes(model::WriteModelFile(parts), "hostile.model");
}

TEST(GeneratorTest, NoQuantilesOfAModelMakeRowsThatNoMovieHas) {
  for (const std::vector<float>& quantiles : std::vector<std::vector<float>>{
           {-3e38f, 3e38f}, {1e38f, 1e38f}, {-1e38f, -1e38f}, {-5, -0.5f, 0, 0.5f, 1e20f}}) {
    const auto model = ModelWithQuantiles(quantiles);
    ASSERT_TRUE(model) << model.error().message();
    const auto profile = ProfileFromModel(**model);
    ASSERT_TRUE(profile) << profile.error().message();
    const Table table(Generate(*profile, 200, 6));
    ASSERT_EQ(table.rows(), 200u);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      for (const char* name : {"budget", "revenue", "vote_count", "runtime", "popularity"}) {
        const double number = std::stod(table[name][row]);
        EXPECT_TRUE(number >= 0 && number <= 1e12) << name << " " << table[name][row];
      }
      const std::string& date = table["release_date"][row];
      ASSERT_EQ(date.size(), 10u) << date;
      const int year = std::stoi(date.substr(0, 4));
      const int month = std::stoi(date.substr(5, 2));
      EXPECT_TRUE(year >= 1800 && year <= 2100) << date;
      EXPECT_TRUE(month >= 1 && month <= 12) << date;
      EXPECT_LE(table["overview"][row].size(), 10'001u);
    }
  }
}

TEST(GeneratorTest, AModelWithOtherFeaturesIsRefused) {
  model::Random random(7);
  const auto bytes = model::WriteModelFile(model::MakeSyntheticModel({}, random));
  const auto model = model::Model::FromBytes(bytes, "other.model");
  ASSERT_TRUE(model) << model.error().message();
  const auto profile = ProfileFromModel(**model);
  ASSERT_FALSE(profile);
  EXPECT_EQ(profile.error().code(), StatusCode::kConfig);
  EXPECT_THAT(std::string(profile.error().message()),
              HasSubstr("other.model: made for other features than the movies' (3 numbers and 2 "
                        "lists, not 14 and 8)"));
}

TEST(GeneratorTest, TheShippedModelPredictsGeneratedRatings) {
  const auto model = ShippedModel();
  ASSERT_NE(model, nullptr);
  const auto profile = ProfileFromModel(*model);
  ASSERT_TRUE(profile);
  TempDir dir;
  const std::string path = dir.Write("generated.csv", Generate(*profile, 40'000, 1));
  const ConfusionMatrix confusion = Score(model, path);
  const double rows = static_cast<double>(confusion.total());
  std::string supports;
  for (std::size_t i = 0; i < confusion.num_classes(); ++i) {
    supports += fmt::format(" {}", confusion.ForClass(i).support);
    EXPECT_GT(static_cast<double>(confusion.ForClass(i).support), 0.12 * rows) << i;
  }
  RecordProperty("macro_f1", fmt::format("{}", confusion.MacroF1()));
  fmt::print("macro-F1 {:.3f}, accuracy {:.3f}, rows a class{}\n", confusion.MacroF1(),
             confusion.Accuracy(), supports);
  // The majority class alone gives at most 0.23; the real file 0.64.
  EXPECT_GT(confusion.MacroF1(), 0.5);
  EXPECT_LT(confusion.MacroF1(), 0.7);
}

}  // namespace
}  // namespace marquee
