#include "pipeline/dataset/csv_source.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <simdjson.h>
#include <xxhash.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "schemas/check.h"

namespace marquee {
namespace {

using kernels::CsvState;
using wire::RejectReason;

constexpr std::size_t kNone = std::string_view::npos;

// What a RawBatch takes besides the fields and their lengths: offsets, vector lengths, names and
// padding. Columns of 64 rows and more begin on 64-byte borders; those of a one-row message don't.
constexpr std::size_t kMessageOverhead = 2048;
constexpr std::size_t kColumnOverheadOneRow = 48;
constexpr std::size_t kColumnOverheadAligned = 176;

std::size_t HeaderOverhead(const std::vector<std::string>& columns, std::size_t column_overhead) {
  std::size_t bytes = kMessageOverhead;
  for (const std::string& name : columns) bytes += name.size() + column_overhead;
  return bytes;
}

Status Copy(const Status& status) { return {status.code(), std::string(status.message())}; }

}  // namespace

CsvSource::CsvSource(std::unique_ptr<ByteSource> bytes, const CsvLimits& limits)
    : bytes_(std::move(bytes)), limits_(limits) {
  limits_.segment_bytes = std::max<std::size_t>(limits_.segment_bytes, 1);
  limits_.max_rows = std::max<std::size_t>(limits_.max_rows, 1);
  // The longest record and its line end fit beside the one before it.
  large_segment_bytes_ = std::max(limits_.segment_bytes, 2 * (limits_.max_record_bytes + 2));
  pool_ = SegmentPool::Make(limits_.segment_bytes + kernels::kGatherBytes);
  large_pool_ = SegmentPool::Make(large_segment_bytes_ + kernels::kGatherBytes);
}

Result<std::unique_ptr<CsvSource>> CsvSource::Open(
    const std::string& path, const CsvLimits& limits,
    const std::vector<std::string>& needed_columns,
    const std::vector<std::string>& optional_columns) {
  MARQUEE_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> bytes, ByteSource::Open(path));
  std::unique_ptr<CsvSource> source(new CsvSource(std::move(bytes), limits));
  MARQUEE_RETURN_IF_ERROR(source->ReadHeader());
  MARQUEE_RETURN_IF_ERROR(source->CheckColumns(needed_columns, optional_columns));
  return source;
}

Status CsvSource::HeaderError(std::string_view what) const {
  return Status::Data(fmt::format("{}: header: {}", path(), what));
}

Status CsvSource::ReadHeader() {
  Refill();
  const std::string_view text = Text(begin_, end_);
  if (text.empty() && failure_.ok()) {
    return HeaderError("the file is empty; a CSV begins with a line of column names");
  }
  if (text.starts_with("\xff\xfe") || text.starts_with("\xfe\xff")) {
    return HeaderError("the file is UTF-16; convert it with: iconv -f UTF-16 -t UTF-8");
  }
  if (text.starts_with("\xef\xbb\xbf")) begin_ += 3;
  for (;;) {
    // Blank lines may fill segments.
    while (!at_end_ && end_ - begin_ < limits_.max_record_bytes + 2) Refill();
    if (begin_ == end_) break;
    const std::string_view rest =
        Text(begin_, std::min(end_, begin_ + limits_.max_record_bytes + 2));
    CsvState state = CsvState::kFieldStart;
    const std::size_t newline = kernels::FindCsvRecordEnd(rest, state);
    if (newline == kNone) {
      if (begin_ + rest.size() < end_ || !at_end_) {
        return HeaderError(fmt::format(
            "no line end within {} bytes; this is no CSV file, or a quote is not closed",
            limits_.max_record_bytes));
      }
      if (!failure_.ok()) return Copy(failure_);
      return HeaderError(state == CsvState::kQuoted
                             ? "a quote is opened and never closed"
                             : "the file ends without a line end; it is cut short, or no CSV file");
    }
    begin_ += newline + 1;
    std::string_view header = rest.substr(0, newline);
    if (header.ends_with('\r')) header.remove_suffix(1);
    if (header.empty()) {
      ++blank_lines_;
      continue;
    }
    return SplitHeader(header);
  }
  if (!failure_.ok()) return Copy(failure_);
  return HeaderError(
      "the file holds nothing but blank lines; a CSV begins with a line of column names");
}

Status CsvSource::SplitHeader(std::string_view header) {
  if (header.find('\0') != kNone || !simdjson::validate_utf8(header.data(), header.size())) {
    return HeaderError(
        "the first line is not UTF-8 text; this is no CSV file, or in another encoding (convert it "
        "with iconv)");
  }
  std::vector<char> scratch(header.size());
  std::vector<std::string_view> fields(limits_.max_columns);
  const std::size_t num_columns = kernels::SplitCsvRecord(header, scratch, fields);
  if (num_columns > limits_.max_columns) {
    return HeaderError(
        fmt::format("{} columns; at most {} are allowed", num_columns, limits_.max_columns));
  }
  columns_.assign(fields.begin(), fields.begin() + static_cast<std::ptrdiff_t>(num_columns));
  MARQUEE_RETURN_IF_ERROR(CheckNameSizes());
  const std::size_t overhead = HeaderOverhead(columns_, kColumnOverheadOneRow);
  if (overhead > limits_.max_message_bytes / 2) {
    return HeaderError(fmt::format(
        "the column names would take {} of a message's {} bytes; shorten them, or drop columns",
        overhead, limits_.max_message_bytes));
  }
  max_item_bytes_ = limits_.max_message_bytes - overhead;
  const std::size_t aligned = HeaderOverhead(columns_, kColumnOverheadAligned);
  limits_.max_bytes = std::min(
      limits_.max_bytes, limits_.max_message_bytes - std::min(limits_.max_message_bytes, aligned));
  return {};
}

Status CsvSource::CheckNameSizes() const {
  std::size_t total = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const std::size_t size = columns_[i].size();
    if (size > limits_.max_name_bytes) {
      return HeaderError(
          fmt::format("the name of column {} has {} bytes; at most {} are allowed; shorten it, or "
                      "add the line of column names if the file has none",
                      i + 1, size, limits_.max_name_bytes));
    }
    total += size;
    if (total > limits_.max_names_bytes) {
      return HeaderError(
          fmt::format("the names up to column {} have {} bytes; at most {} are allowed in all; "
                      "shorten them, or drop columns",
                      i + 1, total, limits_.max_names_bytes));
    }
  }
  return {};
}

Status CsvSource::CheckColumns(const std::vector<std::string>& needed_columns,
                               const std::vector<std::string>& optional_columns) const {
  std::vector<std::string_view> missing;
  for (const auto* names : {&needed_columns, &optional_columns}) {
    for (const std::string& name : *names) {
      const auto count = std::count(columns_.begin(), columns_.end(), name);
      if (count == 0 && names == &needed_columns) missing.push_back(name);
      if (count > 1) {
        return HeaderError(
            fmt::format("column \"{}\" is there {} times; rename all but one", name, count));
      }
    }
  }
  if (!missing.empty()) {
    return HeaderError(fmt::format("column{} \"{}\" missing; the file has \"{}\"",
                                   missing.size() == 1 ? "" : "s", fmt::join(missing, "\", \""),
                                   fmt::join(columns_, "\", \"")));
  }
  if (!needed_columns.empty()) return {};
  std::vector<std::string_view> names;
  for (const std::string& name : columns_) {
    if (!name.empty()) names.push_back(name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    return HeaderError(
        fmt::format("column \"{}\" is there more than once; rename all but one", *twice));
  }
  return {};
}

Result<bool> CsvSource::Next(RecordBlock& block) {
  block.Clear();
  block.sequence = num_blocks_;
  block.first_record = num_records_ + 1;
  block.padded = true;  // so are segments
  while (block.records.size() < limits_.max_rows) {
    if (!has_held_ && !ReadItem(held_)) break;
    has_held_ = true;
    const std::size_t bytes = held_.record.text.size() + 2 * columns_.size();
    if (!block.records.empty() && block.encoded_bytes + bytes > limits_.max_bytes) break;
    has_held_ = false;
    const auto index = static_cast<std::uint32_t>(block.records.size());
    if (held_.record.flaw != RejectReason::None)
      block.flawed.push_back({index, held_.bytes, held_.xxh3});
    block.records.push_back(held_.record);
    block.encoded_bytes += bytes;
    const std::shared_ptr<const void> owner =
        held_.owner != nullptr ? std::move(held_.owner) : segment_;
    if (block.owners.empty() || block.owners.back() != owner) block.owners.push_back(owner);
  }
  if (block.records.empty()) {
    if (!failure_.ok()) return Copy(failure_);
    return false;
  }
  ++num_blocks_;
  num_records_ += block.records.size();
  return true;
}

/// Read the next record. False at the end of the input.
bool CsvSource::ReadItem(Item& item) {
  for (;;) {
    while (next_span_ < num_spans_) {
      const kernels::CsvSpan span = spans_[next_span_++];
      const std::size_t begin = spans_base_ + span.offset;
      if (span.length == 0) {
        ++blank_lines_;
      } else if (span.length <= limits_.max_record_bytes) {
        JudgeItem(begin, span.length, item);
        return true;
      } else {
        // Where a record this long ends depends on its quotes at the limit: go back to its start.
        begin_ = begin;
        num_spans_ = next_span_ = 0;
        if (ReadItemSlowly(item)) return true;
      }
    }
    if (begin_ >= scanned_end_ && CutMore()) continue;
    if (!at_end_ && end_ - begin_ < limits_.max_record_bytes + 2) {
      Refill();
      continue;
    }
    if (begin_ == end_) return false;
    if (ReadItemSlowly(item)) return true;
  }
}

/// Cut the next whole records of the segment. False if there are none.
bool CsvSource::CutMore() {
  const auto cut = kernels::CutCsvRecords(Text(begin_, end_), at_end_ && !truncated_, spans_);
  spans_base_ = begin_;
  begin_ += cut.consumed;
  num_spans_ = cut.num_records;
  next_span_ = 0;
  return num_spans_ > 0;
}

/// Read the record at begin_, be it too long, open, cut short, or within bytes already scanned.
/// False if it is a blank line.
///
/// The bytes up to the limit, or all that are left, must be in the segment.
bool CsvSource::ReadItemSlowly(Item& item) {
  const std::size_t begin = begin_;
  const std::size_t scanned =
      std::min(end_, begin + limits_.max_record_bytes + 2);  // with CR and LF
  CsvState state = CsvState::kFieldStart;
  const std::size_t newline = FindEnd(scanned, state);
  if (newline != kNone) {
    begin_ = newline + 1;
    const std::size_t end =
        newline > begin && *Text(newline - 1, newline).data() == '\r' ? newline - 1 : newline;
    if (end == begin) {
      ++blank_lines_;
      return false;
    }
    JudgeItem(begin, end - begin, item);
    return true;
  }
  const bool is_last = scanned - begin < limits_.max_record_bytes + 2;
  if (is_last && (truncated_ || state != CsvState::kQuoted)) {
    begin_ = end_;
    if (truncated_) {
      MakeFlawed(begin, end_ - begin, RejectReason::TruncatedInput, item);
    } else {
      JudgeItem(begin, end_ - begin, item);
    }
    return true;
  }
  if (state != CsvState::kQuoted) {
    SkipLine(scanned, RejectReason::RecordTooLarge, item);
    return true;
  }
  const std::size_t first_newline = FindNewline(begin, scanned);
  if (first_newline == kNone) {
    SkipLine(scanned, RejectReason::UnterminatedQuote, item);
    return true;
  }
  MakeFlawed(begin, first_newline - begin, RejectReason::UnterminatedQuote, item);
  begin_ = first_newline + 1;
  scanned_end_ = scanned;
  scanned_state_ = state;
  return true;
}

/// Find the LF that ends the record at begin_, up to `limit`; kNone, and the `state` there, if it
/// goes on.
std::size_t CsvSource::FindEnd(std::size_t limit, CsvState& state) const {
  std::size_t from = begin_;
  if (begin_ < scanned_end_) {
    const std::size_t newline = FindNewline(begin_, scanned_end_);
    if (newline != kNone) {
      if (kernels::FindCsvRecordEnd(Text(begin_, newline + 1), state) != kNone) return newline;
      // Inside quotes at this LF, as the earlier scan was: from here on the two are one.
      from = scanned_end_;
      state = scanned_state_;
    }
  }
  const std::size_t found = kernels::FindCsvRecordEnd(Text(from, limit), state);
  return found == kNone ? kNone : from + found;
}

/// Make an item of the sound record segment_[begin, begin + length), unless it is too large.
void CsvSource::JudgeItem(std::size_t begin, std::size_t length, Item& item) {
  if (length <= limits_.max_record_bytes && length + 2 * columns_.size() <= max_item_bytes_) {
    item.record = {Text(begin, begin + length), RejectReason::None};
    item.owner = nullptr;
    return;
  }
  const std::size_t end = begin + length;
  const bool has_cr = end < end_ && *Text(end, end + 1).data() == '\r';
  MakeFlawed(begin, has_cr ? length + 1 : length, RejectReason::RecordTooLarge, item);
}

/// Make an item of the flawed record segment_[begin, begin + length).
void CsvSource::MakeFlawed(std::size_t begin, std::size_t length, RejectReason flaw, Item& item) {
  const std::string_view text = Text(begin, begin + length);
  item.record = {text.substr(0, kMaxOriginalBytes), flaw};
  item.bytes = length;
  item.xxh3 = XXH3_64bits(text.data(), text.size());
  item.owner = nullptr;
}

/// Make a flawed item of the bytes from begin_ to the first LF at or after `scanned`, however many
/// they are.
///
/// Quotes are ignored from there on: one that opens so late must not swallow the rest of the file.
void CsvSource::SkipLine(std::size_t scanned, RejectReason flaw, Item& item) {
  const auto head = std::make_shared<Segment>(kMaxOriginalBytes);
  std::size_t kept = 0;
  const std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> hash(XXH3_createState(),
                                                                      &XXH3_freeState);
  XXH3_64bits_reset(hash.get());
  item.bytes = 0;
  std::size_t search_from = scanned;
  for (;;) {
    const std::size_t newline = FindNewline(search_from, end_);
    const std::string_view text = Text(begin_, newline == kNone ? end_ : newline);
    const std::size_t keep = std::min(text.size(), kMaxOriginalBytes - kept);
    if (keep > 0) std::memcpy(head->data() + kept, text.data(), keep);
    kept += keep;
    XXH3_64bits_update(hash.get(), text.data(), text.size());
    item.bytes += text.size();
    begin_ += text.size();
    if (newline != kNone) {
      ++begin_;
      break;
    }
    if (at_end_) {
      if (truncated_) flaw = RejectReason::TruncatedInput;
      break;
    }
    Refill();
    search_from = begin_;
  }
  item.xxh3 = XXH3_64bits_digest(hash.get());
  item.record = {{reinterpret_cast<const char*>(head->data()), kept}, flaw};
  item.owner = head;
}

/// Move what is left of the segment to the front of a new one, and fill that up. If much is left, a
/// record is long, and the new one large.
void CsvSource::Refill() {
  const std::string_view rest = Text(begin_, end_);
  const bool is_large = rest.size() > limits_.segment_bytes / 2;
  const std::size_t segment_bytes = is_large ? large_segment_bytes_ : limits_.segment_bytes;
  std::shared_ptr<Segment> next = (is_large ? large_pool_ : pool_)->Acquire();
  MARQUEE_CHECK(rest.size() < segment_bytes);
  if (!rest.empty()) std::memcpy(next->data(), rest.data(), rest.size());
  scanned_end_ = scanned_end_ > begin_ ? scanned_end_ - begin_ : 0;
  begin_ = 0;
  end_ = rest.size();
  segment_ = std::move(next);
  while (end_ < segment_bytes) {
    const auto got =
        bytes_->Read({reinterpret_cast<char*>(segment_->data()) + end_, segment_bytes - end_});
    if (!got || *got == 0) {
      at_end_ = true;
      truncated_ = !got;
      if (!got) failure_ = Copy(got.error());
      return;
    }
    end_ += *got;
  }
}

std::size_t CsvSource::FindNewline(std::size_t from, std::size_t to) const {
  const std::size_t found = Text(from, to).find('\n');
  return found == kNone ? kNone : from + found;
}

std::string_view CsvSource::Text(std::size_t begin, std::size_t end) const {
  if (begin >= end) return {};
  return {reinterpret_cast<const char*>(segment_->data()) + begin, end - begin};
}

}  // namespace marquee
