#include "schemas/feature_batch.h"

#include <fmt/core.h>

#include <cmath>

namespace marquee {
namespace {

Status CheckNumeric(const wire::FeatureBatch& batch) {
  for (flatbuffers::uoffset_t i = 0; i < batch.numeric()->size(); ++i) {
    if (batch.numeric()->Get(i)->values()->size() != batch.num_rows()) {
      return Status::Data(fmt::format("numeric feature {}: {} values for {} rows", i,
                                      batch.numeric()->Get(i)->values()->size(), batch.num_rows()));
    }
  }
  return {};
}

Status CheckLists(const wire::FeatureBatch& batch) {
  for (flatbuffers::uoffset_t i = 0; i < batch.lists()->size(); ++i) {
    const wire::ListColumn& list = *batch.lists()->Get(i);
    if (list.lengths()->size() != batch.num_rows()) {
      return Status::Data(fmt::format("list feature {}: {} lengths for {} rows", i,
                                      list.lengths()->size(), batch.num_rows()));
    }
    if (const std::size_t items = TotalLength(SpanOf(list.lengths()));
        items != list.codes()->size()) {
      return Status::Data(
          fmt::format("list feature {}: lengths add up to {} items, but there are {}", i, items,
                      list.codes()->size()));
    }
  }
  return {};
}

}  // namespace

Status CheckRowColumns(const RowColumns& columns, std::size_t num_rows) {
  const auto expect_size = [num_rows](std::string_view name, std::size_t size) {
    if (size == num_rows) return Status();
    return Status::Data(fmt::format("column '{}': {} values for {} rows", name, size, num_rows));
  };
  MARQUEE_RETURN_IF_ERROR(expect_size("ids", columns.ids.size()));
  if (reinterpret_cast<std::uintptr_t>(columns.ids.data()) % alignof(std::int64_t) != 0) {
    return Status::Data("column 'ids' does not lie on a multiple of 8 bytes");
  }
  MARQUEE_RETURN_IF_ERROR(expect_size("title_lengths", columns.title_lengths.size()));
  MARQUEE_RETURN_IF_ERROR(expect_size("target", columns.target.size()));
  MARQUEE_RETURN_IF_ERROR(expect_size("target_class", columns.target_class.size()));
  MARQUEE_RETURN_IF_ERROR(expect_size("labelled", columns.labelled.size()));
  if (const std::size_t bytes = TotalLength(columns.title_lengths);
      bytes != columns.titles.size()) {
    return Status::Data(fmt::format("titles: lengths add up to {} bytes, but there are {}", bytes,
                                    columns.titles.size()));
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    if (std::isinf(columns.target[row])) {
      return Status::Data(fmt::format("row {}: the target is infinite", row));
    }
    if (columns.labelled[row] > 1 ||
        (columns.labelled[row] == 1 && columns.target_class[row] == kNoClass)) {
      return Status::Data(fmt::format("row {}: labelled is {} and its class {}", row,
                                      columns.labelled[row], columns.target_class[row]));
    }
  }
  return {};
}

RowColumnOffsets CopyRowColumns(const RowColumns& columns, std::size_t num_rows, Message& message) {
  RowColumnOffsets offsets;
  if (!columns.ordinals.empty()) offsets.ordinals = message.Copy(columns.ordinals, num_rows);
  offsets.ids = message.Copy(columns.ids, num_rows);
  offsets.title_lengths = message.Copy(columns.title_lengths, num_rows);
  offsets.title_bytes =
      message.Copy(std::span(reinterpret_cast<const std::uint8_t*>(columns.titles.data()),
                             columns.titles.size()),
                   num_rows);
  offsets.target = message.Copy(columns.target, num_rows);
  offsets.target_class = message.Copy(columns.target_class, num_rows);
  offsets.labelled = message.Copy(columns.labelled, num_rows);
  return offsets;
}

Result<FeatureBatchView> FeatureBatchView::Verify(std::span<const std::byte> bytes) {
  MARQUEE_RETURN_IF_ERROR(CheckMessageBytes(bytes));
  MARQUEE_RETURN_IF_ERROR(VerifyStructure(bytes, wire::VerifyFeatureBatchBuffer, "FeatureBatch"));
  const wire::FeatureBatch* batch = wire::GetFeatureBatch(bytes.data());
  const auto check = [batch]() -> Status {
    MARQUEE_RETURN_IF_ERROR(CheckBatchInfo(*batch->info()));
    MARQUEE_RETURN_IF_ERROR(
        CheckOrdinals(batch->ordinals(), batch->num_rows(), batch->info()->num_ordinals()));
    MARQUEE_RETURN_IF_ERROR(CheckRowColumns(ReadRowColumns(*batch), batch->num_rows()));
    MARQUEE_RETURN_IF_ERROR(CheckNumeric(*batch));
    return CheckLists(*batch);
  };
  MARQUEE_RETURN_IF_ERROR(check().WithContext("FeatureBatch"));
  return FeatureBatchView(batch);
}

FeatureBatchView FeatureBatchView::Own(const Message& message) {
  return FeatureBatchView(wire::GetFeatureBatch(message.bytes().data()));
}

RowColumns FeatureBatchView::rows() const { return ReadRowColumns(*batch_); }

}  // namespace marquee
