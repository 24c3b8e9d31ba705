// kernels/csv_simd.h — the fast paths of kernels/csv.h, compiled for each instruction set.
//
// They read 64 bytes at a time into masks of quotes, commas and LFs, and take a byte to be inside
// quotes if the quotes up to it are odd in number. That is right as long as records are *regular*:
// a quote where that number is even stands at the start of a field, or makes a pair with the quote
// before it. Nearly all are; at the first which is not, these functions stop.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "kernels/csv.h"

namespace marquee::kernels {

/// Go on with what `cut` has of `window` as long as records are regular and end with an LF, until
/// `records`, which has room, is full. Without SIMD, do nothing.
/// Cost:  no allocation; O(bytes cut + the length of the record that it stops at).
void CutRegularCsvRecords(std::string_view window, std::span<CsvSpan> records,
                          CsvCut& cut) noexcept;

/// What SplitRegularCsvRecord made of a record.
struct CsvSplit {
  /// 0 if the record is not regular; so it is if bytes follow a closing quote, and without SIMD.
  std::size_t num_fields = 0;
  /// Quoted fields hold doubled quotes, which are left as they are.
  bool has_doubled_quotes = false;
};

/// Split a record into its fields without the quotes around them: views of the record.
///
/// Writes the first fields.size() of them, and returns how many there are.
/// Cost:  no allocation; one pass, and a few steps a field.
CsvSplit SplitRegularCsvRecord(std::string_view record,
                               std::span<std::string_view> fields) noexcept;

}  // namespace marquee::kernels
