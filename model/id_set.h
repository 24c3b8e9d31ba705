// model/id_set.h — a set of hashes, asked once a row.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace marquee::model {

/// An immutable set of 64-bit hashes: sorted, with the start of each range of equal top bits beside
/// them.
///
/// About one hash a range, so a look-up touches two cache lines; a crafted set only makes its
/// ranges longer, and those are searched by halves.
class IdSet {
 public:
  IdSet() : IdSet(std::vector<std::uint64_t>()) {}

  /// `hashes` must ascend.
  explicit IdSet(std::vector<std::uint64_t> hashes) : hashes_(std::move(hashes)) {
    const std::size_t num_ranges = std::bit_ceil(std::max<std::size_t>(2, hashes_.size()));
    shift_ = 64 - static_cast<unsigned>(std::countr_zero(num_ranges));
    starts_.reserve(num_ranges + 1);
    for (std::size_t i = 0; i < hashes_.size(); ++i) {
      const std::size_t range = hashes_[i] >> shift_;
      while (starts_.size() <= range) starts_.push_back(static_cast<std::uint32_t>(i));
    }
    starts_.resize(num_ranges + 1, static_cast<std::uint32_t>(hashes_.size()));
  }

  std::size_t size() const noexcept { return hashes_.size(); }
  std::span<const std::uint64_t> hashes() const noexcept { return hashes_; }

  bool Contains(std::uint64_t hash) const noexcept {
    const std::size_t range = hash >> shift_;
    return std::binary_search(hashes_.begin() + starts_[range],
                              hashes_.begin() + starts_[range + 1], hash);
  }

 private:
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint32_t> starts_;
  unsigned shift_ = 63;
};

}  // namespace marquee::model
