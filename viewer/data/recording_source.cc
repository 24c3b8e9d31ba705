// A file of results, replayed at the pace at which they once came.
#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "pipeline/app/scoring.h"
#include "pipeline/transport/file/message_file.h"
#include "schemas/result_batch.h"
#include "viewer/data/board.h"
#include "viewer/data/open.h"

namespace marquee::viewer {
namespace {

using Clock = FeedPort::Clock;

constexpr double kSlowest = 0.01;
// While nothing moves, only a command ends the wait.
constexpr std::chrono::hours kLong{24};

/// The results of a file, one batch after the other, with the time at which each came.
class RecordedResults {
 public:
  static Result<RecordedResults> Open(const std::string& path) {
    MARQUEE_ASSIGN_OR_RETURN(MessageFileReader reader, MessageFileReader::Open(path));
    return RecordedResults(std::move(reader));
  }

  /// Go to the next batch; false at the end. Messages that are none are passed over and counted.
  /// What the batch before lies in is not touched.
  Result<bool> Next() {
    std::swap(message_, message_before_);
    while (true) {
      MARQUEE_ASSIGN_OR_RETURN(const bool more, reader_.Next(*message_));
      if (!more) return false;
      const auto batch = Read();
      if (batch) {
        batch_ = *batch;
        // Several threads finished the batches, one wrote them in order: time never goes back.
        time_ns_ = std::max(time_ns_, batch->info().last_finished_ns(time_ns_));
        return true;
      }
      if (unreadable_++ == 0) complaint_ = batch.error().message();
    }
  }

  const ResultBatchView& batch() const { return *batch_; }
  std::size_t bytes() const { return message_->bytes().size(); }
  /// When the last stage had done with the batch. Unix time.
  std::int64_t time_ns() const { return time_ns_; }
  std::uint64_t unreadable() const { return unreadable_; }
  /// Why the first of them was passed over, once; empty if none was.
  std::string TakeComplaint() { return std::exchange(complaint_, {}); }

 private:
  explicit RecordedResults(MessageFileReader reader) : reader_(std::move(reader)) {}

  Result<ResultBatchView> Read() const {
    MARQUEE_ASSIGN_OR_RETURN(const ResultBatchView batch,
                             ResultBatchView::Verify(message_->bytes()));
    MARQUEE_RETURN_IF_ERROR(CheckClasses(batch.num_classes()));
    return batch;
  }

  MessageFileReader reader_;
  std::unique_ptr<Message> message_ = std::make_unique<Message>();
  std::unique_ptr<Message> message_before_ = std::make_unique<Message>();
  std::optional<ResultBatchView> batch_;
  std::int64_t time_ns_ = 0;
  std::uint64_t unreadable_ = 0;
  std::string complaint_;
};

class RecordingSource final : public FeedSource {
 public:
  explicit RecordingSource(RecordingOptions options)
      : options_(std::move(options)), speed_(std::max(options_.speed, kSlowest)) {}

  wire::SourceT Describe() const override {
    wire::SourceT source;
    source.kind = wire::SourceKind::Recording;
    source.name = options_.path;
    source.speed = static_cast<float>(speed_);
    return source;
  }

  Status Run(FeedPort& port) override {
    MARQUEE_ASSIGN_OR_RETURN(model_, LoadModel(options_.model));
    MARQUEE_RETURN_IF_ERROR(Measure(port));
    MARQUEE_RETURN_IF_ERROR(Rewind());
    bool was_resting = false;
    bool changed = true;
    while (!port.stop_requested()) {
      changed |= !was_resting;
      MARQUEE_RETURN_IF_ERROR(Obey(port.TakeCommands(), changed));
      MARQUEE_RETURN_IF_ERROR(Advance(port));
      const bool behind = !at_end_ && next_ns() <= Target();
      const bool resting = !behind && (paused_ || position_ns_ == length_ns_);
      if (changed && port.IsDue()) {
        Publish(port);
        changed = false;
      }
      was_resting = resting;
      if (!behind) {
        const bool nothing_to_do = resting && !changed;
        port.WaitUntil(Clock::now() +
                       (nothing_to_do ? Clock::duration(kLong) : FeedPort::kInterval));
      }
    }
    return {};
  }

 private:
  /// Find out when the first and the last batch came.
  Status Measure(FeedPort& port) {
    MARQUEE_ASSIGN_OR_RETURN(RecordedResults results, RecordedResults::Open(options_.path));
    MARQUEE_ASSIGN_OR_RETURN(bool more, results.Next());
    if (!more) {
      const std::string complaint = results.TakeComplaint();
      return Status::Data(
          fmt::format("{}: there are no results in it{}; 'marquee run --record FILE' records some",
                      options_.path,
                      complaint.empty() ? "" : fmt::format(" that can be shown ({})", complaint)));
    }
    first_ns_ = results.time_ns();
    while (more && !port.stop_requested()) {
      MARQUEE_ASSIGN_OR_RETURN(more, results.Next());
    }
    length_ns_ = results.time_ns() - first_ns_;
    return {};
  }

  /// Begin anew.
  Status Rewind() {
    MARQUEE_ASSIGN_OR_RETURN(RecordedResults recorded, RecordedResults::Open(options_.path));
    recorded_.emplace(std::move(recorded));
    board_.figures.Forget();
    board_.snapshot.events.clear();
    results_.reset();
    last_.reset();
    position_ns_ = 0;
    sought_ns_ = 0;
    SetAnchor(0);
    return Next();
  }

  Status Next() {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, recorded_->Next());
    at_end_ = !more;
    if (const std::string complaint = recorded_->TakeComplaint(); !complaint.empty()) {
      board_.journal.Add(recorded_->time_ns(), wire::Severity::Warning, "viewer", complaint);
    }
    return {};
  }

  /// When the batch that is to be counted next came, from the recording's beginning.
  std::int64_t next_ns() const { return recorded_->time_ns() - first_ns_; }

  /// From here and now on, time runs at the present speed.
  void SetAnchor(std::int64_t position_ns) {
    anchor_ns_ = position_ns;
    anchored_at_ = Clock::now();
  }

  /// Where a user sees it: what was sought may not have been reached yet.
  std::int64_t Here() const { return std::max(position_ns_, sought_ns_); }

  /// Where the recording should be by now.
  std::int64_t Target() const {
    if (paused_) return anchor_ns_;
    if (speed_ == kFullSpeed) return length_ns_;
    const std::chrono::duration<double, std::nano> passed = Clock::now() - anchored_at_;
    const double target = static_cast<double>(anchor_ns_) + passed.count() * speed_;
    return static_cast<std::int64_t>(std::min(target, static_cast<double>(length_ns_)));
  }

  Status Obey(const Commands& commands, bool& changed) {
    if (commands.speed) {
      SetAnchor(Here());
      speed_ = std::max(*commands.speed, kSlowest);
      board_.snapshot.source->speed = static_cast<float>(speed_);
    }
    if (commands.paused) {
      SetAnchor(Here());
      paused_ = *commands.paused;
    }
    if (commands.seek_ns) {
      const std::int64_t seek_ns = std::clamp<std::int64_t>(*commands.seek_ns, 0, length_ns_);
      // What is counted cannot be taken back.
      if (seek_ns < position_ns_) MARQUEE_RETURN_IF_ERROR(Rewind());
      sought_ns_ = seek_ns;
      SetAnchor(seek_ns);
    }
    changed |= commands.speed || commands.paused || commands.seek_ns;
    return {};
  }

  /// Count what should have come by now, but no longer than until a snapshot is due.
  Status Advance(FeedPort& port) {
    const std::int64_t target_ns = Target();
    while (!at_end_ && next_ns() <= target_ns) {
      Count();
      position_ns_ = next_ns();
      MARQUEE_RETURN_IF_ERROR(Next());
      if (port.IsDue() || port.stop_requested()) return {};
    }
    position_ns_ = std::max(position_ns_, target_ns);
    return {};
  }

  void Count() {
    const ResultBatchView& batch = recorded_->batch();
    const RunId run = batch.info().run;
    const std::int64_t time_ns = recorded_->time_ns();
    if (!results_ || results_->tracker().run() != run) {
      results_.emplace(run, batch.num_classes());
      board_.figures.Start(batch.num_classes(), time_ns);
    }
    if (const Status status = results_->Add(batch, time_ns); !status.ok()) {
      board_.journal.Add(time_ns, wire::Severity::Warning, "viewer", status.message());
      return;
    }
    last_ = batch;
    board_.figures.Add(batch, {.time_ns = time_ns, .bytes = recorded_->bytes()},
                       CountedOf(*results_));
  }

  void Publish(FeedPort& port) {
    wire::SnapshotT& snapshot = board_.snapshot;
    const bool ended = at_end_ && position_ns_ == length_ns_;
    snapshot.taken_ns = first_ns_ + position_ns_;
    snapshot.source->state = ended     ? wire::SourceState::Ended
                             : paused_ ? wire::SourceState::Paused
                                       : wire::SourceState::Live;
    snapshot.source->length_ns = length_ns_;
    snapshot.source->position_ns = position_ns_;
    snapshot.source->progress =
        length_ns_ == 0 ? 1.0F : static_cast<float>(position_ns_) / static_cast<float>(length_ns_);
    if (results_) {
      WriteRun(*results_, recorded_->unreadable(), /*first_message=*/0, *snapshot.run);
      WriteModel(*model_, *results_, *snapshot.model);
      board_.figures.Observe(snapshot.taken_ns);
      board_.figures.Write(snapshot.taken_ns, ended, CountedOf(*results_), last_);
    }
    port.Publish(snapshot);
  }

  RecordingOptions options_;
  std::shared_ptr<const model::Model> model_;
  std::int64_t first_ns_ = 0;  // Unix time
  std::int64_t length_ns_ = 0;

  std::optional<RecordedResults> recorded_;
  bool at_end_ = false;
  std::optional<RunResults> results_;
  std::optional<ResultBatchView> last_;  // that was counted

  double speed_;
  bool paused_ = false;
  std::int64_t position_ns_ = 0;
  std::int64_t sought_ns_ = 0;
  std::int64_t anchor_ns_ = 0;
  Clock::time_point anchored_at_;
  Board board_{Describe(), /*stage_rows_from_hops=*/true};
};

}  // namespace

std::unique_ptr<Feed> ReplayRecording(RecordingOptions options, OnPublish on_publish) {
  return std::make_unique<Feed>(std::make_unique<RecordingSource>(std::move(options)),
                                std::move(on_publish));
}

}  // namespace marquee::viewer
