// kernels/items.h — where the items of list fields and the words of texts lie: a column at a time,
// by masks of its bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace marquee::kernels {

/// A piece of a column's bytes.
struct ItemSpan {
  std::uint32_t offset;
  std::uint32_t length;
};

/// Memory to split a column in: all of it is overwritten. Owns nothing.
struct ItemSpace {
  static constexpr std::size_t Words(std::size_t bytes) noexcept { return bytes / 64 + 2; }
  static constexpr std::size_t Items(std::size_t bytes) noexcept { return bytes + 8; }

  /// A bit a byte of the column, and how many are set before each 64: [Words(bytes)].
  std::span<std::uint64_t> marks;
  std::span<std::uint64_t> fields;
  std::span<std::uint32_t> before;
  /// [Items(bytes)]
  std::span<ItemSpan> items;
};

/// Find the items of each field: what lies between commas that a space follows, without ASCII white
/// space at its ends; empty ones are none. Returns how many items there are in all.
///
/// Shapes: bytes, the fields end to end, shorter than 2^32; lengths and counts [fields].
/// Exact:  equal to SplitListsReference.
/// Cost:   no allocation; O(bytes), and no branch that depends on how long an item is.
std::size_t SplitLists(std::string_view bytes, std::span<const std::uint16_t> lengths,
                       const ItemSpace& space, std::span<std::uint16_t> counts) noexcept;

/// SplitLists, a field and an item at a time.
std::size_t SplitListsReference(std::string_view bytes, std::span<const std::uint16_t> lengths,
                                const ItemSpace& space, std::span<std::uint16_t> counts) noexcept;

/// Find the words of each field, runs of ASCII letters, digits and bytes above 127, and write all
/// bytes to `lower` with ASCII letters in lower case.
///
/// Shapes, Cost: as SplitLists; lower [bytes]. Exact: equal to SplitWordsReference.
std::size_t SplitWords(std::string_view bytes, std::span<const std::uint16_t> lengths,
                       const ItemSpace& space, std::span<char> lower,
                       std::span<std::uint16_t> counts) noexcept;

/// SplitWords, a field and a byte at a time.
std::size_t SplitWordsReference(std::string_view bytes, std::span<const std::uint16_t> lengths,
                                const ItemSpace& space, std::span<char> lower,
                                std::span<std::uint16_t> counts) noexcept;

/// What kinds of bytes a text has.
struct ByteKinds {
  bool nul = false;
  bool above_ascii = false;
};

/// Look at every byte of a text.
ByteKinds FindByteKinds(std::string_view text) noexcept;

/// `text` without ASCII white space at both ends.
inline std::string_view Trim(std::string_view text) noexcept {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// Call `visit(item)` for each item of a list field, in order.
template <class Visit>
void ForEachItem(std::string_view field, Visit visit) {
  while (!field.empty()) {
    const std::size_t end = field.find(", ");
    const std::string_view item = Trim(field.substr(0, end));
    if (!item.empty()) visit(item);
    if (end == std::string_view::npos) return;
    field.remove_prefix(end + 2);
  }
}

/// Say whether a byte belongs to a word.
constexpr bool IsWordByte(unsigned char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c >= 0x80;
}

constexpr char ToAsciiLower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Call `visit(word)` for each word of a text, in order, as it is written.
template <class Visit>
void ForEachWord(std::string_view text, Visit visit) {
  const auto find = [text](std::size_t from, bool wanted) {
    while (from < text.size() && IsWordByte(static_cast<unsigned char>(text[from])) != wanted)
      ++from;
    return from;
  };
  for (std::size_t begin = find(0, true); begin < text.size();) {
    const std::size_t end = find(begin, false);
    visit(text.substr(begin, end - begin));
    begin = find(end, true);
  }
}

}  // namespace marquee::kernels
