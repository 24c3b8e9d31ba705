#include "pipeline/stages/feature_kinds.h"

#include <fast_float/fast_float.h>

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "schemas/item_code.h"

namespace marquee {
namespace {

using kernels::Trim;

constexpr double kMaxNumber = std::numeric_limits<float>::max();
constexpr float kAbsent = std::numeric_limits<float>::quiet_NaN();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// Films begin in the 1870s; what is announced further ahead than this is a typing error.
constexpr int kMinYear = 1800;
constexpr int kMaxYear = 2100;

void Count(FieldProblem problem, ProblemCounts& problems) {
  ++problems[static_cast<std::size_t>(problem)];
}

/// Call `visit(row, field, readable)` for each field of a column; so many bytes may be read from where
/// the field begins.
template <class Visit>
void ForEachField(const RawColumnView& column, Visit visit) {
  std::size_t offset = 0;
  for (std::size_t row = 0; row < column.lengths.size(); ++row) {
    const std::size_t length = column.has_bytes() ? column.lengths[row] : 0;
    visit(row, std::string_view(column.bytes.data() + offset, length),
          column.bytes.size() - offset);
    offset += length;
  }
}

// --- numbers -------------------------------------------------------------------------------------

constexpr std::uint64_t kEachByte = 0x0101010101010101;

std::uint64_t LoadEight(const char* text) {
  static_assert(std::endian::native == std::endian::little);
  std::uint64_t chars = 0;
  std::memcpy(&chars, text, sizeof(chars));
  return chars;
}

/// The first `count` of eight characters, 1 to 8, as a decimal number; `wrong` becomes other than 0 if
/// one is no digit. No step depends on the characters: what they are cannot be foreseen.
std::uint64_t DigitsOf(std::uint64_t chars, std::size_t count, std::uint64_t& wrong) {
  // To the end of the eight, with zeros before them.
  const std::size_t unused = 8 * (8 - count);
  std::uint64_t digits = chars << unused ^ (kEachByte * '0') << unused;
  wrong |= ((digits + kEachByte * (0x7F - 9)) | digits) & kEachByte * 0x80;
  // Pairs of digits, then fours, then all eight.
  constexpr std::uint64_t kLowByteOfFour = 0x000000FF000000FF;
  digits = digits * 10 + (digits >> 8);
  digits = (digits & kLowByteOfFour) * (100 + (std::uint64_t{1'000'000} << 32)) +
           (digits >> 16 & kLowByteOfFour) * (1 + (std::uint64_t{10'000} << 32));
  return digits >> 32;
}

/// Digits with or without a point among them, as most numbers are; NaN for all else. From `text` on,
/// 16 bytes are readable.
///
/// Exact: a whole number below 2^53 divided by a power of ten below 10^22 is rounded once, so the
/// result is the nearest double.
double ParsePlainNumber(const char* text, std::size_t size) {
  const std::uint64_t chars = LoadEight(text);
  const std::uint64_t no_points = chars ^ kEachByte * '.';
  const std::uint64_t points = (no_points - kEachByte) & ~no_points & kEachByte * 0x80;
  const std::size_t whole = std::min(static_cast<std::size_t>(std::countr_zero(points)) / 8, size);
  if (whole - 1 >= 8) return kNaN;  // none is too few
  std::uint64_t wrong = 0;
  std::uint64_t number = DigitsOf(chars, whole, wrong);
  constexpr std::array kPowers = {1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8};
  double power = 1;
  if (whole != size) {
    const std::size_t behind = size - whole - 1;
    if (whole == 8 || behind - 1 >= 8) return kNaN;
    power = kPowers[behind];
    number = number * static_cast<std::uint64_t>(power) +
             DigitsOf(LoadEight(text + whole + 1), behind, wrong);
  }
  if (wrong != 0) return kNaN;
  return static_cast<double>(number) / power;
}

/// Call `parse(text)` with a field's text, of which 16 bytes are readable.
template <class Parse>
auto WithSixteenBytes(std::string_view field, std::size_t readable, Parse parse) {
  if (readable >= 16) [[likely]]
    return parse(field.data());
  std::array<char, 16> copy{};
  std::copy_n(field.begin(), std::min(field.size(), copy.size()), copy.begin());
  return parse(copy.data());
}

/// See KindScratch::Numbers.
double ParseNumber(std::string_view field, std::size_t readable, double min, double max,
                   ProblemCounts& problems) {
  if (field.empty()) return kNaN;
  double value = WithSixteenBytes(
      field, readable, [&](const char* text) { return ParsePlainNumber(text, field.size()); });
  if (std::isnan(value)) {
    const std::string_view text = Trim(field);
    if (text.empty()) return kNaN;
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

void Number(const RawColumnView& column, const KindArguments& /*arguments*/, KindScratch& scratch,
            std::span<float> out, ProblemCounts& problems) {
  const auto numbers = scratch.Numbers(column, 0, kMaxNumber, problems);
  std::transform(numbers.begin(), numbers.end(), out.begin(),
                 [](double number) { return static_cast<float>(number); });
}

void SignedNumber(const RawColumnView& column, const KindArguments& /*arguments*/,
                  KindScratch& scratch, std::span<float> out, ProblemCounts& problems) {
  const auto numbers = scratch.Numbers(column, -kMaxNumber, kMaxNumber, problems);
  std::transform(numbers.begin(), numbers.end(), out.begin(),
                 [](double number) { return static_cast<float>(number); });
}

void CappedNumber(const RawColumnView& column, const KindArguments& arguments, KindScratch& scratch,
                  std::span<float> out, ProblemCounts& problems) {
  const auto numbers = scratch.Numbers(column, 0, kMaxNumber, problems);
  std::transform(numbers.begin(), numbers.end(), out.begin(),
                 [cap = arguments.parameter](double number) {
                   return static_cast<float>(number > cap ? cap : number);  // NaN stays
                 });
}

// --- dates ---------------------------------------------------------------------------------------

/// A calendar day as YYYY-MM-DD.
YearMonth ParseDate(std::string_view field, ProblemCounts& problems) {
  const std::string_view text = Trim(field);
  if (text.empty()) return {};
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') {
    Count(FieldProblem::kUnparsable, problems);
    return {};
  }
  std::uint64_t wrong = 0;
  const auto year = static_cast<int>(DigitsOf(LoadEight(text.data()), 4, wrong));
  const std::uint64_t month_and_day = LoadEight(text.data() + 2);
  const auto month = static_cast<unsigned>(DigitsOf(month_and_day >> 24, 2, wrong));
  const auto day = static_cast<unsigned>(DigitsOf(month_and_day >> 48, 2, wrong));
  if (wrong != 0) {
    Count(FieldProblem::kUnparsable, problems);
    return {};
  }
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!date.ok() || year < kMinYear || year > kMaxYear) {
    Count(FieldProblem::kOutOfRange, problems);
    return {};
  }
  return {.year = static_cast<std::int16_t>(year), .month = static_cast<std::int16_t>(month)};
}

void Year(const RawColumnView& column, const KindArguments& /*arguments*/, KindScratch& scratch,
          std::span<float> out, ProblemCounts& problems) {
  const auto dates = scratch.Dates(column, problems);
  std::transform(dates.begin(), dates.end(), out.begin(), [](YearMonth date) {
    return date.year == 0 ? kAbsent : static_cast<float>(date.year);
  });
}

void Month(const RawColumnView& column, const KindArguments& /*arguments*/, KindScratch& scratch,
           std::span<float> out, ProblemCounts& problems) {
  const auto dates = scratch.Dates(column, problems);
  std::transform(dates.begin(), dates.end(), out.begin(), [](YearMonth date) {
    return date.year == 0 ? kAbsent : static_cast<float>(date.month);
  });
}

// --- texts and lists -----------------------------------------------------------------------------

void TextBytes(const RawColumnView& column, const KindArguments& /*arguments*/,
               KindScratch& /*scratch*/, std::span<float> out, ProblemCounts& /*problems*/) {
  std::copy(column.lengths.begin(), column.lengths.end(), out.begin());
}

void ListCount(const RawColumnView& column, const KindArguments& /*arguments*/,
               KindScratch& /*scratch*/, std::span<float> out, ProblemCounts& /*problems*/) {
  ForEachField(column, [&](std::size_t row, std::string_view field, std::size_t /*readable*/) {
    std::size_t items = 0;
    kernels::ForEachItem(field, [&items](std::string_view) { ++items; });
    out[row] = static_cast<float>(items);
  });
}

// --- values that the spec names -------------------------------------------------------------------

/// The number of the field among the values, from 0.
void CategoryCode(const RawColumnView& column, const KindArguments& arguments,
                  KindScratch& /*scratch*/, std::span<float> out, ProblemCounts& problems) {
  ForEachField(column, [&](std::size_t row, std::string_view field, std::size_t /*readable*/) {
    const std::string_view text = Trim(field);
    out[row] = kAbsent;
    if (text.empty()) return;
    if (const auto number = arguments.values.Find(text)) {
      out[row] = static_cast<float>(*number);
    } else {
      Count(FieldProblem::kUnknown, problems);
    }
  });
}

/// 1 where the list holds one of the values, else 0.
void HoldsItem(const RawColumnView& column, const KindArguments& arguments,
               KindScratch& /*scratch*/, std::span<float> out, ProblemCounts& /*problems*/) {
  ForEachField(column, [&](std::size_t row, std::string_view field, std::size_t /*readable*/) {
    bool holds = false;
    kernels::ForEachItem(field, [&](std::string_view item) {
      holds = holds || arguments.values.Find(item).has_value();
    });
    out[row] = holds ? 1.0F : 0.0F;
  });
}

// --- items of lists ------------------------------------------------------------------------------
// A list kind splits a column and has the items hashed; its names function says the same of one field.

// XXH3 takes another way for each of these lengths. For one item after the other, as they come, the
// way could not be foreseen.
constexpr std::array<std::size_t, 6> kLongest = {3, 8, 16, 32, 64, 0xFFFF};

/// The way of each length; the last one stands for all that are longer.
constexpr auto kWayOf = [] {
  std::array<std::uint8_t, 66> way{};
  for (std::size_t length = 0; length < way.size(); ++length) {
    while (length > kLongest[way[length]]) ++way[length];
  }
  return way;
}();

}  // namespace

/// Splits a column into items, and hashes them.
class ItemHasher {
 public:
  ItemHasher(const RawColumnView& column, KindScratch& scratch)
      : column_(column), scratch_(scratch), text_(column.bytes) {
    const auto reserve = [](auto& memory, std::size_t size) {
      if (memory.size() < size) memory.resize(size);
    };
    const std::size_t bytes = column.bytes.size();
    reserve(scratch.marks_, kernels::ItemSpace::Words(bytes));
    reserve(scratch.fields_, kernels::ItemSpace::Words(bytes));
    reserve(scratch.before_, kernels::ItemSpace::Words(bytes));
    reserve(scratch.items_, kernels::ItemSpace::Items(bytes));
    reserve(scratch.lower_, bytes);
  }

  void SplitIntoList(std::span<std::uint16_t> lengths) {
    count_ = kernels::SplitLists(text_, column_.lengths, space(), lengths);
  }

  void SplitIntoWords(std::span<std::uint16_t> lengths) {
    const std::span lower = std::span(scratch_.lower_).first(text_.size());
    count_ = kernels::SplitWords(text_, column_.lengths, space(), lower, lengths);
    text_ = {lower.data(), lower.size()};
  }

  void TakeWholeFields(std::span<std::uint16_t> lengths) {
    ForEachField(column_, [&](std::size_t row, std::string_view field, std::size_t /*readable*/) {
      const std::string_view item = kernels::Trim(field);
      scratch_.items_[count_] = {static_cast<std::uint32_t>(item.data() - text_.data()),
                                 static_cast<std::uint32_t>(item.size())};
      lengths[row] = item.empty() ? 0 : 1;
      count_ += lengths[row];
    });
  }

  /// Keep the first `limit` items of each field. Returns how many fields had more.
  std::size_t Limit(std::size_t limit, std::span<std::uint16_t> lengths) {
    const auto is_longer = [limit](std::uint16_t length) { return length > limit; };
    if (std::none_of(lengths.begin(), lengths.end(), is_longer)) return 0;
    std::size_t num_longer = 0;
    auto from = scratch_.items_.begin();
    auto to = from;
    for (std::uint16_t& length : lengths) {
      const auto next = from + length;
      if (is_longer(length)) {
        length = static_cast<std::uint16_t>(limit);
        ++num_longer;
      }
      to = std::copy_n(from, length, to);
      from = next;
    }
    count_ = static_cast<std::size_t>(to - scratch_.items_.begin());
    return num_longer;
  }

  /// Write the items' hashes.
  void Hash(std::uint64_t seed, std::vector<std::uint32_t>& codes) {
    codes.resize(count_);
    if (scratch_.by_length_.size() < kLongest.size() * count_) {
      scratch_.by_length_.resize(kLongest.size() * count_);
    }
    std::array<std::uint32_t*, kLongest.size()> ends;
    for (std::size_t way = 0; way < ends.size(); ++way) {
      ends[way] = scratch_.by_length_.data() + way * count_;
    }
    for (std::size_t item = 0; item < count_; ++item) {
      const std::size_t length =
          std::min<std::size_t>(scratch_.items_[item].length, kWayOf.size() - 1);
      *ends[kWayOf[length]]++ = static_cast<std::uint32_t>(item);
    }
    const auto items_of = [&](std::size_t way) {
      return std::span<const std::uint32_t>(scratch_.by_length_.data() + way * count_, ends[way]);
    };
    HashLengths<1, kLongest[0]>(items_of(0), seed, codes);
    HashLengths<kLongest[0] + 1, kLongest[1]>(items_of(1), seed, codes);
    HashLengths<kLongest[1] + 1, kLongest[2]>(items_of(2), seed, codes);
    HashLengths<kLongest[2] + 1, kLongest[3]>(items_of(3), seed, codes);
    HashLengths<kLongest[3] + 1, kLongest[4]>(items_of(4), seed, codes);
    HashLengths<kLongest[4] + 1, kLongest[5]>(items_of(5), seed, codes);
  }

 private:
  kernels::ItemSpace space() {
    return {scratch_.marks_, scratch_.fields_, scratch_.before_, scratch_.items_};
  }

  /// Hash items of kLeast to kMost bytes: knowing that, the compiler leaves out all other ways.
  template <std::size_t kLeast, std::size_t kMost>
  [[gnu::flatten]] void HashLengths(std::span<const std::uint32_t> items, std::uint64_t seed,
                                    std::span<std::uint32_t> codes) const {
    for (const std::uint32_t item : items) {
      const kernels::ItemSpan span = scratch_.items_[item];
      if (span.length < kLeast || span.length > kMost) __builtin_unreachable();
      codes[item] = ItemCode({text_.data() + span.offset, span.length}, seed);
    }
  }

  const RawColumnView& column_;
  KindScratch& scratch_;
  std::string_view text_;
  std::size_t count_ = 0;
};

namespace {

/// Items separated by comma and space, at most `limit` of them.
void ListItems(const RawColumnView& column, double limit, std::uint64_t seed, KindScratch& scratch,
               std::span<std::uint16_t> lengths, std::vector<std::uint32_t>& codes,
               ProblemCounts& problems) {
  ItemHasher hasher(column, scratch);
  hasher.SplitIntoList(lengths);
  problems[static_cast<std::size_t>(FieldProblem::kListTooLong)] +=
      hasher.Limit(static_cast<std::size_t>(limit), lengths);
  hasher.Hash(seed, codes);
}

void ListNames(std::string_view field, double limit, const ItemVisitor& visit) {
  double items = 0;
  kernels::ForEachItem(field, [&](std::string_view item) {
    if (items++ < limit) visit(item);
  });
}

/// The whole field as one item.
void CategoryItem(const RawColumnView& column, double /*parameter*/, std::uint64_t seed,
                  KindScratch& scratch, std::span<std::uint16_t> lengths,
                  std::vector<std::uint32_t>& codes, ProblemCounts& /*problems*/) {
  ItemHasher hasher(column, scratch);
  hasher.TakeWholeFields(lengths);
  hasher.Hash(seed, codes);
}

void CategoryName(std::string_view field, double /*parameter*/, const ItemVisitor& visit) {
  if (const std::string_view item = kernels::Trim(field); !item.empty()) visit(item);
}

/// The first `limit` words: runs of word bytes, ASCII letters lower-cased.
void WordItems(const RawColumnView& column, double limit, std::uint64_t seed, KindScratch& scratch,
               std::span<std::uint16_t> lengths, std::vector<std::uint32_t>& codes,
               ProblemCounts& /*problems*/) {
  ItemHasher hasher(column, scratch);
  hasher.SplitIntoWords(lengths);
  hasher.Limit(static_cast<std::size_t>(limit), lengths);
  hasher.Hash(seed, codes);
}

void WordNames(std::string_view field, double limit, const ItemVisitor& visit) {
  double words = 0;
  kernels::ForEachWord(field, [&](std::string_view word) {
    if (words++ >= limit) return;
    std::string lower(word);
    std::transform(lower.begin(), lower.end(), lower.begin(), kernels::ToAsciiLower);
    visit(lower);
  });
}

/// The first year of a date's bucket of `width` years, as decimal text.
class YearBucket {
 public:
  YearBucket(int year, double width) {
    const int first_year = year - year % static_cast<int>(width);
    std::to_chars(text_.data(), text_.data() + text_.size(), first_year);
  }
  std::string_view text() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 4> text_;
};

/// One item a date.
void YearBucketItem(const RawColumnView& column, double width, std::uint64_t seed,
                    KindScratch& scratch, std::span<std::uint16_t> lengths,
                    std::vector<std::uint32_t>& codes, ProblemCounts& problems) {
  const auto dates = scratch.Dates(column, problems);
  codes.clear();
  for (std::size_t row = 0; row < dates.size(); ++row) {
    const int year = dates[row].year;
    lengths[row] = year == 0 ? 0 : 1;
    if (year != 0) codes.push_back(ItemCode(YearBucket(year, width).text(), seed));
  }
}

void YearBucketName(std::string_view field, double width, const ItemVisitor& visit) {
  ProblemCounts problems{};
  if (const int year = ParseDate(field, problems).year; year != 0) {
    visit(YearBucket(year, width).text());
  }
}

// --- the tables ----------------------------------------------------------------------------------

struct NumericEntry {
  std::string_view name;
  NumericKind function;
  bool reports_problems;
  KindFacts facts;
};

struct ListEntry {
  std::string_view name;
  ListKind function;
  ItemNameKind names;
  bool reports_problems;
  KindFacts facts;
};

constexpr double kMaxListItems = 1024;  // so many the model file's profiles know
constexpr std::size_t kMaxValues = 4096;

constexpr KindFacts kNothing;
constexpr KindFacts kCap{.parameter = "cap", .least = 0, .most = kMaxNumber, .usual = kNaN};
constexpr KindFacts kValues{.values = "values", .most_values = kMaxValues};
constexpr KindFacts kYears{
    .parameter = "years", .least = 1, .most = 1000, .whole = true, .usual = kNaN};
constexpr KindFacts kLimit{
    .parameter = "limit", .least = 1, .most = kMaxListItems, .whole = true, .usual = kMaxListItems};

constexpr std::array<NumericEntry, 9> kNumericKinds = {{
    {"number", Number, true, kNothing},
    {"signed_number", SignedNumber, true, kNothing},
    {"capped_number", CappedNumber, true, kCap},
    {"year", Year, true, kNothing},
    {"month", Month, true, kNothing},
    {"list_count", ListCount, false, kNothing},
    {"text_bytes", TextBytes, false, kNothing},
    {kCategoryCode, CategoryCode, true, kValues},
    {"holds_item", HoldsItem, false, kValues},
}};

constexpr std::array<ListEntry, 4> kListKinds = {{
    {"list", ListItems, ListNames, true, kLimit},
    {"category", CategoryItem, CategoryName, false, kNothing},
    {"words", WordItems, WordNames, false, kLimit},
    {"year_bucket", YearBucketItem, YearBucketName, true, kYears},
}};

template <class Kinds>
std::vector<std::string_view> NamesOf(const Kinds& kinds) {
  std::vector<std::string_view> names;
  for (const auto& kind : kinds) names.push_back(kind.name);
  return names;
}

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
    case FieldProblem::kUnknown:
      return "unknown_value";
  }
  return "unknown";
}

std::vector<std::string_view> NumericKindNames() { return NamesOf(kNumericKinds); }

std::vector<std::string_view> ListKindNames() { return NamesOf(kListKinds); }

const KindFacts* FindNumericFacts(std::string_view kind) {
  const auto* found = FindKind(kNumericKinds, kind);
  return found == nullptr ? nullptr : &found->facts;
}

const KindFacts* FindListFacts(std::string_view kind) {
  const auto* found = FindKind(kListKinds, kind);
  return found == nullptr ? nullptr : &found->facts;
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

std::span<const YearMonth> KindScratch::Dates(const RawColumnView& column,
                                              ProblemCounts& problems) {
  if (dates_of_ != column.lengths.data()) {
    dates_of_ = column.lengths.data();
    date_problems_ = {};
    dates_.resize(column.lengths.size());
    ForEachField(column, [&](std::size_t row, std::string_view field, std::size_t /*readable*/) {
      dates_[row] = ParseDate(field, date_problems_);
    });
  }
  for (std::size_t p = 0; p < kNumFieldProblems; ++p) problems[p] += date_problems_[p];
  return dates_;
}

std::span<const double> KindScratch::Numbers(const RawColumnView& column, double min, double max,
                                             ProblemCounts& problems) {
  numbers_.resize(column.lengths.size());
  ForEachField(column, [&](std::size_t row, std::string_view field, std::size_t readable) {
    numbers_[row] = ParseNumber(field, readable, min, max, problems);
  });
  return numbers_;
}

std::optional<std::uint32_t> ParseShortNumber(std::string_view field, std::size_t readable) {
  if (field.empty() || field.size() > 8) return std::nullopt;
  std::uint64_t wrong = 0;
  const auto number = WithSixteenBytes(field, readable, [&](const char* text) {
    return DigitsOf(LoadEight(text), field.size(), wrong);
  });
  if (wrong != 0) return std::nullopt;
  return static_cast<std::uint32_t>(number);
}

}  // namespace marquee
