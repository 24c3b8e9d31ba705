// Scoring symmetric trees: the kernel on bins, and engines with their binning. 600 trees of depth
// 6.
#include <memory>
#include <string_view>

#include "bench/micro/for_each_isa.h"
#include "bench/micro/movies_data.h"
#include "kernels/bin.h"
#include "kernels/trees_reference.h"
#include "kernels/trees_simd.h"
#include "model/model.h"
#include "model/trees_layout.h"

namespace marquee::bench {
namespace {

using Kernel = void (*)(const kernels::TreesView&, kernels::BinsView, std::size_t,
                        std::span<float>) noexcept;

kernels::TreesView TreesOf(const model::TreesParts& parts) {
  return {parts.num_scores, parts.depths, parts.split_features, parts.split_borders, parts.leaves,
          parts.scale,      parts.bias};
}

/// The bins of all columns of all rows.
std::vector<std::uint8_t> MakeBins() {
  const MoviesData& data = Movies();
  const model::TreesParts& trees = data.parts.trees;
  std::vector<std::uint8_t> bins(trees.border_counts.size() * kNumRows);
  std::size_t first_border = 0;
  for (std::size_t c = 0; c < trees.border_counts.size(); ++c) {
    kernels::BinReference(std::span(data.columns).subspan(c * kNumRows, kNumRows),
                          std::span(trees.borders).subspan(first_border, trees.border_counts[c]),
                          trees.nan_above[c] != 0, std::span(bins).subspan(c * kNumRows, kNumRows));
    first_border += trees.border_counts[c];
  }
  return bins;
}

void RunKernel(benchmark::State& state, Kernel kernel) {
  static const std::vector<std::uint8_t> bins = MakeBins();
  const kernels::TreesView trees = TreesOf(Movies().parts.trees);
  std::vector<float> scores(kNumRows * trees.num_scores);
  kernel(trees, {bins.data(), kNumRows}, kNumRows, scores);
  if (!SameBits(scores, Movies().scores)) {
    state.SkipWithError("the scores differ from the format's definition");
    return;
  }
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::size_t first = 0;
  for (auto _ : state) {
    kernel(trees, {bins.data() + first, kNumRows}, batch, std::span(scores).first(batch));
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
    first = NextBatch(first, batch);
  }
  CountRows(state, batch);
}

void RunEngine(benchmark::State& state, std::string_view name) {
  static const auto loaded =
      model::Model::FromBytes(model::WriteModelFile(Movies().parts), "synthetic");
  if (!loaded) {
    state.SkipWithError("the synthetic model is refused");
    return;
  }
  const auto engine = model::MakeEngine(**loaded, name);
  if (!engine) {
    state.SkipWithError("there is no such engine");
    return;
  }
  model::EngineScratch scratch = (*engine)->MakeScratch();
  const float* columns = Movies().columns.data();
  std::vector<float> scores(kNumRows);
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (std::size_t row = 0; row < kNumRows; row += batch) {
    (*engine)->Score({columns + row, kNumRows}, batch, std::span(scores).subspan(row, batch),
                     scratch);
  }
  if (!SameBits(scores, Movies().scores)) {
    state.SkipWithError("the scores differ from the format's definition");
    return;
  }
  std::size_t first = 0;
  for (auto _ : state) {
    (*engine)->Score({columns + first, kNumRows}, batch, std::span(scores).first(batch), scratch);
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
    first = NextBatch(first, batch);
  }
  CountRows(state, batch);
}

void BM_ScoreTrees_Reference(benchmark::State& state) {
  RunKernel(state, kernels::ScoreTreesReference);
}

/// The bins of all rows, block after block, as an engine has them.
std::vector<std::uint8_t> MakeBlocks() {
  const std::vector<std::uint8_t> bins = MakeBins();
  std::vector<std::uint8_t> blocks;
  for (std::size_t row = 0; row < kNumRows; row += kernels::kBlockRows) {
    for (std::size_t place = row; place < bins.size(); place += kNumRows) {
      const auto first = bins.begin() + static_cast<std::ptrdiff_t>(place);
      blocks.insert(blocks.end(), first, first + kernels::kBlockRows);
    }
  }
  return blocks;
}

/// The kernel on bins: what an engine does without its binning. Its counter is the time of one tree
/// and row.
void RunBlocks(benchmark::State& state) {
  using kernels::kBlockRows;
  static const std::vector<std::uint8_t> blocks = MakeBlocks();
  static const model::TreesLayoutStorage layout(TreesOf(Movies().parts.trees));
  const kernels::TreesView& trees = layout.view().trees;
  const kernels::TreesKernel kernel = kernels::TreesKernelFor(kernels::ActiveIsa());
  std::vector<float> scores(kNumRows * trees.num_scores);
  std::vector<float> sums(kBlockRows * trees.num_scores);
  const std::size_t block_bytes = blocks.size() / kNumRows * kBlockRows;
  const auto score = [&](std::size_t block, std::size_t rows) {
    kernel.score_block(
        layout.view(), {blocks.data() + block * block_bytes, kBlockRows}, rows,
        std::span(scores).subspan(block * kBlockRows * trees.num_scores, rows * trees.num_scores),
        sums);
  };
  constexpr std::size_t kNumBlocks = kNumRows / kBlockRows;
  for (std::size_t block = 0; block < kNumBlocks; ++block) score(block, kBlockRows);
  if (!SameBits(scores, Movies().scores)) {
    state.SkipWithError("the scores differ from the format's definition");
    return;
  }
  const auto rows = static_cast<std::size_t>(state.range(0));
  std::size_t block = 0;
  for (auto _ : state) {
    score(block, rows);
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
    block = (block + 1) % kNumBlocks;
  }
  CountRows(state, rows);
  state.counters["per_tree_and_row"] = benchmark::Counter(
      static_cast<double>(state.iterations()) * static_cast<double>(rows * trees.depths.size()),
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void BM_Engine_Reference(benchmark::State& state) { RunEngine(state, "reference"); }

BENCHMARK(BM_ScoreTrees_Reference)->ArgName("rows")->ArgsProduct({kBatches});
BENCHMARK(BM_Engine_Reference)->ArgName("rows")->ArgsProduct({kBatches});

const bool kRegistered =
    RegisterForEachIsa("BM_ScoreTrees", RunBlocks,
                       [](benchmark::internal::Benchmark* benchmark) {
                         benchmark->ArgName("rows")->ArgsProduct({{64, 512}});
                       }) &&
    RegisterForEachIsa(
        "BM_Engine_Oblivious", [](benchmark::State& state) { RunEngine(state, "oblivious"); },
        [](benchmark::internal::Benchmark* benchmark) {
          benchmark->ArgName("rows")->ArgsProduct({{1, 2, 4, 8, 16, 64, 512, 4096}});
        });

}  // namespace
}  // namespace marquee::bench
