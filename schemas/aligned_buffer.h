// schemas/aligned_buffer.h — bytes on a 64-byte border, where every message is put before it is
// read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

namespace marquee {

/// Where a message must begin in memory, and the alignment of its columns from 64 rows up: a cache
/// line, an AVX-512 register.
inline constexpr std::size_t kMessageAlignment = 64;

/// A growable array of bytes that begins on a 64-byte border. Growing does not keep the content.
/// Move-only.
class AlignedBuffer {
 public:
  AlignedBuffer() = default;
  explicit AlignedBuffer(std::size_t capacity) { Reserve(capacity); }

  /// Make room for `capacity` bytes; the content is undefined afterwards if it had to grow.
  void Reserve(std::size_t capacity) {
    if (capacity <= capacity_) return;
    const std::size_t rounded =
        (capacity + kMessageAlignment - 1) / kMessageAlignment * kMessageAlignment;
    data_.reset(static_cast<std::byte*>(std::aligned_alloc(kMessageAlignment, rounded)));
    if (data_ == nullptr) throw std::bad_alloc();
    capacity_ = rounded;
  }

  std::byte* data() noexcept { return data_.get(); }
  const std::byte* data() const noexcept { return data_.get(); }
  std::size_t capacity() const noexcept { return capacity_; }

 private:
  struct Free {
    void operator()(std::byte* pointer) const noexcept { std::free(pointer); }
  };
  std::unique_ptr<std::byte[], Free> data_;
  std::size_t capacity_ = 0;
};

}  // namespace marquee
