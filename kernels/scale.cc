#include "kernels/scale.h"

#include <Eigen/Core>
#include <cstddef>

#include "schemas/check.h"

namespace marquee::kernels {

void Standardise(std::span<const float> values, float mean, float inv_std,
                 std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == values.size());
  const auto size = static_cast<Eigen::Index>(values.size());
  // Only + - x here: Eigen's log and exp give other bits in its packets than in the tail, so a
  // row's result would depend on its place in the batch.
  const Eigen::Map<const Eigen::ArrayXf> in(values.data(), size);
  Eigen::Map<Eigen::ArrayXf>(out.data(), size) = (in - mean) * inv_std;
}

void StandardiseReference(std::span<const float> values, float mean, float inv_std,
                          std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == values.size());
  for (std::size_t row = 0; row < values.size(); ++row) out[row] = (values[row] - mean) * inv_std;
}

}  // namespace marquee::kernels
