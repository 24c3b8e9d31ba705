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

#include "schemas/raw_batch.h"

namespace marquee {

/// What was wrong with an optional field: it became NaN, or was cut.
enum class FieldProblem : std::uint8_t {
  kUnparsable,   ///< no number or date
  kNegative,     ///< a count or an amount below zero
  kOutOfRange,   ///< a date, a target or a number beyond what it can be
  kListTooLong,  ///< a list of more items than are kept
};
inline constexpr std::size_t kNumFieldProblems = 4;

/// Name of a problem as the program prints it, e.g. "unparsable".
std::string_view FieldProblemName(FieldProblem problem);

/// Rows by problem.
using ProblemCounts = std::array<std::uint64_t, kNumFieldProblems>;

/// Steps through a column's fields, of all rows or of those that are kept.
class FieldReader {
 public:
  /// `kept`: a byte a row, 0 = skip it; empty = all rows are kept.
  FieldReader(const RawColumnView& column, std::span<const std::uint8_t> kept)
      : column_(column), kept_(kept) {}

  /// The next kept row's field; none after the last.
  std::optional<std::string_view> Next() {
    while (row_ < column_.lengths.size()) {
      const std::size_t length = column_.lengths[row_];
      const std::string_view field =
          column_.has_bytes() ? column_.bytes.substr(offset_, length) : std::string_view();
      offset_ += length;
      if (kept_.empty() || kept_[row_] != 0) {
        length_ = length;
        ++row_;
        return field;
      }
      ++row_;
    }
    return std::nullopt;
  }

  /// Bytes of the field that Next returned, also where its column carries lengths only.
  std::size_t length() const noexcept { return length_; }

 private:
  const RawColumnView& column_;
  std::span<const std::uint8_t> kept_;
  std::size_t row_ = 0;
  std::size_t offset_ = 0;
  std::size_t length_ = 0;
};

/// Fill `out` with one value a kept row.
/// Shapes: out [kept rows]. Exact: the same bits on every machine: no arithmetic but parsing,
/// counting and min.
using NumericKind = void (*)(FieldReader reader, double parameter, std::span<float> out,
                             ProblemCounts& problems);

/// Append one length a kept row to `lengths` and its items' hashes to `codes`; `seed` is the number
/// of the list.
using ListKind = void (*)(FieldReader reader, double parameter, std::uint64_t seed,
                          std::span<std::uint16_t> lengths, std::vector<std::uint32_t>& codes,
                          ProblemCounts& problems);

/// Call `visit` for each item of one field, in order: the names behind the hashes.
using ItemVisitor = std::function<void(std::string_view item)>;
using ItemNameKind = void (*)(std::string_view field, double parameter, const ItemVisitor& visit);

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

/// `text` without ASCII white space at both ends.
inline std::string_view Trim(std::string_view text) noexcept {
  const auto is_space = [](char c) { return c == ' ' || (c >= '\t' && c <= '\r'); };
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

/// The number in a field; NaN if it is empty, and NaN and a problem if it is unparsable, below
/// `min` or above `max`.
double ParseNumber(std::string_view field, double min, double max, ProblemCounts& problems);

/// Call `visit(item)` for each trimmed, non-empty item of a list field, in order.
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

}  // namespace marquee
