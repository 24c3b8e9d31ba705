// pipeline/dataset/csv_source.h — records of a CSV file, in blocks ready to become messages.
//
// Bytes are read (or unpacked) straight into pooled segments, and blocks refer to them there: one
// copy per byte. Only the record that lies across the end of a segment is moved, to the front of
// the next one. Memory stays bounded for any file: no record longer than the record limit is ever
// held.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/csv.h"
#include "pipeline/dataset/byte_source.h"
#include "pipeline/dataset/record_block.h"
#include "pipeline/dataset/segment_pool.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

/// When blocks and records end.
struct CsvLimits {
  /// A block is closed by the first of these two; max_bytes bounds RecordBlock::encoded_bytes. A
  /// record above max_bytes that still fits into a message makes a block of its own.
  std::size_t max_rows = 512;
  std::size_t max_bytes = 512 << 10;
  /// A longer record is not kept, and a quote that is open after so many bytes of its record counts
  /// as never closed.
  std::size_t max_record_bytes = 1 << 20;
  /// An encoded message's largest size, all overhead included.
  std::size_t max_message_bytes = kMaxMessageBytes;
  /// Size of the buffers: so small that some of them stay in a core's cache until their records are
  /// split. Long records get buffers that hold two of the longest.
  std::size_t segment_bytes = 512 << 10;
  std::size_t max_columns = 4096;
  /// Of one column's name, and of all together. Names are in every message and dead letter, so a
  /// huge header would swell them all.
  std::size_t max_name_bytes = 256;
  std::size_t max_names_bytes = 32 << 10;
};

/// Reads a CSV file, plain or gzip, block by block.
///
/// A record with a flaw is delivered like the others, marked; whether a sound one has the right
/// number of fields is not judged here. After damage in a gzip file, the records before it come
/// first (the last, partial one marked TruncatedInput), then the error.
/// Threads: one reader; any thread may read and let go of blocks, and ask bytes_consumed().
class CsvSource {
 public:
  /// Open `path` and read its header, skipping a byte order mark and blank lines.
  ///
  /// Each of `needed_columns` must be there exactly once, of `optional_columns` at most once; if none
  /// are needed, no column may be there twice (several without a name may).
  /// Errors: kUnavailable if the file can't be read; kData, naming file and remedy, if it is empty
  ///         or damaged, or its header is not usable.
  static Result<std::unique_ptr<CsvSource>> Open(
      const std::string& path, const CsvLimits& limits = {},
      const std::vector<std::string>& needed_columns = {},
      const std::vector<std::string>& optional_columns = {});

  /// Put the next block of records into `block`. False at the end, with no records in it.
  ///
  /// Errors: kData after the last record before damage, kUnavailable if reading fails; `block` is
  /// empty then.
  Result<bool> Next(RecordBlock& block);

  const std::string& path() const noexcept { return bytes_->path(); }
  /// The header's names, decoded, in the file's order.
  const std::vector<std::string>& columns() const noexcept { return columns_; }
  /// Records delivered so far.
  std::uint64_t num_records() const noexcept { return num_records_; }
  /// Empty lines skipped so far.
  std::uint64_t blank_lines() const noexcept { return blank_lines_; }
  /// Bytes of the file read so far, and in all (0 = unknown), for progress bars.
  std::uint64_t bytes_consumed() const noexcept { return bytes_->bytes_consumed(); }
  std::uint64_t bytes_total() const noexcept { return bytes_->bytes_total(); }

 private:
  /// A record on its way into a block.
  struct Item {
    Record record;
    std::uint64_t bytes = 0;  // of a flawed record
    std::uint64_t xxh3 = 0;
    std::shared_ptr<const void> owner;  // what the text lies in, if not segment_
  };

  CsvSource(std::unique_ptr<ByteSource> bytes, const CsvLimits& limits);

  Status ReadHeader();
  Status SplitHeader(std::string_view header);
  Status CheckNameSizes() const;
  Status CheckColumns(const std::vector<std::string>& needed_columns,
                      const std::vector<std::string>& optional_columns) const;
  Status HeaderError(std::string_view what) const;

  bool ReadItem(Item& item);
  bool CutMore();
  bool ReadItemSlowly(Item& item);
  void JudgeItem(std::size_t begin, std::size_t length, Item& item);
  void MakeFlawed(std::size_t begin, std::size_t length, wire::RejectReason flaw, Item& item);
  void SkipLine(std::size_t scanned, wire::RejectReason flaw, Item& item);
  std::size_t FindEnd(std::size_t limit, kernels::CsvState& state) const;
  std::size_t FindNewline(std::size_t from, std::size_t to) const;
  void Refill();
  std::string_view Text(std::size_t begin, std::size_t end) const;

  std::unique_ptr<ByteSource> bytes_;
  CsvLimits limits_;
  std::size_t large_segment_bytes_ = 0;
  std::shared_ptr<SegmentPool> pool_;
  std::shared_ptr<SegmentPool> large_pool_;
  std::vector<std::string> columns_;
  std::size_t max_item_bytes_ = 0;  // largest encoded size of one record

  // The bytes not yet cut are segment_[begin_, end_).
  std::shared_ptr<Segment> segment_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;     // no bytes come after end_
  bool truncated_ = false;  // … because of failure_
  Status failure_;

  // Records cut from segment_ and not yet delivered; spans_base_ is where their offsets count from.
  std::array<kernels::CsvSpan, 1024> spans_;
  std::size_t num_spans_ = 0;
  std::size_t next_span_ = 0;
  std::size_t spans_base_ = 0;

  // After a quote that was not closed, reading goes on within bytes that were already scanned. That
  // scan was inside quotes at every LF up to scanned_end_ (else it had ended there), and stood at
  // scanned_state_ at it. So a record that is inside quotes at any of these LFs need not be scanned
  // again before scanned_end_, which keeps hostile files from costing a full scan a line.
  std::size_t scanned_end_ = 0;
  kernels::CsvState scanned_state_ = kernels::CsvState::kQuoted;

  bool has_held_ = false;  // held_ did not fit into the last block
  Item held_;
  std::uint64_t num_blocks_ = 0;
  std::uint64_t num_records_ = 0;
  std::uint64_t blank_lines_ = 0;
};

}  // namespace marquee
