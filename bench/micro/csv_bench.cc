// From CSV text to records, to fields, and to columns, one after the other; copying the same bytes
// is the anchor. An item is a row.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <memory>

#include "bench/micro/generated_rows.h"
#include "kernels/gather.h"
#include "kernels/isa.h"

namespace marquee::bench {
namespace {

using kernels::CsvSpan;
using kernels::Isa;

/// Rows of a text: in L2, beyond it, in memory.
const std::vector<std::int64_t> kTextRows = {512, kNumRows, 32 * kNumRows};
constexpr std::size_t kBlockRows = 512;

/// The generated rows, as often as there are to be.
struct Text {
  const GeneratedRows* rows = nullptr;
  std::size_t num_rows = 0;
  std::vector<char> memory;  // padded
  std::string_view text;

  /// Where a record is to be.
  CsvSpan SpanOf(std::size_t row) const {
    CsvSpan span = rows->records[row % kNumRows].span;
    span.offset += static_cast<std::uint32_t>(row / kNumRows * rows->text.size());
    return span;
  }
  const std::vector<std::string>& FieldsOf(std::size_t row) const {
    return rows->records[row % kNumRows].fields;
  }
};

Text MakeText(const GeneratedRows& rows, std::size_t num_rows) {
  Text made{.rows = &rows, .num_rows = num_rows};
  const std::size_t some = num_rows % kNumRows;
  const std::size_t bytes =
      num_rows / kNumRows * rows.text.size() + (some > 0 ? rows.records[some].span.offset : 0);
  made.memory.resize(bytes + kernels::kGatherBytes);
  for (std::size_t at = 0; at < bytes; at += rows.text.size()) {
    std::memcpy(made.memory.data() + at, rows.text.data(), std::min(rows.text.size(), bytes - at));
  }
  made.text = {made.memory.data(), bytes};
  return made;
}

/// Texts are made once a program.
const Text& TextOf(const GeneratedRows& rows, std::size_t num_rows) {
  static std::map<std::size_t, Text> texts;
  const auto found = texts.find(num_rows);
  return found != texts.end() ? found->second
                              : texts.emplace(num_rows, MakeText(rows, num_rows)).first->second;
}

/// What is done with a text, and memory that is reused meanwhile.
class Reader {
 public:
  explicit Reader(std::size_t num_columns)
      : num_columns_(num_columns),
        scratch_(kScratchBytes),
        fields_(kBlockRows * num_columns),
        lengths_(kBlockRows * num_columns),
        columns_(kScratchBytes) {}

  /// Cut all of `text`; call `take(spans)` with the next kBlockRows records or fewer, whose offsets
  /// count from `base()`.
  template <class Take>
  void Cut(std::string_view text, Take take) {
    for (base_ = 0; base_ < text.size();) {
      const kernels::CsvCut cut = kernels::CutCsvRecords(text.substr(base_), true, spans_);
      if (cut.consumed == 0) return;  // inside quotes to the end
      take(std::span<const CsvSpan>(spans_).first(cut.num_records));
      base_ += cut.consumed;
    }
  }
  std::size_t base() const { return base_; }

  /// Split records into fields: [record][column], views that last until the next call.
  /// False if a record has another number of them.
  bool Split(std::string_view text, std::span<const CsvSpan> records) {
    std::span<char> scratch = scratch_;
    bool right = true;
    for (std::size_t i = 0; i < records.size(); ++i) {
      const std::string_view record = text.substr(base_ + records[i].offset, records[i].length);
      right &= kernels::SplitCsvRecord(record, scratch, FieldsOf(i)) == num_columns_;
      scratch = scratch.subspan(record.size());
    }
    return right;
  }
  std::span<std::string_view> FieldsOf(std::size_t record) {
    return std::span(fields_).subspan(record * num_columns_, num_columns_);
  }

  /// Bring the fields of each column together. Returns the columns' bytes, one behind the other.
  std::span<const std::uint8_t> Gather(std::size_t num_records) {
    const auto fields =
        std::span<const std::string_view>(fields_).first(num_records * num_columns_);
    std::size_t filled = 0;
    for (std::size_t column = 0; column < num_columns_; ++column) {
      std::size_t total = 0;
      for (std::size_t row = 0; row < num_records; ++row) {
        const std::size_t length = fields[row * num_columns_ + column].size();
        lengths_[column * kBlockRows + row] = static_cast<std::uint16_t>(length);
        total += length;
      }
      kernels::GatherFields(fields.subspan(column), num_columns_, true,
                            std::span(columns_).subspan(filled, total));
      filled += total;
    }
    return std::span(columns_).first(filled);
  }

 private:
  static constexpr std::size_t kScratchBytes = 4 << 20;  // above any block's text

  std::size_t num_columns_;
  std::size_t base_ = 0;
  std::array<CsvSpan, kBlockRows> spans_{};
  std::vector<char> scratch_;
  std::vector<std::string_view> fields_;
  std::vector<std::uint16_t> lengths_;
  std::vector<std::uint8_t> columns_;
};

/// Say whether records, fields and columns are those that the definition gives.
bool IsRight(const Text& text, Reader& reader) {
  bool right = true;
  std::size_t row = 0;
  reader.Cut(text.text, [&](std::span<const CsvSpan> records) {
    right = right && row + records.size() <= text.num_rows && reader.Split(text.text, records);
    if (!right) return;
    std::vector<std::string> columns(reader.FieldsOf(0).size());
    for (std::size_t i = 0; i < records.size(); ++i, ++row) {
      const CsvSpan expected = text.SpanOf(row);
      const auto fields = reader.FieldsOf(i);
      right = right && reader.base() + records[i].offset == expected.offset &&
              records[i].length == expected.length &&
              std::ranges::equal(fields, text.FieldsOf(row));
      for (std::size_t c = 0; c < fields.size(); ++c) columns[c] += fields[c];
    }
    std::string all;
    for (const std::string& column : columns) all += column;
    right =
        right && std::ranges::equal(all, reader.Gather(records.size()),
                                    [](char a, std::uint8_t b) { return std::uint8_t(a) == b; });
  });
  return right && row == text.num_rows;
}

void CountText(benchmark::State& state, const Text& text) {
  CountRows(state, text.num_rows);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.text.size()));
}

void BM_Csv_Copy(benchmark::State& state) {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Skip(state, rows.error().message());
  const Text& text = TextOf(*rows, static_cast<std::size_t>(state.range(0)));
  std::vector<char> out(text.text.size());
  std::memcpy(out.data(), text.text.data(), text.text.size());
  if (!std::ranges::equal(out, text.text)) return Skip(state, "the copy differs");
  for (auto _ : state) {
    std::memcpy(out.data(), text.text.data(), text.text.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  CountText(state, text);
}
BENCHMARK(BM_Csv_Copy)->ArgName("rows")->ArgsProduct({kTextRows});

/// How far a benchmark goes.
enum class Upto { kRecords, kFields, kColumns };

void Run(benchmark::State& state, Isa isa, Upto upto) {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Skip(state, rows.error().message());
  const Text& text = TextOf(*rows, static_cast<std::size_t>(state.range(0)));
  const Isa best = kernels::ActiveIsa();
  kernels::UseIsa(isa);
  Reader reader(rows->columns.size());
  if (!IsRight(text, reader)) {
    Skip(state, "records, fields or columns differ from those read a byte at a time");
  }
  for (auto _ : state) {
    reader.Cut(text.text, [&](std::span<const CsvSpan> records) {
      benchmark::DoNotOptimize(records.data());
      if (upto != Upto::kRecords) benchmark::DoNotOptimize(reader.Split(text.text, records));
      if (upto == Upto::kColumns) benchmark::DoNotOptimize(reader.Gather(records.size()).data());
      benchmark::ClobberMemory();
    });
  }
  kernels::UseIsa(best);
  CountText(state, text);
}

const bool kRegistered = [] {
  constexpr std::pair<const char*, Upto> kGoals[] = {
      {"Records", Upto::kRecords}, {"Fields", Upto::kFields}, {"Columns", Upto::kColumns}};
  for (const auto& [name, upto] : kGoals) {
    for (const Isa isa : kernels::SupportedIsas()) {
      const std::string full = fmt::format("BM_Csv_{}/{}", name, kernels::IsaName(isa));
      benchmark::RegisterBenchmark(full.c_str(), Run, isa, upto)
          ->ArgName("rows")
          ->ArgsProduct({kTextRows});
    }
  }
  return true;
}();

}  // namespace
}  // namespace marquee::bench
