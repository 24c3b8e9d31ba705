#include "pipeline/core/runner.h"

#include <fmt/core.h>
#include <sched.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace marquee {
namespace {

/// CPUs' worth of time that one v2 cgroup allows; none if it does not limit.
std::optional<double> CgroupQuota(const std::filesystem::path& cgroup) {
  std::ifstream file(cgroup / "cpu.max");
  std::string quota;
  double period = 0;
  if (!(file >> quota >> period) || quota == "max" || period <= 0) return std::nullopt;
  return std::strtod(quota.c_str(), nullptr) / period;
}

/// The tightest limit of this process's cgroup and those above it; none if there is none.
std::optional<double> CgroupCpus() {
  const std::filesystem::path root = "/sys/fs/cgroup";
  std::ifstream v1_quota(root / "cpu/cpu.cfs_quota_us");
  std::ifstream v1_period(root / "cpu/cpu.cfs_period_us");
  double quota = 0;
  double period = 0;
  if (v1_quota >> quota && v1_period >> period) {
    return quota > 0 && period > 0 ? std::optional(quota / period) : std::nullopt;
  }
  std::ifstream membership("/proc/self/cgroup");
  std::string line;
  std::getline(membership, line);  // of v2: "0::/path"
  std::filesystem::path path = line.rfind("0::/", 0) == 0 ? line.substr(4) : "";
  std::optional<double> tightest = CgroupQuota(root);
  for (; !path.empty(); path = path.parent_path()) {
    const auto limit = CgroupQuota(root / path);
    if (limit && (!tightest || *limit < *tightest)) tightest = limit;
  }
  return tightest;
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
