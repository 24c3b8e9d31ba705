#include "model/classifier.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "schemas/check.h"

namespace marquee::model {
namespace {

/// Numbers of classes; a byte holds them.
constexpr auto kAscending = [] {
  std::array<std::uint8_t, 256> numbers{};
  for (std::size_t k = 0; k < numbers.size(); ++k) numbers[k] = static_cast<std::uint8_t>(k);
  return numbers;
}();

/// ln(1 / (1 + exp(-x))), for large |x| too.
double LogOfLogistic(double x) { return std::min(x, 0.0) - std::log1p(std::exp(-std::abs(x))); }

}  // namespace

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
  classifier.order_ = std::span(kAscending).first(num_classes);
  return classifier;
}

Classifier Classifier::OneVsRest(std::size_t num_classes, float slope) noexcept {
  Classifier classifier;
  classifier.kind_ = ClassifierKind::kOneVsRest;
  classifier.num_classes_ = num_classes;
  classifier.order_ = std::span(kAscending).first(num_classes);
  classifier.slope_ = slope;
  return classifier;
}

Classifier Classifier::Shares(std::size_t num_classes) noexcept {
  Classifier classifier;
  classifier.kind_ = ClassifierKind::kShares;
  classifier.num_classes_ = num_classes;
  classifier.order_ = std::span(kAscending).first(num_classes);
  return classifier;
}

Classifier Classifier::InOrder(std::span<const std::uint8_t> order) const noexcept {
  Classifier classifier = *this;
  classifier.order_ = order;
  return classifier;
}

void Classifier::Decide(std::span<const float> scores, std::size_t num_rows,
                        std::span<std::uint8_t> classes, std::span<float> score_out,
                        std::span<float> probabilities) const noexcept {
  MARQUEE_CHECK(scores.size() == num_rows * num_scores());
  MARQUEE_CHECK(classes.size() == num_rows && score_out.size() == num_rows);
  MARQUEE_CHECK(probabilities.size() == num_rows * num_classes_);
  const auto decide = [&](auto weigh) {
    DecideLargest(scores, classes, score_out, probabilities, weigh);
  };
  switch (kind_) {
    case ClassifierKind::kOrdinal:
      std::copy(scores.begin(), scores.end(), score_out.begin());
      return DecideOrdinal(scores, classes, probabilities);
    case ClassifierKind::kSoftmax:
      return decide([](double score, double largest) { return std::exp(score - largest); });
    case ClassifierKind::kOneVsRest:
      return decide([slope = slope_](double score, double largest) {
        // Over that of the largest score, so that not all become 0.
        return std::exp(LogOfLogistic(slope * score) - LogOfLogistic(slope * largest));
      });
    case ClassifierKind::kShares:
      return decide(
          [](double score, double largest) { return largest > 0.0 ? std::max(score, 0.0) : 1.0; });
  }
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

template <class Weigh>
void Classifier::DecideLargest(std::span<const float> scores, std::span<std::uint8_t> classes,
                               std::span<float> score_out, std::span<float> probabilities,
                               Weigh weigh) const noexcept {
  const std::size_t num_rows = classes.size();
  for (std::size_t row = 0; row < num_rows; ++row) {
    const auto of_row = scores.subspan(row * num_classes_, num_classes_);
    std::uint8_t decided = order_.front();
    for (const std::uint8_t k : order_) {
      if (of_row[k] > of_row[decided]) decided = k;
    }
    const float largest = of_row[decided];
    double sum = 0.0;
    for (const float score : of_row) sum += weigh(score, largest);
    for (std::size_t k = 0; k < num_classes_; ++k) {
      probabilities[k * num_rows + row] = static_cast<float>(weigh(of_row[k], largest) / sum);
    }
    classes[row] = decided;
    score_out[row] = largest;
  }
}

}  // namespace marquee::model
