// Binning one column; an item is a value.
#include "bench/micro/for_each_isa.h"
#include "bench/micro/movies_data.h"
#include "kernels/bin.h"

namespace marquee::bench {
namespace {

using Kernel = void (*)(std::span<const float>, std::span<const float>, bool,
                        std::span<std::uint8_t>) noexcept;

/// `count` borders, and values spread over them with every special float among them.
struct Column {
  std::vector<float> borders;
  std::vector<float> values;
};

Column MakeColumn(std::size_t count) {
  model::SyntheticShape shape;
  shape.num_numeric = 1;
  shape.num_lists = 0;
  shape.encodings.clear();
  shape.min_borders = shape.max_borders = count;
  model::Random random(7);
  const model::ModelParts parts = model::MakeSyntheticModel(shape, random);
  const model::RowsParts rows = model::MakeSyntheticRows(parts, kNumRows, random);
  return {parts.trees.borders, model::NaiveColumns(parts, rows)};
}

/// The bins by their definition: the number of borders below a value, NaN above all.
std::vector<std::uint8_t> ExpectedBins(const Column& column) {
  std::vector<std::uint8_t> bins;
  for (const float value : column.values) {
    std::size_t below = 0;
    for (const float border : column.borders) below += std::isnan(value) || value > border ? 1 : 0;
    bins.push_back(static_cast<std::uint8_t>(below));
  }
  return bins;
}

void Run(benchmark::State& state, Kernel kernel) {
  const Column column = MakeColumn(static_cast<std::size_t>(state.range(0)));
  std::vector<std::uint8_t> bins(kNumRows);
  kernel(column.values, column.borders, true, bins);
  if (bins != ExpectedBins(column)) {
    state.SkipWithError("the bins differ from the number of borders below each value");
    return;
  }
  const auto batch = static_cast<std::size_t>(state.range(1));
  std::size_t first = 0;
  for (auto _ : state) {
    kernel(std::span(column.values).subspan(first, batch), column.borders, true,
           std::span(bins).first(batch));
    benchmark::DoNotOptimize(bins.data());
    benchmark::ClobberMemory();
    first = NextBatch(first, batch);
  }
  CountRows(state, batch);
}

void BM_Bin_Reference(benchmark::State& state) { Run(state, kernels::BinReference); }

const std::vector<std::int64_t> kBorders = {1, 31, 254};
BENCHMARK(BM_Bin_Reference)->ArgNames({"borders", "rows"})->ArgsProduct({kBorders, {512}});
const bool kRegistered = RegisterForEachIsa(
    "BM_Bin_Search", [](benchmark::State& state) { Run(state, kernels::Bin); },
    [](benchmark::internal::Benchmark* benchmark) {
      benchmark->ArgNames({"borders", "rows"})->ArgsProduct({kBorders, {1, 64, 512, kNumRows}});
    });

}  // namespace
}  // namespace marquee::bench
