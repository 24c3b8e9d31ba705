// Cutting CSV text into records, and records into fields; copying the same bytes is the anchor. An
// item is a row.
#include <algorithm>
#include <array>
#include <cstring>

#include "bench/micro/generated_rows.h"

namespace marquee::bench {
namespace {

/// As many spans as CsvSource asks for at a time.
using Spans = std::array<kernels::CsvSpan, 1024>;

/// Cut all of `text`, and call `take(record)` with each record's place in it, in order.
template <class Take>
void CutAll(std::string_view text, Spans& spans, Take take) {
  std::size_t base = 0;
  while (base < text.size()) {
    const kernels::CsvCut cut = kernels::CutCsvRecords(text.substr(base), true, spans);
    if (cut.consumed == 0) return;  // inside quotes to the end
    for (std::size_t i = 0; i < cut.num_records; ++i) {
      take(kernels::CsvSpan{static_cast<std::uint32_t>(base + spans[i].offset), spans[i].length});
    }
    base += cut.consumed;
  }
}

bool CutsRight(const GeneratedRows& rows) {
  Spans spans;
  std::size_t num_records = 0;
  bool right = true;
  CutAll(rows.text, spans, [&](kernels::CsvSpan span) {
    if (num_records < rows.records.size()) {
      const kernels::CsvSpan expected = rows.records[num_records].span;
      right = right && span.offset == expected.offset && span.length == expected.length;
    }
    ++num_records;
  });
  return right && num_records == rows.records.size();
}

bool SplitsRight(const GeneratedRows& rows) {
  std::vector<char> scratch(rows.text.size());
  std::vector<std::string_view> fields(rows.columns.size());
  for (std::size_t row = 0; row < rows.records.size(); ++row) {
    const auto& expected = rows.records[row].fields;
    if (kernels::SplitCsvRecord(rows.TextOf(row), scratch, fields) != expected.size() ||
        !std::equal(fields.begin(), fields.end(), expected.begin(), expected.end())) {
      return false;
    }
  }
  return true;
}

void CountText(benchmark::State& state, const GeneratedRows& rows) {
  CountRows(state, rows.records.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(rows.text.size()));
}

void BM_Csv_Copy(benchmark::State& state) {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Skip(state, rows.error().message());
  std::vector<char> out(rows->text.size());
  std::memcpy(out.data(), rows->text.data(), rows->text.size());
  if (!std::equal(out.begin(), out.end(), rows->text.begin()))
    return Skip(state, "the copy differs");
  for (auto _ : state) {
    std::memcpy(out.data(), rows->text.data(), rows->text.size());
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  CountText(state, *rows);
}

void BM_Csv_Cut(benchmark::State& state) {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Skip(state, rows.error().message());
  if (!CutsRight(*rows)) return Skip(state, "the records differ from those read a byte at a time");
  Spans spans;
  for (auto _ : state) {
    std::size_t bytes = 0;
    CutAll(rows->text, spans, [&bytes](kernels::CsvSpan span) { bytes += span.length; });
    benchmark::DoNotOptimize(bytes);
  }
  CountText(state, *rows);
}

void BM_Csv_Split(benchmark::State& state) {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Skip(state, rows.error().message());
  if (!SplitsRight(*rows)) return Skip(state, "the fields differ from those read a byte at a time");
  std::vector<char> scratch(rows->text.size());
  std::vector<std::string_view> fields(rows->columns.size());
  for (auto _ : state) {
    for (std::size_t row = 0; row < rows->records.size(); ++row) {
      benchmark::DoNotOptimize(kernels::SplitCsvRecord(rows->TextOf(row), scratch, fields));
      benchmark::DoNotOptimize(fields.data());
      benchmark::ClobberMemory();
    }
  }
  CountText(state, *rows);
}

BENCHMARK(BM_Csv_Copy);
BENCHMARK(BM_Csv_Cut);
BENCHMARK(BM_Csv_Split);

}  // namespace
}  // namespace marquee::bench
