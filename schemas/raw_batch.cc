#include "schemas/raw_batch.h"

#include <fmt/core.h>

#include <numeric>

namespace marquee {
namespace {

Status CheckColumn(const wire::RawColumn& column, std::size_t num_rows) {
  const auto lengths = SpanOf(column.lengths());
  if (lengths.size() != num_rows) {
    return Status::Data(fmt::format("{} lengths for {} rows", lengths.size(), num_rows));
  }
  const std::size_t total = TotalLength(lengths);
  if (column.bytes() != nullptr && column.bytes()->size() != total) {
    return Status::Data(
        fmt::format("lengths add up to {} bytes, but there are {}", total, column.bytes()->size()));
  }
  return {};
}

Status CheckReject(const wire::Reject& reject) {
  if (reject.reason() > wire::RejectReason::MAX || reject.stage() > wire::StageId::MAX) {
    return Status::Data(
        "a dead letter with an unknown reason or stage: it is damaged, or from a newer Marquee");
  }
  return {};
}

}  // namespace

std::size_t TotalLength(std::span<const std::uint16_t> lengths) noexcept {
  return std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
}

Status CheckOrdinals(const flatbuffers::Vector<std::uint16_t>* ordinals, std::size_t num_rows,
                     std::size_t num_ordinals) {
  if (num_rows > kMaxBatchRows || num_rows > num_ordinals) {
    return Status::Data(
        fmt::format("{} rows in a batch of {} ordinals; at most {} rows are allowed", num_rows,
                    num_ordinals, kMaxBatchRows));
  }
  if (ordinals == nullptr) return {};
  const auto values = SpanOf(ordinals);
  if (values.size() != num_rows) {
    return Status::Data(fmt::format("{} ordinals for {} rows", values.size(), num_rows));
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (values[row] >= num_ordinals || (row > 0 && values[row] <= values[row - 1])) {
      return Status::Data(
          fmt::format("ordinal {} of row {} is out of order or range", values[row], row));
    }
  }
  return {};
}

Result<RawBatchView> RawBatchView::Verify(std::span<const std::byte> bytes) {
  MARQUEE_RETURN_IF_ERROR(CheckMessageBytes(bytes));
  MARQUEE_RETURN_IF_ERROR(VerifyStructure(bytes, wire::VerifyRawBatchBuffer, "RawBatch"));
  const wire::RawBatch* batch = wire::GetRawBatch(bytes.data());
  MARQUEE_RETURN_IF_ERROR(CheckBatchInfo(*batch->info()).WithContext("RawBatch"));
  MARQUEE_RETURN_IF_ERROR(
      CheckOrdinals(batch->ordinals(), batch->num_rows(), batch->info()->num_ordinals())
          .WithContext("RawBatch"));
  for (const wire::RawColumn* column : *batch->columns()) {
    const std::string_view name = column->name()->string_view();
    MARQUEE_RETURN_IF_ERROR(CheckColumn(*column, batch->num_rows())
                                .WithContext(fmt::format("RawBatch, column '{}'", name)));
  }
  if (batch->reject() != nullptr) {
    MARQUEE_RETURN_IF_ERROR(CheckReject(*batch->reject()).WithContext("RawBatch"));
  }
  return RawBatchView(batch);
}

RawBatchView RawBatchView::Own(const Message& message) {
  return RawBatchView(wire::GetRawBatch(message.bytes().data()));
}

RawColumnView RawBatchView::column(std::size_t index) const {
  const wire::RawColumn& column =
      *batch_->columns()->Get(static_cast<flatbuffers::uoffset_t>(index));
  RawColumnView view{
      .name = column.name()->string_view(), .lengths = SpanOf(column.lengths()), .bytes = {}};
  if (column.bytes() != nullptr) {
    view.bytes = {reinterpret_cast<const char*>(column.bytes()->Data()), column.bytes()->size()};
  }
  return view;
}

std::optional<std::size_t> RawBatchView::FindColumn(std::string_view name) const {
  for (std::size_t index = 0; index < num_columns(); ++index) {
    if (column(index).name == name) return index;
  }
  return std::nullopt;
}

}  // namespace marquee
