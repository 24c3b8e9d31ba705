// Each stage alone, then all of them, in one thread on batches of generated rows.
#include <memory>

#include "bench/perf_check/no_sink.h"
#include "bench/perf_check/work.h"
#include "model/builtin.h"
#include "pipeline/app/embedded.h"
#include "pipeline/app/generated_data.h"
#include "pipeline/core/clock.h"
#include "pipeline/stages/feature_spec.h"

namespace marquee::bench {
namespace {

constexpr std::size_t kRows = 1024;

/// The stages, and the batches before and after each.
class Case {
 public:
  static Result<std::shared_ptr<Case>> Make() {
    MARQUEE_ASSIGN_OR_RETURN(
        std::shared_ptr<const model::Model> model,
        model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName));
    MARQUEE_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Make());
    MARQUEE_RETURN_IF_ERROR(GenerateCsvFile(*model, kRows, /*seed=*/20261122, file.path()));
    MARQUEE_ASSIGN_OR_RETURN(PreprocessStage preprocess, PreprocessStage::Make(MoviesSpec()));
    MARQUEE_ASSIGN_OR_RETURN(InferStage infer, InferStage::Make(model, ""));
    MARQUEE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvSource> source, CsvSource::Open(file.path()));
    std::shared_ptr<Case> made(
        new Case(std::move(file), source->columns(), std::move(preprocess), std::move(infer)));
    while (true) {
      Batch& batch = *made->batches_.emplace_back(std::make_unique<Batch>());
      MARQUEE_ASSIGN_OR_RETURN(const bool more, source->Next(batch.block));
      if (!more) break;
    }
    made->batches_.pop_back();
    made->Produce();
    made->Preprocess();
    made->Infer();
    made->Evaluate();
    made->Run();
    MARQUEE_RETURN_IF_ERROR(std::move(made->failure_));
    if (made->rejects_.size() > 0 || made->rows_ != 2 * kRows) {
      return Status::Internal("not every generated row came through the stages");
    }
    return made;
  }

  void Cut() {
    auto source = CsvSource::Open(file_.path());
    if (!source) return Note(std::move(source).error());
    while (true) {
      auto more = (*source)->Next(block_);
      if (!more) return Note(std::move(more).error());
      if (!*more) return;
    }
  }

  void Produce() {
    for (const auto& batch : batches_) {
      Note(produce_.Process({batch->block, 1}, produce_scratch_, batch->raw, rejects_));
    }
  }

  void Preprocess() {
    for (const auto& batch : batches_) {
      Note(preprocess_.Process(RawBatchView::Own(batch->raw), preprocess_scratch_, batch->features,
                               rejects_));
    }
  }

  void Infer() {
    for (const auto& batch : batches_) {
      Note(infer_.Process(FeatureBatchView::Own(batch->features), infer_scratch_, batch->results,
                          rejects_));
    }
  }

  void Evaluate() {
    Evaluation evaluation(infer_.model().num_classes());
    for (const auto& batch : batches_) {
      Note(evaluation.Add(ResultBatchView::Own(batch->results), WallClockNs()));
    }
    rows_ += evaluation.rows();
  }

  void Run() {
    const RecordFeed::Reopen open = [this] { return CsvSource::Open(file_.path()); };
    auto source = open();
    if (!source) return Note(std::move(source).error());
    RecordFeed feed(std::move(*source), open, {});
    NoSink sink;
    ScoringEpoch epoch(feed, preprocess_, infer_, /*all_columns=*/true, *runner_, {}, sink);
    Note(runner_->Run(epoch));
    rows_ += epoch.evaluation().rows();
  }

 private:
  struct Batch {
    RecordBlock block;
    Message raw;
    Message features;
    Message results;
  };

  Case(TemporaryFile file, std::vector<std::string> columns, PreprocessStage preprocess,
       InferStage infer)
      : file_(std::move(file)),
        preprocess_(std::move(preprocess)),
        infer_(std::move(infer)),
        produce_({.high = 1, .low = 2}, columns,
                 SelectColumns(columns, preprocess_.spec(), /*all_columns=*/true)),
        preprocess_scratch_(preprocess_),
        infer_scratch_(infer_) {}

  void Note(Status status) {
    if (failure_.ok()) failure_ = std::move(status);
  }

  TemporaryFile file_;
  PreprocessStage preprocess_;
  InferStage infer_;
  ProduceStage produce_;
  std::unique_ptr<Runner> runner_ = MakeSerialRunner();
  std::vector<std::unique_ptr<Batch>> batches_;
  RecordBlock block_;
  ProduceStage::Scratch produce_scratch_;
  PreprocessStage::Scratch preprocess_scratch_;
  InferStage::Scratch infer_scratch_;
  Rejects rejects_{"generated rows"};
  std::uint64_t rows_ = 0;
  Status failure_;
};

}  // namespace

Result<std::vector<Work>> MakeWorks() {
  MARQUEE_ASSIGN_OR_RETURN(const std::shared_ptr<Case> made, Case::Make());
  return std::vector<Work>{{"read and cut", [made] { made->Cut(); }},
                           {"produce", [made] { made->Produce(); }},
                           {"preprocess", [made] { made->Preprocess(); }},
                           {"infer", [made] { made->Infer(); }},
                           {"evaluate", [made] { made->Evaluate(); }},
                           {"CSV to figures, one thread", [made] { made->Run(); }}};
}

}  // namespace marquee::bench
