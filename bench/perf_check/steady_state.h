// bench/perf_check/steady_state.h — what all stages of one process ask memory for once they have settled.
#pragma once

#include <cstdint>
#include <string>

#include "pipeline/app/embedded.h"
#include "pipeline/core/runner.h"
#include "schemas/status.h"

namespace marquee::bench {

/// What was counted while the later batches of an epoch went by.
struct SettledRun {
  std::uint64_t batches = 0;
  std::uint64_t rows = 0;
  /// Of the whole process, libraries included.
  std::uint64_t allocations = 0;
};

/// Write a CSV of equal blocks of generated rows, each one batch: nothing has to grow for a batch that is larger than
/// all before it.
/// Errors: kUnavailable.
Status WriteEqualBatches(const std::string& path);

/// Bring the file of WriteEqualBatches from CsvSource to figures, with the built-in model, and count the allocations
/// from when every slot and worker has had batches. The results end in `sink`.
/// Errors: the stages'; kData if a row is refused.
Result<SettledRun> CountAllocations(const std::string& path, Runner& runner, ResultSink& sink);

}  // namespace marquee::bench
