// kernels/encode.h — from the hashed items of a list feature to columns of floats.
//
// Shapes:  every output column is [list.lengths.size()].
// Exact:   sums are f32, item after item: one row's result depends on its own items only.
// Cost:    no allocation; one look-up an item.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/code_table.h"
#include "kernels/matrix.h"

namespace marquee::kernels {

/// Write one column a known code, 1 where the row holds it and else 0; then, with `other`, a column
/// that is 1 where the row holds none of them (an empty list holds none).
///
/// `columns` gives a known code's column, and `num_codes` for an unknown one.
void EncodeHot(ListView list, const CodeTable<std::uint32_t>& columns, std::size_t num_codes,
               bool other, MatrixView out) noexcept;

/// Add the values of each row's items, in their order, to sums[row].
void AddItemValues(ListView list, const CodeTable<float>& values, std::span<float> sums) noexcept;

/// Write the mean of the values of each row's items: their sum from 0, divided by their number;
/// `empty` where there is none.
void EncodeMean(ListView list, const CodeTable<float>& values, float empty,
                std::span<float> out) noexcept;

/// Write the largest value of each row's items; `empty` where there is none.
void EncodeMax(ListView list, const CodeTable<float>& values, float empty,
               std::span<float> out) noexcept;

/// Write the smallest value of each row's items; `empty` where there is none.
void EncodeMin(ListView list, const CodeTable<float>& values, float empty,
               std::span<float> out) noexcept;

}  // namespace marquee::kernels
