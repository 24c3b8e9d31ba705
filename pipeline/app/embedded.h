// pipeline/app/embedded.h — the stages in one process, from a CSV file to features or results,
// without a broker.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/app/progress.h"
#include "pipeline/app/record_feed.h"
#include "pipeline/core/runner.h"
#include "pipeline/stages/evaluate.h"
#include "pipeline/stages/infer.h"
#include "pipeline/stages/preprocess.h"
#include "pipeline/stages/produce.h"
#include "pipeline/transport/file/message_file.h"

namespace marquee {

/// When a run gives up on bad data, and where the bad rows go.
struct DeadLetterPolicy {
  /// The file of dead letters. Empty: one named after the run, made when there is a first dead
  /// letter.
  std::string path;
  /// The run fails once more than this share of its records, and at least kMinBadRows of them, are
  /// dead letters.
  double max_bad_share = 0.05;
};
inline constexpr std::uint64_t kMinBadRows = 100;

/// What became of the records of a run.
struct RunCounts {
  std::uint64_t records = 0;
  std::array<std::uint64_t, kNumRejectReasons> rejects{};
  std::uint64_t dead_letters() const noexcept;
};

/// Busy time of each stage, over all workers.
struct StageTimes {
  std::uint64_t read_ns = 0;  ///< reading, unpacking and cutting the file into records
  std::uint64_t produce_ns = 0;
  std::uint64_t preprocess_ns = 0;
  std::uint64_t infer_ns = 0;
  std::uint64_t evaluate_ns = 0;
  std::uint64_t write_ns = 0;  ///< writing predictions, features and dead letters
  // How long batches waited, all together: several wait at the same time.
  std::uint64_t wait_for_worker_ns = 0;  ///< from being read to being processed
  std::uint64_t wait_for_turn_ns = 0;    ///< from being processed to being written, in order

  void Merge(const StageTimes& other);
  /// Of all stages.
  std::uint64_t busy_ns() const noexcept;
};

/// One CSV file as one epoch, up to its features. What happens to these is the derived class's.
class SourceEpoch : public Epoch {
 public:
  Result<bool> Read(std::size_t slot) final;
  Status Process(std::size_t slot, std::size_t worker) final;
  Status Write(std::size_t slot) final;
  bool FitsOneThread() const noexcept final { return feed_.IsSlow(); }

  /// Show how much of the file is read on `progress`; null = show nothing.
  void ShowProgress(ProgressBar* progress) { progress_ = progress; }

  /// Read no more once `stop` says so, which is asked before each batch and while one is waited
  /// for; the reading thread calls it.
  void StopWhen(std::function<bool()> stop) { stop_ = std::move(stop); }

  /// Open the file of dead letters, if one was named: so that what lies there is of this run, even
  /// if it is nothing.
  /// Errors: kUnavailable.
  Status Open();

  /// Close the file of dead letters, if there is one. Errors: kUnavailable.
  Status Close();

  /// Judge the run at its end. Errors: kData if too many of its records are dead letters.
  Status CheckBadShare() const;

  RunId run() const noexcept { return run_; }
  const RunCounts& counts() const noexcept { return counts_; }
  const std::string& dead_letter_path() const noexcept { return policy_.path; }
  /// Summed over the workers.
  virtual StageTimes times() const;
  /// What was wrong with optional fields.
  const std::vector<ColumnProblems>& problems() const noexcept { return problems_; }

 protected:
  SourceEpoch(RecordFeed& feed, const PreprocessStage& preprocess, bool all_columns,
              const Runner& runner, DeadLetterPolicy policy);

  /// Take the features of the batch in `slot`; called as Process is. `times` are the worker's.
  virtual Status ProcessFeatures(const FeatureBatchView& features, std::size_t slot,
                                 std::size_t worker, Rejects& rejects, StageTimes& times) = 0;
  /// Called as Write is.
  virtual Status WriteSlot(std::size_t slot) = 0;

  const Message& features(std::size_t slot) const { return slots_[slot]->features; }
  const Rejects& rejects(std::size_t slot) const { return slots_[slot]->rejects; }

 private:
  // Slots and workers have cache lines of their own: what one thread writes lies in no line that
  // another one needs.
  struct alignas(kMessageAlignment) Slot {
    explicit Slot(const std::string& source) : rejects(source) {
      block.owners.reserve(2);  // records that lie across two segments come late, and seldom
    }
    RecordBlock block;
    std::int64_t id_shift = 0;
    std::int64_t received_ns = 0;  // Unix time
    std::int64_t read_ns = 0;      // when it was read, and when processed, on the steady clock
    std::int64_t processed_ns = 0;
    Message features;
    std::vector<ColumnProblems> problems;
    Rejects rejects;
  };
  struct alignas(kMessageAlignment) Worker {
    explicit Worker(const PreprocessStage& stage) : preprocess(stage) {}
    ProduceStage::Scratch produce;
    Message raw;
    PreprocessStage::Scratch preprocess;
    StageTimes times;
  };

  Status WriteDeadLetters(const Rejects& rejects);

  RecordFeed& feed_;
  const PreprocessStage& preprocess_;
  RunId run_ = RunId::Random();
  ProduceStage produce_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::unique_ptr<Worker>> workers_;
  DeadLetterPolicy policy_;
  std::optional<MessageFileWriter> dead_letters_;
  ProgressBar* progress_ = nullptr;
  std::function<bool()> stop_ = [] { return false; };
  // Read and Write may run at the same time, each in one thread.
  alignas(kMessageAlignment) std::uint64_t read_ns_ = 0;
  alignas(kMessageAlignment) std::uint64_t write_ns_ = 0;
  std::uint64_t wait_for_turn_ns_ = 0;
  RunCounts counts_;
  std::vector<ColumnProblems> problems_;
};

/// Which columns of the source go into its messages: all, or those the spec needs, as lengths where
/// that is enough.
std::vector<ProducedColumn> SelectColumns(const std::vector<std::string>& source_columns,
                                          const FeatureSpec& spec, bool all_columns);

/// Writes the features to a file of messages.
class FeaturesEpoch final : public SourceEpoch {
 public:
  FeaturesEpoch(RecordFeed& feed, const PreprocessStage& preprocess, const Runner& runner,
                DeadLetterPolicy policy, MessageFileWriter& output);

 private:
  Status ProcessFeatures(const FeatureBatchView& features, std::size_t slot, std::size_t worker,
                         Rejects& rejects, StageTimes& times) override;
  Status WriteSlot(std::size_t slot) override;

  MessageFileWriter& output_;
};

/// What takes a run's results: `Process` in parallel, then `Write` in order.
class ResultSink {
 public:
  virtual ~ResultSink() = default;
  /// Called by any thread, for several slots at once.
  virtual void Process(const ResultBatchView& results, std::size_t slot) = 0;
  /// Called by one thread at a time, in the order of the source.
  virtual Status Write(const ResultBatchView& results, std::size_t slot) = 0;
  /// Told of the batch's dead letters, if it has any, before its results are written.
  virtual void TakeRejects(const Rejects&) {}
};

/// Scores the features, evaluates the results and hands them to a sink.
class ScoringEpoch final : public SourceEpoch {
 public:
  ScoringEpoch(RecordFeed& feed, const PreprocessStage& preprocess, const InferStage& infer,
               bool all_columns, const Runner& runner, DeadLetterPolicy policy, ResultSink& sink);

  const Evaluation& evaluation() const noexcept { return evaluation_; }
  StageTimes times() const override;

 private:
  Status ProcessFeatures(const FeatureBatchView& features, std::size_t slot, std::size_t worker,
                         Rejects& rejects, StageTimes& times) override;
  Status WriteSlot(std::size_t slot) override;

  struct alignas(kMessageAlignment) Results {
    Message message;
  };
  struct alignas(kMessageAlignment) Scratch {
    explicit Scratch(const InferStage& stage) : infer(stage) {}
    InferStage::Scratch infer;
  };

  const InferStage& infer_;
  ResultSink& sink_;
  std::vector<std::unique_ptr<Results>> results_;    // by slot
  std::vector<std::unique_ptr<Scratch>> scratches_;  // by worker
  alignas(kMessageAlignment) Evaluation evaluation_;
  std::uint64_t evaluate_ns_ = 0;
};

}  // namespace marquee
