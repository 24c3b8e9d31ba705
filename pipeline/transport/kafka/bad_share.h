// pipeline/transport/kafka/bad_share.h — a circuit breaker: too many bad records of late.
#pragma once

#include <array>
#include <cstdint>

namespace marquee {

/// Counts records and dead letters of the last ten seconds. Threads: one at a time.
class BadShare {
 public:
  /// So few dead letters say nothing.
  static constexpr std::uint64_t kMinBad = 100;

  explicit BadShare(double max_share) : max_share_(max_share) {}

  /// `now_ns`: any clock that does not jump.
  void Add(std::int64_t now_ns, std::uint64_t records, std::uint64_t bad) {
    const std::int64_t second = now_ns / 1'000'000'000;
    Bucket& bucket = buckets_[static_cast<std::size_t>(second) % buckets_.size()];
    if (bucket.second != second) bucket = {.second = second};
    bucket.records += records;
    bucket.bad += bad;
    records_ = bad_ = 0;
    for (const Bucket& b : buckets_) {
      if (b.second + static_cast<std::int64_t>(buckets_.size()) <= second) continue;
      records_ += b.records;
      bad_ += b.bad;
    }
  }

  bool exceeded() const noexcept {
    return bad_ >= kMinBad &&
           static_cast<double>(bad_) > max_share_ * static_cast<double>(records_);
  }
  std::uint64_t records() const noexcept { return records_; }
  std::uint64_t bad() const noexcept { return bad_; }

 private:
  struct Bucket {
    std::int64_t second = -100;
    std::uint64_t records = 0;
    std::uint64_t bad = 0;
  };

  double max_share_;
  std::array<Bucket, 10> buckets_;
  std::uint64_t records_ = 0;  // of the window
  std::uint64_t bad_ = 0;
};

}  // namespace marquee
