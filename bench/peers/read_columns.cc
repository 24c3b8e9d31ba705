// Marquee's reading of a CSV file into columns, to be compared with other readers of the same file.
//
// For each line of standard input it reads the file once, every column as text, batch by batch into
// messages, and answers with a line of JSON: seconds, rows, and each column's bytes, by which one
// knows that all was read.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/core/runner.h"
#include "pipeline/dataset/csv_source.h"
#include "pipeline/stages/produce.h"
#include "schemas/raw_batch.h"

namespace marquee::bench {
namespace {

using Clock = std::chrono::steady_clock;

std::vector<ProducedColumn> AllOf(const std::vector<std::string>& names) {
  std::vector<ProducedColumn> columns;
  for (std::size_t i = 0; i < names.size(); ++i) columns.push_back({.index = i});
  return columns;
}

/// Records to columns, and the columns' bytes counted.
class ColumnsEpoch final : public Epoch {
 public:
  ColumnsEpoch(CsvSource& source, const Runner& runner)
      : source_(source),
        produce_({.high = 1, .low = 2}, source.columns(), AllOf(source.columns())),
        scratches_(runner.num_workers()),
        bytes_(source.columns().size()) {
    for (std::size_t i = 0; i < runner.num_slots(); ++i) {
      slots_.push_back(std::make_unique<Slot>(source.path()));
    }
  }

  Result<bool> Read(std::size_t slot) override { return source_.Next(slots_[slot]->block); }

  Status Process(std::size_t slot, std::size_t worker) override {
    Slot& s = *slots_[slot];
    return produce_.Process({s.block, /*received_ns=*/0}, scratches_[worker], s.columns, s.rejects);
  }

  Status Write(std::size_t slot) override {
    Slot& s = *slots_[slot];
    if (s.rejects.size() > 0) return Status::Data("a record cannot be split");
    const RawBatchView batch = RawBatchView::Own(s.columns);
    rows_ += batch.num_rows();
    for (std::size_t c = 0; c < bytes_.size(); ++c) bytes_[c] += batch.column(c).bytes.size();
    s.block.Clear();
    return {};
  }

  std::uint64_t rows() const noexcept { return rows_; }
  /// By column.
  const std::vector<std::uint64_t>& bytes() const noexcept { return bytes_; }

 private:
  struct Slot {
    explicit Slot(const std::string& source) : rejects(source) {}
    RecordBlock block;
    Message columns;
    Rejects rejects;
  };

  CsvSource& source_;
  ProduceStage produce_;
  std::vector<ProduceStage::Scratch> scratches_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::uint64_t rows_ = 0;
  std::vector<std::uint64_t> bytes_;
};

Status ReadOnce(const std::string& path, Runner& runner) {
  const auto begin = Clock::now();
  MARQUEE_ASSIGN_OR_RETURN(const auto source, CsvSource::Open(path));
  ColumnsEpoch epoch(*source, runner);
  MARQUEE_RETURN_IF_ERROR(runner.Run(epoch));
  const std::chrono::duration<double> elapsed = Clock::now() - begin;
  nlohmann::ordered_json answer = {{"seconds", elapsed.count()}, {"rows", epoch.rows()}};
  for (std::size_t c = 0; c < epoch.bytes().size(); ++c) {
    answer["bytes"][source->columns()[c]] = epoch.bytes()[c];
  }
  fmt::print("{}\n", answer.dump());
  std::fflush(stdout);
  return {};
}

Status Serve(const std::string& path, std::size_t threads) {
  const auto runner = threads == 1 ? MakeSerialRunner() : MakeTbbRunner(threads);
  for (std::string order; std::getline(std::cin, order);) {
    MARQUEE_RETURN_IF_ERROR(ReadOnce(path, *runner));
  }
  return {};
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) {
  CLI::App app("Read a CSV file into columns, once for each line of standard input");
  std::string path;
  std::size_t threads = 1;
  app.add_option("--data", path, "the file")->required();
  app.add_option("--threads", threads, "1: no other thread than this one")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  const marquee::Status status = marquee::bench::Serve(path, threads);
  if (status.ok()) return 0;
  fmt::print(stderr, "read_columns: {}\n", status.message());
  return 1;
}
