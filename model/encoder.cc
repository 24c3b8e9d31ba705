#include "model/encoder.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "kernels/encode.h"
#include "schemas/check.h"

namespace marquee::model {
namespace {

/// Fill the encoding's table. Returns false if its codes collide as no hashes do.
bool MakeTable(Encoding& encoding) {
  if (encoding.kind != EncodingKind::kHot) {
    auto table = CodeTableStorage<float>::Make(encoding.codes, encoding.values, encoding.unknown);
    if (!table) return false;
    encoding.value_table = *std::move(table);
    return true;
  }
  const auto num_codes = static_cast<std::uint32_t>(encoding.codes.size());
  std::vector<std::uint32_t> columns(num_codes);
  std::iota(columns.begin(), columns.end(), 0u);
  auto table = CodeTableStorage<std::uint32_t>::Make(encoding.codes, columns, num_codes);
  if (!table) return false;
  encoding.column_table = *std::move(table);
  return true;
}

void ApplyOne(const Encoding& encoding, std::span<const ListView> lists, std::size_t num_rows,
              kernels::MatrixView out) noexcept {
  const std::span<float> column(out.column(encoding.first_column), num_rows);
  const ListView& first = lists[encoding.lists[0]];
  switch (encoding.kind) {
    case EncodingKind::kHot:
      kernels::EncodeHot(first, encoding.column_table.view(), encoding.codes.size(), encoding.other,
                         {column.data(), out.stride});
      return;
    case EncodingKind::kLinearScore:
      std::fill(column.begin(), column.end(), encoding.base);
      for (const std::size_t list : encoding.lists) {
        kernels::AddItemValues(lists[list], encoding.value_table.view(), column);
      }
      return;
    case EncodingKind::kTargetMean:
      kernels::EncodeMean(first, encoding.value_table.view(), encoding.base, column);
      return;
    case EncodingKind::kTargetMax:
      kernels::EncodeMax(first, encoding.value_table.view(), encoding.base, column);
      return;
    case EncodingKind::kTargetMin:
      kernels::EncodeMin(first, encoding.value_table.view(), encoding.base, column);
      return;
  }
}

}  // namespace

bool Encoder::Append(Encoding encoding, std::size_t num_numeric) {
  if (!MakeTable(encoding)) return false;
  encoding.first_column = encodings_.empty()
                              ? num_numeric
                              : encodings_.back().first_column + encodings_.back().num_columns;
  encoding.num_columns =
      encoding.kind == EncodingKind::kHot ? encoding.codes.size() + (encoding.other ? 1 : 0) : 1;
  encodings_.push_back(std::move(encoding));
  return true;
}

void Encoder::Apply(std::span<const ListView> lists, std::size_t num_rows,
                    kernels::MatrixView out) const noexcept {
  for (const Encoding& encoding : encodings_) ApplyOne(encoding, lists, num_rows, out);
}

}  // namespace marquee::model
