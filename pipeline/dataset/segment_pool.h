// pipeline/dataset/segment_pool.h — large reusable buffers that a file's bytes are read into.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <mutex>
#include <utility>
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

  /// Take a buffer of segment_bytes() bytes, whose content is undefined. Allocates only if none is free.
  std::shared_ptr<Segment> Acquire() {
    std::unique_ptr<Place> place;
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        place = std::move(free_.back());
        free_.pop_back();
      }
    }
    if (place == nullptr) place = std::make_unique<Place>(segment_bytes_);
    Place* taken = place.release();
    return {&taken->segment, [](Segment*) {}, CountsInPlace<Segment>{shared_from_this(), taken}};
  }

 private:
  /// A buffer, and room for the counts of the shared_ptr to it.
  struct Place {
    explicit Place(std::size_t segment_bytes) : segment(segment_bytes) {}
    Segment segment;
    alignas(std::max_align_t) std::array<std::byte, 128> counts;
  };

  /// Has a shared_ptr keep its counts in the place itself. Their memory is the last thing that it lets go of, so then
  /// the place is free.
  template <class T>
  struct CountsInPlace {
    using value_type = T;

    CountsInPlace(std::shared_ptr<SegmentPool> owner, Place* taken)
        : pool(std::move(owner)), place(taken) {}
    template <class U>
    CountsInPlace(const CountsInPlace<U>& other)  // NOLINT: implicit, as allocators must be
        : pool(other.pool), place(other.place) {}

    T* allocate(std::size_t) {
      static_assert(sizeof(T) <= sizeof(Place::counts));
      return reinterpret_cast<T*>(place->counts.data());
    }
    void deallocate(T*, std::size_t) { pool->Release(place); }
    template <class U>
    bool operator==(const CountsInPlace<U>& other) const {
      return place == other.place;
    }

    std::shared_ptr<SegmentPool> pool;
    Place* place;
  };

  explicit SegmentPool(std::size_t segment_bytes) : segment_bytes_(segment_bytes) {}

  void Release(Place* place) {
    std::unique_ptr<Place> owned(place);
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(owned));
  }

  const std::size_t segment_bytes_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<Place>> free_;
};

}  // namespace marquee
