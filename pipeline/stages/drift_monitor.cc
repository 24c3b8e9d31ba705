#include "pipeline/stages/drift_monitor.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <utility>

namespace marquee {

DriftMonitor::Feature DriftMonitor::MakeFeature(std::string_view name,
                                                const model::NumericProfile& profile) {
  Feature feature{.name = std::string(name), .known = profile.known()};
  feature.shares[kMissing] = double{profile.missing_share};
  const auto quantiles = profile.quantiles;
  if (quantiles.empty()) return feature;

  constexpr double kLeastShare = 1.0 / (kMaxCuts + 1);
  const auto steps = static_cast<double>(quantiles.size() - 1);
  const double present = 1 - double{profile.missing_share};
  double below = 0;  // share of the present values up to the last cut
  for (std::size_t i = 1; i + 1 < quantiles.size(); ++i) {
    if (quantiles[i] == quantiles[i + 1]) continue;
    // Of values that are equal, somewhat more lie up to the last of their quantiles: how many is
    // not known, on average half a step.
    const bool several = quantiles[i] == quantiles[i - 1];
    const double up_to = (static_cast<double>(i) + (several ? 0.5 : 0.0)) / steps;
    if (up_to - below < kLeastShare || 1 - up_to < kLeastShare) continue;
    feature.shares[feature.cuts.size()] = present * (up_to - below);
    feature.cuts.push_back(quantiles[i]);
    below = up_to;
  }
  feature.shares[feature.cuts.size()] = present * (1 - below);
  return feature;
}

DriftMonitor::DriftMonitor(const model::Model& model, std::size_t num_workers)
    : workers_(num_workers) {
  const auto profiles = model.numeric_profiles();
  for (std::size_t i = 0; i < profiles.size(); ++i) {
    features_.push_back(MakeFeature(model.column_names()[i], profiles[i]));
  }
  for (Worker& worker : workers_) {
    worker.current.counts.resize(features_.size());
    worker.before.counts.resize(features_.size());
  }
}

void DriftMonitor::Add(const FeatureBatchView& batch, std::size_t worker_index) {
  const std::size_t rows = std::min(batch.num_rows(), kRowsPerBatch);
  if (rows == 0) return;
  std::array<std::size_t, kRowsPerBatch> spread;
  for (std::size_t i = 0; i < rows; ++i) spread[i] = i * batch.num_rows() / rows;
  Worker& worker = workers_[worker_index];
  const std::lock_guard lock(worker.mutex);
  if (worker.current.rows >= kWindowRows) {
    std::swap(worker.current, worker.before);
    worker.current.rows = 0;
    std::ranges::fill(worker.current.counts, Counts{});
  }
  worker.current.rows += rows;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    const std::span<const float> values = batch.numeric(i);
    const std::vector<float>& cuts = features_[i].cuts;
    Counts& counts = worker.current.counts[i];
    for (const std::size_t row : std::span(spread).first(rows)) {
      const float value = values[row];
      std::size_t bin = 0;
      for (const float cut : cuts) bin += value > cut ? 1 : 0;
      ++counts[std::isnan(value) ? kMissing : bin];
    }
  }
}

double DriftMonitor::Index(const Feature& feature, const Counts& counts, std::uint64_t rows) {
  constexpr double kLeast = 1e-4;
  double index = 0;
  for (std::size_t bin = 0; bin < counts.size(); ++bin) {
    const double p = std::max(static_cast<double>(counts[bin]) / static_cast<double>(rows), kLeast);
    const double q = std::max(feature.shares[bin], kLeast);
    index += (p - q) * std::log(p / q);
  }
  return index;
}

DriftMonitor::Reading DriftMonitor::Read() const {
  Reading reading;
  std::vector<Counts> sums(features_.size());
  for (const Worker& worker : workers_) {
    const std::lock_guard lock(worker.mutex);
    for (const Window* window : {&worker.current, &worker.before}) {
      reading.rows += window->rows;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        for (std::size_t bin = 0; bin < sums[i].size(); ++bin) {
          sums[i][bin] += window->counts[i][bin];
        }
      }
    }
  }
  if (reading.rows < kMinRows) return reading;
  for (std::size_t i = 0; i < features_.size(); ++i) {
    if (!features_[i].known) continue;
    reading.features.push_back(
        {.feature = features_[i].name, .psi = Index(features_[i], sums[i], reading.rows)});
  }
  return reading;
}

}  // namespace marquee
