// Binning columns of floats.
#include "kernels/bin.h"

#include <fmt/core.h>

#include <memory>

#include "bench/perf_check/work.h"
#include "model/synthetic.h"

namespace marquee::bench {
namespace {

constexpr std::size_t kRows = 1024;
constexpr std::size_t kBatchRows = 512;

/// Borders, and values spread over them with every special float among them.
struct Column {
  std::vector<float> borders;
  std::vector<float> values;
  std::vector<std::uint8_t> bins = std::vector<std::uint8_t>(kRows);

  void Bin(std::size_t batch_rows) {
    for (std::size_t row = 0; row < kRows; row += batch_rows) {
      kernels::Bin(std::span(values).subspan(row, batch_rows), borders, true,
                   std::span(bins).subspan(row, batch_rows));
    }
  }
};

std::shared_ptr<Column> MakeColumn(std::size_t num_borders) {
  model::SyntheticShape shape;
  shape.num_numeric = 1;
  shape.num_lists = 0;
  shape.encodings.clear();
  shape.min_borders = shape.max_borders = num_borders;
  model::Random random(7);
  const model::ModelParts parts = model::MakeSyntheticModel(shape, random);
  const model::RowsParts rows = model::MakeSyntheticRows(parts, kRows, random);
  auto column = std::make_shared<Column>();
  column->borders = parts.trees.borders;
  column->values = model::NaiveColumns(parts, rows);
  return column;
}

}  // namespace

Result<std::vector<Work>> MakeWorks() {
  std::vector<Work> works;
  for (const std::size_t num_borders : {31, 254}) {
    const std::shared_ptr<Column> column = MakeColumn(num_borders);
    std::vector<std::uint8_t> expected(kRows);
    kernels::BinReference(column->values, column->borders, true, expected);
    for (const std::size_t batch_rows : {std::size_t{1}, kBatchRows}) {
      column->Bin(batch_rows);
      if (column->bins != expected) return Status::Internal("bins differ from the reference's");
      works.push_back({fmt::format("bin, {} borders, {} rows a call", num_borders, batch_rows),
                       [column, batch_rows] { column->Bin(batch_rows); }});
    }
  }
  return works;
}

}  // namespace marquee::bench
