// bench/perf_check/counted_malloc.h — how often this process has asked for memory.
//
// Programs that are linked with counted_malloc.cc use its malloc and relatives, which count and go on to glibc's; so
// do operator new and the libraries. A sanitizer has a malloc of its own: not for such builds.
#pragma once

#include <cstdint>

namespace marquee::bench {

/// Allocations of all threads so far; growing and moving counts, freeing does not.
std::uint64_t NumAllocations() noexcept;

}  // namespace marquee::bench
