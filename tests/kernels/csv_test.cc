#include "kernels/csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/isa.h"
#include "tests/kernels/scoped_isa.h"
#include "tests/support/seed.h"

namespace marquee::kernels {
namespace {

using testing::ElementsAre;
using Rows = std::vector<std::vector<std::string>>;

/// What the kernels must agree with: the dialect, a byte at a time, records and fields in one go.
struct Reference {
  Rows rows;
  std::size_t consumed = 0;  // up to the last whole record's end
  bool ends_in_quotes = false;

  Reference(std::string_view text, bool end_of_input) {
    enum { kStart, kPlain, kQuoted, kQuote } state = kStart;
    std::vector<std::string> row;
    std::string field;
    bool any = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
      const char c = text[i];
      any = true;
      if (state == kQuoted) {
        if (c == '"') {
          state = kQuote;
        } else {
          field += c;
        }
      } else if (state == kQuote && c == '"') {
        field += c;
        state = kQuoted;
      } else if (state == kStart && c == '"') {
        state = kQuoted;
      } else if (c == ',') {
        row.push_back(std::move(field));
        field.clear();
        state = kStart;
      } else if (c == '\n') {
        // A CR right before is the line end's: it was taken for data of an unquoted stretch, so it
        // ends `field`.
        if (i > 0 && text[i - 1] == '\r' && consumed < i) field.pop_back();
        row.push_back(std::move(field));
        field.clear();
        rows.push_back(std::move(row));
        row.clear();
        state = kStart;
        consumed = i + 1;
        any = false;
      } else {
        field += c;
        state = kPlain;
      }
    }
    ends_in_quotes = state == kQuoted;
    if (end_of_input && any && !ends_in_quotes) {
      row.push_back(std::move(field));
      rows.push_back(std::move(row));
      consumed = text.size();
    }
  }
};

std::vector<std::string> Split(std::string_view record) {
  std::vector<char> scratch(record.size());
  std::vector<std::string_view> fields(record.size() + 1);
  const std::size_t num_fields = SplitCsvRecord(record, scratch, fields);
  EXPECT_LE(num_fields, fields.size());
  return {fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(num_fields)};
}

/// Cut and split a whole text, `at_once` records a call.
Rows Parse(std::string_view text, bool end_of_input, std::size_t at_once,
           std::size_t* consumed = nullptr) {
  Rows rows;
  std::vector<CsvSpan> spans(at_once);
  std::size_t begin = 0;
  for (;;) {
    const CsvCut cut = CutCsvRecords(text.substr(begin), end_of_input, spans);
    for (std::size_t i = 0; i < cut.num_records; ++i) {
      rows.push_back(Split(text.substr(begin + spans[i].offset, spans[i].length)));
    }
    begin += cut.consumed;
    if (cut.num_records == 0) break;
  }
  if (consumed != nullptr) *consumed = begin;
  return rows;
}

TEST(CsvTest, GoldenCases) {
  // Each as Python 3.11's csv.reader has it (with newline=''), but for the lone CRs, which Python
  // takes for line ends.
  const struct {
    std::string_view text;
    Rows rows;
  } cases[] = {
      {"a,b\nc,d\n", {{"a", "b"}, {"c", "d"}}},
      {"a,b\r\nc,d\r\n", {{"a", "b"}, {"c", "d"}}},
      {"a,b\nc,d", {{"a", "b"}, {"c", "d"}}},
      {"a,\n,b\n,\n", {{"a", ""}, {"", "b"}, {"", ""}}},
      {"\"a\",\"b\"\n", {{"a", "b"}}},
      {"\"a,b\",c\n", {{"a,b", "c"}}},
      {"\"a\nb\",c\n", {{"a\nb", "c"}}},
      {"\"a\r\nb\",c\r\n", {{"a\r\nb", "c"}}},
      {"\"say \"\"hi\"\"\",c\n", {{"say \"hi\"", "c"}}},
      {"\"\"\"\"\n", {{"\""}}},
      {"\"\",\"\"\n", {{"", ""}}},
      {"\"\"\n", {{""}}},
      {"a\"b,c\"\n", {{"a\"b", "c\""}}},
      {"a\"\"b\n", {{"a\"\"b"}}},
      {"a\"b\nc\n", {{"a\"b"}, {"c"}}},
      {" \"a\n", {{" \"a"}}},
      {"\"a\"b,c\n", {{"ab", "c"}}},
      {"\"a\"b\"c,d\n", {{"ab\"c", "d"}}},
      {"\"a\" \n", {{"a "}}},
      {"\"a\"\"b\"c\"\",d\n", {{"a\"bc\"\"", "d"}}},
      {"\"a\"\"\"\"b\"\n", {{"a\"\"b"}}},
      {"\"a\"", {{"a"}}},
      {"\"a\"\r\n\"b\"\r\n", {{"a"}, {"b"}}},
      {"a\rb\n", {{"a\rb"}}},
      {"a\r\r\n", {{"a\r"}}},
      {"a\r", {{"a\r"}}},
      {"\"a\"\rb\n", {{"a\rb"}}},
      {"Am\xc3\xa9lie,\xe4\xb8\x83\n", {{"Am\xc3\xa9lie", "\xe4\xb8\x83"}}},
      {std::string_view("a\0b,c\n", 6), {{std::string("a\0b", 3), "c"}}},
      {"", {}},
  };
  for (const auto& [text, rows] : cases) {
    EXPECT_EQ(Parse(text, true, 8), rows) << "text: " << testing::PrintToString(text);
    EXPECT_EQ(Reference(text, true).rows, rows) << "text: " << testing::PrintToString(text);
  }
}

TEST(CsvTest, CutsOnlyWholeRecords) {
  std::vector<CsvSpan> spans(8);
  const CsvCut open = CutCsvRecords("a,b\n\"c\nd", true, spans);
  EXPECT_EQ(open.num_records, 1u);
  EXPECT_EQ(open.consumed, 4u);
  const CsvCut partial = CutCsvRecords("a,b\nc,d", false, spans);
  EXPECT_EQ(partial.num_records, 1u);
  EXPECT_EQ(partial.consumed, 4u);
  const CsvCut last = CutCsvRecords("a,b\nc,d", true, spans);
  EXPECT_EQ(last.num_records, 2u);
  EXPECT_EQ(last.consumed, 7u);
  EXPECT_EQ(spans[1].offset, 4u);
  EXPECT_EQ(spans[1].length, 3u);
}

TEST(CsvTest, BlankLinesAreRecordsOfLengthZero) {
  std::vector<CsvSpan> spans(8);
  const CsvCut cut = CutCsvRecords("\na\n\r\n\n", true, spans);
  ASSERT_EQ(cut.num_records, 4u);
  EXPECT_EQ(cut.consumed, 6u);
  EXPECT_EQ(spans[0].length, 0u);
  EXPECT_EQ(spans[1].length, 1u);
  EXPECT_EQ(spans[2].length, 0u);
  EXPECT_EQ(spans[3].length, 0u);
}

TEST(CsvTest, StopsWhenTheSpansAreUsedUp) {
  std::vector<CsvSpan> spans(2);
  const CsvCut cut = CutCsvRecords("a\nb\nc\n", true, spans);
  EXPECT_EQ(cut.num_records, 2u);
  EXPECT_EQ(cut.consumed, 4u);
}

TEST(CsvTest, CountsFieldsBeyondTheRoomForThem) {
  std::vector<std::string_view> fields(2, "untouched");
  std::vector<char> scratch(16);
  EXPECT_EQ(SplitCsvRecord("a,b,c,d", scratch, fields), 4u);
  EXPECT_THAT(fields, ElementsAre("a", "b"));
  EXPECT_EQ(SplitCsvRecord("z", scratch, fields), 1u);
  EXPECT_THAT(fields, ElementsAre("z", "b"));
}

TEST(CsvTest, FieldsThatNeedNoDecodingAreViewsOfTheRecord) {
  const std::string record = "plain,\"quoted, plain\",\"de\"\"coded\"";
  std::vector<std::string_view> fields(3);
  std::vector<char> scratch(record.size());
  ASSERT_EQ(SplitCsvRecord(record, scratch, fields), 3u);
  EXPECT_EQ(fields[0].data(), record.data());
  EXPECT_EQ(fields[1].data(), record.data() + 7);
  EXPECT_EQ(fields[2].data(), scratch.data());
  EXPECT_THAT(fields, ElementsAre("plain", "quoted, plain", "de\"coded"));
}

/// A text over the bytes that matter, in which records of every kind are frequent.
std::string RandomText(std::mt19937_64& random) {
  constexpr std::string_view kAlphabet = "a,\"\r\n";
  std::string text(random() % 64, ' ');
  for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
  return text;
}

/// A text like those in files: fields of some length, now and then one that is quoted wrongly.
std::string RandomFields(std::mt19937_64& random) {
  constexpr std::string_view kInQuotes[] = {",", "\n", "\r\n", "\"\"", "\"\"\"\"", "\r"};
  constexpr std::string_view kWrong[] = {"\"", "\"x", "x\"", "\"\r", "\"\"", "\"x\"\"y"};
  const bool wrong = random() % 4 == 0;
  std::string text;
  const auto add_plain = [&] {
    text.append(random() % 3 == 0 ? random() % 80 : random() % 8, 'a');
  };
  for (std::size_t field = random() % 20; field > 0; --field) {
    const bool quoted = random() % 3 == 0;
    if (quoted) text += '"';
    add_plain();
    for (std::size_t part = quoted ? random() % 4 : 0; part > 0; --part) {
      text += kInQuotes[random() % std::size(kInQuotes)];
      add_plain();
    }
    if (wrong && random() % 8 == 0) text += kWrong[random() % std::size(kWrong)];
    if (quoted) text += '"';
    if (random() % 5 == 0) {
      text += random() % 2 == 0 ? "\n" : "\r\n";
    } else {
      text += ',';
    }
  }
  return text;
}

/// Compare with the reference, at every instruction set. The text lies in memory of its own size, so
/// that a sanitizer sees who reads beyond it.
void ExpectRight(const std::string& given, bool end_of_input, std::size_t at_once) {
  const std::vector<char> memory(given.begin(), given.end());
  const std::string_view text(memory.data(), memory.size());
  const Reference expected(text, end_of_input);
  for (const Isa isa : SupportedIsas()) {
    const ScopedIsa scoped(isa);
    std::size_t consumed = 0;
    const Rows rows = Parse(text, end_of_input, at_once, &consumed);
    ASSERT_EQ(rows, expected.rows) << IsaName(isa) << ": " << testing::PrintToString(text)
                                   << " end of input: " << end_of_input;
    ASSERT_EQ(consumed, expected.consumed) << IsaName(isa) << ": " << testing::PrintToString(text);
  }
}

TEST(CsvTest, EqualsTheReferenceOnRandomTexts) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 100'000; ++round) {
    ASSERT_NO_FATAL_FAILURE(ExpectRight(RandomText(random), random() % 2 == 0, 1 + random() % 4));
  }
  for (int round = 0; round < 50'000; ++round) {
    ASSERT_NO_FATAL_FAILURE(
        ExpectRight(RandomFields(random), random() % 2 == 0, 1 + random() % 20));
  }
}

TEST(CsvTest, EqualsTheReferenceWhereverABlockOf64BytesEnds) {
  // What two bytes mean together, moved over the borders of blocks, inside quotes and outside.
  for (const std::string piece :
       {"\"",   "\"\"",   "\"\"\"", ",\"",    "\",",  "\",\"", "\n\"",
        "\"\n", "\"\r\n", "\"\r",   "\"\r\"", "\r\n", "\n",    "\r",
        "x\"",  "\"x",    "\"x\"",  ",",      ",,",   "\n\n",  "\n\r\n"}) {
    for (std::size_t before = 0; before < 140; ++before) {
      const std::string padding(before, 'a');
      for (const std::string after : {"", "b", ",b\nc\n", "\"\nc", "b\",\"d\"\r\n"}) {
        for (const bool end_of_input : {false, true}) {
          ASSERT_NO_FATAL_FAILURE(ExpectRight(padding + piece + after, end_of_input, 8));
          ASSERT_NO_FATAL_FAILURE(ExpectRight("\"" + padding + piece + after, end_of_input, 8));
          ASSERT_NO_FATAL_FAILURE(
              ExpectRight("z\n" + padding + "," + piece + after, end_of_input, 8));
        }
      }
    }
  }
}

TEST(CsvTest, EqualsTheReferenceWhereverTheWindowEnds) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 200; ++round) {
    const std::string text = RandomFields(random);
    for (std::size_t size = 0; size <= text.size(); ++size) {
      ASSERT_NO_FATAL_FAILURE(ExpectRight(text.substr(0, size), size % 2 == 0, 8));
    }
  }
}

TEST(CsvTest, AScanMayBeInterruptedAnywhere) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 50'000; ++round) {
    const std::string text = RandomText(random);
    CsvState whole_state = CsvState::kFieldStart;
    const std::size_t whole = FindCsvRecordEnd(text, whole_state);
    CsvState state = CsvState::kFieldStart;
    std::size_t found = std::string_view::npos;
    for (std::size_t begin = 0; begin < text.size() && found == std::string_view::npos;) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 5, text.size() - begin);
      found = FindCsvRecordEnd(std::string_view(text).substr(begin, size), state);
      if (found != std::string_view::npos) found += begin;
      begin += size;
    }
    ASSERT_EQ(found, whole) << testing::PrintToString(text);
    ASSERT_EQ(state, whole_state) << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace marquee::kernels
