// kernels/matrix.h — the shapes kernels read and write: matrices by columns, lists by rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace marquee::kernels {

/// A column-major matrix of floats: column c begins at data + c * stride. Owns nothing.
struct MatrixView {
  float* data = nullptr;
  std::size_t stride = 0;

  float* column(std::size_t c) const noexcept { return data + c * stride; }
};

/// A MatrixView that is only read.
struct ConstMatrixView {
  const float* data = nullptr;
  std::size_t stride = 0;

  ConstMatrixView() = default;
  ConstMatrixView(const float* first, std::size_t column_stride) noexcept
      : data(first), stride(column_stride) {}
  ConstMatrixView(MatrixView other) noexcept  // NOLINT: implicit, as from T* to const T*
      : data(other.data), stride(other.stride) {}

  const float* column(std::size_t c) const noexcept { return data + c * stride; }
};

/// A column-major matrix of bins: the bins of feature f begin at data + f * stride. Owns nothing.
struct BinsView {
  const std::uint8_t* data = nullptr;
  std::size_t stride = 0;

  const std::uint8_t* column(std::size_t f) const noexcept { return data + f * stride; }
};

/// The items of each row of one list feature, end to end. Owns nothing.
///
/// Shapes: lengths [num_rows]; codes [sum of lengths].
struct ListView {
  std::span<const std::uint16_t> lengths;
  std::span<const std::uint32_t> codes;
};

}  // namespace marquee::kernels
