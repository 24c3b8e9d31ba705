// pipeline/observe/histogram.h — a histogram of durations with a fixed relative error.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace marquee {

/// Counts durations in buckets whose width grows with the value, after HdrHistogram: 32 buckets to
/// each power of two, so a percentile is at most 1/32 (3.2 %) above the truth. Fixed size. Threads:
/// one at a time.
class Histogram {
 public:
  /// Count `count` durations of `value_ns`; negative ones count as 0.
  void Add(std::int64_t value_ns, std::uint64_t count = 1) noexcept {
    const std::uint64_t value = value_ns > 0 ? static_cast<std::uint64_t>(value_ns) : 0;
    counts_[BucketOf(value)] += count;
    total_ += count;
    if (value > max_) max_ = value;
  }

  std::uint64_t count() const noexcept { return total_; }
  std::uint64_t max_ns() const noexcept { return max_; }

  /// The smallest bucket border that at least `share` (0 to 1) of all durations are not above; 0 if
  /// there are none.
  std::uint64_t Percentile(double share) const noexcept {
    const auto rank = static_cast<std::uint64_t>(share * static_cast<double>(total_) + 0.5);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen >= rank && seen > 0) return UpperBorder(bucket) < max_ ? UpperBorder(bucket) : max_;
    }
    return max_;
  }

 private:
  static constexpr std::size_t kSubBits = 5;
  static constexpr std::uint64_t kSubBuckets = 1 << kSubBits;

  // Values below 32 have a bucket each; above, the top bit chooses a group and the next five bits a
  // bucket in it.
  static std::size_t BucketOf(std::uint64_t value) noexcept {
    if (value < kSubBuckets) return static_cast<std::size_t>(value);
    const auto shift = static_cast<std::size_t>(std::bit_width(value)) - kSubBits - 1;
    return static_cast<std::size_t>((shift + 1) * kSubBuckets + ((value >> shift) - kSubBuckets));
  }

  static std::uint64_t UpperBorder(std::size_t bucket) noexcept {
    if (bucket < kSubBuckets) return bucket;
    const std::size_t shift = bucket / kSubBuckets - 1;
    return ((bucket % kSubBuckets + kSubBuckets + 1) << shift) - 1;
  }

  std::array<std::uint64_t, (64 - kSubBits) * kSubBuckets> counts_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_ = 0;
};

}  // namespace marquee
