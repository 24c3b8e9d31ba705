// model/classifier.h — last part of a model, after its engine: from scores to classes and
// probabilities.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::model {

/// As in schemas/model.fbs.
enum class ClassifierKind : std::uint8_t { kOrdinal, kSoftmax, kOneVsRest, kShares };

/// The rule that turns a row's scores into a class.
///
/// Owns: nothing, it reads the memory of its Model. Threads: immutable.
class Classifier {
 public:
  Classifier() = default;

  /// class = number of cutpoints c with score >= c; P(class > k) = 1 / (1 + exp(offsets[k] - slope
  /// * score)).
  static Classifier Ordinal(std::span<const float> cutpoints, float slope,
                            std::span<const float> offsets) noexcept;

  /// class = the first of the largest scores; P(class k) = exp(score[k] - largest) / their sum.
  static Classifier Softmax(std::size_t num_classes) noexcept;

  /// class likewise; P(class k) = share of 1 / (1 + exp(-slope * score[k])) in the sum of these.
  static Classifier OneVsRest(std::size_t num_classes, float slope) noexcept;

  /// class likewise; P(class k) = share of score[k] in the sum of scores. A score below 0 counts as
  /// 0; if all do, every class has the same share.
  static Classifier Shares(std::size_t num_classes) noexcept;

  /// The same of several scores, but the first of the largest is sought in this order of classes.
  ///
  /// Shapes: order [num_classes], each class once. Owns: not the order.
  Classifier InOrder(std::span<const std::uint8_t> order) const noexcept;

  ClassifierKind kind() const noexcept { return kind_; }
  std::size_t num_classes() const noexcept { return num_classes_; }
  std::size_t num_scores() const noexcept {
    return kind_ == ClassifierKind::kOrdinal ? 1 : num_classes_;
  }
  /// Empty unless ordinal.
  std::span<const float> cutpoints() const noexcept { return cutpoints_; }
  std::span<const float> offsets() const noexcept { return offsets_; }
  /// Of the logistic; 1 if it has none.
  float slope() const noexcept { return static_cast<float>(slope_); }

  /// Decide every row.
  ///
  /// Shapes: scores row-major [num_rows x num_scores], finite; classes and score_out [num_rows];
  /// probabilities class-major
  ///         [num_classes x num_rows].
  /// Units:  score_out is the raw score; of the decided class if there are several.
  /// Exact:  in f64 with the C library's exp, rounded to f32 at the end; a row's bits depend on
  /// that row only. Cost:   no allocation; at most 2 num_classes exponentials a row.
  void Decide(std::span<const float> scores, std::size_t num_rows, std::span<std::uint8_t> classes,
              std::span<float> score_out, std::span<float> probabilities) const noexcept;

 private:
  void DecideOrdinal(std::span<const float> scores, std::span<std::uint8_t> classes,
                     std::span<float> probabilities) const noexcept;
  /// `weigh(score, largest)`: what a class weighs in its row.
  template <class Weigh>
  void DecideLargest(std::span<const float> scores, std::span<std::uint8_t> classes,
                     std::span<float> score_out, std::span<float> probabilities,
                     Weigh weigh) const noexcept;

  ClassifierKind kind_ = ClassifierKind::kOrdinal;
  std::size_t num_classes_ = 1;
  /// Unless ordinal: of equal scores that of the class that is first here counts.
  std::span<const std::uint8_t> order_;
  std::span<const float> cutpoints_;
  double slope_ = 1.0;
  std::span<const float> offsets_;
};

}  // namespace marquee::model
