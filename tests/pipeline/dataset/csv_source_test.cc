#include "pipeline/dataset/csv_source.h"

#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <xxhash.h>
#include <zlib.h>

#include <algorithm>
#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "tests/support/gzip.h"
#include "tests/support/seed.h"
#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing_support::Gzip;
using testing_support::TempDir;
using wire::RejectReason;

/// A record as delivered, or as it should be.
struct Seen {
  std::string text;
  RejectReason flaw = RejectReason::None;
  std::uint64_t bytes = 0;  // of flawed ones
  std::uint64_t xxh3 = 0;

  bool operator==(const Seen&) const = default;
};

void PrintTo(const Seen& seen, std::ostream* out) {
  *out << wire::EnumNameRejectReason(seen.flaw) << "[" << seen.bytes << "] "
       << testing::PrintToString(seen.text.substr(0, 200));
}

Seen Flawed(std::string_view bytes, RejectReason flaw) {
  return {std::string(bytes.substr(0, kMaxOriginalBytes)), flaw, bytes.size(),
          XXH3_64bits(bytes.data(), bytes.size())};
}

struct Content {
  std::vector<Seen> records;
  std::vector<std::size_t> block_sizes;
  std::uint64_t blank_lines = 0;
  Status status;
};

/// A sanitizer would see it if no memory lay behind a record.
void ReadPadding(std::string_view text) {
  [[maybe_unused]] const volatile char last = text.data()[text.size() + kernels::kGatherBytes - 1];
}

/// Read all blocks, and check what each says of itself.
Content ReadAll(const std::string& path, const CsvLimits& limits = {}) {
  auto source = CsvSource::Open(path, limits);
  if (!source) return {{}, {}, 0, std::move(source).error()};
  Content content;
  RecordBlock block;
  for (;;) {
    auto more = (*source)->Next(block);
    if (!more || !*more) {
      EXPECT_TRUE(block.records.empty());
      if (!more) content.status = std::move(more).error();
      break;
    }
    EXPECT_EQ(block.sequence, content.block_sizes.size());
    EXPECT_EQ(block.first_record, content.records.size() + 1);
    std::size_t encoded_bytes = 0;
    auto flawed = block.flawed.begin();
    for (std::size_t i = 0; i < block.records.size(); ++i) {
      const Record& record = block.records[i];
      if (record.flaw == RejectReason::None) ReadPadding(record.text);
      Seen seen = {std::string(record.text), record.flaw};
      if (record.flaw != RejectReason::None) {
        EXPECT_TRUE(flawed != block.flawed.end() && flawed->index == i);
        seen.bytes = flawed->bytes;
        seen.xxh3 = flawed->xxh3;
        ++flawed;
      }
      content.records.push_back(std::move(seen));
      encoded_bytes += record.text.size() + 2 * (*source)->columns().size();
    }
    EXPECT_TRUE(flawed == block.flawed.end());
    EXPECT_EQ(block.encoded_bytes, encoded_bytes);
    EXPECT_TRUE(block.padded);
    content.block_sizes.push_back(block.records.size());
  }
  EXPECT_EQ((*source)->num_records(), content.records.size());
  content.blank_lines = (*source)->blank_lines();
  return content;
}

/// What a text with one column must give: CsvLimits' and CsvSource's words, a byte at a time,
/// scanning anew for each record.
Content Expected(std::string_view text, std::size_t limit, bool truncated) {
  Content content;
  std::size_t begin = 0;
  while (begin < text.size()) {
    enum { kStart, kPlain, kQuoted, kQuote } state = kStart;
    const std::size_t scanned = std::min(text.size(), begin + limit + 2);
    std::size_t at = begin;
    for (; at < scanned && !(text[at] == '\n' && state != kQuoted); ++at) {
      const char c = text[at];
      if (state == kQuoted) {
        if (c == '"') state = kQuote;
      } else if (c == '"' && (state == kQuote || state == kStart)) {
        state = kQuoted;
      } else {
        state = c == ',' ? kStart : kPlain;
      }
    }
    const auto line_from = [&](std::size_t from) {
      return std::min(text.find('\n', from), text.size());
    };
    std::size_t end = at;
    RejectReason flaw = RejectReason::None;
    if (at == scanned && scanned - begin < limit + 2 && truncated) {
      flaw = RejectReason::TruncatedInput;
    } else if (at == scanned && state == kQuoted) {
      flaw = RejectReason::UnterminatedQuote;
      end = line_from(begin);
    } else if (at == scanned && scanned - begin == limit + 2) {
      flaw = RejectReason::RecordTooLarge;
      end = line_from(scanned);
    }
    if (flaw != RejectReason::None && end == text.size() && truncated)
      flaw = RejectReason::TruncatedInput;
    std::string_view record = text.substr(begin, end - begin);
    std::string_view sound = record;
    if (end < text.size() && sound.ends_with('\r')) sound.remove_suffix(1);
    if (flaw == RejectReason::None && sound.size() > limit) flaw = RejectReason::RecordTooLarge;
    if (flaw != RejectReason::None) {
      content.records.push_back(Flawed(record, flaw));
    } else if (sound.empty()) {
      ++content.blank_lines;
    } else {
      content.records.push_back({std::string(sound), RejectReason::None});
    }
    begin = end + 1;
  }
  return content;
}

std::string OpenError(std::string_view content, const std::vector<std::string>& needed = {}) {
  TempDir dir;
  const auto source = CsvSource::Open(dir.Write("bad.csv", content), {}, needed);
  EXPECT_FALSE(source) << testing::PrintToString(content);
  if (source) return "";
  EXPECT_EQ(source.error().code(), StatusCode::kData);
  EXPECT_THAT(std::string(source.error().message()), HasSubstr("bad.csv: header: "));
  return std::string(source.error().message());
}

TEST(CsvSourceTest, ReadsHeaderAndRecords) {
  TempDir dir;
  for (const std::string_view text :
       {"id,title\n1,a\n2,\"b\nc\"\n", "\xef\xbb\xbfid,title\r\n1,a\r\n2,\"b\nc\"\r\n",
        "\n\r\n\"id\",\"title\"\n1,a\n\n\r\n2,\"b\nc\""}) {
    for (const std::string& path : {dir.Write("a.csv", text), dir.Write("a.csv.gz", Gzip(text))}) {
      auto source = CsvSource::Open(path);
      ASSERT_TRUE(source) << source.error().message();
      EXPECT_THAT((*source)->columns(), ElementsAre("id", "title"));
      const Content content = ReadAll(path);
      EXPECT_TRUE(content.status.ok()) << content.status.message();
      EXPECT_THAT(content.records, ElementsAre(Seen{"1,a"}, Seen{"2,\"b\nc\""}));
    }
  }
}

TEST(CsvSourceTest, CountsBlankLines) {
  TempDir dir;
  const Content content = ReadAll(dir.Write("a.csv", "id\n\n1\n\r\n\n2\n\n"));
  EXPECT_EQ(content.blank_lines, 4u);
  EXPECT_THAT(content.records, ElementsAre(Seen{"1"}, Seen{"2"}));
}

TEST(CsvSourceTest, HeaderOnlyHasNoRecords) {
  TempDir dir;
  const Content content = ReadAll(dir.Write("a.csv", "id,title\n"));
  EXPECT_TRUE(content.status.ok());
  EXPECT_TRUE(content.records.empty());
}

TEST(CsvSourceTest, RefusesUnusableHeaders) {
  EXPECT_THAT(OpenError(""), HasSubstr("the file is empty"));
  EXPECT_THAT(OpenError("\xef\xbb\xbf"), HasSubstr("nothing but blank lines"));
  EXPECT_THAT(OpenError("\n\r\n"), HasSubstr("nothing but blank lines"));
  EXPECT_THAT(OpenError("id,title"), HasSubstr("ends without a line end"));
  EXPECT_THAT(OpenError("id,\"title\n1,a\n"), HasSubstr("a quote is opened and never closed"));
  EXPECT_THAT(OpenError("id,title,id\n"), HasSubstr("column \"id\" is there more than once"));
  EXPECT_THAT(OpenError("id,t\xe9tel\n"), HasSubstr("not UTF-8"));
  EXPECT_THAT(OpenError(std::string_view("i\0d\n", 4)), HasSubstr("not UTF-8 text"));
  EXPECT_THAT(OpenError("\xff\xfei\0"), HasSubstr("UTF-16"));
  EXPECT_THAT(OpenError(std::string(3 << 20, 'x')), HasSubstr("no line end within 1048576 bytes"));
  EXPECT_THAT(OpenError(std::string(4096, ',') + "\n"), HasSubstr("4097 columns; at most 4096"));
}

TEST(CsvSourceTest, RefusesLongColumnNames) {
  TempDir dir;
  const std::string longest(256, 'x');
  EXPECT_TRUE(CsvSource::Open(dir.Write("a.csv", "id," + longest + "\n")));
  EXPECT_THAT(OpenError("id," + longest + "x\n1,2\n"),
              AllOf(HasSubstr("the name of column 2 has 257 bytes; at most 256 are allowed"),
                    HasSubstr("shorten it")));
  std::string header = longest;
  for (int i = 1; i < 128; ++i) header += fmt::format(",{:0256}", i);
  EXPECT_TRUE(CsvSource::Open(dir.Write("a.csv", header + ",\n")));
  EXPECT_THAT(OpenError(header + ",,y\n"),
              AllOf(HasSubstr("the names up to column 130 have 32769 bytes; at most 32768"),
                    HasSubstr("shorten them, or drop columns")));
}

TEST(CsvSourceTest, RefusesAHeaderThatFillsHalfAMessage) {
  TempDir dir;
  CsvLimits limits;
  limits.max_message_bytes = 8192;
  const std::string path = dir.Write("a.csv", std::string(50, ',') + "\n");
  const auto source = CsvSource::Open(path, limits);
  ASSERT_FALSE(source);
  EXPECT_THAT(std::string(source.error().message()),
              HasSubstr("a.csv: header: the column names would take 4496 of a message's 8192"));
}

TEST(CsvSourceTest, BlankLinesBeforeTheHeaderMayFillSegments) {
  TempDir dir;
  CsvLimits limits;
  limits.max_record_bytes = 10;
  limits.segment_bytes = 24;
  for (std::size_t blank = 0; blank < 80; ++blank) {
    const std::string lines(blank, '\n');
    const Content content = ReadAll(dir.Write("a.csv", lines + "id,title\r\n1,a\n"), limits);
    ASSERT_TRUE(content.status.ok()) << blank << ": " << content.status.message();
    EXPECT_THAT(content.records, ElementsAre(Seen{"1,a"}));
    EXPECT_EQ(content.blank_lines, blank);
  }
  // Damage behind them is what went wrong, not that they are blank.
  const Content damaged = ReadAll(dir.Write("a.csv.gz", Gzip(std::string(80, '\n')) + "x"), limits);
  EXPECT_THAT(std::string(damaged.status.message()), HasSubstr("get the file again"));
}

TEST(CsvSourceTest, AllowsAsManyColumnsAsAreAllowed) {
  TempDir dir;
  const std::string commas(4095, ',');
  const Content content =
      ReadAll(dir.Write("a.csv", commas + "\n" + commas + "\n" + commas + "x\n"));
  EXPECT_TRUE(content.status.ok()) << content.status.message();
  EXPECT_THAT(content.records, ElementsAre(Seen{commas}, Seen{commas + "x"}));
}

TEST(CsvSourceTest, NeededColumnsMustBeThereOnce) {
  TempDir dir;
  const std::string path = dir.Write("a.csv", "note,id,note,title\n");
  EXPECT_TRUE(CsvSource::Open(path, {}, {"id", "title"}));
  EXPECT_THAT(
      OpenError("note,id,note\n", {"id", "title", "genres"}),
      HasSubstr("columns \"title\", \"genres\" missing; the file has \"note\", \"id\", \"note\""));
  EXPECT_THAT(OpenError("note,id,note\n", {"note"}), HasSubstr("column \"note\" is there 2 times"));
}

TEST(CsvSourceTest, BlocksAreClosedByRowsAndBytes) {
  TempDir dir;
  const std::string path =
      dir.Write("a.csv", "a,b\n1,2\n1,2\n1,2\n12345678901234567890,2\n1,2\n1,2\n");
  CsvLimits limits;
  limits.max_rows = 2;
  EXPECT_THAT(ReadAll(path, limits).block_sizes, ElementsAre(2, 2, 2));
  limits.max_rows = 100;
  limits.max_bytes = 3 * 7 - 1;  // "1,2" counts 3 bytes and 2 for each column
  EXPECT_THAT(ReadAll(path, limits).block_sizes, ElementsAre(2, 1, 1, 2));
  limits.max_bytes = 3 * 7;
  EXPECT_THAT(ReadAll(path, limits).block_sizes, ElementsAre(3, 1, 2));
}

TEST(CsvSourceTest, BlocksStayReadableAfterTheSource) {
  TempDir dir;
  std::string text = "id\n";
  for (int i = 0; i < 20'000; ++i) text += fmt::format("{:0100}\n", i);
  const std::string path = dir.Write("a.csv", text);
  CsvLimits limits;
  limits.max_record_bytes = 200;
  limits.segment_bytes = 1000;
  std::vector<RecordBlock> blocks;
  {
    auto source = CsvSource::Open(path, limits);
    ASSERT_TRUE(source);
    for (;;) {
      RecordBlock block;
      const auto more = (*source)->Next(block);
      ASSERT_TRUE(more);
      if (!*more) break;
      blocks.push_back(std::move(block));
    }
  }
  int i = 0;
  for (const RecordBlock& block : blocks) {
    for (const Record& record : block.records) EXPECT_EQ(record.text, fmt::format("{:0100}", i++));
  }
  EXPECT_EQ(i, 20'000);
}

TEST(CsvSourceTest, AnOpenQuoteCostsItsLineOnly) {
  TempDir dir;
  CsvLimits limits;
  limits.max_record_bytes = 30;
  const std::string path =
      dir.Write("a.csv", "id\n1\n2,\"open\n3\n" + std::string(30, '4') + "\n" +
                             std::string(40, '5') + "\n6,\"a\nb\"\n7,\"end\n8\n");
  EXPECT_THAT(
      ReadAll(path, limits).records,
      ElementsAre(Seen{"1"}, Flawed("2,\"open", RejectReason::UnterminatedQuote), Seen{"3"},
                  Seen{std::string(30, '4')},
                  Flawed(std::string(40, '5'), RejectReason::RecordTooLarge), Seen{"6,\"a\nb\""},
                  Flawed("7,\"end", RejectReason::UnterminatedQuote), Seen{"8"}));
}

TEST(CsvSourceTest, RecordThatFitsNoMessageIsTooLarge) {
  TempDir dir;
  const std::string large(899'000, 'x');
  const std::string path =
      dir.Write("a.csv", "id\n1\n" + large + "\r\n" + large.substr(0, 800'000) + "\n2\n");
  const Content content = ReadAll(path);
  EXPECT_THAT(content.records,
              ElementsAre(Seen{"1"}, Flawed(large + "\r", RejectReason::RecordTooLarge),
                          Seen{large.substr(0, 800'000)}, Seen{"2"}));
  EXPECT_THAT(content.block_sizes, ElementsAre(2, 1, 1));
}

/// Bytes of memory this process held at most so far.
std::size_t PeakBytes() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) << 10;
}

TEST(CsvSourceTest, AFieldOfAHundredMegabytesTakesLittleMemory) {
  constexpr std::size_t kSize = 100'000'000;
  TempDir dir;
  const std::string path = dir.File("a.csv");
  const std::string chunk(1'000'000, 'x');
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(),
                                                                      &XXH3_freeState);
  for (const std::string_view opening : {"", "\""}) {
    const std::string begin = "2," + std::string(opening);
    XXH3_64bits_reset(hash.get());
    XXH3_64bits_update(hash.get(), begin.data(), begin.size());
    {
      std::ofstream file(path, std::ios::binary);
      file << "id,title\n1,a\n" << begin;
      for (std::size_t size = 0; size < kSize; size += chunk.size()) {
        file << chunk;
        XXH3_64bits_update(hash.get(), chunk.data(), chunk.size());
      }
      file << opening << "\n3,c\n";
      XXH3_64bits_update(hash.get(), opening.data(), opening.size());
    }
    const std::size_t before = PeakBytes();
    const Content content = ReadAll(path);
    EXPECT_LT(PeakBytes() - before, 32u << 20);
    ASSERT_EQ(content.records.size(), 3u);
    EXPECT_EQ(content.records[0], Seen{"1,a"});
    EXPECT_EQ(content.records[2], Seen{"3,c"});
    const Seen& large = content.records[1];
    EXPECT_EQ(large.flaw,
              opening.empty() ? RejectReason::RecordTooLarge : RejectReason::UnterminatedQuote);
    EXPECT_EQ(large.text, (begin + chunk).substr(0, kMaxOriginalBytes));
    EXPECT_EQ(large.bytes, kSize + begin.size() + opening.size());
    EXPECT_EQ(large.xxh3, XXH3_64bits_digest(hash.get()));
  }
}

TEST(CsvSourceTest, QuotesThatNeverCloseCostNoFullScanALine) {
  // Every line begins a record that goes on to the record limit. Scanning each anew would read 700
  // GB.
  TempDir dir;
  std::string text = "a,b\n";
  constexpr std::size_t kLines = 700'000;
  for (std::size_t i = 0; i < kLines; ++i) text += "a\",\"b\n";
  const Content content = ReadAll(dir.Write("a.csv", text));
  EXPECT_EQ(content.records.size(), kLines);
  const Seen line = Flawed("a\",\"b", RejectReason::UnterminatedQuote);
  EXPECT_EQ(std::count(content.records.begin(), content.records.end(), line),
            static_cast<std::ptrdiff_t>(kLines));
}

TEST(CsvSourceTest, GzipCutAnywhereGivesTheRowsBeforeTheCutThenAnError) {
  TempDir dir;
  const std::string text = "id,title\n1,a\n2,\"b\nc\"\n3,d\n";
  const std::string packed = Gzip(text);
  std::size_t most_records = 0;
  for (std::size_t size = 2; size < packed.size(); ++size) {
    const Content content = ReadAll(dir.Write("cut.csv.gz", packed.substr(0, size)));
    EXPECT_EQ(content.status.code(), StatusCode::kData);
    EXPECT_THAT(std::string(content.status.message()),
                AllOf(HasSubstr("cut.csv.gz"), HasSubstr("get the file again")));
    most_records = std::max(most_records, content.records.size());
    for (std::size_t i = 0; i < content.records.size(); ++i) {
      const Seen& seen = content.records[i];
      if (seen.flaw == RejectReason::None) {
        EXPECT_EQ(seen.text, (std::vector<std::string>{"1,a", "2,\"b\nc\"", "3,d"})[i]);
      } else {
        EXPECT_EQ(seen.flaw, RejectReason::TruncatedInput);
        EXPECT_EQ(i + 1, content.records.size());
      }
    }
  }
  EXPECT_EQ(most_records, 3u);
}

TEST(CsvSourceTest, EqualsTheReferenceOnRandomTexts) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  TempDir dir;
  for (int round = 0; round < 3'000; ++round) {
    constexpr std::string_view kAlphabet = "aaa,,\"\"\r\n\n";
    std::string text(random() % 200, ' ');
    for (char& c : text) c = kAlphabet[random() % kAlphabet.size()];
    const bool truncated = random() % 4 == 0;
    // Bytes that follow a gzip member without being one are damage right after the text.
    const std::string path =
        dir.Write("a.csv", truncated ? Gzip("h\n" + text) + "x" : "h\n" + text);
    CsvLimits limits;
    limits.max_record_bytes = 1 + random() % 40;
    limits.max_rows = 1 + random() % 5;
    limits.max_bytes = random() % 100;
    limits.segment_bytes = random() % 200;
    const Content content = ReadAll(path, limits);
    const Content expected = Expected(text, limits.max_record_bytes, truncated);
    ASSERT_EQ(content.records, expected.records)
        << testing::PrintToString(text) << " limit " << limits.max_record_bytes << " truncated "
        << truncated;
    ASSERT_EQ(content.blank_lines, expected.blank_lines) << testing::PrintToString(text);
    ASSERT_EQ(content.status.ok(), !truncated) << content.status.message();
    // Each block was closed because the next record had no room in it.
    std::size_t next = 0;
    for (const std::size_t size : content.block_sizes) {
      std::size_t bytes = 0;
      for (std::size_t i = 0; i < size; ++i) bytes += content.records[next++].text.size() + 2;
      EXPECT_LE(size, limits.max_rows);
      EXPECT_TRUE(size == 1 || bytes <= limits.max_bytes);
      if (size == limits.max_rows || next == content.records.size()) continue;
      EXPECT_GT(bytes + content.records[next].text.size() + 2, limits.max_bytes);
    }
  }
}

TEST(CsvSourceTest, ReadsTheRealFileAsPythonDoes) {
  const char* path = std::getenv("MARQUEE_DATA");
  if (path == nullptr) GTEST_SKIP() << "MARQUEE_DATA is not set; it names the real movies.csv.gz";
  auto source = CsvSource::Open(path);
  ASSERT_TRUE(source) << source.error().message();
  ASSERT_EQ((*source)->columns().size(), 21u);
  // Of the rows Python 3.11's csv.reader gives (open with newline=''), each field followed by 0x1f
  // and each row by 0x1e.
  constexpr std::size_t kRecords = 36'467;
  constexpr std::size_t kFields = 765'807;
  constexpr std::size_t kBytes = 20'146'787;
  constexpr uLong kCrc32 = 0x4e3b3aa6;
  std::size_t num_records = 0;
  std::size_t num_fields = 0;
  std::size_t num_bytes = 0;
  uLong crc = crc32(0, nullptr, 0);
  std::vector<char> scratch(1 << 20);
  std::vector<std::string_view> fields(32);
  RecordBlock block;
  for (;;) {
    const auto more = (*source)->Next(block);
    ASSERT_TRUE(more) << more.error().message();
    if (!*more) break;
    EXPECT_TRUE(block.records.size() == 512 || num_records + block.records.size() == kRecords);
    for (const Record& record : block.records) {
      ASSERT_EQ(record.flaw, RejectReason::None);
      const std::size_t count = kernels::SplitCsvRecord(record.text, scratch, fields);
      std::string row;
      for (std::size_t i = 0; i < count; ++i) row.append(fields[i]).push_back('\x1f');
      row.push_back('\x1e');
      crc = crc32(crc, reinterpret_cast<const Bytef*>(row.data()), static_cast<uInt>(row.size()));
      num_fields += count;
      num_bytes += row.size();
    }
    num_records += block.records.size();
  }
  EXPECT_EQ(num_records, kRecords);
  EXPECT_EQ(num_fields, kFields);
  EXPECT_EQ(num_bytes, kBytes);
  EXPECT_EQ(crc, kCrc32);
  EXPECT_EQ((*source)->blank_lines(), 0u);
  EXPECT_EQ((*source)->bytes_consumed(), (*source)->bytes_total());
}

}  // namespace
}  // namespace marquee
