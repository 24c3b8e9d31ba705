#include "pipeline/stages/comparison.h"

#include <cmath>

namespace marquee {
namespace {

/// How much a row of each truth and prediction moves the macro-F1, times the number of rows.
class Influence {
 public:
  explicit Influence(const ConfusionMatrix& confusion) : num_classes_(confusion.num_classes()) {
    for (std::size_t k = 0; k < num_classes_; ++k) {
      std::uint64_t predicted = 0;
      for (std::size_t truth = 0; truth < num_classes_; ++truth) {
        predicted += confusion.count(truth, k);
      }
      const ClassFigures figures = confusion.ForClass(k);
      f1_.push_back(figures.f1);
      // F1 = 2 hits / (predicted + support).
      weight_.push_back(static_cast<double>(confusion.total()) /
                        static_cast<double>(predicted + figures.support));
    }
  }

  double operator()(std::size_t truth, std::size_t prediction) const {
    double sum = truth == prediction ? 2 * weight_[truth] : 0.0;
    for (const std::size_t k : {truth, prediction}) sum -= f1_[k] * weight_[k];
    return sum / static_cast<double>(num_classes_);
  }

 private:
  std::size_t num_classes_;
  std::vector<double> f1_;
  std::vector<double> weight_;
};

}  // namespace

double Comparison::Agreement() const noexcept {
  return rows_ == 0 ? 0.0 : static_cast<double>(agreed_) / static_cast<double>(rows_);
}

ConfusionMatrix Comparison::Model() const {
  ConfusionMatrix confusion(num_classes_);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    const std::size_t pair = i / num_classes_;
    confusion.Add(pair / num_classes_, pair % num_classes_, counts_[i]);
  }
  return confusion;
}

ConfusionMatrix Comparison::Challenger() const {
  ConfusionMatrix confusion(num_classes_);
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    confusion.Add(i / (num_classes_ * num_classes_), i % num_classes_, counts_[i]);
  }
  return confusion;
}

Difference Comparison::MacroF1() const {
  const ConfusionMatrix model = Model();
  const ConfusionMatrix challenger = Challenger();
  Difference difference{.value = challenger.MacroF1() - model.MacroF1()};
  difference.low = difference.high = difference.value;
  if (model.total() == 0) return difference;
  const Influence of_model(model);
  const Influence of_challenger(challenger);
  double squares = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    if (counts_[i] == 0) continue;  // classes that do not occur have no influence
    const std::size_t truth = i / (num_classes_ * num_classes_);
    const double influence =
        of_challenger(truth, i % num_classes_) - of_model(truth, i / num_classes_ % num_classes_);
    squares += static_cast<double>(counts_[i]) * influence * influence;
  }
  constexpr double kNormal95 = 1.959964;
  const double half = kNormal95 * std::sqrt(squares) / static_cast<double>(model.total());
  difference.low -= half;
  difference.high += half;
  return difference;
}

}  // namespace marquee
