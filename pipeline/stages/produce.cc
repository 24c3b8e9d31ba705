#include "pipeline/stages/produce.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>

#include "kernels/csv.h"
#include "kernels/gather.h"
#include "pipeline/core/clock.h"
#include "pipeline/stages/text_flaw.h"
#include "schemas/check.h"

namespace marquee {
namespace {

constexpr std::size_t kMaxFieldBytes = std::numeric_limits<std::uint16_t>::max();

std::string_view FlawMessage(wire::RejectReason flaw) {
  switch (flaw) {
    case wire::RejectReason::UnterminatedQuote:
      return "a quoted field does not end; close its quote, or double the quotes inside it";
    case wire::RejectReason::RecordTooLarge:
      return "the record does not fit into a message; shorten its fields";
    case wire::RejectReason::TruncatedInput:
      return "the input ends inside this record; get the whole file";
    default:
      return "the source could not read this record";
  }
}

/// Fill the columns of one produced column from the split fields: the first of `fields_per_row` in
/// `fields`, row by row.
flatbuffers::Offset<wire::RawColumn> WriteColumn(const std::string& name, bool lengths_only,
                                                 std::span<const std::string_view> fields,
                                                 std::size_t fields_per_row, std::size_t num_rows,
                                                 bool padded, Message& output) {
  flatbuffers::Offset<flatbuffers::Vector<std::uint16_t>> lengths_offset;
  flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> bytes_offset;
  const auto lengths = output.Column<std::uint16_t>(num_rows, num_rows, lengths_offset);
  std::size_t total = 0;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t length = fields[row * fields_per_row].size();
    lengths[row] = static_cast<std::uint16_t>(length);
    total += length;
  }
  if (!lengths_only) {
    kernels::GatherFields(fields, fields_per_row, padded,
                          output.Column<std::uint8_t>(total, num_rows, bytes_offset));
  }
  auto& builder = output.builder();
  return wire::CreateRawColumn(builder, builder.CreateString(name), lengths_offset, bytes_offset);
}

}  // namespace

ProduceStage::ProduceStage(RunId run, std::vector<std::string> source_columns,
                           std::vector<ProducedColumn> columns, std::string_view id_column)
    : run_(run),
      source_columns_(std::move(source_columns)),
      columns_(std::move(columns)),
      id_index_(static_cast<std::size_t>(
          std::find(source_columns_.begin(), source_columns_.end(), id_column) -
          source_columns_.begin())) {
  for (std::size_t index = 0; index < source_columns_.size(); ++index) {
    const bool whole =
        std::any_of(columns_.begin(), columns_.end(), [index](const ProducedColumn& column) {
          return column.index == index && !column.lengths_only;
        });
    if (!whole) columns_not_sent_.push_back(index);
  }
}

Status ProduceStage::Process(const Input& input, Scratch& scratch, Message& output,
                             Rejects& rejects) const {
  const std::int64_t started_ns = WallClockNs();
  BatchInfo info{.run = run_,
                 .sequence = input.block.sequence,
                 .first_record = input.block.first_record,
                 .num_ordinals = static_cast<std::uint32_t>(input.block.records.size())};
  info.totals = input.totals;
  SplitRecords(input, info, scratch, rejects);

  const std::size_t num_rows = scratch.ordinals.size();
  auto& builder = output.Begin();
  const auto fields = std::span(scratch.fields).first(num_rows * source_columns_.size());
  scratch.columns.clear();
  for (const ProducedColumn& column : columns_) {
    scratch.columns.push_back(WriteColumn(source_columns_[column.index], column.lengths_only,
                                          fields.subspan(std::min(column.index, fields.size())),
                                          source_columns_.size(), num_rows, input.block.padded,
                                          output));
  }
  const auto columns = builder.CreateVector(scratch.columns);
  flatbuffers::Offset<flatbuffers::Vector<std::uint16_t>> ordinals;
  if (num_rows != input.block.records.size()) {
    ordinals = output.Copy<std::uint16_t>(scratch.ordinals, num_rows);
  }
  info.AddHop(kId, input.received_ns, started_ns, WallClockNs());
  const auto wire_info = WriteBatchInfo(builder, info);
  return output.Finish(
      wire::CreateRawBatch(builder, wire_info, static_cast<std::uint32_t>(num_rows), columns,
                           ordinals),
      wire::RawBatchIdentifier());
}

/// An id that is none is left as it is, for the preprocessor to reject.
void ProduceStage::ShiftId(std::int64_t shift, ShiftedId& memory, std::string_view& id) const {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(id.data(), id.data() + id.size(), value);
  if (error != std::errc() || end != id.data() + id.size()) return;
  if (__builtin_add_overflow(value, shift, &value)) return;
  const auto written = std::to_chars(memory.data(), memory.data() + memory.size(), value);
  id = {memory.data(), static_cast<std::size_t>(written.ptr - memory.data())};
}

void ProduceStage::SplitRecords(const Input& input, BatchInfo& info, Scratch& scratch,
                                Rejects& rejects) const {
  const RecordBlock& block = input.block;
  const std::size_t num_columns = source_columns_.size();
  std::size_t text_bytes = 0;
  for (const Record& record : block.records) text_bytes += record.text.size();
  // Decoded fields may be read beyond their end as well.
  text_bytes += kernels::kGatherBytes;
  if (scratch.decoded.size() < text_bytes) scratch.decoded.resize(text_bytes);
  if (scratch.fields.size() < block.records.size() * num_columns) {
    scratch.fields.resize(block.records.size() * num_columns);
  }
  scratch.ordinals.clear();
  if (input.id_shift != 0) scratch.shifted_ids.resize(block.records.size());
  std::span<char> decoded = scratch.decoded;
  for (std::size_t index = 0; index < block.records.size(); ++index) {
    const Record& record = block.records[index];
    if (record.flaw != wire::RejectReason::None) {
      Reject(block, index, record.flaw, {}, FlawMessage(record.flaw), info, rejects);
      continue;
    }
    const auto fields =
        std::span(scratch.fields).subspan(scratch.ordinals.size() * num_columns, num_columns);
    const std::size_t num_fields = kernels::SplitCsvRecord(record.text, decoded, fields);
    if (num_fields != num_columns) {
      Reject(block, index, wire::RejectReason::FieldCount, {},
             fmt::format("{} fields where the header has {}; quote fields that hold commas",
                         num_fields, num_columns),
             info, rejects);
      continue;
    }
    if (RejectIfNotARow(block, index, fields, info, rejects)) continue;
    decoded = decoded.subspan(record.text.size());
    if (input.id_shift != 0 && id_index_ < num_columns) {
      ShiftId(input.id_shift, scratch.shifted_ids[index], fields[id_index_]);
    }
    scratch.ordinals.push_back(static_cast<std::uint16_t>(index));
  }
}

bool ProduceStage::RejectIfNotARow(const RecordBlock& block, std::size_t index,
                                   std::span<const std::string_view> fields, BatchInfo& info,
                                   Rejects& rejects) const {
  if (block.records[index].text.size() > kMaxFieldBytes) {
    const auto too_long = std::find_if(fields.begin(), fields.end(), [](std::string_view field) {
      return field.size() > kMaxFieldBytes;
    });
    if (too_long != fields.end()) {
      Reject(block, index, wire::RejectReason::FieldTooLong,
             source_columns_[static_cast<std::size_t>(too_long - fields.begin())],
             fmt::format("the field has {} bytes; at most {} are allowed", too_long->size(),
                         kMaxFieldBytes),
             info, rejects);
      return true;
    }
  }
  // Commas and quotes are no part of any other character: if the record is text, so is each field.
  if (columns_not_sent_.empty() ||
      TextFlaw(block.records[index].text) == wire::RejectReason::None) {
    return false;
  }
  for (const std::size_t column : columns_not_sent_) {
    const wire::RejectReason flaw = TextFlaw(fields[column]);
    if (flaw == wire::RejectReason::None) continue;
    Reject(block, index, flaw, source_columns_[column], TextFlawMessage(flaw), info, rejects);
    return true;
  }
  return false;
}

void ProduceStage::Reject(const RecordBlock& block, std::size_t index, wire::RejectReason reason,
                          std::string_view column, std::string_view message, BatchInfo& info,
                          Rejects& rejects) const {
  const std::string_view text = block.records[index].text;
  std::uint64_t bytes = text.size();
  std::uint64_t hash = 0;
  const auto flawed =
      std::find_if(block.flawed.begin(), block.flawed.end(),
                   [index](const FlawedRecord& candidate) { return candidate.index == index; });
  if (flawed != block.flawed.end()) {
    bytes = flawed->bytes;
    hash = flawed->xxh3;
  } else {
    hash = XXH3_64bits(text.data(), text.size());
  }
  ++info.rejects[static_cast<std::size_t>(reason)];
  rejects.AddRecord(info, static_cast<std::uint16_t>(index), text, bytes, hash,
                    {.reason = reason,
                     .stage = kId,
                     .record = block.first_record + index,
                     .column = column,
                     .message = message});
}

}  // namespace marquee
