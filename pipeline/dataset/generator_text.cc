#include "pipeline/dataset/generator_text.h"

#include <array>

namespace marquee {
namespace {

constexpr std::array<std::string_view, 24> kWho = {
    "a young teacher",       "an old sailor",     "two sisters",         "a retired detective",
    "the new neighbour",     "a travelling band", "a quiet librarian",   "three friends",
    "a stubborn farmer",     "the night guard",   "a famous cook",       "an unlucky inventor",
    "a lonely astronomer",   "the village",       "a small-town doctor", "a clever orphan",
    "the lighthouse keeper", "a nervous pilot",   "an honest thief",     "the youngest son",
    "a forgotten painter",   "the last customer", "a lost messenger",    "her best friend"};
constexpr std::array<std::string_view, 20> kDoes = {"discovers",
                                                    "must find",
                                                    "refuses to give up",
                                                    "sets out to save",
                                                    "falls in love with",
                                                    "remembers",
                                                    "hides",
                                                    "tries to sell",
                                                    "dreams of",
                                                    "returns to",
                                                    "is followed by",
                                                    "cannot forget",
                                                    "makes a deal with",
                                                    "loses",
                                                    "builds",
                                                    "runs away from",
                                                    "inherits",
                                                    "fights for",
                                                    "waits for",
                                                    "learns the truth about"};
constexpr std::array<std::string_view, 24> kWhat = {"a letter without a sender",
                                                    "the old railway station",
                                                    "a house by the sea",
                                                    "an island nobody knows",
                                                    "a secret of the family",
                                                    "the winter festival",
                                                    "a broken radio",
                                                    "the woman in the photograph",
                                                    "a map of the mountains",
                                                    "the empty theatre",
                                                    "a dog with three names",
                                                    "the night train",
                                                    "an unfinished song",
                                                    "the king of the harbour",
                                                    "a box of old films",
                                                    "the man from the museum",
                                                    "a town under water",
                                                    "the great summer storm",
                                                    "a garden on the roof",
                                                    "the lost season",
                                                    "a stranger at the door",
                                                    "the price of silence",
                                                    "a promise made long ago",
                                                    "the end of the road"};
constexpr std::array<std::string_view, 12> kLinks = {
    ", and", ", but",    ", while", ", until", ", because", ", although",
    ", so",  ", before", " and",    " when",   " after",    " as"};
constexpr std::array<std::string_view, 12> kForeignWords = {
    "夜",   "映画", "東京物語", "上海",  "Любовь", "Москва",
    "Ночь", "서울", "Élan",     "Señor", "Øya",    "Ελλάδα"};

template <std::size_t count>
std::string_view Any(const std::array<std::string_view, count>& from, Random& random) {
  return from[random.Below(count)];
}

}  // namespace

std::vector<std::string> MakeSentences(std::size_t count, Random& random) {
  std::vector<std::string> sentences(count);
  for (std::string& sentence : sentences) {
    const auto add_clause = [&] {
      sentence.append(Any(kWho, random))
          .append(" ")
          .append(Any(kDoes, random))
          .append(" ")
          .append(Any(kWhat, random));
    };
    add_clause();
    if (random.Chance(0.7)) {
      sentence.append(Any(kLinks, random)).append(" ");
      add_clause();
    }
    sentence.push_back('.');
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A');
  }
  return sentences;
}

std::string_view ForeignWord(Random& random) { return Any(kForeignWords, random); }

}  // namespace marquee
