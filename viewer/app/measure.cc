#include "viewer/app/measure.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

namespace marquee::viewer {
namespace {

double CpuSeconds() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

long ResidentBytes() {
  long total = 0;
  long resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

Meter::Meter() : began_(Clock::now()), cpu_began_(CpuSeconds()) {}

double Meter::seconds() const {
  return std::chrono::duration<double>(Clock::now() - began_).count();
}

std::string Meter::Json() const {
  std::vector<Clock::duration> sorted = frames_;
  std::sort(sorted.begin(), sorted.end());
  const auto percentile_ms = [&](double share) {
    if (sorted.empty()) return 0.0;
    const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
    return std::chrono::duration<double, std::milli>(sorted[std::min(rank, sorted.size() - 1)])
        .count();
  };
  return fmt::format(
      R"({{"seconds":{:.3f},"frames":{},"frame_ms_p50":{:.3f},"frame_ms_p99":{:.3f},)"
      R"("cpu_share":{:.4f},"rss_bytes":{}}})",
      seconds(), frames_.size(), percentile_ms(0.5), percentile_ms(0.99),
      (CpuSeconds() - cpu_began_) / seconds(), ResidentBytes());
}

}  // namespace marquee::viewer
