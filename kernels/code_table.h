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

  static constexpr std::uint32_t kSpread = 0x9E3779B1u;

  /// Say where the search for a code begins. Codes are hashes already, but a crafted or synthetic
  /// model may number them 1, 2, 3, …: one multiplication spreads those too.
  static std::size_t Home(std::uint32_t code, unsigned shift) noexcept {
    return static_cast<std::uint32_t>(code * kSpread) >> shift;
  }

  /// Look a code up. Exact: the stored value, or the unknown one. Cost: about 1.5 places at half
  /// load, and rarely a branch that is not foreseen.
  Value Find(std::uint32_t code) const noexcept {
    if (code == 0) return zero_value;
    const std::size_t mask = slots.size() - 1;
    const std::size_t first = Home(code, shift);
    // Most searches end at the first place or the one behind it. Which of them cannot be foreseen: so
    // it is added, not asked.
    const std::size_t at_first = Ends(first, code);
    const std::size_t place = (first + 1 - at_first) & mask;
    if (Ends(place, code) != 0) [[likely]]
      return slots[place].value;
    return FindFrom(place, code);
  }

 private:
  /// Say whether the search for a code ends at this place: 1 or 0.
  std::size_t Ends(std::size_t place, std::uint32_t code) const noexcept {
    const std::uint32_t here = slots[place].code;
    return static_cast<std::size_t>(here == code) | static_cast<std::size_t>(here == 0);
  }

  Value FindFrom(std::size_t place, std::uint32_t code) const noexcept {
    while (Ends(place, code) == 0) place = (place + 1) & (slots.size() - 1);
    return slots[place].value;
  }
};

}  // namespace marquee::kernels
