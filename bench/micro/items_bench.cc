// Splitting the keywords of generated movies into items, and their titles into words; copying the
// same bytes is the anchor. An item is a row.
#include <algorithm>
#include <cstring>
#include <iterator>

#include "bench/micro/for_each_isa.h"
#include "bench/micro/generated_rows.h"
#include "kernels/items.h"

namespace marquee::bench {
namespace {

/// A column's fields end to end, and memory to split them in.
struct Column {
  std::string bytes;
  std::vector<std::uint16_t> lengths;
  std::vector<std::uint64_t> marks;
  std::vector<std::uint64_t> fields;
  std::vector<std::uint32_t> before;
  std::vector<kernels::ItemSpan> items;
  std::vector<std::uint16_t> counts;
  std::vector<char> lower;

  kernels::ItemSpace space() { return {marks, fields, before, items}; }
};

Column MakeColumn(const GeneratedRows& rows, std::string_view name) {
  Column column;
  const auto found = std::find(rows.columns.begin(), rows.columns.end(), name);
  const auto index = static_cast<std::size_t>(found - rows.columns.begin());
  for (const PlainRecord& record : rows.records) {
    column.bytes += record.fields[index];
    column.lengths.push_back(static_cast<std::uint16_t>(record.fields[index].size()));
  }
  column.marks.resize(kernels::ItemSpace::Words(column.bytes.size()));
  column.fields.resize(column.marks.size());
  column.before.resize(column.marks.size());
  column.items.resize(kernels::ItemSpace::Items(column.bytes.size()));
  column.counts.resize(column.lengths.size());
  column.lower.resize(column.bytes.size());
  return column;
}

using Split = std::size_t (*)(Column& column);

std::size_t Lists(Column& column) {
  return kernels::SplitLists(column.bytes, column.lengths, column.space(), column.counts);
}
std::size_t ListsReference(Column& column) {
  return kernels::SplitListsReference(column.bytes, column.lengths, column.space(), column.counts);
}
std::size_t Words(Column& column) {
  return kernels::SplitWords(column.bytes, column.lengths, column.space(), column.lower,
                             column.counts);
}
std::size_t WordsReference(Column& column) {
  return kernels::SplitWordsReference(column.bytes, column.lengths, column.space(), column.lower,
                                      column.counts);
}
std::size_t Copy(Column& column) {
  std::memcpy(column.lower.data(), column.bytes.data(), column.bytes.size());
  return column.bytes.size();
}

/// Say whether two splits found the same.
bool Same(const Column& a, std::size_t count_a, const Column& b, std::size_t count_b) {
  return count_a == count_b && a.counts == b.counts &&
         std::equal(a.items.begin(), std::next(a.items.begin(), static_cast<long>(count_a)),
                    b.items.begin(), [](kernels::ItemSpan x, kernels::ItemSpan y) {
                      return x.offset == y.offset && x.length == y.length;
                    });
}

void Run(benchmark::State& state, std::string_view name, Split split, Split reference) {
  const Result<GeneratedRows>& rows = Generated();
  if (!rows) return Skip(state, rows.error().message());
  Column column = MakeColumn(*rows, name);
  if (reference != nullptr) {
    Column expected = column;
    const std::size_t count = split(column);
    if (!Same(column, count, expected, reference(expected))) {
      return Skip(state, "the items differ from those found a byte at a time");
    }
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(split(column));
    benchmark::ClobberMemory();
  }
  CountRows(state, column.lengths.size());
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(column.bytes.size()));
}

void BM_Keywords_Copy(benchmark::State& state) { Run(state, "keywords", Copy, nullptr); }
void BM_Keywords_Reference(benchmark::State& state) {
  Run(state, "keywords", ListsReference, ListsReference);
}
void BM_Title_Copy(benchmark::State& state) { Run(state, "title", Copy, nullptr); }
void BM_Title_Reference(benchmark::State& state) {
  Run(state, "title", WordsReference, WordsReference);
}

BENCHMARK(BM_Keywords_Copy);
BENCHMARK(BM_Keywords_Reference);
BENCHMARK(BM_Title_Copy);
BENCHMARK(BM_Title_Reference);

const auto kNoArguments = [](benchmark::internal::Benchmark*) {};
const bool kRegistered =
    RegisterForEachIsa(
        "BM_Keywords_Split",
        [](benchmark::State& state) { Run(state, "keywords", Lists, ListsReference); },
        kNoArguments) &&
    RegisterForEachIsa(
        "BM_Title_Split",
        [](benchmark::State& state) { Run(state, "title", Words, WordsReference); }, kNoArguments);

}  // namespace
}  // namespace marquee::bench
