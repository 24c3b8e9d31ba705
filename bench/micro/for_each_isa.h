// bench/micro/for_each_isa.h — a benchmark once for each instruction set of this processor.
#pragma once

#include <benchmark/benchmark.h>
#include <fmt/core.h>

#include <string>
#include <string_view>

#include "kernels/isa.h"

namespace marquee::bench {

/// Register `run(state)` as NAME/ISA for every instruction set, which is in use while it runs;
/// `set(benchmark)` gives it its arguments.
template <class Run, class Set>
bool RegisterForEachIsa(std::string_view name, Run run, Set set) {
  for (const kernels::Isa isa : kernels::SupportedIsas()) {
    const std::string full_name = fmt::format("{}/{}", name, kernels::IsaName(isa));
    set(benchmark::RegisterBenchmark(full_name.c_str(), [isa, run](benchmark::State& state) {
      const kernels::Isa best = kernels::ActiveIsa();
      kernels::UseIsa(isa);
      run(state);
      kernels::UseIsa(best);
    }));
  }
  return true;
}

}  // namespace marquee::bench
