#include "pipeline/core/runner.h"

#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <optional>
#include <string>

namespace marquee {
namespace {

/// CPUs' worth of time that a cgroup allows, from its quota and period; none if it does not limit.
std::optional<double> CgroupCpus() {
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2) {
    std::string quota;
    double period = 0;
    if (v2 >> quota >> period && quota != "max" && period > 0) {
      return std::strtod(quota.c_str(), nullptr) / period;
    }
    return std::nullopt;
  }
  std::ifstream quota_file("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream period_file("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (quota_file >> quota && period_file >> period && quota > 0 && period > 0) {
    return quota / period;
  }
  return std::nullopt;
}

}  // namespace

std::size_t AvailableThreads() {
  cpu_set_t cpus;
  CPU_ZERO(&cpus);
  std::size_t threads = 1;
  if (sched_getaffinity(0, sizeof(cpus), &cpus) == 0) {
    threads = static_cast<std::size_t>(CPU_COUNT(&cpus));
  }
  if (const auto limit = CgroupCpus()) {
    threads = std::min(threads, static_cast<std::size_t>(*limit + 0.5));
  }
  return std::max<std::size_t>(threads, 1);
}

Result<std::unique_ptr<Runner>> MakeRunner(std::string_view name, std::size_t num_threads) {
  if (name == "serial") return MakeSerialRunner();
  if (name == "tbb") return MakeTbbRunner(num_threads);
  return Status::Usage(fmt::format("there is no runner '{}'; use serial or tbb", name));
}

}  // namespace marquee
