#include "kernels/items.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>

#include "schemas/check.h"

// Everything to HWY_AFTER_NAMESPACE is compiled once for each instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/items.cc"
#include <hwy/foreach_target.h>
// Behind it, as Highway wants it.
#include <hwy/highway.h>

#include "kernels/isa_table.h"

HWY_BEFORE_NAMESPACE();
namespace marquee::kernels::HWY_NAMESPACE {

#if HWY_ARCH_X86 && HWY_TARGET == HWY_STATIC_TARGET

// To Highway, the baseline of x86 has no vectors; nothing there beats plain loops.
std::size_t SplitListsOf(std::string_view bytes, std::span<const std::uint16_t> lengths,
                         const ItemSpace& space, std::span<std::uint16_t> counts) {
  return SplitListsReference(bytes, lengths, space, counts);
}

std::size_t SplitWordsOf(std::string_view bytes, std::span<const std::uint16_t> lengths,
                         const ItemSpace& space, std::span<char> lower,
                         std::span<std::uint16_t> counts) {
  return SplitWordsReference(bytes, lengths, space, lower, counts);
}

ByteKinds FindByteKindsOf(std::string_view text) {
  unsigned nul = 0;
  unsigned all = 0;
  for (const char c : text) {
    nul |= static_cast<unsigned>(c == '\0');
    all |= static_cast<unsigned char>(c);
  }
  return {.nul = nul != 0, .above_ascii = all > 127};
}

#else

namespace {

namespace hn = hwy::HWY_NAMESPACE;
using Bytes = hn::ScalableTag<std::uint8_t>;
using Vector = hn::Vec<Bytes>;
constexpr std::size_t kWord = 64;  // bytes that a word of marks stands for

HWY_INLINE Vector Load(const char* from) {
  return hn::LoadU(Bytes(), reinterpret_cast<const std::uint8_t*>(from));
}

HWY_INLINE Vector Set(char c) { return hn::Set(Bytes(), static_cast<std::uint8_t>(c)); }

/// Set a bit for each of 64 bytes that `is_marked(place)` marks, a vector at a time.
template <class IsMarked>
HWY_INLINE std::uint64_t Mark(const char* place, IsMarked is_marked) {
  const Bytes d;
  std::array<std::uint8_t, 2 * sizeof(std::uint64_t)> bits;  // Highway may write eight bytes
  for (std::size_t i = 0; i < kWord; i += hn::Lanes(d)) {
    hn::StoreMaskBits(d, is_marked(place + i), bits.data() + i / 8);
  }
  std::uint64_t word = 0;
  std::memcpy(&word, bits.data(), sizeof(word));
  return word;
}

/// Call `visit(place, word)` for each 64 bytes of a text, in order; the last may be a copy that zeros
/// follow. One byte behind the 64 may be read as well.
template <class Visit>
HWY_INLINE void ForEach64(std::string_view text, Visit visit) {
  std::size_t word = 0;
  for (; (word + 1) * kWord < text.size(); ++word) visit(text.data() + word * kWord, word);
  std::array<char, kWord + 1> last{};
  const std::string_view rest = text.substr(word * kWord);
  std::copy(rest.begin(), rest.end(), last.begin());
  visit(last.data(), word);
}

/// Set the bit of each byte that a field begins with, also of the byte behind the last. (An empty
/// field sets the bit of the next one.)
void MarkFields(std::string_view bytes, std::span<const std::uint16_t> lengths,
                const ItemSpace& space) {
  const std::size_t words = ItemSpace::Words(bytes.size());
  std::fill_n(space.fields.begin(), words, std::uint64_t{0});
  std::fill_n(space.marks.begin() + (words - 2), 2, std::uint64_t{0});
  std::size_t offset = 0;
  for (const std::uint16_t length : lengths) {
    offset += length;
    space.fields[offset / kWord] |= std::uint64_t{1} << offset % kWord;
  }
}

/// Call `write(n, position)` for the n-th set bit, and count those before each word. Returns how many
/// there are.
template <class Write>
HWY_INLINE std::size_t ForEachMark(std::span<const std::uint64_t> marks, std::string_view bytes,
                                   std::span<std::uint32_t> before, Write write) {
  constexpr std::size_t kAtOnce = 8;
  std::size_t count = 0;
  for (std::size_t word = 0; word <= bytes.size() / kWord; ++word) {
    before[word] = static_cast<std::uint32_t>(count);
    std::uint64_t rest = marks[word];
    const auto here = static_cast<std::size_t>(std::popcount(rest));
    const auto next = [&](std::size_t i) HWY_ATTR {
      write(count + i, static_cast<std::uint32_t>(word * kWord +
                                                  static_cast<unsigned>(std::countr_zero(rest))));
      rest &= rest - 1;
    };
    // How many there are cannot be foreseen: that many are written whether they are there or not.
    for (std::size_t i = 0; i < kAtOnce; ++i) next(i);
    for (std::size_t i = kAtOnce; i < here; ++i) next(i);
    count += here;
  }
  return count;
}

/// Count the marks of each field.
void CountByField(const ItemSpace& space, std::span<const std::uint16_t> lengths,
                  std::span<std::uint16_t> counts) {
  std::size_t offset = 0;
  std::uint32_t before = 0;
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    offset += lengths[row];
    const std::uint64_t mask = (std::uint64_t{1} << offset % kWord) - 1;
    const std::uint32_t until =
        space.before[offset / kWord] +
        static_cast<std::uint32_t>(std::popcount(space.marks[offset / kWord] & mask));
    counts[row] = static_cast<std::uint16_t>(until - before);
    before = until;
  }
}

/// Drop items of no length. Returns how many are left.
std::size_t DropEmpty(std::span<ItemSpan> items, std::span<std::uint16_t> counts) {
  std::size_t kept = 0;
  std::size_t next = 0;
  for (std::uint16_t& count : counts) {
    const std::size_t first = kept;
    for (const std::size_t end = next + count; next < end; ++next) {
      items[kept] = items[next];
      if (items[next].length > 0) ++kept;
    }
    count = static_cast<std::uint16_t>(kept - first);
  }
  return kept;
}

constexpr std::array<bool, 256> kIsSpace = [] {
  std::array<bool, 256> is_space{};
  for (const char c : {' ', '\t', '\n', '\v', '\f', '\r'})
    is_space[static_cast<unsigned>(c)] = true;
  return is_space;
}();

bool IsSpace(char c) { return kIsSpace[static_cast<unsigned char>(c)]; }

}  // namespace

// Not in the unnamed namespace, so that MARQUEE_FOR_ISA finds them.

std::size_t SplitListsOf(std::string_view bytes, std::span<const std::uint16_t> lengths,
                         const ItemSpace& space, std::span<std::uint16_t> counts) {
  MarkFields(bytes, lengths, space);
  // Items end where a comma and a space follow, and with their field.
  ForEach64(bytes, [&](const char* place, std::size_t word) HWY_ATTR {
    const std::uint64_t separators = Mark(place, [](const char* from) HWY_ATTR {
      return hn::And(hn::Eq(Load(from), Set(',')), hn::Eq(Load(from + 1), Set(' ')));
    });
    const std::uint64_t last_of_field = space.fields[word] >> 1 | space.fields[word + 1]
                                                                      << (kWord - 1);
    space.marks[word] = separators | last_of_field;
  });
  const std::size_t count =
      ForEachMark(space.marks, bytes, space.before,
                  [&](std::size_t n, std::uint32_t mark) { space.items[n].length = mark; });
  std::uint32_t begin = 0;
  bool has_empty = false;
  for (ItemSpan& item : space.items.first(count)) {
    const std::uint32_t behind = item.length + 1;
    const auto is_last =
        static_cast<std::uint32_t>(space.fields[behind / kWord] >> behind % kWord & 1);
    const std::uint32_t end = item.length + is_last;
    item = {begin, end - begin};
    begin = behind + 1 - is_last;
    if (item.length == 0 || IsSpace(bytes[item.offset]) || IsSpace(bytes[end - 1])) {
      const std::string_view trimmed = Trim(bytes.substr(item.offset, item.length));
      item = {static_cast<std::uint32_t>(trimmed.data() - bytes.data()),
              static_cast<std::uint32_t>(trimmed.size())};
      has_empty = has_empty || trimmed.empty();
    }
  }
  CountByField(space, lengths, counts);
  return has_empty ? DropEmpty(space.items, counts) : count;
}

std::size_t SplitWordsOf(std::string_view bytes, std::span<const std::uint16_t> lengths,
                         const ItemSpace& space, std::span<char> lower,
                         std::span<std::uint16_t> counts) {
  MarkFields(bytes, lengths, space);
  const Bytes d;
  std::uint64_t before = 0;  // whether the byte before this word of marks belongs to a word
  ForEach64(bytes, [&](const char* place, std::size_t word) HWY_ATTR {
    std::array<char, kWord> lowered;
    const std::uint64_t in_word = Mark(place, [&](const char* from) HWY_ATTR {
      const auto read = Load(from);
      const auto is_upper = hn::Lt(hn::Sub(read, Set('A')), hn::Set(d, 26));
      const auto low = hn::Or(read, hn::IfThenElseZero(is_upper, hn::Set(d, 'a' - 'A')));
      hn::StoreU(low, d, reinterpret_cast<std::uint8_t*>(lowered.data() + (from - place)));
      const auto is_letter = hn::Lt(hn::Sub(low, Set('a')), hn::Set(d, 26));
      const auto is_digit = hn::Lt(hn::Sub(low, Set('0')), hn::Set(d, 10));
      return hn::Or(hn::Or(is_letter, is_digit), hn::Gt(low, hn::Set(d, 127)));
    });
    const std::size_t first = word * kWord;
    std::copy_n(lowered.begin(), std::min(kWord, bytes.size() - first), lower.begin() + first);
    // Words begin and end with their field, too.
    const std::uint64_t behind_word = in_word << 1 | before;
    const std::uint64_t fields = space.fields[word];
    space.marks[word] = in_word & (~behind_word | fields);
    space.fields[word] = behind_word & (~in_word | fields);
    before = in_word >> (kWord - 1);
  });
  // The last word may end where no byte is left to look at.
  if (bytes.size() % kWord == 0) space.fields[bytes.size() / kWord] = before;
  const std::size_t count =
      ForEachMark(space.marks, bytes, space.before,
                  [&](std::size_t n, std::uint32_t begin) { space.items[n].offset = begin; });
  CountByField(space, lengths, counts);
  ForEachMark(space.fields, bytes, space.before,
              [&](std::size_t n, std::uint32_t end) { space.items[n].length = end; });
  for (ItemSpan& item : space.items.first(count)) item.length -= item.offset;
  return count;
}

ByteKinds FindByteKindsOf(std::string_view text) {
  const Bytes d;
  const Vector zero = hn::Zero(d);
  Vector is_nul = zero;
  Vector all = zero;
  const auto look_at = [&](Vector bytes) HWY_ATTR {
    is_nul = hn::Or(is_nul, hn::VecFromMask(d, hn::Eq(bytes, zero)));
    all = hn::Or(all, bytes);
  };
  const std::size_t lanes = hn::Lanes(d);
  if (text.size() < lanes) {
    std::array<char, kWord> padded;
    padded.fill(' ');
    std::copy(text.begin(), text.end(), padded.begin());
    look_at(Load(padded.data()));
  } else {
    for (std::size_t i = 0; i + lanes < text.size(); i += lanes) look_at(Load(text.data() + i));
    look_at(Load(text.data() + text.size() - lanes));  // it may overlap with the one before
  }
  return {.nul = !hn::AllFalse(d, hn::Ne(is_nul, zero)),
          .above_ascii = !hn::AllFalse(d, hn::Gt(all, hn::Set(d, 127)))};
}

#endif

}  // namespace marquee::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace marquee::kernels {
namespace {

void CheckShapes(std::string_view bytes, std::span<const std::uint16_t> lengths,
                 const ItemSpace& space, std::span<std::uint16_t> counts) {
  MARQUEE_CHECK(counts.size() == lengths.size());
  MARQUEE_CHECK(space.marks.size() >= ItemSpace::Words(bytes.size()));
  MARQUEE_CHECK(space.fields.size() >= ItemSpace::Words(bytes.size()));
  MARQUEE_CHECK(space.before.size() >= ItemSpace::Words(bytes.size()));
  MARQUEE_CHECK(space.items.size() >= ItemSpace::Items(bytes.size()));
}

/// Split a field at a time: for_each(field, visit) calls `visit` for each item.
template <class ForEach>
std::size_t SplitPlainly(std::string_view bytes, std::span<const std::uint16_t> lengths,
                         const ItemSpace& space, std::span<std::uint16_t> counts,
                         ForEach for_each) noexcept {
  CheckShapes(bytes, lengths, space, counts);
  std::size_t count = 0;
  std::size_t offset = 0;
  for (std::size_t row = 0; row < lengths.size(); ++row) {
    const std::size_t first = count;
    for_each(bytes.substr(offset, lengths[row]), [&](std::string_view item) {
      space.items[count++] = {static_cast<std::uint32_t>(item.data() - bytes.data()),
                              static_cast<std::uint32_t>(item.size())};
    });
    counts[row] = static_cast<std::uint16_t>(count - first);
    offset += lengths[row];
  }
  return count;
}

}  // namespace

std::size_t SplitLists(std::string_view bytes, std::span<const std::uint16_t> lengths,
                       const ItemSpace& space, std::span<std::uint16_t> counts) noexcept {
  CheckShapes(bytes, lengths, space, counts);
  return MARQUEE_FOR_ISA(ActiveIsa(), SplitListsOf)(bytes, lengths, space, counts);
}

std::size_t SplitListsReference(std::string_view bytes, std::span<const std::uint16_t> lengths,
                                const ItemSpace& space, std::span<std::uint16_t> counts) noexcept {
  return SplitPlainly(bytes, lengths, space, counts,
                      [](std::string_view field, auto visit) { ForEachItem(field, visit); });
}

std::size_t SplitWords(std::string_view bytes, std::span<const std::uint16_t> lengths,
                       const ItemSpace& space, std::span<char> lower,
                       std::span<std::uint16_t> counts) noexcept {
  CheckShapes(bytes, lengths, space, counts);
  MARQUEE_CHECK(lower.size() == bytes.size());
  return MARQUEE_FOR_ISA(ActiveIsa(), SplitWordsOf)(bytes, lengths, space, lower, counts);
}

std::size_t SplitWordsReference(std::string_view bytes, std::span<const std::uint16_t> lengths,
                                const ItemSpace& space, std::span<char> lower,
                                std::span<std::uint16_t> counts) noexcept {
  std::transform(bytes.begin(), bytes.end(), lower.begin(), ToAsciiLower);
  return SplitPlainly(bytes, lengths, space, counts,
                      [](std::string_view field, auto visit) { ForEachWord(field, visit); });
}

ByteKinds FindByteKinds(std::string_view text) noexcept {
  return MARQUEE_FOR_ISA(ActiveIsa(), FindByteKindsOf)(text);
}

}  // namespace marquee::kernels
#endif
