#include "kernels/encode.h"

#include <algorithm>

#include "schemas/check.h"

namespace marquee::kernels {
namespace {

/// Call visit(row, items of the row) for every row.
template <class Visit>
void ForEachRow(ListView list, Visit visit) noexcept {
  std::size_t begin = 0;
  for (std::size_t row = 0; row < list.lengths.size(); ++row) {
    const std::size_t length = list.lengths[row];
    MARQUEE_CHECK(length <= list.codes.size() - begin);
    visit(row, list.codes.subspan(begin, length));
    begin += length;
  }
}

/// Write the value of a row's items that `better` prefers to all before it.
template <class Better>
void EncodeBest(ListView list, const CodeTable<float>& values, float empty, std::span<float> out,
                Better better) noexcept {
  ForEachRow(list, [&](std::size_t row, std::span<const std::uint32_t> items) {
    if (items.empty()) {
      out[row] = empty;
      return;
    }
    float best = values.Find(items[0]);
    for (const std::uint32_t item : items.subspan(1)) {
      const float value = values.Find(item);
      if (better(value, best)) best = value;
    }
    out[row] = best;
  });
}

}  // namespace

void EncodeHot(ListView list, const CodeTable<std::uint32_t>& columns, std::size_t num_codes,
               bool other, MatrixView out) noexcept {
  const std::size_t num_rows = list.lengths.size();
  for (std::size_t c = 0; c < num_codes; ++c) std::fill_n(out.column(c), num_rows, 0.0f);
  if (other) std::fill_n(out.column(num_codes), num_rows, 1.0f);
  ForEachRow(list, [&](std::size_t row, std::span<const std::uint32_t> items) {
    for (const std::uint32_t item : items) {
      const std::uint32_t column = columns.Find(item);
      if (column == num_codes) continue;
      out.column(column)[row] = 1.0f;
      if (other) out.column(num_codes)[row] = 0.0f;
    }
  });
}

void AddItemValues(ListView list, const CodeTable<float>& values, std::span<float> sums) noexcept {
  MARQUEE_CHECK(sums.size() == list.lengths.size());
  // The table is larger than the first cache: its places are asked for some items ahead.
  constexpr std::size_t kAhead = 16;
  std::size_t next = 0;
  ForEachRow(list, [&](std::size_t row, std::span<const std::uint32_t> items) {
    float sum = sums[row];
    for (const std::uint32_t item : items) {
      if (++next + kAhead <= list.codes.size()) values.Prefetch(list.codes[next + kAhead - 1]);
      sum += values.Find(item);
    }
    sums[row] = sum;
  });
}

void EncodeMean(ListView list, const CodeTable<float>& values, float empty,
                std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == list.lengths.size());
  ForEachRow(list, [&](std::size_t row, std::span<const std::uint32_t> items) {
    float sum = 0.0f;
    for (const std::uint32_t item : items) sum += values.Find(item);
    out[row] = items.empty() ? empty : sum / static_cast<float>(items.size());
  });
}

void EncodeMax(ListView list, const CodeTable<float>& values, float empty,
               std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == list.lengths.size());
  EncodeBest(list, values, empty, out, [](float value, float best) { return value > best; });
}

void EncodeMin(ListView list, const CodeTable<float>& values, float empty,
               std::span<float> out) noexcept {
  MARQUEE_CHECK(out.size() == list.lengths.size());
  EncodeBest(list, values, empty, out, [](float value, float best) { return value < best; });
}

}  // namespace marquee::kernels
