#include "bench/perf_check/counted_malloc.h"

#include <atomic>
#include <cerrno>
#include <cstddef>

namespace {

// Constant-initialised: malloc is called before any constructor runs.
std::atomic<std::uint64_t> num_allocations{0};

void Count() noexcept { num_allocations.fetch_add(1, std::memory_order_relaxed); }

}  // namespace

namespace marquee::bench {

std::uint64_t NumAllocations() noexcept { return num_allocations.load(std::memory_order_relaxed); }

}  // namespace marquee::bench

// The linker lets these win over glibc's, for all libraries too. free stays glibc's, for the memory is.
extern "C" {

// NOLINTBEGIN(readability-identifier-naming): glibc's own, under glibc's names
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
// NOLINTEND(readability-identifier-naming)

void* malloc(std::size_t size) {
  Count();
  return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) {
  Count();
  return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) {
  Count();
  return __libc_realloc(memory, size);
}

void* memalign(std::size_t alignment, std::size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
  Count();
  return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) {
  Count();
  *memory = __libc_memalign(alignment, size);
  return *memory != nullptr ? 0 : ENOMEM;
}

}  // extern "C"
