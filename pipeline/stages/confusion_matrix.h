// pipeline/stages/confusion_matrix.h — counts by truth and prediction, and the figures made of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace marquee {

/// Precision, recall and F1 of one class; 0 where nothing was predicted or nothing was there (as
/// scikit-learn's zero_division=0). Support is the number of rows of the class.
struct ClassFigures {
  double precision = 0;
  double recall = 0;
  double f1 = 0;
  std::uint64_t support = 0;
};

/// Counts of labelled rows by true and predicted class.
class ConfusionMatrix {
 public:
  explicit ConfusionMatrix(std::size_t num_classes)
      : num_classes_(num_classes), counts_(num_classes * num_classes) {}

  void Add(std::size_t truth, std::size_t prediction, std::uint64_t rows = 1) {
    counts_[truth * num_classes_ + prediction] += rows;
  }

  /// Add counts, or take them away, that counts() of another matrix gives.
  void Add(std::span<const std::uint64_t> counts) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += counts[i];
  }
  void Subtract(std::span<const std::uint64_t> counts) {
    for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] -= counts[i];
  }

  std::size_t num_classes() const noexcept { return num_classes_; }
  /// By truth, then prediction.
  std::span<const std::uint64_t> counts() const noexcept { return counts_; }
  std::uint64_t count(std::size_t truth, std::size_t prediction) const {
    return counts_[truth * num_classes_ + prediction];
  }
  std::uint64_t total() const noexcept;
  /// Share of rows predicted right; 0 without rows.
  double Accuracy() const noexcept;
  ClassFigures ForClass(std::size_t index) const noexcept;
  /// Mean of the classes' F1, each counting the same.
  double MacroF1() const noexcept;

 private:
  std::size_t num_classes_;
  std::vector<std::uint64_t> counts_;
};

}  // namespace marquee
