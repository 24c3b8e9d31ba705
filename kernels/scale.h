// kernels/scale.h — standardising a numeric column.
#pragma once

#include <span>

namespace marquee::kernels {

/// Write (x - mean) * inv_std of every value; NaN stays NaN.
///
/// Shapes: out [values.size()]; may be the same memory as `values`, else must not overlap.
/// Exact:  bitwise equal to StandardiseReference, wherever a row lies in the batch.
/// Cost:   no allocation; any alignment of floats.
void Standardise(std::span<const float> values, float mean, float inv_std,
                 std::span<float> out) noexcept;

/// Standardise, in the plainest words.
void StandardiseReference(std::span<const float> values, float mean, float inv_std,
                          std::span<float> out) noexcept;

}  // namespace marquee::kernels
