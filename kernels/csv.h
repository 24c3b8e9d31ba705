// kernels/csv.h — cut CSV text into records, and a record into fields.
//
// The dialect is RFC 4180 as Python's csv module reads it, except that a lone CR is data:
//   - a quote opens a quoted field only as its first byte; later in an unquoted field it is data;
//   - inside quotes, "" is one quote; any other quote closes;
//   - bytes after the closing quote go on with the field as unquoted data;
//   - a record ends at LF outside quotes; one CR right before that LF belongs to the line end;
//   - the last record may lack its line end.
// They own nothing and read memory of the caller.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace marquee::kernels {

/// Where a scan stands inside a record.
enum class CsvState : std::uint8_t {
  kFieldStart,  ///< nothing of the field was read: a quote would open it
  kUnquoted,
  kQuoted,
  kQuoteSeen,  ///< a quote inside quotes: another one makes it data, anything else has it closed
};

/// One record of a window: the bytes before its line end.
struct CsvSpan {
  std::uint32_t offset = 0;
  std::uint32_t length = 0;
};

/// What CutCsvRecords made of a window.
struct CsvCut {
  /// Spans written.
  std::size_t num_records = 0;
  /// Bytes of the window that are done with: whole records and their line ends.
  std::size_t consumed = 0;
};

/// Find the LF that ends the record which `text` goes on with.
///
/// `state` is where the record stood before `text`; afterwards, where it stands at the end of
/// `text` if the record did not end, else kFieldStart. Returns the LF's position, or npos.
/// Cost:    no allocation; a few passes of memchr over the record.
std::size_t FindCsvRecordEnd(std::string_view text, CsvState& state) noexcept;

/// Cut whole records from the start of `window`, until it or `records` is used up.
///
/// `window` begins at the start of a record and is shorter than 4 GiB. With `end_of_input`, a last
/// record without a line end is whole too, unless it ends inside quotes. Empty lines are records of
/// length 0. A span holds neither the record's LF nor the CR before it.
/// Exact:   equal to CutCsvRecordsReference.
/// Cost:    no allocation; O(consumed + the length of the record that is not whole).
CsvCut CutCsvRecords(std::string_view window, bool end_of_input,
                     std::span<CsvSpan> records) noexcept;

/// CutCsvRecords without SIMD: by memchr.
CsvCut CutCsvRecordsReference(std::string_view window, bool end_of_input,
                              std::span<CsvSpan> records) noexcept;

/// Split one record into its decoded fields.
///
/// Writes the first fields.size() of them and returns how many there are. A field that lies in the
/// record as it is becomes a view of `record`; one that had to be decoded (doubled quotes, bytes
/// after the closing quote) a view of `scratch`, which must be at least as long as the record. A
/// quoted field that does not close ends with the record.
/// Exact:   equal to SplitCsvRecordReference.
/// Cost:    no allocation; one pass, and one more over fields with doubled quotes.
std::size_t SplitCsvRecord(std::string_view record, std::span<char> scratch,
                           std::span<std::string_view> fields) noexcept;

/// SplitCsvRecord without SIMD: by memchr.
std::size_t SplitCsvRecordReference(std::string_view record, std::span<char> scratch,
                                    std::span<std::string_view> fields) noexcept;

}  // namespace marquee::kernels
