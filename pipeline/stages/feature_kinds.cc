#include "pipeline/stages/feature_kinds.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cmath>
#include <limits>
#include <string>

#include "schemas/item_code.h"

namespace marquee {
namespace {

constexpr double kMaxNumber = std::numeric_limits<float>::max();
constexpr float kAbsent = std::numeric_limits<float>::quiet_NaN();

// Films begin in the 1870s; what is announced further ahead than this is a typing error.
constexpr int kMinYear = 1800;
constexpr int kMaxYear = 2100;

void Count(FieldProblem problem, ProblemCounts& problems) {
  ++problems[static_cast<std::size_t>(problem)];
}

// --- numbers -------------------------------------------------------------------------------------

void Number(FieldReader reader, double /*parameter*/, std::span<float> out,
            ProblemCounts& problems) {
  for (float& value : out) {
    value = static_cast<float>(ParseNumber(*reader.Next(), 0, kMaxNumber, problems));
  }
}

void CappedNumber(FieldReader reader, double cap, std::span<float> out, ProblemCounts& problems) {
  for (float& value : out) {
    const double number = ParseNumber(*reader.Next(), 0, kMaxNumber, problems);
    value = static_cast<float>(number > cap ? cap : number);  // NaN stays
  }
}

// --- dates ---------------------------------------------------------------------------------------

struct Date {
  int year;
  int month;
};

bool IsAsciiDigit(unsigned char c) { return c >= '0' && c <= '9'; }

/// The whole of `text`, a few bytes, as a decimal number without sign.
std::optional<int> ParseDigits(std::string_view text) {
  int value = 0;
  for (const char c : text) {
    if (!IsAsciiDigit(static_cast<unsigned char>(c))) return std::nullopt;
    value = value * 10 + (c - '0');
  }
  return value;
}

/// A calendar day as YYYY-MM-DD.
std::optional<Date> ParseDate(std::string_view field, ProblemCounts& problems) {
  const std::string_view text = Trim(field);
  if (text.empty()) return std::nullopt;
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    Count(FieldProblem::kUnparsable, problems);
    return std::nullopt;
  }
  const auto year = ParseDigits(text.substr(0, 4));
  const auto month = ParseDigits(text.substr(5, 2));
  const auto day = ParseDigits(text.substr(8, 2));
  if (!year || !month || !day) {
    Count(FieldProblem::kUnparsable, problems);
    return std::nullopt;
  }
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *year < kMinYear || *year > kMaxYear) {
    Count(FieldProblem::kOutOfRange, problems);
    return std::nullopt;
  }
  return Date{.year = *year, .month = *month};
}

void Year(FieldReader reader, double /*parameter*/, std::span<float> out, ProblemCounts& problems) {
  for (float& value : out) {
    const auto date = ParseDate(*reader.Next(), problems);
    value = date ? static_cast<float>(date->year) : kAbsent;
  }
}

void Month(FieldReader reader, double /*parameter*/, std::span<float> out,
           ProblemCounts& problems) {
  for (float& value : out) {
    const auto date = ParseDate(*reader.Next(), problems);
    value = date ? static_cast<float>(date->month) : kAbsent;
  }
}

// --- texts and lists -----------------------------------------------------------------------------

void TextBytes(FieldReader reader, double /*parameter*/, std::span<float> out,
               ProblemCounts& /*problems*/) {
  for (float& value : out) {
    reader.Next();
    value = static_cast<float>(reader.length());
  }
}

void ListCount(FieldReader reader, double /*parameter*/, std::span<float> out,
               ProblemCounts& /*problems*/) {
  for (float& value : out) {
    std::size_t items = 0;
    ForEachItem(*reader.Next(), [&items](std::string_view) { ++items; });
    value = static_cast<float>(items);
  }
}

// --- items of lists -------------------------------------------------------------------------------
// A list kind is a struct that calls `visit` for each item of a field, in order.

/// Items separated by comma and space, at most `limit` of them.
struct ListItems {
  template <class Visit>
  static void ForEach(std::string_view field, double limit, ProblemCounts& problems, Visit visit) {
    std::size_t items = 0;
    ForEachItem(field, [&](std::string_view item) {
      if (static_cast<double>(items) < limit) visit(item);
      ++items;
    });
    if (static_cast<double>(items) > limit) Count(FieldProblem::kListTooLong, problems);
  }
};

/// The whole field as one item.
struct CategoryItem {
  template <class Visit>
  static void ForEach(std::string_view field, double /*parameter*/, ProblemCounts& /*problems*/,
                      Visit visit) {
    if (const std::string_view item = Trim(field); !item.empty()) visit(item);
  }
};

bool IsAsciiUpper(unsigned char c) { return c >= 'A' && c <= 'Z'; }
bool IsAsciiLower(unsigned char c) { return c >= 'a' && c <= 'z'; }

/// Letters and digits of ASCII, and every byte of another script.
bool IsWordByte(unsigned char c) {
  return IsAsciiDigit(c) || IsAsciiUpper(c) || IsAsciiLower(c) || c >= 0x80;
}

/// The first position from `from` on whose byte is a word byte, or none, as `wanted`; else the end.
std::size_t FindWordByte(std::string_view text, std::size_t from, bool wanted) {
  while (from < text.size() && IsWordByte(static_cast<unsigned char>(text[from])) != wanted) ++from;
  return from;
}

char ToAsciiLower(char c) {
  return static_cast<char>(IsAsciiUpper(static_cast<unsigned char>(c)) ? c - 'A' + 'a' : c);
}

/// The first `limit` words: runs of word bytes, ASCII letters lower-cased.
struct WordItems {
  template <class Visit>
  static void ForEach(std::string_view text, double limit, ProblemCounts& /*problems*/,
                      Visit visit) {
    std::string word;  // words are short: no allocation
    std::size_t end = 0;
    for (double words = 0; words < limit; ++words) {
      const std::size_t begin = FindWordByte(text, end, true);
      if (begin == text.size()) return;
      end = FindWordByte(text, begin, false);
      word.assign(text, begin, end - begin);
      for (char& c : word) c = ToAsciiLower(c);
      visit(std::string_view(word));
    }
  }
};

/// One item: the first year of the date's bucket of `width` years, as decimal text.
struct YearBucketItem {
  template <class Visit>
  static void ForEach(std::string_view field, double width, ProblemCounts& problems, Visit visit) {
    const auto date = ParseDate(field, problems);
    if (!date) return;
    std::array<char, 4> text;
    const int first_year = date->year - date->year % static_cast<int>(width);
    std::to_chars(text.data(), text.data() + text.size(), first_year);
    visit(std::string_view(text.data(), text.size()));
  }
};

template <class Items>
void HashItems(FieldReader reader, double parameter, std::uint64_t seed,
               std::span<std::uint16_t> lengths, std::vector<std::uint32_t>& codes,
               ProblemCounts& problems) {
  for (std::uint16_t& length : lengths) {
    const std::size_t before = codes.size();
    Items::ForEach(*reader.Next(), parameter, problems,
                   [&](std::string_view item) { codes.push_back(ItemCode(item, seed)); });
    length = static_cast<std::uint16_t>(codes.size() - before);
  }
}

template <class Items>
void VisitItems(std::string_view field, double parameter, const ItemVisitor& visit) {
  ProblemCounts problems{};
  Items::ForEach(field, parameter, problems, visit);
}

// --- the tables ----------------------------------------------------------------------------------

struct NumericEntry {
  std::string_view name;
  NumericKind function;
  bool reports_problems;
};

struct ListEntry {
  std::string_view name;
  ListKind function;
  ItemNameKind names;
  bool reports_problems;
};

template <class Items>
constexpr ListEntry MakeListEntry(std::string_view name, bool reports_problems) {
  return {name, HashItems<Items>, VisitItems<Items>, reports_problems};
}

constexpr std::array<NumericEntry, 6> kNumericKinds = {{
    {"number", Number, true},
    {"capped_number", CappedNumber, true},
    {"year", Year, true},
    {"month", Month, true},
    {"list_count", ListCount, false},
    {"text_bytes", TextBytes, false},
}};

constexpr std::array<ListEntry, 4> kListKinds = {
    MakeListEntry<ListItems>("list", true),
    MakeListEntry<CategoryItem>("category", false),
    MakeListEntry<WordItems>("words", false),
    MakeListEntry<YearBucketItem>("year_bucket", true),
};

template <class Kinds>
auto FindKind(const Kinds& kinds, std::string_view name) -> decltype(kinds.data()) {
  const auto kind = std::find_if(kinds.begin(), kinds.end(),
                                 [name](const auto& candidate) { return candidate.name == name; });
  return kind == kinds.end() ? nullptr : &*kind;
}

}  // namespace

std::string_view FieldProblemName(FieldProblem problem) {
  switch (problem) {
    case FieldProblem::kUnparsable:
      return "unparsable";
    case FieldProblem::kNegative:
      return "negative";
    case FieldProblem::kOutOfRange:
      return "out_of_range";
    case FieldProblem::kListTooLong:
      return "list_too_long";
  }
  return "unknown";
}

NumericKind FindNumericKind(std::string_view kind) {
  const auto* found = FindKind(kNumericKinds, kind);
  return found == nullptr ? nullptr : found->function;
}

ListKind FindListKind(std::string_view kind) {
  const auto* found = FindKind(kListKinds, kind);
  return found == nullptr ? nullptr : found->function;
}

ItemNameKind FindItemNames(std::string_view kind) {
  const auto* found = FindKind(kListKinds, kind);
  return found == nullptr ? nullptr : found->names;
}

bool KindReportsProblems(std::string_view kind) {
  if (const auto* numeric = FindKind(kNumericKinds, kind)) return numeric->reports_problems;
  const auto* list = FindKind(kListKinds, kind);
  return list != nullptr && list->reports_problems;
}

bool KindReadsLengthsOnly(std::string_view kind) { return kind == "text_bytes"; }

bool KindCountsItemsOf(std::string_view numeric, std::string_view list) {
  return numeric == "list_count" && list == "list";
}

double ParseNumber(std::string_view field, double min, double max, ProblemCounts& problems) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  constexpr std::size_t kMaxIntDigits = std::numeric_limits<int>::digits10;
  const std::string_view text = Trim(field);
  if (text.empty()) return kNaN;
  double value = 0;
  // Most numbers are small whole ones, which need no parser of all numbers.
  const auto whole = text.size() <= kMaxIntDigits ? ParseDigits(text) : std::nullopt;
  if (whole) {
    value = *whole;
  } else {
    const auto [end, error] = fast_float::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size() || std::isnan(value) ||
        (error != std::errc() && error != std::errc::result_out_of_range)) {
      Count(FieldProblem::kUnparsable, problems);
      return kNaN;
    }
  }
  if (value < min) {
    Count(min == 0 ? FieldProblem::kNegative : FieldProblem::kOutOfRange, problems);
    return kNaN;
  }
  if (value > max) {  // infinity included
    Count(FieldProblem::kOutOfRange, problems);
    return kNaN;
  }
  return value;
}

}  // namespace marquee
