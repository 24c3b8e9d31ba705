// The program as its users run it: files in, files and exit codes out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "kernels/isa.h"
#include "model/builtin.h"
#include "pipeline/stages/feature_spec.h"
#include "schemas/frame.h"
#include "tests/support/gzip.h"
#include "tests/support/run_program.h"

namespace marquee {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing_support::Outcome;
using testing_support::ReadFile;
using Json = nlohmann::json;

constexpr const char* kHeader =
    "id,title,vote_average,vote_count,status,release_date,revenue,runtime,adult,budget,imdb_id,"
    "original_language,original_title,overview,popularity,tagline,genres,production_companies,"
    "production_countries,spoken_languages,keywords\n";

// AddressSanitizer keeps freed memory, so that the memory of a process says nothing.
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define MARQUEE_TEST_ASAN 1
#endif
#endif
#ifdef MARQUEE_TEST_ASAN
constexpr bool kAddressSanitizer = true;
#else
constexpr bool kAddressSanitizer = false;
#endif

/// A sound row with this id and title, both as they stand in the file.
std::string Row(const std::string& id, const std::string& title = "Heat") {
  return id + "," + title +
         ",7.7,1886,Released,1995-12-15,187436818,170,False,60000000,tt0113277,en,Heat,A "
         "thief,17.9,,\"Action, Crime\",Regency,United States of America,English,\"robbery, "
         "bank\"\n";
}

class ProgramTest : public testing::Test {
 protected:
  /// Run the program with a shell's words in an empty directory.
  Outcome Marquee(const std::string& arguments) const {
    return testing_support::RunProgram(dir_, MARQUEE_PROGRAM " " + arguments);
  }

  /// The report of a run over this file.
  Outcome RunOn(const std::string& content, const std::string& arguments = "") const {
    dir_.Write("movies.csv", content);
    return Marquee("run --data movies.csv --json --dead-letters dead.marquee " + arguments);
  }

  /// The only dead letter of the last run, as the program shows it.
  Json OnlyDeadLetter() const {
    const Outcome shown = Marquee("dead-letters show dead.marquee 0");
    EXPECT_EQ(shown.exit_code, 0) << shown.err;
    EXPECT_EQ(Marquee("dead-letters show dead.marquee 1").exit_code, 2);
    return shown.json();
  }

  void ExpectOneDeadLetter(const std::string& content, const std::string& reason,
                           std::uint64_t record, const std::string& column) const {
    SCOPED_TRACE(reason);
    const Outcome run = RunOn(content);
    EXPECT_EQ(run.exit_code, 0) << run.err;
    const Json report = run.json();
    EXPECT_EQ(report["dead_letters"], 1);
    EXPECT_EQ(report["dead_letter_reasons"][reason], 1);
    EXPECT_EQ(report["rows"], report["labelled"].get<int>() + report["unlabelled"].get<int>() + 1);
    EXPECT_GE(report["labelled"], 1) << "the rows beside the dead one must be scored";
    const Json letter = OnlyDeadLetter();
    EXPECT_EQ(letter["reason"], reason);
    EXPECT_EQ(letter["record"], record);
    EXPECT_EQ(letter["column"], column);
    EXPECT_THAT(letter["source"].get<std::string>(), HasSubstr("movies.csv"));
    EXPECT_FALSE(letter["message"].get<std::string>().empty());
  }

  testing_support::TempDir dir_;
};

// --- settings ------------------------------------------------------------------------------------

TEST_F(ProgramTest, ABadValueOfTheEnvironmentIsRefused) {
  ASSERT_EQ(setenv("MARQUEE_RATE", "fast", 1), 0);
  const Outcome refused = Marquee("produce --print-config");
  unsetenv("MARQUEE_RATE");
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("--rate"));
}

TEST_F(ProgramTest, TheEnvironmentHoldsSeveralPropertiesOfTheClient) {
  ASSERT_EQ(setenv("MARQUEE_KAFKA_PROPERTY", "client.rack=a;linger.ms=3", 1), 0);
  const Outcome taken = Marquee("produce --print-config");
  ASSERT_EQ(setenv("MARQUEE_KAFKA_PROPERTY", "client.rack=a;linger.ms=soon", 1), 0);
  const Outcome refused = Marquee("produce --print-config");
  unsetenv("MARQUEE_KAFKA_PROPERTY");
  EXPECT_EQ(taken.exit_code, 0) << taken.err;
  EXPECT_THAT(taken.out, HasSubstr("linger.ms=3"));
  EXPECT_EQ(refused.exit_code, 2);
  EXPECT_THAT(refused.err, HasSubstr("linger.ms"));
}

// --- what a run says -----------------------------------------------------------------------------

TEST_F(ProgramTest, AForcedInstructionSetIsUsedAndGivesTheSameScores) {
  ASSERT_EQ(Marquee("generate --rows 700 --seed 6 -o generated.csv").exit_code, 0);
  const std::string expected = Marquee("score --data generated.csv --engine reference").out;
  ASSERT_FALSE(expected.empty());
  for (const kernels::Isa isa : kernels::SupportedIsas()) {
    const std::string name(kernels::IsaName(isa));
    ASSERT_EQ(setenv("MARQUEE_FORCE_ISA", name.c_str(), 1), 0);
    EXPECT_EQ(Marquee("run --data generated.csv --json").json()["model"]["isa"], name);
    EXPECT_EQ(Marquee("score --data generated.csv").out, expected) << name;
  }
  ASSERT_EQ(setenv("MARQUEE_FORCE_ISA", "mmx", 1), 0);
  const Outcome refused = Marquee("model verify");
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_THAT(refused.err, HasSubstr("MARQUEE_FORCE_ISA=mmx: this processor has scalar"));
  unsetenv("MARQUEE_FORCE_ISA");
}

TEST_F(ProgramTest, RunReportsEveryPromisedFigure) {
  ASSERT_EQ(Marquee("generate --rows 3000 --seed 5 -o generated.csv").exit_code, 0);
  const Outcome run = Marquee("run --data generated.csv --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json report = run.json();
  for (const char* key : {"rows", "labelled", "unlabelled", "dead_letters", "seen", "seconds",
                          "rows_per_s", "peak_rss_mib", "macro_f1", "accuracy", "macro_f1_seen",
                          "accuracy_seen", "classes", "confusion", "calibration", "latency"}) {
    EXPECT_TRUE(report.contains(key)) << key;
  }
  EXPECT_EQ(report["rows"], 3000);
  EXPECT_EQ(report["data"]["synthetic"], true) << "generated rows must be known as such";
  for (const char* key : {"name", "precision", "recall", "f1", "support"}) {
    EXPECT_TRUE(report["classes"][0].contains(key)) << key;
  }
  std::uint64_t counted = 0;
  for (const Json& row : report["confusion"]) {
    for (const Json& count : row) counted += count.get<std::uint64_t>();
  }
  EXPECT_EQ(counted, report["labelled"].get<std::uint64_t>());
  for (const char* part : {"scaler", "encoder", "classifier"}) {
    EXPECT_GT(report["parts"][part]["ns_per_row"], 0) << part;
  }
  for (const char* stage : {"produce", "preprocess", "infer", "evaluate"}) {
    EXPECT_GT(report["stages"][stage]["ns_per_row"], 0) << stage;
  }
  // A thread is in one stage, or waits: together that is all their time.
  double ns_per_row = report["waiting"]["threads"]["ns_per_row"];
  for (const Json& stage : report["stages"]) ns_per_row += stage["ns_per_row"].get<double>();
  const double all_ns = report["seconds"].get<double>() * 1e9 * report["threads"].get<double>();
  EXPECT_NEAR(ns_per_row * report["rows"].get<double>() / all_ns, 1, 0.01);
  for (const char* batches : {"batches_for_worker", "batches_for_turn"}) {
    EXPECT_GT(report["waiting"][batches]["ns_per_row"], 0) << batches;
  }
  EXPECT_EQ(report["model"]["engine"], "oblivious");
  EXPECT_GT(report["model"]["cross_validated_f1"], 0.6);
}

TEST_F(ProgramTest, TheShippedModelKnowsGeneratedRatingsFarBetterThanTheMajorityClass) {
  ASSERT_EQ(Marquee("generate --rows 20000 --seed 11 -o generated.csv").exit_code, 0);
  const Json report = Marquee("run --data generated.csv --json").json();
  // The majority class alone scores under 0.25.
  EXPECT_GT(report["macro_f1"], 0.45);
  EXPECT_LT(report["macro_f1"], 0.9);
}

TEST_F(ProgramTest, WithoutAnyDataItGeneratesAndSaysSo) {
  const Outcome run = Marquee("run --json");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.json()["data"]["synthetic"], true);
  EXPECT_THAT(run.err, HasSubstr("generat"));
  EXPECT_THAT(Marquee("run").out, HasSubstr("SYNTHETIC DATA"));
}

TEST_F(ProgramTest, PredictionsDoNotDependOnRunnerOrBatches) {
  ASSERT_EQ(Marquee("generate --rows 6000 --seed 3 -o generated.csv").exit_code, 0);
  ASSERT_EQ(Marquee("score generated.csv --runner serial -o expected.csv").exit_code, 0);
  const std::string expected = ReadFile(dir_.File("expected.csv"));
  EXPECT_EQ(expected.substr(0, expected.find('\n')),
            "id,title,target,class,score,p_low,p_mid,p_high,seen");
  EXPECT_EQ(std::count(expected.begin(), expected.end(), '\n'), 6001);
  for (const char* runner : {"serial", "tbb"}) {
    for (const char* rows : {"1", "7", "512", "4096"}) {
      for (const char* columns : {"all", "needed"}) {
        const std::string arguments = std::string("--runner ") + runner +
                                      " --threads 4 --batch-rows " + rows + " --columns " + columns;
        ASSERT_EQ(Marquee("score generated.csv -o actual.csv " + arguments).exit_code, 0);
        EXPECT_TRUE(ReadFile(dir_.File("actual.csv")) == expected) << arguments;
      }
    }
  }
}

TEST_F(ProgramTest, ScoreQuotesTitlesAndLeavesAbsentTargetsEmpty) {
  std::string absent = Row("8", "Plain");
  absent.replace(absent.find("7.7"), 3, "");
  dir_.Write("movies.csv", kHeader + Row("7", "\"A \"\"quoted\"\", title\"") + absent);
  const Outcome csv = Marquee("score movies.csv");
  ASSERT_EQ(csv.exit_code, 0) << csv.err;
  EXPECT_THAT(csv.out, HasSubstr("\n7,\"A \"\"quoted\"\", title\",7.7,"));
  EXPECT_THAT(csv.out, HasSubstr("\n8,Plain,,"));
  std::istringstream lines(Marquee("score movies.csv --json").out);
  std::string line;
  std::getline(lines, line);
  EXPECT_EQ(Json::parse(line)["title"], "A \"quoted\", title");
  std::getline(lines, line);
  EXPECT_TRUE(Json::parse(line)["target"].is_null());
}

// --- bad rows ------------------------------------------------------------------------------------

TEST_F(ProgramTest, EveryKindOfBadRowIsADeadLetterAndTheOthersAreScored) {
  const std::string header = kHeader;
  ExpectOneDeadLetter(header + Row("1") + "2,too few\n" + Row("3"), "field_count", 2, "");
  ExpectOneDeadLetter(header + Row("1") + Row("2", "a,b") + Row("3"), "field_count", 2, "");
  ExpectOneDeadLetter(header + Row("1", std::string("a\0b", 3)) + Row("2"), "nul_byte", 1, "title");
  ExpectOneDeadLetter(header + Row("1") + Row("2", "caf\xE9"), "invalid_utf8", 2, "title");
  ExpectOneDeadLetter(header + Row("1", std::string(65'536, 'x')) + Row("2"), "field_too_long", 1,
                      "title");
  ExpectOneDeadLetter(header + Row("") + Row("2"), "id_absent", 1, "id");
  ExpectOneDeadLetter(header + Row("1") + Row("two"), "id_not_a_number", 2, "id");
  std::string unquoted = Row("3");  // a quote further on would end the open field
  unquoted.replace(unquoted.find("\"Action, Crime\""), 15, "Action");
  unquoted.replace(unquoted.find("\"robbery, bank\""), 15, "bank");
  ExpectOneDeadLetter(header + Row("1") + "2,\"open\n" + unquoted, "unterminated_quote", 2, "");
  ExpectOneDeadLetter(header + Row("1") + Row("2", std::string(2'000'000, 'x')) + Row("3"),
                      "record_too_large", 2, "");
}

TEST_F(ProgramTest, AHundredMegabyteFieldIsOneDeadLetterInBoundedMemory) {
  const Outcome run = RunOn(kHeader + Row("1", std::string(100'000'000, 'x')) + Row("2"));
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.json()["dead_letters"], 1);
  EXPECT_EQ(run.json()["labelled"], 1);
  if (!kAddressSanitizer) {
    EXPECT_LT(run.json()["peak_rss_mib"], 256);
  }
  const Json letter = OnlyDeadLetter();
  EXPECT_GT(letter["record_bytes"], 100'000'000);
  EXPECT_EQ(letter["original"].get<std::string>().size(), 65'536U);
}

TEST_F(ProgramTest, UnusableOptionalFieldsAreAbsentAndCounted) {
  std::string row = Row("1");
  row.replace(row.find("1995-12-15"), 10, "1995-02-30");
  row.replace(row.find(",170,"), 5, ",long,");
  row.replace(row.find(",60000000,"), 10, ",-60000000,");
  const Outcome run = RunOn(kHeader + row);
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.json()["labelled"], 1);
  const std::string problems = run.json()["field_problems"].dump();
  EXPECT_THAT(problems,
              HasSubstr(R"({"column":"release_date","problem":"out_of_range","rows":1})"));
  EXPECT_THAT(problems, HasSubstr(R"({"column":"runtime","problem":"unparsable","rows":1})"));
  EXPECT_THAT(problems, HasSubstr(R"({"column":"budget","problem":"negative","rows":1})"));
}

TEST_F(ProgramTest, TooManyDeadLettersEndTheRunButAreKept) {
  std::string content = kHeader;
  for (int i = 0; i < 1000; ++i) content += i % 5 == 0 ? "bad\n" : Row(std::to_string(i));
  const Outcome stopped = RunOn(content);
  EXPECT_EQ(stopped.exit_code, 4);
  EXPECT_THAT(stopped.err, HasSubstr("more than --max-bad-share 0.05 allows"));
  EXPECT_EQ(stopped.json()["labelled"], 800) << "what could be scored is scored all the same";
  EXPECT_EQ(RunOn(content, "--max-bad-share 0.5").exit_code, 0);
  const Outcome list = Marquee("dead-letters ls dead.marquee --json");
  EXPECT_EQ(std::count(list.out.begin(), list.out.end(), '\n'), 200);
}

TEST_F(ProgramTest, ColumnsAreFoundByNameAndOthersTolerated) {
  // Reversed, with one more column, a byte order mark and CRLF.
  const auto reversed = [](std::string line, const std::string& extra) {
    line.pop_back();
    std::vector<std::string> fields;
    std::string field;
    bool quoted = false;
    for (const char c : line) {
      quoted ^= c == '"';
      if (c == ',' && !quoted) {
        fields.push_back(std::exchange(field, ""));
      } else {
        field += c;
      }
    }
    std::string out = extra + "," + field;
    for (auto it = fields.rbegin(); it != fields.rend(); ++it) out += "," + *it;
    return out + "\r\n";
  };
  dir_.Write("plain.csv", kHeader + Row("1") + Row("2"));
  dir_.Write("other.csv", "\xEF\xBB\xBF" + reversed(kHeader, "note") + reversed(Row("1"), "x") +
                              reversed(Row("2"), "y"));
  const Outcome plain = Marquee("score plain.csv");
  ASSERT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_EQ(Marquee("score other.csv").out, plain.out);
}

TEST_F(ProgramTest, WhatIsDeadDoesNotDependOnColumnsRunnerOrBatches) {
  std::string content = kHeader;
  for (int i = 0; i < 40; ++i) content += Row(std::to_string(i));
  std::string tagline = Row("40");
  tagline.replace(tagline.find(",17.9,,"), 7, ",17.9,caf\xE9,");
  std::string overview = Row("41");
  overview.replace(overview.find("A thief"), 7, std::string("A\0thief", 7));
  content += tagline + "short\n" + overview + Row("x") + Row("42");
  const Json expected = RunOn(content, "--runner serial --batch-rows 512").json();
  EXPECT_EQ(expected["dead_letters"], 4);
  for (const char* arguments : {"--runner serial --batch-rows 1", "--batch-rows 7",
                                "--columns needed", "--batch-rows 4096"}) {
    const Json report = RunOn(content, arguments).json();
    EXPECT_EQ(report["dead_letter_reasons"], expected["dead_letter_reasons"]) << arguments;
    EXPECT_EQ(report["labelled"], expected["labelled"]) << arguments;
    EXPECT_EQ(report["confusion"], expected["confusion"]) << arguments;
  }
}

TEST_F(ProgramTest, TwoExtraColumnsOfOneNameAreTolerated) {
  std::string header = kHeader;
  header.insert(header.size() - 1, ",note,note");
  std::string row = Row("");
  row.insert(row.size() - 1, ",first,second");
  const Outcome run = RunOn(header + row);
  EXPECT_EQ(run.json()["dead_letters"], 1) << run.err;
  const std::string letter = OnlyDeadLetter().dump();
  EXPECT_THAT(letter, HasSubstr("first"));
  EXPECT_THAT(letter, HasSubstr("second"));
}

TEST_F(ProgramTest, ARecordingHoldsAllResults) {
  const Outcome run = RunOn(kHeader + Row("1") + Row("2") + Row("3"),
                            "--record run.results --batch-rows 2 --runner serial");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Outcome decoded = Marquee("decode run.results");
  std::istringstream lines(decoded.out);
  std::vector<std::size_t> rows;
  for (std::string line; std::getline(lines, line);) {
    rows.push_back(Json::parse(line).at("rows").size());
  }
  EXPECT_THAT(rows, testing::ElementsAre(2, 1)) << decoded.err;
}

TEST_F(ProgramTest, TheFileThatIsReadIsNeverOverwritten) {
  const std::string content = kHeader + Row("1");
  dir_.Write("movies.csv", content);
  for (const char* command :
       {"score movies.csv -o ./movies.csv", "features --data movies.csv -o movies.csv",
        "features --data movies.csv --items movies.csv",
        "run --data movies.csv --dead-letters movies.csv"}) {
    EXPECT_EQ(Marquee(command).exit_code, 2) << command;
    EXPECT_EQ(ReadFile(dir_.File("movies.csv")), content) << command;
  }
}

// --- bad files -----------------------------------------------------------------------------------

TEST_F(ProgramTest, UnusableFilesExitWithFourAndSayWhatToDo) {
  const auto refused = [this](const std::string& content, const std::string& what) {
    const Outcome run = RunOn(content);
    EXPECT_EQ(run.exit_code, 4) << what;
    EXPECT_THAT(run.err, HasSubstr("movies.csv"));
    EXPECT_THAT(run.err, HasSubstr(what));
  };
  refused("", "empty");
  refused("id,title\n1,a\n", "vote_count");
  std::string noise;
  for (unsigned i = 0; i < 100'000; ++i) noise += static_cast<char>(i * 2654435761U >> 13);
  refused(noise, "no CSV file");
  EXPECT_EQ(Marquee("run --data none.csv").exit_code, 1);
}

TEST_F(ProgramTest, AHeaderWithoutRowsIsARunOfNoRows) {
  const Outcome run = RunOn(kHeader);
  EXPECT_EQ(run.exit_code, 0);
  EXPECT_EQ(run.json()["rows"], 0);
  EXPECT_TRUE(run.json()["macro_f1"].is_null());
  EXPECT_THAT(run.err, HasSubstr("no rows"));
}

TEST_F(ProgramTest, OfACutGzipTheRowsBeforeTheCutAreScored) {
  std::string content = kHeader;
  for (int i = 0; i < 3000; ++i)
    content += Row(std::to_string(i), "Title " + std::to_string(i * 7919));
  const std::string packed = testing_support::Gzip(content);
  dir_.Write("cut.csv.gz", std::string_view(packed).substr(0, packed.size() * 2 / 3));
  const Outcome run = Marquee("run --data cut.csv.gz --json");
  EXPECT_EQ(run.exit_code, 4);
  EXPECT_THAT(run.err, HasSubstr("cut.csv.gz"));
  const Json report = run.json();
  EXPECT_GT(report["labelled"], 500);
  EXPECT_LE(report["dead_letters"], 1);
  EXPECT_EQ(report["rows"], report["labelled"].get<int>() + report["dead_letters"].get<int>());
}

TEST_F(ProgramTest, AFullDiskIsAnErrorOfEveryWriter) {
  ASSERT_EQ(Marquee("generate --rows 200 -o generated.csv").exit_code, 0);
  for (const char* command :
       {"generate --rows 200 -o /dev/full", "score generated.csv -o /dev/full",
        "features --data generated.csv -o /dev/full",
        "features --data generated.csv --items /dev/full",
        "run --data generated.csv --record /dev/full"}) {
    const Outcome outcome = Marquee(command);
    EXPECT_EQ(outcome.exit_code, 1) << command;
    EXPECT_THAT(outcome.err, HasSubstr("No space left")) << command;
  }
  std::string content = kHeader;
  content += "bad\n" + Row("1");
  dir_.Write("movies.csv", content);
  const Outcome letters = Marquee("run --data movies.csv --dead-letters /dev/full");
  EXPECT_EQ(letters.exit_code, 1);
  EXPECT_THAT(letters.err, HasSubstr("No space left"));
}

// --- models --------------------------------------------------------------------------------------

TEST_F(ProgramTest, UnusableModelsExitWithThree) {
  dir_.Write("movies.csv", kHeader + Row("1"));
  const auto bytes = model::BuiltinModelBytes();
  const std::string sound(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  dir_.Write("sound.model", sound);
  EXPECT_EQ(Marquee("run --data movies.csv --model sound.model").exit_code, 0);
  EXPECT_EQ(Marquee("model verify sound.model").exit_code, 0);

  std::string flipped = sound;
  flipped[sound.size() / 2] ^= 4;
  for (const std::string& bad :
       {sound.substr(0, sound.size() / 2), flipped, std::string("not a model")}) {
    dir_.Write("bad.model", bad);
    for (const char* command :
         {"run --data movies.csv --model bad.model", "model verify bad.model"}) {
      const Outcome outcome = Marquee(command);
      EXPECT_EQ(outcome.exit_code, 3) << command;
      EXPECT_THAT(outcome.err, HasSubstr("bad.model"));
    }
  }
  EXPECT_EQ(Marquee("run --data movies.csv --model none.model").exit_code, 3);
}

TEST_F(ProgramTest, ModelInspectSaysWhatTheModelIs) {
  const Json inspection = Marquee("model inspect --json").json();
  EXPECT_EQ(inspection["name"], "movies");
  EXPECT_EQ(inspection["classes"], Json({"low", "mid", "high"}));
  EXPECT_GT(inspection["trees"], 100);
}

// --- the command line ----------------------------------------------------------------------------

TEST_F(ProgramTest, HelpShowsExamplesAndUsageErrorsExitWithTwo) {
  for (const char* command :
       {"run", "score", "features", "generate", "model inspect", "model verify", "decode",
        "dead-letters ls", "dead-letters show", "dead-letters replay", "results"}) {
    const Outcome help = Marquee(std::string(command) + " --help");
    EXPECT_EQ(help.exit_code, 0) << command;
    EXPECT_THAT(help.out, HasSubstr("Examples:\n  marquee ")) << command;
  }
  for (const char* command : {"",
                              "fly",
                              "run --fly",
                              "run --batch-rows 0",
                              "run --batch-rows 5000",
                              "run --batch-rows x",
                              "run --batch-rows 010",
                              "run --runner best",
                              "run --max-bad-share 2",
                              "run --max-bad-share nan",
                              "run --threads 9999",
                              "generate --rows=-1",
                              "decode",
                              "decode some.marquee --topic results",
                              "decode some.marquee --partition 0",
                              "decode some.marquee -n 0",
                              "dead-letters ls",
                              "dead-letters ls some.marquee --topic",
                              "dead-letters show some.marquee",
                              "dead-letters show --topic some.marquee 0",
                              "dead-letters replay",
                              "dead-letters replay --topic --run-id 12",
                              "results --run-id 12",
                              "results --until-complete soon"}) {
    EXPECT_EQ(Marquee(command).exit_code, 2) << "marquee " << command;
  }
  dir_.Write("movies.csv", kHeader + Row("1"));
  const Outcome engine = Marquee("run --data movies.csv --engine warp");
  EXPECT_EQ(engine.exit_code, 2);
  EXPECT_THAT(engine.err, HasSubstr("reference"));
}

TEST_F(ProgramTest, SettingsComeFromAFileToo) {
  dir_.Write("movies.csv", kHeader + Row("1"));
  dir_.Write("marquee.toml", "data = \"movies.csv\"\nrunner = \"serial\"\njson = true\n");
  const Outcome run = Marquee("run --config marquee.toml");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  EXPECT_EQ(run.json()["runner"], "serial");
  EXPECT_THAT(Marquee("run --config marquee.toml --print-config").out,
              HasSubstr("runner = \"serial\""));
  dir_.Write("bad.toml", "datum = \"movies.csv\"\n");
  EXPECT_EQ(Marquee("run --config bad.toml").exit_code, 3);
}

TEST_F(ProgramTest, FeaturesAndTheirItemsCanBeReadBack) {
  dir_.Write("movies.csv", kHeader + Row("1") + Row("2"));
  const Outcome features = Marquee("features --data movies.csv -o f.marquee --items items.jsonl");
  ASSERT_EQ(features.exit_code, 0) << features.err;
  const Json message = Marquee("decode f.marquee").json();
  EXPECT_EQ(message["type"], "FeatureBatch");
  EXPECT_EQ(message["rows"].size(), 2U);
  EXPECT_EQ(message["rows"][0]["lists"][0].size(), 2U);
  const std::string items = ReadFile(dir_.File("items.jsonl"));
  EXPECT_THAT(items, HasSubstr(R"("rows":2,"item":"Crime"})"));
  EXPECT_THAT(items, HasSubstr(R"("item":"1995"})"));
  EXPECT_EQ(Marquee("features --print-spec").out, MoviesSpec().CanonicalText());
  EXPECT_EQ(Marquee("decode movies.csv").exit_code, 4);
}

// --- the real file -------------------------------------------------------------------------------

TEST_F(ProgramTest, TheRealFileGivesTheKnownCounts) {
  const char* data = std::getenv("MARQUEE_DATA");
  if (data == nullptr || !std::filesystem::exists(data)) {
    GTEST_SKIP() << "needs the real file: set MARQUEE_DATA to movies.csv.gz";
  }
  const Outcome run =
      Marquee("run --json --data '" + std::filesystem::absolute(data).string() + "'");
  ASSERT_EQ(run.exit_code, 0) << run.err;
  const Json report = run.json();
  EXPECT_EQ(report["rows"], 36'467);
  EXPECT_EQ(report["labelled"], 18'424);
  EXPECT_EQ(report["unlabelled"], 18'043);
  EXPECT_EQ(report["dead_letters"], 0);
  EXPECT_EQ(report["data"]["synthetic"], false);
  EXPECT_GT(report["macro_f1"], 0.61);
  EXPECT_LT(report["macro_f1"], 0.67) << "look for a leak";
  EXPECT_GT(report["macro_f1_seen"], report["macro_f1"]);
}

TEST_F(ProgramTest, RunRepeatsTheFileUnderOtherIdsAndSaysThatItIsSynthetic) {
  const Outcome outcome = RunOn(kHeader + Row("1") + Row("2"), "--repeat 3 --rows 5 --rate 1000");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.json()["rows"], 5);
  EXPECT_EQ(outcome.json()["data"]["synthetic"], true);
  EXPECT_EQ(RunOn(kHeader + Row("1"), "").json()["data"]["synthetic"], false);
  EXPECT_EQ(RunOn(kHeader + Row("1"), "--repeat 0").exit_code, 2);
}

}  // namespace
}  // namespace marquee
