// A run of all stages in this process, watched from within.
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <limits>
#include <optional>

#include "pipeline/app/embedded.h"
#include "pipeline/app/generated_data.h"
#include "pipeline/app/scoring.h"
#include "pipeline/core/clock.h"
#include "pipeline/dataset/generator.h"
#include "pipeline/transport/file/output_file.h"
#include "viewer/data/board.h"
#include "viewer/data/open.h"

namespace marquee::viewer {
namespace {

/// Follows a run's results where they are written, and publishes them.
///
/// Cost: of a batch a microsecond, for the epoch has counted its rows already; and 30 snapshots a
/// second.
class WatchingSink final : public ResultSink {
 public:
  WatchingSink(Board& board, FeedPort& port, const model::Model& model)
      : board_(board), port_(port), model_(model) {
    board_.figures.Start(model.num_classes(), WallClockNs());
  }

  /// Say whose results these will be. `progress`: how far it is, of which another thread tells.
  void Watch(const ScoringEpoch& epoch, const std::atomic<float>& progress) {
    epoch_ = &epoch;
    progress_ = &progress;
  }

  void Process(const ResultBatchView&, std::size_t) override {}

  void TakeRejects(const Rejects& rejects) override {
    const std::size_t first = rejects.size() - std::min(rejects.size(), kMaxDeadLetters);
    for (std::size_t i = first; i < rejects.size(); ++i) {
      const auto bytes = rejects.message(i);
      const auto memory = letter_.Receive(bytes.size());
      if (!memory) continue;
      std::ranges::copy(bytes, memory->begin());
      const DeadLetter letter{.value = bytes, .batch = RawBatchView::Own(letter_)};
      board_.journal.Add(DescribeDeadLetter(letter, WallClockNs()));
    }
  }

  Status Write(const ResultBatchView& results, std::size_t) override {
    const std::int64_t now_ns = WallClockNs();
    times_.Add(results.info(), now_ns, results.num_rows());
    ++num_batches_;
    last_ = results;
    board_.figures.Add(results, {.time_ns = now_ns}, Counted());
    if (port_.IsDue()) Publish(wire::SourceState::Live);
    return {};
  }

  /// The run is over.
  void Finish(bool stopped) {
    wire::RunT& run = *board_.snapshot.run;
    run.complete = !stopped;
    run.expected_messages = stopped ? 0 : num_batches_;
    run.lost = stopped ? -1 : 0;
    if (stopped) board_.snapshot.source->message = "stopped before its end";
    Publish(wire::SourceState::Ended);
  }

  /// The run is over, and failed: show how far it came.
  void Fail() {
    last_.reset();  // others may have been begun where it lies
    Publish(wire::SourceState::Live);
  }

 private:
  RunCounted Counted() const {
    return {.evaluation = &epoch_->evaluation(),
            .times = &times_,
            .records = epoch_->counts().records,
            .rejects = epoch_->counts().rejects};
  }

  void Publish(wire::SourceState state) {
    const std::int64_t now_ns = WallClockNs();
    wire::SnapshotT& snapshot = board_.snapshot;
    const bool ended = state == wire::SourceState::Ended;
    snapshot.taken_ns = now_ns;
    snapshot.source->state = state;
    snapshot.source->progress = ended ? 1.0F : progress_->load();
    WriteRunCounts();
    WriteModel(model_, *snapshot.model);
    board_.figures.Write(now_ns, ended, Counted(), last_);
    port_.Publish(snapshot);
  }

  void WriteRunCounts() {
    const Evaluation& evaluation = epoch_->evaluation();
    wire::RunT& run = *board_.snapshot.run;
    run.id = epoch_->run().ToString();
    run.rows = epoch_->counts().records;
    run.labelled = evaluation.labelled();
    run.seen = evaluation.seen();
    run.made_up = evaluation.made_up();
    run.dead = epoch_->counts().dead_letters();
    run.messages = num_batches_;
    run.seconds = times_.seconds();
    run.rows_per_s = static_cast<double>(run.rows) / std::max(run.seconds, 1e-9);
  }

  Board& board_;
  FeedPort& port_;
  const model::Model& model_;
  const ScoringEpoch* epoch_ = nullptr;
  const std::atomic<float>* progress_ = nullptr;
  RunTimes times_;
  std::uint64_t num_batches_ = 0;
  // Lies in the epoch's memory, whose next use is not before the next Write; after the last, none.
  std::optional<ResultBatchView> last_;
  Message letter_;
};

/// How much of all readings is read; NaN = unknown.
float ProgressOf(const RecordFeed& feed, const FeedPlan& plan) {
  const CsvSource& source = feed.source();
  if (source.bytes_total() == 0) return std::numeric_limits<float>::quiet_NaN();
  const double read =
      static_cast<double>(source.bytes_consumed()) / static_cast<double>(source.bytes_total());
  const auto readings_before = static_cast<double>(feed.id_shift() / kRepeatedIdShift);
  return static_cast<float>((readings_before + read) / static_cast<double>(plan.repeat));
}

class RunSource final : public FeedSource {
 public:
  explicit RunSource(EmbeddedRunOptions options) : options_(std::move(options)) {}

  wire::SourceT Describe() const override {
    wire::SourceT source;
    source.kind = wire::SourceKind::EmbeddedRun;
    source.name = options_.data.empty() ? fmt::format("{} generated rows", options_.generated_rows)
                                        : options_.data;
    return source;
  }

  Status Run(FeedPort& port) override {
    MARQUEE_ASSIGN_OR_RETURN(
        const Scoring scoring,
        Scoring::Make({.model = options_.model, .engine = {}, .threads = options_.threads}));
    MARQUEE_RETURN_IF_ERROR(CheckClasses(scoring.model->num_classes()));
    std::string path = options_.data;
    std::optional<TemporaryFile> generated;
    if (path.empty()) {
      MARQUEE_ASSIGN_OR_RETURN(generated, TemporaryFile::Make());
      path = generated->path();
      MARQUEE_RETURN_IF_ERROR(Generate(*scoring.model, path, port));
      if (port.stop_requested()) return {};
    }
    return Score(scoring, path, port);
  }

 private:
  /// Write the generated rows to `path`, unless the feed is stopped.
  Status Generate(const model::Model& model, const std::string& path, FeedPort& port) const {
    wire::SnapshotT snapshot = EmptySnapshot();
    *snapshot.source = Describe();
    snapshot.source->state = wire::SourceState::Waiting;
    snapshot.source->message = "generating rows";
    snapshot.taken_ns = WallClockNs();
    port.Publish(snapshot);
    MARQUEE_ASSIGN_OR_RETURN(const GeneratorProfile profile, ProfileFromModel(model));
    MARQUEE_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Create(path));
    const auto write = [&output, &port](std::string_view text) -> Status {
      if (port.stop_requested()) return Status::Unavailable("stopped");
      return output.Write(text);
    };
    Status status = GenerateCsv(profile, options_.generated_rows, options_.seed, write);
    if (port.stop_requested()) return {};
    if (!status.ok()) return status;
    return output.Close();
  }

  Status Score(const Scoring& scoring, const std::string& path, FeedPort& port) const {
    const FeedPlan plan{.rate = options_.rate, .repeat = options_.repeat};
    const FeatureSpec& spec = scoring.preprocess.spec();
    CsvLimits limits = plan.Paced({});
    limits.max_rows = std::min(limits.max_rows, MostRowsOf(spec));
    const auto open = [&path, &limits, needed = spec.NeededColumns(),
                       optional = spec.OptionalColumns()] {
      return CsvSource::Open(path, limits, needed, optional);
    };
    MARQUEE_ASSIGN_OR_RETURN(auto source, open());
    RecordFeed feed(std::move(source), open, plan);
    Board board(Describe(), /*stage_rows_from_hops=*/true);
    WatchingSink sink(board, port, *scoring.model);
    ScoringEpoch epoch(feed, scoring.preprocess, scoring.infer, /*all_columns=*/true,
                       *scoring.runner, {.path = options_.dead_letters}, sink);
    std::atomic<float> progress = 0;
    sink.Watch(epoch, progress);
    // Asked before each batch by the thread that reads.
    epoch.StopWhen([&] {
      progress = ProgressOf(feed, plan);
      return port.stop_requested();
    });
    MARQUEE_RETURN_IF_ERROR(epoch.Open());
    Status status = scoring.runner->Run(epoch);
    if (Status closed = epoch.Close(); status.ok()) status = std::move(closed);
    if (status.ok()) status = epoch.CheckBadShare();
    if (!status.ok()) {
      sink.Fail();
      return status;
    }
    sink.Finish(port.stop_requested());
    return {};
  }

  EmbeddedRunOptions options_;
};

}  // namespace

std::unique_ptr<Feed> StartRun(EmbeddedRunOptions options, OnPublish on_publish) {
  return std::make_unique<Feed>(std::make_unique<RunSource>(std::move(options)),
                                std::move(on_publish));
}

}  // namespace marquee::viewer
