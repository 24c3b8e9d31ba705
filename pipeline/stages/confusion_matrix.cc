#include "pipeline/stages/confusion_matrix.h"

#include <numeric>

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

}  // namespace marquee
