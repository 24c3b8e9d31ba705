// model/scaler.h — first part of a model: standardise the numeric features.
#pragma once

#include <cstddef>
#include <span>

#include "kernels/matrix.h"

namespace marquee::model {

/// The fitted mean and 1 / standard deviation of each numeric feature.
///
/// Owns: nothing, it reads the memory of its Model. Threads: immutable.
class Scaler {
 public:
  Scaler() = default;
  /// Both [num_numeric].
  Scaler(std::span<const float> mean, std::span<const float> inv_std) noexcept
      : mean_(mean), inv_std_(inv_std) {}

  std::size_t num_columns() const noexcept { return mean_.size(); }
  std::span<const float> mean() const noexcept { return mean_; }
  std::span<const float> inv_std() const noexcept { return inv_std_; }

  /// Write (x - mean) * inv_std of every value; NaN stays NaN.
  ///
  /// Shapes: numeric [num_numeric][num_rows]; `out` gets its columns [0, num_numeric), and nothing
  /// else is touched. Exact:  a row's bits depend on that row only. Cost:   no allocation.
  void Apply(std::span<const std::span<const float>> numeric, std::size_t num_rows,
             kernels::MatrixView out) const noexcept;

 private:
  std::span<const float> mean_;
  std::span<const float> inv_std_;
};

}  // namespace marquee::model
