#include "model/classifier.h"

#include <algorithm>
#include <cmath>

#include "schemas/check.h"

namespace marquee::model {

Classifier Classifier::Ordinal(std::span<const float> cutpoints, float slope,
                               std::span<const float> offsets) noexcept {
  Classifier classifier;
  classifier.kind_ = ClassifierKind::kOrdinal;
  classifier.num_classes_ = cutpoints.size() + 1;
  classifier.cutpoints_ = cutpoints;
  classifier.slope_ = slope;
  classifier.offsets_ = offsets;
  return classifier;
}

Classifier Classifier::Softmax(std::size_t num_classes) noexcept {
  Classifier classifier;
  classifier.kind_ = ClassifierKind::kSoftmax;
  classifier.num_classes_ = num_classes;
  return classifier;
}

void Classifier::Decide(std::span<const float> scores, std::size_t num_rows,
                        std::span<std::uint8_t> classes, std::span<float> score_out,
                        std::span<float> probabilities) const noexcept {
  MARQUEE_CHECK(scores.size() == num_rows * num_scores());
  MARQUEE_CHECK(classes.size() == num_rows && score_out.size() == num_rows);
  MARQUEE_CHECK(probabilities.size() == num_rows * num_classes_);
  if (kind_ == ClassifierKind::kSoftmax) {
    DecideSoftmax(scores, classes, score_out, probabilities);
    return;
  }
  std::copy(scores.begin(), scores.end(), score_out.begin());
  DecideOrdinal(scores, classes, probabilities);
}

void Classifier::DecideOrdinal(std::span<const float> scores, std::span<std::uint8_t> classes,
                               std::span<float> probabilities) const noexcept {
  const std::size_t num_rows = classes.size();
  for (std::size_t row = 0; row < num_rows; ++row) {
    const float score = scores[row];
    std::uint8_t decided = 0;
    double above = 1.0;  // P(class > k - 1)
    for (std::size_t k = 0; k < cutpoints_.size(); ++k) {
      if (score >= cutpoints_[k]) ++decided;
      const double above_k = 1.0 / (1.0 + std::exp(offsets_[k] - slope_ * score));
      probabilities[k * num_rows + row] = static_cast<float>(above - above_k);
      above = above_k;
    }
    probabilities[cutpoints_.size() * num_rows + row] = static_cast<float>(above);
    classes[row] = decided;
  }
}

void Classifier::DecideSoftmax(std::span<const float> scores, std::span<std::uint8_t> classes,
                               std::span<float> score_out,
                               std::span<float> probabilities) const noexcept {
  const std::size_t num_rows = classes.size();
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto of_row = scores.subspan(row * num_classes_, num_classes_);
    const auto largest = std::max_element(of_row.begin(), of_row.end());
    const double top = *largest;
    double sum = 0.0;
    for (const float score : of_row) sum += std::exp(score - top);
    for (std::size_t k = 0; k < num_classes_; ++k) {
      probabilities[k * num_rows + row] = static_cast<float>(std::exp(of_row[k] - top) / sum);
    }
    classes[row] = static_cast<std::uint8_t>(largest - of_row.begin());
    score_out[row] = *largest;
  }
}

}  // namespace marquee::model
