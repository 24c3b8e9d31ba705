// kernels/code_table.h — from an item's hash to a value.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::kernels {

/// One place of a CodeTable. Code 0 marks a free place, whose value is that of unknown codes: so a
/// search ends with the answer either way.
template <class Value>
struct CodeSlot {
  std::uint32_t code;
  Value value;
};

/// An open-addressing table that somebody else owns and filled (model/code_table.h). Copy it
/// freely.
///
/// Preconditions: slots.size() == 2^(32 - shift), and at least one place is free.
template <class Value>
struct CodeTable {
  std::span<const CodeSlot<Value>> slots;
  unsigned shift = 31;
  /// The value of code 0, which can't be in a place.
  Value zero_value{};

  /// Say where the search for a code begins. Codes are hashes already, but a crafted or synthetic
  /// model may number them 1, 2, 3, …: one multiplication spreads those too.
  static std::size_t Home(std::uint32_t code, unsigned shift) noexcept {
    return static_cast<std::uint32_t>(code * 0x9E3779B1u) >> shift;
  }

  /// Have the place where the search for a code begins brought near.
  void Prefetch(std::uint32_t code) const noexcept {
    __builtin_prefetch(slots.data() + Home(code, shift));
  }

  /// Look a code up. Exact: the stored value, or the unknown one. Cost: about 1.5 places at half
  /// load.
  Value Find(std::uint32_t code) const noexcept {
    if (code == 0) return zero_value;
    const std::size_t mask = slots.size() - 1;
    for (std::size_t i = Home(code, shift);; i = (i + 1) & mask) {
      const CodeSlot<Value>& slot = slots[i];
      if (slot.code == code || slot.code == 0) return slot.value;
    }
  }
};

}  // namespace marquee::kernels
