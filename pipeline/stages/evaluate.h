// pipeline/stages/evaluate.h — ResultBatch to figures: how good the predictions are, and how long
// they took.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "pipeline/observe/histogram.h"
#include "pipeline/stages/comparison.h"
#include "pipeline/stages/confusion_matrix.h"
#include "schemas/result_batch.h"

namespace marquee {

/// How well probabilities hold: of the rows given about p, about p should be of the class. One
/// entry an interval of 0.1.
struct CalibrationBin {
  std::uint64_t rows = 0;
  /// In units of 2^-32: whole numbers, so that the sum does not depend on the order of the rows.
  std::uint64_t probability_sum = 0;
  std::uint64_t hits = 0;

  double mean_probability() const noexcept {
    return rows == 0
               ? 0.0
               : std::ldexp(static_cast<double>(probability_sum), -32) / static_cast<double>(rows);
  }
};
inline constexpr std::size_t kCalibrationBins = 10;

/// Everything counted over results. Threads: one at a time.
class Evaluation {
 public:
  explicit Evaluation(std::size_t num_classes)
      : confusion_(num_classes),
        confusion_seen_(num_classes),
        comparison_(num_classes),
        calibration_(num_classes) {}

  /// Count a batch. `now_ns`: Unix time at which its rows count as done.
  /// Errors: kData if the batch has another number of classes.
  Status Add(const ResultBatchView& batch, std::int64_t now_ns);

  /// Count only the batch's rows of these numbers, each given once; of the times of the model's
  /// parts, their share. Without `now_ns`, latency() leaves them out.
  Status Add(const ResultBatchView& batch, std::optional<std::int64_t> now_ns,
             std::span<const std::uint16_t> row_numbers);

  std::uint64_t rows() const noexcept { return rows_; }
  std::uint64_t labelled() const noexcept { return labelled_; }
  std::uint64_t unlabelled() const noexcept { return rows_ - labelled_; }
  std::uint64_t seen() const noexcept { return seen_; }
  /// Rows that are no real ones: generated, or real ones sent again under other ids.
  std::uint64_t made_up() const noexcept { return made_up_; }
  /// Over labelled rows that the model has not seen, and over those it has.
  const ConfusionMatrix& confusion() const noexcept { return confusion_; }
  const ConfusionMatrix& confusion_seen() const noexcept { return confusion_seen_; }
  /// Of the rows that a challenger scored too; empty if there is none.
  const Comparison& comparison() const noexcept { return comparison_; }
  /// The challenger of the last batch that had one; 0 if none had.
  std::uint64_t challenger_id() const noexcept { return challenger_id_; }
  /// Whether rows were scored by different challengers.
  bool several_challengers() const noexcept { return several_challengers_; }
  std::uint64_t challenger_ns() const noexcept { return challenger_ns_; }
  /// By class, then interval; over labelled rows not seen.
  const std::vector<std::array<CalibrationBin, kCalibrationBins>>& calibration() const noexcept {
    return calibration_;
  }
  /// Mean distance of probability and frequency over all classes, weighted by rows: 0 is perfect.
  double ExpectedCalibrationError() const noexcept;
  /// From the source's reading of a row to its result.
  const Histogram& latency() const noexcept { return latency_; }
  std::uint64_t scaler_ns() const noexcept { return scaler_ns_; }
  std::uint64_t encoder_ns() const noexcept { return encoder_ns_; }
  std::uint64_t classifier_ns() const noexcept { return classifier_ns_; }

 private:
  Status CheckClasses(const ResultBatchView& batch) const;
  void AddRow(const ResultBatchView& batch, const RowColumns& rows, std::size_t row);
  void Compare(const ResultBatchView& batch, const RowColumns& rows,
               const ChallengerColumns& challenger, std::size_t row);
  void AddTimes(const ResultBatchView& batch, std::optional<std::int64_t> now_ns,
                std::size_t rows_counted);

  std::uint64_t rows_ = 0;
  std::uint64_t labelled_ = 0;
  std::uint64_t seen_ = 0;
  std::uint64_t made_up_ = 0;
  ConfusionMatrix confusion_;
  ConfusionMatrix confusion_seen_;
  Comparison comparison_;
  std::uint64_t challenger_id_ = 0;
  bool several_challengers_ = false;
  std::vector<std::array<CalibrationBin, kCalibrationBins>> calibration_;
  Histogram latency_;
  std::uint64_t scaler_ns_ = 0;
  std::uint64_t encoder_ns_ = 0;
  std::uint64_t classifier_ns_ = 0;
  std::uint64_t challenger_ns_ = 0;
};

}  // namespace marquee
