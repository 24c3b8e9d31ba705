#include "bench/perf_check/steady_state.h"

#include <fstream>
#include <memory>

#include "bench/perf_check/counted_malloc.h"
#include "model/builtin.h"
#include "model/model.h"
#include "pipeline/dataset/generator.h"
#include "pipeline/stages/feature_spec.h"

namespace marquee::bench {
namespace {

constexpr std::size_t kBatchRows = 512;
constexpr std::size_t kBatches = 200;
// TBB's threads come when they come: by the hundredth batch they have.
constexpr std::size_t kWarmUpBatches = 100;
constexpr std::size_t kWarmUpRounds = 12;

Result<std::shared_ptr<const model::Model>> BuiltinModel() {
  return model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName);
}

/// Hands everything on to an epoch, and looks at the counter when a batch is written.
class CountingEpoch final : public Epoch {
 public:
  explicit CountingEpoch(Epoch& epoch) : epoch_(epoch) {}

  Result<bool> Read(std::size_t slot) override { return epoch_.Read(slot); }
  Status Process(std::size_t slot, std::size_t worker) override {
    return epoch_.Process(slot, worker);
  }
  Status Write(std::size_t slot) override {
    Status status = epoch_.Write(slot);
    ++batches_;
    if (batches_ == kWarmUpBatches) settled_ = NumAllocations();
    last_ = NumAllocations();
    return status;
  }

  SettledRun run() const {
    if (batches_ <= kWarmUpBatches) return {};
    return {.batches = batches_ - kWarmUpBatches, .allocations = last_ - settled_};
  }

 private:
  Epoch& epoch_;
  std::uint64_t batches_ = 0;
  std::uint64_t settled_ = 0;
  std::uint64_t last_ = 0;
};

/// Give every worker batches in every slot: who works when is the runner's choice, and a worker's first batch fills its
/// scratch. All slots are full before one is written, for the most segments that can be in use at once; and that several
/// times, for it depends on where in a segment their records begin.
Status WarmUp(Epoch& epoch, const Runner& runner) {
  for (std::size_t round = 0; round < kWarmUpRounds; ++round) {
    for (std::size_t slot = 0; slot < runner.num_slots(); ++slot) {
      MARQUEE_ASSIGN_OR_RETURN(const bool more, epoch.Read(slot));
      if (!more) return Status::Internal("the file is too short to warm up with");
    }
    for (std::size_t slot = 0; slot < runner.num_slots(); ++slot) {
      MARQUEE_RETURN_IF_ERROR(epoch.Process(slot, round % runner.num_workers()));
    }
    for (std::size_t slot = 0; slot < runner.num_slots(); ++slot) {
      MARQUEE_RETURN_IF_ERROR(epoch.Write(slot));
    }
  }
  return {};
}

}  // namespace

Status WriteEqualBatches(const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, BuiltinModel());
  MARQUEE_ASSIGN_OR_RETURN(const GeneratorProfile profile, ProfileFromModel(*model));
  std::string text;
  MARQUEE_RETURN_IF_ERROR(
      GenerateCsv(profile, kBatchRows, /*seed=*/20261122, [&text](std::string_view piece) {
        text += piece;
        return Status();
      }));
  const std::string_view rows = std::string_view(text).substr(text.find('\n') + 1);
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  for (std::size_t batch = 1; batch < kBatches; ++batch) file << rows;
  file.close();
  return file ? Status() : Status::Unavailable("cannot write " + path);
}

Result<SettledRun> CountAllocations(const std::string& path, Runner& runner, ResultSink& sink) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, BuiltinModel());
  MARQUEE_ASSIGN_OR_RETURN(const PreprocessStage preprocess, PreprocessStage::Make(MoviesSpec()));
  MARQUEE_ASSIGN_OR_RETURN(const InferStage infer, InferStage::Make(model, ""));
  const RecordFeed::Reopen open = [&path] {
    return CsvSource::Open(path, {.max_rows = kBatchRows});
  };
  MARQUEE_ASSIGN_OR_RETURN(std::unique_ptr<CsvSource> source, open());
  RecordFeed feed(std::move(source), open, {});
  ScoringEpoch epoch(feed, preprocess, infer, /*all_columns=*/true, runner, {}, sink);
  CountingEpoch counting(epoch);
  MARQUEE_RETURN_IF_ERROR(WarmUp(counting, runner));
  MARQUEE_RETURN_IF_ERROR(runner.Run(counting));
  if (epoch.counts().dead_letters() != 0) return Status::Data("a generated row was refused");
  SettledRun run = counting.run();
  run.rows = epoch.evaluation().rows();
  return run;
}

}  // namespace marquee::bench
