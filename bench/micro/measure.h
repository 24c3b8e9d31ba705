// bench/micro/measure.h — what benchmarks share: rows, sizes of batches, comparison, counting.
#pragma once

#include <benchmark/benchmark.h>

#include <bit>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace marquee::bench {

/// Rows of the data. Batches walk through them, so that branch predictors and caches see what they
/// see in a run.
inline constexpr std::size_t kNumRows = 4096;

/// Batch sizes: a message of one row, the default, and the data.
inline const std::vector<std::int64_t> kBatches = {1, 512, kNumRows};

/// The first row of the batch after the one that began at `first`.
inline std::size_t NextBatch(std::size_t first, std::size_t batch) {
  return first + 2 * batch <= kNumRows ? first + batch : 0;
}

/// Say whether all floats have the same bits; NaN equals NaN.
inline bool SameBits(std::span<const float> a, std::span<const float> b) {
  if (a.size() != b.size()) return false;
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::isnan(a[i]) && std::isnan(b[i])) continue;
    if (std::bit_cast<std::uint32_t>(a[i]) != std::bit_cast<std::uint32_t>(b[i])) return false;
  }
  return true;
}

/// Count the rows of every iteration, so that the program prints rows per second.
inline void CountRows(benchmark::State& state, std::size_t rows) {
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
}

}  // namespace marquee::bench
