#include "pipeline/stages/evaluate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

#include "pipeline/dataset/made_up_ids.h"
#include "schemas/check.h"

namespace marquee {
Status Evaluation::Add(const ResultBatchView& batch, std::int64_t now_ns) {
  MARQUEE_RETURN_IF_ERROR(CheckClasses(batch));
  const RowColumns rows = batch.rows();
  const auto challenger = batch.challenger();
  for (std::size_t row = 0; row < batch.num_rows(); ++row) {
    AddRow(batch, rows, row);
    if (challenger) Compare(batch, rows, *challenger, row);
  }
  AddTimes(batch, now_ns, batch.num_rows());
  return {};
}

Status Evaluation::Add(const ResultBatchView& batch, std::optional<std::int64_t> now_ns,
                       std::span<const std::uint16_t> row_numbers) {
  MARQUEE_RETURN_IF_ERROR(CheckClasses(batch));
  const RowColumns rows = batch.rows();
  const auto challenger = batch.challenger();
  for (const std::uint16_t row : row_numbers) {
    AddRow(batch, rows, row);
    if (challenger) Compare(batch, rows, *challenger, row);
  }
  if (!row_numbers.empty()) AddTimes(batch, now_ns, row_numbers.size());
  return {};
}

Status Evaluation::CheckClasses(const ResultBatchView& batch) const {
  if (batch.num_classes() == confusion_.num_classes()) return {};
  return Status::Data(fmt::format("a result of {} classes among results of {}", batch.num_classes(),
                                  confusion_.num_classes()));
}

void Evaluation::AddRow(const ResultBatchView& batch, const RowColumns& rows, std::size_t row) {
  const bool seen = batch.seen()[row] != 0;
  ++rows_;
  made_up_ += rows.ids[row] >= kFirstGeneratedId ? 1 : 0;
  seen_ += seen ? 1 : 0;
  if (rows.labelled[row] == 0) return;
  ++labelled_;
  const std::size_t num_classes = confusion_.num_classes();
  const std::size_t truth = rows.target_class[row];
  MARQUEE_CHECK(truth < num_classes);
  (seen ? confusion_seen_ : confusion_).Add(truth, batch.predicted_class()[row]);
  if (seen) return;
  for (std::size_t c = 0; c < num_classes; ++c) {
    const float probability = batch.probability(c)[row];
    const auto bin =
        std::min(static_cast<std::size_t>(probability * kCalibrationBins), kCalibrationBins - 1);
    ++calibration_[c][bin].rows;
    calibration_[c][bin].probability_sum +=
        static_cast<std::uint64_t>(std::ldexp(static_cast<double>(probability), 32));
    calibration_[c][bin].hits += truth == c ? 1 : 0;
  }
}

void Evaluation::Compare(const ResultBatchView& batch, const RowColumns& rows,
                         const ChallengerColumns& challenger, std::size_t row) {
  const std::size_t model = batch.predicted_class()[row];
  comparison_.AddPredictions(model, challenger.predicted_class[row]);
  if (rows.labelled[row] == 0 || batch.seen()[row] != 0 || challenger.seen[row] != 0) return;
  comparison_.AddLabelled(rows.target_class[row], model, challenger.predicted_class[row]);
}

void Evaluation::AddTimes(const ResultBatchView& batch, std::optional<std::int64_t> now_ns,
                          std::size_t rows_counted) {
  const BatchInfo info = batch.info();
  if (now_ns && info.num_hops > 0) {
    latency_.Add(*now_ns - info.hops[0].received_ns(), rows_counted);
  }
  // A batch without rows has no share: all of its time counts.
  const auto share = [&](std::uint64_t ns) {
    return rows_counted == batch.num_rows() ? ns : ns * rows_counted / batch.num_rows();
  };
  scaler_ns_ += share(batch.scaler_ns());
  encoder_ns_ += share(batch.encoder_ns());
  classifier_ns_ += share(batch.classifier_ns());
  if (const auto challenger = batch.challenger()) {
    several_challengers_ |= challenger_id_ != 0 && challenger_id_ != challenger->model_id;
    challenger_id_ = challenger->model_id;
    challenger_ns_ += share(challenger->busy_ns);
  }
}

double Evaluation::ExpectedCalibrationError() const noexcept {
  double distance = 0;
  std::uint64_t rows = 0;
  for (const auto& bins : calibration_) {
    for (const CalibrationBin& bin : bins) {
      distance += std::abs(std::ldexp(static_cast<double>(bin.probability_sum), -32) -
                           static_cast<double>(bin.hits));
      rows += bin.rows;
    }
  }
  return rows == 0 ? 0.0 : distance / static_cast<double>(rows);
}

}  // namespace marquee
