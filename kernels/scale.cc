#include "kernels/scale.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include <Eigen/Core>
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "schemas/check.h"

namespace marquee::kernels {
namespace {

#ifdef __SSE2__

// A column so long leaves the caches before anybody reads it.
constexpr std::size_t kStreamedFloats = (std::size_t{16} << 20) / sizeof(float);
constexpr std::size_t kPageFloats = 4096 / sizeof(float);
constexpr std::size_t kLineFloats = 64 / sizeof(float);
constexpr std::size_t kPagesAtOnce = 4;

/// What glibc's memcpy does with as much: stores past the caches, which spares reading what is
/// overwritten, and four pages in turn, for four streams of loads keep memory busier than one. The
/// baseline's vectors are as fast as memory.
///
/// Shapes: `out` lies at a multiple of 64 bytes. Returns how many values are done; some are left.
std::size_t StandardiseStreamed(std::span<const float> values, float mean, float inv_std,
                                float* out) noexcept {
  const __m128 means = _mm_set1_ps(mean);
  const __m128 inv_stds = _mm_set1_ps(inv_std);
  constexpr std::size_t kStep = kPagesAtOnce * kPageFloats;
  std::size_t done = 0;
  for (; done + kStep <= values.size(); done += kStep) {
    for (std::size_t line = 0; line < kPageFloats; line += kLineFloats) {
      for (std::size_t page = 0; page < kPagesAtOnce; ++page) {
        const std::size_t first = done + page * kPageFloats + line;
        // Of the next four pages.
        const float* next = values.data() + std::min(first + kStep, values.size() - 1);
        _mm_prefetch(reinterpret_cast<const char*>(next), _MM_HINT_T0);
        for (std::size_t row = first; row < first + kLineFloats; row += 4) {
          const __m128 x = _mm_loadu_ps(values.data() + row);
          _mm_stream_ps(out + row, _mm_mul_ps(_mm_sub_ps(x, means), inv_stds));
        }
      }
    }
  }
  _mm_sfence();
  return done;
}

#endif

void StandardiseCached(std::span<const float> values, float mean, float inv_std,
                       float* out) noexcept {
  const auto size = static_cast<Eigen::Index>(values.size());
  // Only + - x here: Eigen's log and exp give other bits in its packets than in the tail, so a
  // row's result would depend on its place in the batch.
  const Eigen::Map<const Eigen::ArrayXf> in(values.data(), size);
  Eigen::Map<Eigen::ArrayXf>(out, size) = (in - mean) * inv_std;
}

}  // namespace

void Standardise(std::span<const float> values, float mean, float inv_std,
                 std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == values.size());
  std::size_t done = 0;
#ifdef __SSE2__
  if (values.size() >= kStreamedFloats) {
    const std::size_t misplaced = reinterpret_cast<std::uintptr_t>(out.data()) % 64 / sizeof(float);
    const std::size_t head = (kLineFloats - misplaced) % kLineFloats;
    StandardiseCached(values.first(head), mean, inv_std, out.data());
    done = head + StandardiseStreamed(values.subspan(head), mean, inv_std, out.data() + head);
  }
#endif
  StandardiseCached(values.subspan(done), mean, inv_std, out.data() + done);
}

void StandardiseReference(std::span<const float> values, float mean, float inv_std,
                          std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == values.size());
  for (std::size_t row = 0; row < values.size(); ++row) out[row] = (values[row] - mean) * inv_std;
}

}  // namespace marquee::kernels
