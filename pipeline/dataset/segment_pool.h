// pipeline/dataset/segment_pool.h — large reusable buffers that a file's bytes are read into.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "schemas/aligned_buffer.h"

namespace marquee {

/// A stretch of a file in memory. Written by its source before it is shared, never after.
using Segment = AlignedBuffer;

/// Hands out buffers of one size and takes them back when their last reader lets go.
///
/// How many are out is bounded by whoever holds the blocks that refer to them.
/// Threads: safe. Buffers may outlive the pool's other owners: each keeps it alive.
class SegmentPool : public std::enable_shared_from_this<SegmentPool> {
 public:
  static std::shared_ptr<SegmentPool> Make(std::size_t segment_bytes) {
    return std::shared_ptr<SegmentPool>(new SegmentPool(segment_bytes));
  }

  std::size_t segment_bytes() const noexcept { return segment_bytes_; }

  /// Take a buffer of segment_bytes() bytes, whose content is undefined.
  std::shared_ptr<Segment> Acquire() {
    std::unique_ptr<Segment> segment;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        segment = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (segment == nullptr) segment = std::make_unique<Segment>(segment_bytes_);
    return {segment.release(), [pool = shared_from_this()](Segment* used) { pool->Release(used); }};
  }

 private:
  explicit SegmentPool(std::size_t segment_bytes) : segment_bytes_(segment_bytes) {}

  void Release(Segment* segment) {
    std::unique_ptr<Segment> owned(segment);
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(owned));
  }

  const std::size_t segment_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Segment>> free_;
};

}  // namespace marquee
