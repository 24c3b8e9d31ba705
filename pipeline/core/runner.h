// pipeline/core/runner.h — who drives the stages.
#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "schemas/status.h"

namespace marquee {

/// A finite list of inputs, and what is done with each. Each input lies in one of a fixed number of
/// *slots*, which its owner allocates once: they bound the memory, and a full set of them holds
/// back the reading.
class Epoch {
 public:
  virtual ~Epoch() = default;

  /// Read the next input into `slot`; false at the end. Called by one thread at a time, in order.
  /// After a failure the inputs read so far are still processed and written.
  virtual Result<bool> Read(std::size_t slot) = 0;

  /// Process what lies in `slot` with the scratch of `worker`. Called by any thread, for several
  /// slots at once, but never for two with the same worker.
  virtual Status Process(std::size_t slot, std::size_t worker) = 0;

  /// Take what became of `slot`, after which it is free. Called by one thread at a time, in the
  /// order of reading.
  virtual Status Write(std::size_t slot) = 0;

  /// Whether one thread has time for all of it. No other one is woken then, which would look for
  /// more work for a while, at the cost of a whole core, and find none. Asked once, before Read.
  virtual bool FitsOneThread() const noexcept { return false; }
};

/// Drives an epoch from its first input to its last.
class Runner {
 public:
  virtual ~Runner() = default;

  virtual std::string_view name() const noexcept = 0;
  /// How many workers `Process` is called with: 0 to num_workers() - 1.
  virtual std::size_t num_workers() const noexcept = 0;
  /// How many slots keep every worker busy.
  virtual std::size_t num_slots() const noexcept = 0;

  /// Run `epoch`, which has num_slots() slots and num_workers() scratches. Returns the first
  /// failure in the order of the inputs; after a failure of Process or Write nothing more is
  /// written. Errors: the epoch's; kInternal for an exception.
  virtual Status Run(Epoch& epoch) = 0;
};

/// One thread, the caller's: deterministic to the last instruction; for tests, and as the baseline.
std::unique_ptr<Runner> MakeSerialRunner();

/// oneTBB's parallel_pipeline over `num_threads` threads; 0 = as many as affinity and the cgroup
/// allow.
std::unique_ptr<Runner> MakeTbbRunner(std::size_t num_threads);

/// The runner called `name`, "serial" or "tbb". Errors: kUsage for another name.
Result<std::unique_ptr<Runner>> MakeRunner(std::string_view name, std::size_t num_threads);

/// How many threads this process may run at once: its CPU affinity, or less where a cgroup (v1 or
/// v2) limits its CPU time.
std::size_t AvailableThreads();

}  // namespace marquee
