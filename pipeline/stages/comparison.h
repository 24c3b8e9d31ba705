// pipeline/stages/comparison.h — is the challenger better than the model? Both on the same rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "pipeline/stages/confusion_matrix.h"

namespace marquee {

/// A difference of the challenger's figure from the model's, with its 95 % confidence interval.
struct Difference {
  double value = 0;
  double low = 0;
  double high = 0;

  /// Whether chance alone would make such a difference in less than one of twenty cases.
  bool is_clear() const noexcept { return low > 0 || high < 0; }
};

/// Counts rows that two models scored. Threads: one at a time.
class Comparison {
 public:
  explicit Comparison(std::size_t num_classes)
      : num_classes_(num_classes), counts_(num_classes * num_classes * num_classes) {}

  /// Count what the two predict of a row.
  void AddPredictions(std::size_t model, std::size_t challenger) {
    ++rows_;
    agreed_ += model == challenger ? 1 : 0;
  }
  /// Count what they predict of a labelled row that neither has seen in training.
  void AddLabelled(std::size_t truth, std::size_t model, std::size_t challenger) {
    ++counts_[(truth * num_classes_ + model) * num_classes_ + challenger];
  }

  std::uint64_t rows() const noexcept { return rows_; }
  /// Share of the rows of which both predict the same class; 0 without rows.
  double Agreement() const noexcept;
  /// Over the labelled rows.
  ConfusionMatrix Model() const;
  ConfusionMatrix Challenger() const;
  /// Macro-F1 of the challenger less that of the model. The interval is that of the delta method,
  /// on the joint counts, for the rows are the same: the influence of each row on either F1 cancels
  /// where both predict the same (K. Takahashi et al.: Confidence interval for micro-averaged F1 and
  /// macro-averaged F1 scores, 2022, has it for one model).
  Difference MacroF1() const;

 private:
  std::uint64_t rows_ = 0;
  std::uint64_t agreed_ = 0;
  std::size_t num_classes_;
  std::vector<std::uint64_t> counts_;  // by truth, the model's prediction, the challenger's
};

}  // namespace marquee
