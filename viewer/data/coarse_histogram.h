// viewer/data/coarse_histogram.h — a small histogram of durations, one an interval of a line.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

namespace marquee::viewer {

/// Counts durations from 1 µs to 12 days in 8 buckets to each power of two: a percentile is at most
/// 1/8 above the truth, which no line on a screen shows. An eighth of the size of Histogram, which
/// counts the figures. Threads: one at a time.
class CoarseHistogram {
 public:
  void Add(std::int64_t value_ns, std::uint64_t count) noexcept {
    counts_[BucketOf(value_ns)] += count;
    total_ += count;
  }

  void Merge(const CoarseHistogram& other) noexcept {
    for (std::size_t i = 0; i < kBuckets; ++i) counts_[i] += other.counts_[i];
    total_ += other.total_;
  }

  /// The upper border of the bucket that holds the duration that `share` (0 to 1) of all are not
  /// above; NaN without any.
  double Percentile(double share) const noexcept {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_) + 0.5);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
      seen += counts_[bucket];
      if (seen >= rank && seen > 0) return UpperBorder(bucket);
    }
    return std::numeric_limits<double>::quiet_NaN();
  }

 private:
  // Shifted away: nanoseconds below the microsecond.
  static constexpr std::size_t kUnitBits = 10;
  static constexpr std::size_t kSubBits = 3;
  static constexpr std::size_t kSubBuckets = 1 << kSubBits;
  static constexpr std::size_t kBuckets = 38 * kSubBuckets;

  static std::size_t BucketOf(std::int64_t value_ns) noexcept {
    const auto value = static_cast<std::uint64_t>(std::max<std::int64_t>(value_ns, 0)) >> kUnitBits;
    if (value < kSubBuckets) return static_cast<std::size_t>(value);
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - kSubBits - 1;
    const auto bucket =
        static_cast<std::size_t>((shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets));
    return std::min(bucket, kBuckets - 1);
  }

  static double UpperBorder(std::size_t bucket) noexcept {
    const std::size_t shift = bucket < kSubBuckets ? 0 : bucket / kSubBuckets - 1;
    const std::uint64_t next =
        bucket < kSubBuckets ? bucket + 1 : (bucket % kSubBuckets + kSubBuckets + 1) << shift;
    return static_cast<double>(next << kUnitBits);
  }

  std::array<std::uint64_t, kBuckets> counts_{};
  std::uint64_t total_ = 0;
};

}  // namespace marquee::viewer
