#include "kernels/items.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "tests/kernels/scoped_isa.h"

namespace marquee::kernels {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

/// Fields end to end.
struct Column {
  explicit Column(const std::vector<std::string>& fields = {}) {
    for (const std::string& field : fields) Add(field);
  }
  void Add(std::string_view field) {
    bytes += field;
    lengths.push_back(static_cast<std::uint16_t>(field.size()));
  }

  std::string bytes;
  std::vector<std::uint16_t> lengths;
};

/// What a split found: the texts of all items, and how many there are in each field.
struct Split {
  std::vector<std::string> items;
  std::vector<std::uint16_t> counts;
  std::string lower;

  bool operator==(const Split&) const = default;
};

void PrintTo(const Split& split, std::ostream* out) {
  *out << testing::PrintToString(split.items) << " by " << testing::PrintToString(split.counts)
       << " of " << split.lower;
}

/// Run `split(space, lower, counts)`, with all memory filled with what must not be seen.
template <class Run>
Split SplitWith(const Column& column, Run run) {
  std::vector<std::uint64_t> marks(ItemSpace::Words(column.bytes.size()), ~std::uint64_t{0});
  std::vector<std::uint64_t> fields = marks;
  std::vector<std::uint32_t> before(marks.size(), 77);
  std::vector<ItemSpan> items(ItemSpace::Items(column.bytes.size()), {77, 77});
  Split split;
  split.lower.resize(column.bytes.size());
  split.counts.resize(column.lengths.size(), 77);
  const std::size_t count = run(ItemSpace{marks, fields, before, items}, split);
  const std::string& text = split.lower;
  for (const ItemSpan& item : std::span(items).first(count)) {
    split.items.push_back(text.substr(item.offset, item.length));
  }
  return split;
}

Split Lists(const Column& column, decltype(&SplitLists) function = &SplitLists) {
  return SplitWith(column, [&](const ItemSpace& space, Split& split) {
    split.lower = column.bytes;
    return function(column.bytes, column.lengths, space, split.counts);
  });
}

Split Words(const Column& column, decltype(&SplitWords) function = &SplitWords) {
  return SplitWith(column, [&](const ItemSpace& space, Split& split) {
    return function(column.bytes, column.lengths, space, split.lower, split.counts);
  });
}

TEST(SplitListsTest, SplitsAtCommaAndSpace) {
  const Split split =
      Lists(Column({"Animation, Comedy", "", "A,B, C", " a ,  , b, , ", "a,", ",, b"}));
  EXPECT_THAT(split.items,
              ElementsAre("Animation", "Comedy", "A,B", "C", "a", "b", "a,", ",", "b"));
  EXPECT_THAT(split.counts, ElementsAre(2, 0, 2, 2, 1, 2));
}

TEST(SplitListsTest, FieldsDoNotTouchOneAnother) {
  const Split split = Lists(Column({"a,", " b", ", ", "c", "", ""}));
  EXPECT_THAT(split.items, ElementsAre("a,", "b", "c"));
  EXPECT_THAT(split.counts, ElementsAre(1, 1, 0, 1, 0, 0));
}

TEST(SplitListsTest, NoRowsAndNoBytes) {
  EXPECT_THAT(Lists(Column()).items, IsEmpty());
  EXPECT_THAT(Lists(Column({"", ""})).counts, ElementsAre(0, 0));
}

TEST(SplitWordsTest, SplitsAndLowersAscii) {
  const Split split = Words(Column({"The Lord's 7", "日本 Ümläut--END", "", "x", "Y"}));
  EXPECT_THAT(split.items, ElementsAre("the", "lord", "s", "7", "日本", "Ümläut", "end", "x", "y"));
  EXPECT_THAT(split.counts, ElementsAre(4, 3, 0, 1, 1));
}

/// A text of bytes out of `alphabet`.
std::string RandomText(std::string_view alphabet, std::size_t size, std::mt19937_64& random) {
  std::string text(size, ' ');
  for (char& c : text) c = alphabet[random() % alphabet.size()];
  return text;
}

/// Alphabets that make many separators, spaces, ends of ranges; and every byte there is.
std::vector<std::string> Alphabets() {
  std::string every(256, '\0');
  std::iota(every.begin(), every.end(), '\0');
  return {", ", ", a", ", abcdefgh", " \t\n\v\f\r,x", "aZ@[`{/:09\x7F\x80\xFF ", "abc d", every};
}

TEST(SplitTest, EqualsReferenceForEveryIsa) {
  std::mt19937_64 random(5);
  for (const std::string& alphabet : Alphabets()) {
    for (std::size_t round = 0; round < 60; ++round) {
      Column column;
      const std::size_t most = round % 3 == 0 ? 3 : round % 3 == 1 ? 20 : 300;
      for (std::size_t rows = random() % 1000; rows > 0; --rows) {
        column.Add(RandomText(alphabet, random() % (most + 1), random));
      }
      const Split lists = Lists(column, &SplitListsReference);
      const Split words = Words(column, &SplitWordsReference);
      for (const Isa isa : SupportedIsas()) {
        const ScopedIsa scoped(isa);
        ASSERT_EQ(Lists(column), lists) << IsaName(isa);
        ASSERT_EQ(Words(column), words) << IsaName(isa);
      }
    }
  }
}

TEST(SplitTest, EqualsReferenceForEverySize) {
  for (std::size_t size = 0; size <= 200; ++size) {
    for (const std::string_view piece : {"a", "a, ", ", ", "A b"}) {
      std::string text;
      while (text.size() < size) text += piece;
      text.resize(size);
      // As one field, and with a field's end at every place.
      for (std::size_t cut = 0; cut <= size; cut += 1 + size / 16) {
        const Column column({text.substr(0, cut), text.substr(cut)});
        const Split lists = Lists(column, &SplitListsReference);
        const Split words = Words(column, &SplitWordsReference);
        for (const Isa isa : SupportedIsas()) {
          const ScopedIsa scoped(isa);
          ASSERT_EQ(Lists(column), lists)
              << IsaName(isa) << ", " << size << " bytes, cut at " << cut;
          ASSERT_EQ(Words(column), words)
              << IsaName(isa) << ", " << size << " bytes, cut at " << cut;
        }
      }
    }
  }
}

TEST(ByteKindsTest, SeesEveryByteAtEveryPlace) {
  for (const Isa isa : SupportedIsas()) {
    const ScopedIsa scoped(isa);
    for (std::size_t size = 0; size <= 200; ++size) {
      std::string text(size, '\x7F');
      EXPECT_FALSE(FindByteKinds(text).nul || FindByteKinds(text).above_ascii);
      for (char& c : text) {
        c = '\0';
        EXPECT_TRUE(FindByteKinds(text).nul && !FindByteKinds(text).above_ascii);
        c = '\x80';
        EXPECT_TRUE(!FindByteKinds(text).nul && FindByteKinds(text).above_ascii);
        c = '\x01';
      }
    }
  }
}

}  // namespace
}  // namespace marquee::kernels
