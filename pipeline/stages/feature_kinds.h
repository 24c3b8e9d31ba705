// pipeline/stages/feature_kinds.h — the functions that features are made with. A new kind is one
// function in this file's .cc and one line in its table.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernels/items.h"
#include "pipeline/stages/value_table.h"
#include "schemas/raw_batch.h"

namespace marquee {

/// What was wrong with an optional field: it became NaN, or was cut.
enum class FieldProblem : std::uint8_t {
  kUnparsable,   ///< no number or date
  kNegative,     ///< a count or an amount below zero
  kOutOfRange,   ///< a date, a target or a number beyond what it can be
  kListTooLong,  ///< a list of more items than are kept
  kUnknown,      ///< none of the values that the spec names
};
inline constexpr std::size_t kNumFieldProblems = 5;

/// Name of a problem as the program prints it, e.g. "unparsable".
std::string_view FieldProblemName(FieldProblem problem);

/// Rows by problem.
using ProblemCounts = std::array<std::uint64_t, kNumFieldProblems>;

/// A day, as far as features go.
struct YearMonth {
  std::int16_t year = 0;  ///< 0 = no date
  std::int16_t month = 0;
};

/// What the kinds work in, and what they know of a batch's columns. One for each worker.
class KindScratch {
 public:
  /// Begin another batch: its columns may lie where the last one's lay.
  void BeginBatch() noexcept {
    dates_of_ = nullptr;  // as is that of no rows
    dates_.clear();
    date_problems_ = {};
  }

  /// A column's fields as dates, read when first asked for; what is wrong is counted each time.
  std::span<const YearMonth> Dates(const RawColumnView& column, ProblemCounts& problems);

  /// A column's fields as numbers: NaN where one is empty, and NaN and a problem where it is
  /// unparsable, below `min` or above `max`. The memory is that of the last call's.
  std::span<const double> Numbers(const RawColumnView& column, double min, double max,
                                  ProblemCounts& problems);

 private:
  friend class ItemHasher;

  const std::uint16_t* dates_of_ = nullptr;  // the lengths of the column that dates_ are of
  std::vector<YearMonth> dates_;
  ProblemCounts date_problems_{};
  std::vector<double> numbers_;
  // Of a column's items:
  std::vector<std::uint64_t> marks_;
  std::vector<std::uint64_t> fields_;
  std::vector<std::uint32_t> before_;
  std::vector<kernels::ItemSpan> items_;
  std::vector<char> lower_;
  std::vector<std::uint32_t> by_length_;
};

/// What a numeric kind is given beside its column: see KindFacts.
struct KindArguments {
  double parameter = 0;
  ValueTable values;
};

/// Fill `out` with one value a row.
/// Shapes: out [rows]. Exact: the same bits on every machine: no arithmetic but parsing, counting
/// and min.
using NumericKind = void (*)(const RawColumnView& column, const KindArguments& arguments,
                             KindScratch& scratch, std::span<float> out, ProblemCounts& problems);

/// Write one length a row to `lengths`, and all items' hashes to `codes`; `seed` is the number of
/// the list.
using ListKind = void (*)(const RawColumnView& column, double parameter, std::uint64_t seed,
                          KindScratch& scratch, std::span<std::uint16_t> lengths,
                          std::vector<std::uint32_t>& codes, ProblemCounts& problems);

/// Call `visit` for each item of one field, in order: the names behind the hashes.
using ItemVisitor = std::function<void(std::string_view item)>;
using ItemNameKind = void (*)(std::string_view field, double parameter, const ItemVisitor& visit);

/// What a spec has to say of a feature of some kind.
struct KindFacts {
  /// Its parameter's name; empty if it takes none.
  std::string_view parameter;
  double least = 0;
  double most = 0;
  bool whole = false;
  /// NaN if it must be given.
  double usual = 0;
  /// Name of the texts it takes, of which there are 1 to `most_values`; empty if it takes none.
  std::string_view values;
  std::size_t most_values = 0;
};

/// The kind that a target's categories are read with, too.
inline constexpr std::string_view kCategoryCode = "category_code";

/// What kinds there are, in the order of their tables.
std::vector<std::string_view> NumericKindNames();
std::vector<std::string_view> ListKindNames();

/// The facts of a kind; null if there is none of that name.
const KindFacts* FindNumericFacts(std::string_view kind);
const KindFacts* FindListFacts(std::string_view kind);

/// The function of a kind; null if there is none of that name.
NumericKind FindNumericKind(std::string_view kind);
ListKind FindListKind(std::string_view kind);
ItemNameKind FindItemNames(std::string_view kind);

/// Whether the kind counts what is wrong with fields. (The others find nothing wrong with any
/// text.)
bool KindReportsProblems(std::string_view kind);

/// Whether the kind reads only the lengths of its column's fields.
bool KindReadsLengthsOnly(std::string_view kind);

/// Whether the values of numeric kind `numeric` are the lengths of the lists that kind `list` makes
/// of the same column, as long as none of these is too long.
bool KindCountsItemsOf(std::string_view numeric, std::string_view list);

/// The whole number of up to eight digits that is all of a field, if it is that. `readable`: how many
/// bytes may be read from where the field begins.
std::optional<std::uint32_t> ParseShortNumber(std::string_view field, std::size_t readable);

}  // namespace marquee
