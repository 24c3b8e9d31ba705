#include "pipeline/core/rejects.h"

#include <algorithm>

namespace marquee {
namespace {

/// Offset of row `row` in the bytes of its column.
std::size_t FieldOffset(const RawColumnView& column, std::size_t row) {
  return TotalLength(column.lengths.first(row));
}

}  // namespace

void Rejects::Clear() {
  bytes_.clear();
  ends_.clear();
  facts_.clear();
  counts_.fill(0);
}

std::span<const std::byte> Rejects::message(std::size_t index) const {
  const std::size_t begin = index == 0 ? 0 : ends_[index - 1];
  return std::span(bytes_).subspan(begin, ends_[index] - begin);
}

void Rejects::AddRow(const RawBatchView& batch, std::size_t row, const Rejection& rejection) {
  builder_.Clear();
  std::vector<flatbuffers::Offset<wire::RawColumn>> columns;
  columns.reserve(batch.num_columns());
  for (std::size_t index = 0; index < batch.num_columns(); ++index) {
    const RawColumnView column = batch.column(index);
    const std::uint16_t length = column.lengths[row];
    flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> bytes;
    if (column.has_bytes()) {
      const std::string_view field = column.bytes.substr(FieldOffset(column, row), length);
      bytes = builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(field.data()), length);
    }
    const auto lengths = builder_.CreateVector(&length, 1);
    columns.push_back(wire::CreateRawColumn(
        builder_, builder_.CreateString(column.name.data(), column.name.size()), lengths, bytes));
  }
  const auto reject = WriteReject(rejection, {}, 0, 0);
  Append(WriteInfo(batch.info()), 1, columns, batch.ordinal(row), reject, rejection);
}

void Rejects::AddRecord(const BatchInfo& info, std::uint16_t ordinal, std::string_view head,
                        std::uint64_t record_bytes, std::uint64_t record_xxh3,
                        const Rejection& rejection) {
  builder_.Clear();
  const std::span original(reinterpret_cast<const std::uint8_t*>(head.data()),
                           std::min(head.size(), kMaxOriginalBytes));
  const auto reject = WriteReject(rejection, original, record_bytes, record_xxh3);
  Append(WriteInfo(info), 0, {}, ordinal, reject, rejection);
}

flatbuffers::Offset<wire::BatchInfo> Rejects::WriteInfo(BatchInfo info) {
  // The batch's counts and totals are told by the batch; a letter that repeated them would count
  // other rows twice.
  info.rejects.fill(0);
  info.totals.reset();
  info.parent.reset();
  return WriteBatchInfo(builder_, info);
}

flatbuffers::Offset<wire::Reject> Rejects::WriteReject(const Rejection& rejection,
                                                       std::span<const std::uint8_t> original,
                                                       std::uint64_t record_bytes,
                                                       std::uint64_t record_xxh3) {
  const auto source = builder_.CreateString(source_);
  const auto column = builder_.CreateString(rejection.column.data(), rejection.column.size());
  const auto message = builder_.CreateString(rejection.message.data(), rejection.message.size());
  flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> bytes;
  if (!original.empty()) bytes = builder_.CreateVector(original.data(), original.size());
  return wire::CreateReject(builder_, rejection.reason, rejection.stage, source, rejection.record,
                            column, message, bytes, record_bytes, record_xxh3);
}

void Rejects::Append(flatbuffers::Offset<wire::BatchInfo> info, std::uint32_t num_rows,
                     const std::vector<flatbuffers::Offset<wire::RawColumn>>& columns,
                     std::uint16_t ordinal, flatbuffers::Offset<wire::Reject> reject,
                     const Rejection& rejection) {
  const auto column_vector = builder_.CreateVector(columns);
  flatbuffers::Offset<flatbuffers::Vector<std::uint16_t>> ordinals;
  if (num_rows == 1) ordinals = builder_.CreateVector(&ordinal, 1);
  builder_.Finish(wire::CreateRawBatch(builder_, info, num_rows, column_vector, ordinals, reject),
                  wire::RawBatchIdentifier());
  const auto finished = std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize()));
  bytes_.insert(bytes_.end(), finished.begin(), finished.end());
  ends_.push_back(bytes_.size());
  facts_.push_back(
      {.reason = rejection.reason, .ordinal = ordinal, .message = std::string(rejection.message)});
  ++counts_[static_cast<std::size_t>(rejection.reason)];
}

}  // namespace marquee
