// Standardising the 14 numeric columns of a batch; copying them is the anchor.
#include <algorithm>

#include "bench/micro/movies_data.h"
#include "kernels/scale.h"

namespace marquee::bench {
namespace {

using Kernel = void (*)(std::span<const float>, float, float, std::span<float>) noexcept;

void CopyColumn(std::span<const float> values, float, float, std::span<float> out) noexcept {
  std::copy(values.begin(), values.end(), out.begin());
}

/// Bring the rows [first, first + batch) of all numeric columns through `kernel`.
void RunBatch(Kernel kernel, std::size_t first, std::size_t batch, std::vector<float>& out) {
  const MoviesData& data = Movies();
  for (std::size_t c = 0; c < data.parts.mean.size(); ++c) {
    kernel({data.rows.numeric.data() + c * kNumRows + first, batch}, data.parts.mean[c],
           data.parts.inv_std[c], {out.data() + c * batch, batch});
  }
}

void Run(benchmark::State& state, Kernel kernel, std::span<const float> expected) {
  const std::size_t num_columns = Movies().parts.mean.size();
  std::vector<float> all(num_columns * kNumRows);
  RunBatch(kernel, 0, kNumRows, all);
  if (!SameBits(all, expected)) {
    state.SkipWithError("the columns differ from (x - mean) * inv_std");
    return;
  }
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::vector<float> out(num_columns * batch);
  std::size_t first = 0;
  for (auto _ : state) {
    RunBatch(kernel, first, batch, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
    first = NextBatch(first, batch);
  }
  CountRows(state, batch);
}

std::span<const float> Scaled() {
  return std::span(Movies().columns).first(Movies().parts.mean.size() * kNumRows);
}

void BM_Standardise_Copy(benchmark::State& state) { Run(state, CopyColumn, Movies().rows.numeric); }
void BM_Standardise_Reference(benchmark::State& state) {
  Run(state, kernels::StandardiseReference, Scaled());
}
void BM_Standardise(benchmark::State& state) { Run(state, kernels::Standardise, Scaled()); }

/// One column of so many bytes, from the first-level cache to memory: bytes read, as memcpy counts.
void RunColumn(benchmark::State& state, Kernel kernel, Kernel reference) {
  const std::size_t size = static_cast<std::size_t>(state.range(0)) / sizeof(float);
  std::vector<float> values(size);
  for (std::size_t i = 0; i < size; ++i) values[i] = static_cast<float>(i % 1000) / 8 - 50;
  std::vector<float> out(size);
  std::vector<float> expected(size);
  kernel(values, 3.5f, 0.75f, out);
  reference(values, 3.5f, 0.75f, expected);
  if (!SameBits(out, expected)) {
    state.SkipWithError("the column differs from its definition");
    return;
  }
  for (auto _ : state) {
    kernel(values, 3.5f, 0.75f, out);
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * state.range(0));
}

void BM_StandardiseColumn_Copy(benchmark::State& state) {
  RunColumn(state, CopyColumn, CopyColumn);
}
void BM_StandardiseColumn(benchmark::State& state) {
  RunColumn(state, kernels::Standardise, kernels::StandardiseReference);
}

const std::vector<std::int64_t> kBytes = {16 << 10, 512 << 10, 8 << 20, 256 << 20};
BENCHMARK(BM_StandardiseColumn_Copy)->ArgName("bytes")->ArgsProduct({kBytes});
BENCHMARK(BM_StandardiseColumn)->ArgName("bytes")->ArgsProduct({kBytes});
BENCHMARK(BM_Standardise_Copy)->ArgName("rows")->ArgsProduct({kBatches});
BENCHMARK(BM_Standardise_Reference)->ArgName("rows")->ArgsProduct({kBatches});
BENCHMARK(BM_Standardise)->ArgName("rows")->ArgsProduct({kBatches});

}  // namespace
}  // namespace marquee::bench
