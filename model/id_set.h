// model/id_set.h — a set of hashes, asked once a row.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace marquee::model {

/// An immutable set of 64-bit hashes: sorted, with the start of each range of equal top bits beside
/// them.
///
/// About one hash a range, so a look-up touches two cache lines and has no branch that cannot be
/// foreseen; a crafted set only makes its ranges longer, and those are searched by halves.
class IdSet {
 public:
  IdSet() : IdSet(std::vector<std::uint64_t>()) {}

  /// `hashes` must ascend.
  explicit IdSet(std::vector<std::uint64_t> hashes)
      : size_(hashes.size()), hashes_(std::move(hashes)) {
    const std::size_t num_ranges = std::bit_ceil(std::max<std::size_t>(2, size_));
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(num_ranges));
    starts_.reserve(num_ranges + 1);
    for (std::size_t i = 0; i < size_; ++i) {
      const std::size_t range = hashes_[i] >> shift_;
      while (starts_.size() <= range) starts_.push_back(static_cast<std::uint32_t>(i));
    }
    starts_.resize(num_ranges + 1, static_cast<std::uint32_t>(size_));
    if (size_ > 0) hashes_.resize(size_ + kAtOnce, hashes_.back());
  }

  std::size_t size() const noexcept { return size_; }

  bool Contains(std::uint64_t hash) const noexcept {
    if (size_ == 0) return false;
    const std::size_t range = hash >> shift_;
    const std::uint64_t* begin = hashes_.data() + starts_[range];
    const std::uint64_t* end = hashes_.data() + starts_[range + 1];
    if (end - begin > kAtOnce) return std::binary_search(begin, end, hash);
    // How many there are cannot be foreseen; those behind the range are other hashes of the set.
    unsigned found = 0;
    for (std::ptrdiff_t i = 0; i < kAtOnce; ++i) found |= static_cast<unsigned>(begin[i] == hash);
    return found != 0;
  }

 private:
  static constexpr std::ptrdiff_t kAtOnce = 4;

  std::size_t size_;
  std::vector<std::uint64_t> hashes_;  // then the last one kAtOnce times more
  std::vector<std::uint32_t> starts_;
  unsigned shift_ = 63;
};

}  // namespace marquee::model
