#include "kernels/csv.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernels/csv_simd.h"
#include "schemas/check.h"

namespace marquee::kernels {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

/// Find `byte` in text[from, to). Returns its position in `text`, or kNone.
std::size_t Find(std::string_view text, char byte, std::size_t from, std::size_t to) noexcept {
  if (from >= to) return kNone;
  const void* hit = std::memchr(text.data() + from, byte, to - from);
  return hit == nullptr ? kNone
                        : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
}

/// Find the end of the quoted data that goes on at text[from]: the position after the closing
/// quote.
///
/// Returns kNone, with `state` kQuoted or kQuoteSeen, if the text ends first.
std::size_t SkipQuoted(std::string_view text, std::size_t from, CsvState& state) noexcept {
  for (;;) {
    const std::size_t quote = Find(text, '"', from, text.size());
    if (quote == kNone) {
      state = CsvState::kQuoted;
      return kNone;
    }
    if (quote + 1 == text.size()) {
      state = CsvState::kQuoteSeen;
      return kNone;
    }
    if (text[quote + 1] != '"') return quote + 1;
    from = quote + 2;
  }
}

/// As FindCsvRecordEnd, from text[begin] in state kFieldStart or kUnquoted.
///
/// Outside quotes only LF and quotes matter: whether a quote opens a field is told by the byte
/// before it. Each line is searched for its LF once and for quotes once.
std::size_t FindEndUnquoted(std::string_view text, std::size_t begin, CsvState& state) noexcept {
  std::size_t at = begin;
  bool at_field_start = state == CsvState::kFieldStart;
  std::size_t newline = Find(text, '\n', at, text.size());
  for (;;) {
    const std::size_t line_end = newline == kNone ? text.size() : newline;
    const std::size_t quote = Find(text, '"', at, line_end);
    if (quote == kNone) {
      if (newline != kNone) {
        state = CsvState::kFieldStart;
      } else if (at < text.size()) {
        state = text.back() == ',' ? CsvState::kFieldStart : CsvState::kUnquoted;
      } else {
        state = at_field_start ? CsvState::kFieldStart : CsvState::kUnquoted;
      }
      return newline;
    }
    const bool opens = quote == at ? at_field_start : text[quote - 1] == ',';
    at = quote + 1;
    at_field_start = false;
    if (!opens) continue;
    at = SkipQuoted(text, at, state);
    if (at == kNone) return kNone;
    if (newline != kNone && newline < at) newline = Find(text, '\n', at, text.size());
  }
}

/// Decode a quoted field into out[0...): its bytes record[begin, from) are plain; at `from` is a
/// quote that is the first of two, or closes. Returns the position after the field; `written` =
/// bytes written.
std::size_t DecodeQuoted(std::string_view record, std::size_t begin, std::size_t from, char* out,
                         std::size_t& written) noexcept {
  std::size_t size = from - begin;
  std::memcpy(out, record.data() + begin, size);
  std::size_t at = from;  // at a quote that is the first of two, or closes
  while (at < record.size() && record[at] == '"' && at + 1 < record.size() &&
         record[at + 1] == '"') {
    out[size++] = '"';
    at += 2;
    const std::size_t quote = Find(record, '"', at, record.size());
    const std::size_t end = quote == kNone ? record.size() : quote;
    std::memcpy(out + size, record.data() + at, end - at);
    size += end - at;
    at = end;
  }
  if (at < record.size()) {
    ++at;  // the closing quote; what follows is unquoted data
    const std::size_t comma = Find(record, ',', at, record.size());
    const std::size_t end = comma == kNone ? record.size() : comma;
    std::memcpy(out + size, record.data() + at, end - at);
    size += end - at;
    at = end;
  }
  written = size;
  return at;
}

/// Cut the next record of `window`. False if there is none, or no room for it.
bool CutOne(std::string_view window, bool end_of_input, std::span<CsvSpan> records,
            CsvCut& cut) noexcept {
  const std::string_view rest = window.substr(cut.consumed);
  if (rest.empty() || cut.num_records == records.size()) return false;
  CsvState state = CsvState::kFieldStart;
  const std::size_t newline = FindCsvRecordEnd(rest, state);
  std::size_t length = newline;
  if (newline == kNone) {
    if (!end_of_input || state == CsvState::kQuoted) return false;
    length = rest.size();
  } else if (newline > 0 && rest[newline - 1] == '\r') {
    --length;
  }
  records[cut.num_records++] = {static_cast<std::uint32_t>(cut.consumed),
                                static_cast<std::uint32_t>(length)};
  cut.consumed += newline == kNone ? rest.size() : newline + 1;
  return true;
}

/// Make one quote of every two in `field`, if it has any, at out[0...); returns where they end.
char* Undouble(std::string_view& field, char* out) noexcept {
  std::size_t quote = Find(field, '"', 0, field.size());
  if (quote == kNone) return out;
  char* const begin = out;
  std::size_t at = 0;
  while (quote != kNone) {
    const std::size_t size = quote + 1 - at;
    std::memcpy(out, field.data() + at, size);
    out += size;
    at = quote + 2;
    quote = Find(field, '"', at, field.size());
  }
  const std::size_t size = field.size() - at;
  std::memcpy(out, field.data() + at, size);
  out += size;
  field = {begin, static_cast<std::size_t>(out - begin)};
  return out;
}

}  // namespace

std::size_t FindCsvRecordEnd(std::string_view text, CsvState& state) noexcept {
  if (text.empty()) return kNone;
  std::size_t begin = 0;
  if (state == CsvState::kQuoteSeen) {
    state = text[0] == '"' ? CsvState::kQuoted : CsvState::kUnquoted;
    begin = text[0] == '"' ? 1 : 0;
  }
  if (state == CsvState::kQuoted) {
    begin = SkipQuoted(text, begin, state);
    if (begin == kNone) return kNone;
    state = CsvState::kUnquoted;
  }
  return FindEndUnquoted(text, begin, state);
}

CsvCut CutCsvRecords(std::string_view window, bool end_of_input,
                     std::span<CsvSpan> records) noexcept {
  MARQUEE_CHECK(window.size() <= std::numeric_limits<std::uint32_t>::max());
  CsvCut cut;
  while (cut.num_records < records.size()) {
    CutRegularCsvRecords(window, records, cut);
    if (!CutOne(window, end_of_input, records, cut)) break;
  }
  return cut;
}

CsvCut CutCsvRecordsReference(std::string_view window, bool end_of_input,
                              std::span<CsvSpan> records) noexcept {
  MARQUEE_CHECK(window.size() <= std::numeric_limits<std::uint32_t>::max());
  CsvCut cut;
  while (CutOne(window, end_of_input, records, cut)) {
  }
  return cut;
}

std::size_t SplitCsvRecord(std::string_view record, std::span<char> scratch,
                           std::span<std::string_view> fields) noexcept {
  const CsvSplit split = SplitRegularCsvRecord(record, fields);
  if (split.num_fields == 0) return SplitCsvRecordReference(record, scratch, fields);
  if (split.has_doubled_quotes) {
    MARQUEE_CHECK(scratch.size() >= record.size());
    char* out = scratch.data();
    for (std::string_view& field : fields.first(std::min(fields.size(), split.num_fields))) {
      out = Undouble(field, out);
    }
  }
  return split.num_fields;
}

std::size_t SplitCsvRecordReference(std::string_view record, std::span<char> scratch,
                                    std::span<std::string_view> fields) noexcept {
  MARQUEE_CHECK(scratch.size() >= record.size());
  char* out = scratch.data();
  std::size_t num_fields = 0;
  std::size_t at = 0;
  for (;;) {
    std::string_view field;
    if (at < record.size() && record[at] == '"') {
      const std::size_t begin = at + 1;
      const std::size_t quote = Find(record, '"', begin, record.size());
      const std::size_t end = quote == kNone ? record.size() : quote;
      if (end + 1 >= record.size() || record[end + 1] == ',') {
        field = record.substr(begin, end - begin);
        at = quote == kNone ? end : end + 1;
      } else {
        std::size_t written = 0;
        at = DecodeQuoted(record, begin, end, out, written);
        field = {out, written};
        out += written;
      }
    } else {
      const std::size_t comma = Find(record, ',', at, record.size());
      const std::size_t end = comma == kNone ? record.size() : comma;
      field = record.substr(at, end - at);
      at = end;
    }
    if (num_fields < fields.size()) fields[num_fields] = field;
    ++num_fields;
    if (at >= record.size()) return num_fields;
    ++at;  // the comma
  }
}

}  // namespace marquee::kernels
