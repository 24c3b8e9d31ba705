#include "pipeline/stages/evaluate.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "schemas/check.h"

namespace marquee {
namespace {

double Ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

std::uint64_t ConfusionMatrix::total() const noexcept {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

double ConfusionMatrix::Accuracy() const noexcept {
  std::uint64_t right = 0;
  for (std::size_t i = 0; i < num_classes_; ++i) right += count(i, i);
  return Ratio(right, total());
}

ClassFigures ConfusionMatrix::ForClass(std::size_t index) const noexcept {
  std::uint64_t predicted = 0;
  ClassFigures figures;
  for (std::size_t other = 0; other < num_classes_; ++other) {
    figures.support += count(index, other);
    predicted += count(other, index);
  }
  const std::uint64_t hits = count(index, index);
  figures.precision = Ratio(hits, predicted);
  figures.recall = Ratio(hits, figures.support);
  figures.f1 = Ratio(2 * hits, predicted + figures.support);
  return figures;
}

double ConfusionMatrix::MacroF1() const noexcept {
  double sum = 0;
  for (std::size_t i = 0; i < num_classes_; ++i) sum += ForClass(i).f1;
  return sum / static_cast<double>(num_classes_);
}

Status Evaluation::Add(const ResultBatchView& batch, std::int64_t now_ns) {
  const std::size_t num_classes = confusion_.num_classes();
  if (batch.num_classes() != num_classes) {
    return Status::Data(fmt::format("a result of {} classes among results of {}",
                                    batch.num_classes(), num_classes));
  }
  const RowColumns rows = batch.rows();
  const auto predicted = batch.predicted_class();
  const auto seen = batch.seen();
  rows_ += batch.num_rows();
  for (std::size_t row = 0; row < batch.num_rows(); ++row) {
    seen_ += seen[row];
    if (rows.labelled[row] == 0) continue;
    ++labelled_;
    const std::size_t truth = rows.target_class[row];
    MARQUEE_CHECK(truth < num_classes);
    (seen[row] != 0 ? confusion_seen_ : confusion_).Add(truth, predicted[row]);
    if (seen[row] != 0) continue;
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
  const BatchInfo info = batch.info();
  if (info.num_hops > 0) latency_.Add(now_ns - info.hops[0].received_ns(), batch.num_rows());
  scaler_ns_ += batch.scaler_ns();
  encoder_ns_ += batch.encoder_ns();
  classifier_ns_ += batch.classifier_ns();
  return {};
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
