#include "schemas/result_batch.h"

#include <fmt/core.h>

#include <cmath>

namespace marquee {
namespace {

Status CheckPredictions(const wire::ResultBatch& batch, const RowColumns& rows) {
  const std::size_t num_rows = batch.num_rows();
  const std::size_t num_classes = batch.num_classes();
  if (num_classes < 2 || num_classes == kNoClass) {
    return Status::Data(fmt::format("{} classes", num_classes));
  }
  if (batch.predicted_class()->size() != num_rows || batch.score()->size() != num_rows ||
      batch.seen()->size() != num_rows || batch.probabilities()->size() != num_rows * num_classes) {
    return Status::Data(
        fmt::format("columns do not hold {} rows of {} classes", num_rows, num_classes));
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto index = static_cast<flatbuffers::uoffset_t>(row);
    if (batch.predicted_class()->Get(index) >= num_classes || batch.seen()->Get(index) > 1 ||
        (rows.target_class[row] >= num_classes && rows.target_class[row] != kNoClass)) {
      return Status::Data(fmt::format("row {}: a class is out of range", row));
    }
    if (!std::isfinite(batch.score()->Get(index))) {
      return Status::Data(fmt::format("row {}: the score is not finite", row));
    }
  }
  for (const float probability : SpanOf(batch.probabilities())) {
    if (!(probability >= 0.0f && probability <= 1.0f)) {
      return Status::Data(fmt::format("a probability of {}", probability));
    }
  }
  return {};
}

}  // namespace

Result<ResultBatchView> ResultBatchView::Verify(std::span<const std::byte> bytes) {
  MARQUEE_RETURN_IF_ERROR(CheckMessageBytes(bytes));
  MARQUEE_RETURN_IF_ERROR(VerifyStructure(bytes, wire::VerifyResultBatchBuffer, "ResultBatch"));
  const ResultBatchView view(bytes);
  const wire::ResultBatch* batch = view.batch_;
  const auto check = [&]() -> Status {
    MARQUEE_RETURN_IF_ERROR(CheckBatchInfo(*batch->info()));
    MARQUEE_RETURN_IF_ERROR(
        CheckOrdinals(batch->ordinals(), batch->num_rows(), batch->info()->num_ordinals()));
    MARQUEE_RETURN_IF_ERROR(CheckRowColumns(view.rows(), batch->num_rows()));
    return CheckPredictions(*batch, view.rows());
  };
  MARQUEE_RETURN_IF_ERROR(check().WithContext("ResultBatch"));
  return view;
}

ResultBatchView ResultBatchView::Own(const Message& message) {
  return ResultBatchView(message.bytes());
}

RowColumns ResultBatchView::rows() const { return ReadRowColumns(*batch_); }

}  // namespace marquee
