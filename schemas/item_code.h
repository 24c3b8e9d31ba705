// schemas/item_code.h — how the items of lists go on the wire: as hashes.
#pragma once

// Items are short: a call would take as long as the hash.
#define XXH_INLINE_ALL
#include <xxhash.h>

#include <cstdint>
#include <string_view>

namespace marquee {

/// Hash a trimmed item of list number `list`: XXH3-64 seeded with the list's number, low 32 bits.
/// So the same text in two lists is two items.
inline std::uint32_t ItemCode(std::string_view item, std::uint64_t list) noexcept {
  return static_cast<std::uint32_t>(XXH3_64bits_withSeed(item.data(), item.size(), list));
}

}  // namespace marquee
