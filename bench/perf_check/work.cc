// main of the programs that count and time: `isas` names those of this processor; `count` does each work once inside
// marquee_measured, for callgrind to count there; `time` prints each one's least time on a processor, in nanoseconds. A line each: name, tab, value.
#include "bench/perf_check/work.h"

#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <string_view>

#include "kernels/isa.h"

/// callgrind begins and ends counting at this name, so that making the data is not counted.
extern "C" [[gnu::noinline, gnu::used]] void marquee_measured(const std::function<void()>& once) {
  once();
}

namespace marquee::bench {
namespace {

// Long enough for the clock, short enough that most stretches are undisturbed.
constexpr std::int64_t kStretchNs = 1'000'000;

void Count(const std::vector<Work>& works) {
  for (const Work& work : works) {
    work.once();  // grows what grows
    marquee_measured(work.once);
    fmt::print("{}\t1\n", work.name);
  }
}

/// This thread's time on a processor: while another program has it, nothing is counted.
std::int64_t ThreadClockNs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

/// Nanoseconds that doing `work` takes so many times.
std::int64_t TimeOf(const Work& work, std::int64_t times) {
  const std::int64_t start = ThreadClockNs();
  for (std::int64_t i = 0; i < times; ++i) work.once();
  return ThreadClockNs() - start;
}

/// How many times fill a stretch; it is warm then.
std::int64_t TimesOfAStretch(const Work& work) {
  std::int64_t times = 1;
  while (TimeOf(work, times) < kStretchNs) times *= 2;
  return times;
}

void Time(const std::vector<Work>& works, int passes) {
  std::vector<std::int64_t> times;
  for (const Work& work : works) times.push_back(TimesOfAStretch(work));
  std::vector<std::int64_t> least(works.size(), std::numeric_limits<std::int64_t>::max());
  // All works in turn, so that a disturbance does not hit one work's every stretch.
  for (int pass = 0; pass < passes; ++pass) {
    for (std::size_t i = 0; i < works.size(); ++i) {
      least[i] = std::min(least[i], TimeOf(works[i], times[i]));
    }
  }
  for (std::size_t i = 0; i < works.size(); ++i) {
    fmt::print("{}\t{:.1f}\n", works[i].name,
               static_cast<double>(least[i]) / static_cast<double>(times[i]));
  }
}

int Main(int argc, char** argv) {
  const auto isas = kernels::SupportedIsas();
  if (argc == 2 && argv[1] == std::string_view("isas")) {
    for (const kernels::Isa isa : isas) fmt::print("{}\t1\n", kernels::IsaName(isa));
    return 0;
  }
  const std::string_view mode = argc > 2 ? argv[1] : "";
  const int passes = argc > 3 ? std::atoi(argv[3]) : 0;
  if (mode != "count" && (mode != "time" || passes < 1)) {
    fmt::print(stderr, "usage: {0} isas\n       {0} count ISA\n       {0} time ISA PASSES\n",
               argv[0]);
    return 2;
  }
  const auto isa = std::ranges::find(isas, std::string_view(argv[2]), kernels::IsaName);
  if (isa == isas.end()) {
    fmt::print(stderr, "{}: this processor has no {}\n", argv[0], argv[2]);
    return 2;
  }
  kernels::UseIsa(*isa);
  const Result<std::vector<Work>> works = MakeWorks();
  if (!works) {
    fmt::print(stderr, "{}: {}\n", argv[0], works.error().message());
    return 1;
  }
  if (mode == "count") {
    Count(*works);
  } else {
    Time(*works, passes);
  }
  return 0;
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) { return marquee::bench::Main(argc, argv); }
