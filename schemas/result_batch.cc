#include "schemas/result_batch.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
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

Status CheckChallenger(const wire::ResultBatch& batch) {
  const std::array<bool, 4> has = {
      batch.challenger_class() != nullptr, batch.challenger_score() != nullptr,
      batch.challenger_probabilities() != nullptr, batch.challenger_seen() != nullptr};
  const auto given = std::count(has.begin(), has.end(), true);
  if (given == 0) return {};
  const std::size_t num_rows = batch.num_rows();
  const std::size_t num_classes = batch.num_classes();
  if (given != 4 || batch.challenger_class()->size() != num_rows ||
      batch.challenger_score()->size() != num_rows || batch.challenger_seen()->size() != num_rows ||
      batch.challenger_probabilities()->size() != num_rows * num_classes) {
    return Status::Data(fmt::format("the challenger's columns do not hold {} rows of {} classes",
                                    num_rows, num_classes));
  }
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto index = static_cast<flatbuffers::uoffset_t>(row);
    if (batch.challenger_class()->Get(index) >= num_classes ||
        batch.challenger_seen()->Get(index) > 1 ||
        !std::isfinite(batch.challenger_score()->Get(index))) {
      return Status::Data(
          fmt::format("row {}: the challenger's class or score is out of range", row));
    }
  }
  for (const float probability : SpanOf(batch.challenger_probabilities())) {
    if (!(probability >= 0.0f && probability <= 1.0f)) {
      return Status::Data(fmt::format("a probability of the challenger of {}", probability));
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
    MARQUEE_RETURN_IF_ERROR(CheckPredictions(*batch, view.rows()));
    return CheckChallenger(*batch);
  };
  MARQUEE_RETURN_IF_ERROR(check().WithContext("ResultBatch"));
  return view;
}

ResultBatchView ResultBatchView::Own(const Message& message) {
  return ResultBatchView(message.bytes());
}

RowColumns ResultBatchView::rows() const { return ReadRowColumns(*batch_); }

std::optional<ChallengerColumns> ResultBatchView::challenger() const {
  if (batch_->challenger_class() == nullptr) return std::nullopt;
  return ChallengerColumns{.model_id = batch_->challenger_id(),
                           .predicted_class = SpanOf(batch_->challenger_class()),
                           .score = SpanOf(batch_->challenger_score()),
                           .probabilities = SpanOf(batch_->challenger_probabilities()),
                           .seen = SpanOf(batch_->challenger_seen()),
                           .busy_ns = batch_->challenger_ns()};
}

}  // namespace marquee
