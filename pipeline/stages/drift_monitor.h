// pipeline/stages/drift_monitor.h — how far features have moved from those of the training file.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "model/model.h"
#include "schemas/feature_batch.h"
#include "schemas/service_status.h"

namespace marquee {

/// Compares the newest rows with the model's profiles, feature by feature.
///
/// The measure is the population stability index, PSI = sum over bins of (p - q) ln(p / q), p the
/// share of the rows and q that of the training file, of which neither counts as less than 0.0001.
/// Missing values are a bin; the present ones have at most eight, between quantiles of the training
/// file. (B. Yurdakul, J. Naranjo: Statistical properties of the population stability index, 2020;
/// by custom, above 0.1 is worth a look, above 0.25 a change.)
///
/// List features are not compared (numeric ones tell how many items a list has), nor those whose
/// distribution the model does not know.
/// Threads: any, for different workers.
class DriftMonitor {
 public:
  /// Rows that are looked at of a batch, evenly spread over it.
  static constexpr std::size_t kRowsPerBatch = 64;
  /// Each worker compares its last kWindowRows to 2 * kWindowRows such rows.
  static constexpr std::uint64_t kWindowRows = 32'768;
  /// Of fewer rows nothing is said: chance alone moves the index by about bins / rows.
  static constexpr std::uint64_t kMinRows = 1'000;

  DriftMonitor(const model::Model& model, std::size_t num_workers);

  /// Look at a batch, which has the model's numeric features.
  void Add(const FeatureBatchView& batch, std::size_t worker);

  struct Reading {
    std::uint64_t rows = 0;              ///< that were looked at
    std::vector<FeatureDrift> features;  ///< in the order of the feature spec; none of too few rows
  };
  Reading Read() const;

 private:
  static constexpr std::size_t kMaxCuts = 7;
  static constexpr std::size_t kMissing = kMaxCuts + 1;
  using Counts = std::array<std::uint64_t, kMissing + 1>;  // by bin

  /// What the training file had.
  struct Feature {
    std::string name;
    bool known = false;
    std::vector<float> cuts;  ///< bin of x = number of cuts c with x > c
    std::array<double, kMissing + 1> shares{};
  };

  /// Counts of rows, by feature.
  struct Window {
    std::uint64_t rows = 0;
    std::vector<Counts> counts;
  };

  struct alignas(kMessageAlignment) Worker {
    mutable std::mutex mutex;
    Window current;
    Window before;
  };

  static Feature MakeFeature(std::string_view name, const model::NumericProfile& profile);
  static double Index(const Feature& feature, const Counts& counts, std::uint64_t rows);

  std::vector<Feature> features_;
  std::vector<Worker> workers_;
};

}  // namespace marquee
