// Facts that a machine's speed does not touch: allocations a batch, and bytes a row in each topic. A line each: name,
// tab, value.
#include <fmt/core.h>

#include <memory>

#include "bench/perf_check/no_sink.h"
#include "bench/perf_check/steady_state.h"
#include "model/builtin.h"
#include "pipeline/app/embedded.h"
#include "pipeline/app/generated_data.h"
#include "pipeline/stages/feature_spec.h"

namespace marquee::bench {
namespace {

constexpr std::size_t kRows = 16 * 512;

Status PrintAllocations(Runner& runner) {
  MARQUEE_ASSIGN_OR_RETURN(const TemporaryFile file, TemporaryFile::Make());
  MARQUEE_RETURN_IF_ERROR(WriteEqualBatches(file.path()));
  NoSink sink;
  MARQUEE_ASSIGN_OR_RETURN(const SettledRun run, CountAllocations(file.path(), runner, sink));
  fmt::print("allocations a batch, {} runner\t{}\n", runner.name(),
             static_cast<double>(run.allocations) / static_cast<double>(run.batches));
  return {};
}

/// Bytes of the messages of 512 rows of all topics, before compression.
Status PrintTopicBytes(bool all_columns) {
  MARQUEE_ASSIGN_OR_RETURN(
      const std::shared_ptr<const model::Model> model,
      model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName));
  MARQUEE_ASSIGN_OR_RETURN(const TemporaryFile file, TemporaryFile::Make());
  MARQUEE_RETURN_IF_ERROR(GenerateCsvFile(*model, kRows, /*seed=*/20261122, file.path()));
  MARQUEE_ASSIGN_OR_RETURN(const PreprocessStage preprocess, PreprocessStage::Make(MoviesSpec()));
  MARQUEE_ASSIGN_OR_RETURN(const InferStage infer, InferStage::Make(model, ""));
  MARQUEE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvSource> source, CsvSource::Open(file.path()));
  const ProduceStage produce({.high = 1, .low = 2}, source->columns(),
                             SelectColumns(source->columns(), preprocess.spec(), all_columns));
  ProduceStage::Scratch produce_scratch;
  PreprocessStage::Scratch preprocess_scratch(preprocess);
  InferStage::Scratch infer_scratch(infer);
  Rejects rejects("generated rows");
  RecordBlock block;
  Message raw;
  Message features;
  Message results;
  std::size_t raw_bytes = 0;
  std::size_t features_bytes = 0;
  std::size_t results_bytes = 0;
  while (true) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, source->Next(block));
    if (!more) break;
    MARQUEE_RETURN_IF_ERROR(produce.Process({block, 1}, produce_scratch, raw, rejects));
    MARQUEE_RETURN_IF_ERROR(
        preprocess.Process(RawBatchView::Own(raw), preprocess_scratch, features, rejects));
    MARQUEE_RETURN_IF_ERROR(
        infer.Process(FeatureBatchView::Own(features), infer_scratch, results, rejects));
    raw_bytes += raw.bytes().size();
    features_bytes += features.bytes().size();
    results_bytes += results.bytes().size();
  }
  if (rejects.size() > 0) return Status::Data("a generated row was refused");
  const auto print = [](std::string_view what, std::size_t bytes) {
    fmt::print("{}\t{}\n", what, static_cast<double>(bytes) / static_cast<double>(kRows));
  };
  if (!all_columns) {
    print("bytes a row, raw-data, needed columns", raw_bytes);
    return {};
  }
  print("bytes a row, raw-data, all columns", raw_bytes);
  print("bytes a row, processed-data", features_bytes);
  print("bytes a row, results", results_bytes);
  return {};
}

Status PrintAll() {
  MARQUEE_RETURN_IF_ERROR(PrintAllocations(*MakeSerialRunner()));
  MARQUEE_RETURN_IF_ERROR(PrintAllocations(*MakeTbbRunner(2)));
  MARQUEE_RETURN_IF_ERROR(PrintTopicBytes(/*all_columns=*/true));
  return PrintTopicBytes(/*all_columns=*/false);
}

}  // namespace
}  // namespace marquee::bench

int main(int, char** argv) {
  const marquee::Status status = marquee::bench::PrintAll();
  if (status.ok()) return 0;
  fmt::print(stderr, "{}: {}\n", argv[0], status.message());
  return 1;
}
