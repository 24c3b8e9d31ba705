#include "viewer/data/topic_source.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <exception>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <vector>

#include "pipeline/app/dead_letters.h"
#include "pipeline/app/scoring.h"
#include "pipeline/app/topic_scan.h"
#include "pipeline/core/clock.h"
#include "schemas/service_status.h"
#include "viewer/data/board.h"

namespace marquee::viewer {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = FeedPort::Clock;
using Event = TopicReader::Event;

constexpr std::int64_t kNsPerMs = 1'000'000;
/// The feed's own name in the journal.
constexpr std::string_view kViewer = "viewer";
// So long an answer of the brokers is waited for at first: one wants to hear soon that there is none.
constexpr milliseconds kLeastPatience = seconds(2);
constexpr milliseconds kPollTime{50};
constexpr seconds kRetryInterval{1};
// Topics without which results can be shown: whether they are there now is asked less often.
constexpr seconds kSideRetryInterval{10};
// The same trouble is told so often at most.
constexpr seconds kComplaintInterval{10};
constexpr milliseconds kSideInterval{100};
// A flood of dead letters must not keep results waiting.
constexpr milliseconds kSideBudget{10};
// While nothing comes, ages and lines go on.
constexpr seconds kIdleInterval{1};
// After so long without a word, a complaint of the client means that it is cut off.
constexpr seconds kHeardLately{3};
constexpr std::int64_t kStatusHistoryMs = 5 * 60'000;

/// A topic that is read beside the results.
struct SideTopic {
  std::string name;
  std::unique_ptr<TopicReader> reader;
  bool is_current = false;  // its end was reached
  Clock::time_point retry_at;
};

class TopicSource final : public FeedSource {
 public:
  TopicSource(TopicOptions options, OpenTopicPatiently open)
      : options_(std::move(options)),
        open_(std::move(open)),
        results_topic_(options_.connection.TopicName(Topic::kResults)) {
    statuses_.name = options_.connection.TopicName(Topic::kStatus);
    dead_letters_.name = options_.connection.TopicName(Topic::kDeadLetter);
  }

  wire::SourceT Describe() const override {
    wire::SourceT source;
    source.kind = wire::SourceKind::Topic;
    source.name = fmt::format("{} at {}", results_topic_, options_.connection.brokers);
    source.progress = std::numeric_limits<float>::quiet_NaN();
    return source;
  }

  Status Run(FeedPort& port) override {
    ResultsRequest request{.topic = results_topic_, .then_newer = options_.run_id.empty()};
    if (!options_.run_id.empty()) {
      MARQUEE_ASSIGN_OR_RETURN(request.run, RunId::Parse(options_.run_id));
    }
    if (!options_.from.empty()) {
      MARQUEE_ASSIGN_OR_RETURN(request.from, ParseFrom(options_.from, WallClockNs() / kNsPerMs));
    }
    MARQUEE_ASSIGN_OR_RETURN(model_, LoadModel(options_.model));
    request.num_classes = model_->num_classes();
    request.check = [](const ResultBatchView& batch) { return CheckClasses(batch.num_classes()); };
    stop_requested_ = [&port] { return port.stop_requested(); };
    while (!port.stop_requested()) {
      Status status = TryToFollow(request, port);
      if (status.ok()) return {};  // stopped
      if (status.code() == StatusCode::kUsage) return status;
      if (trouble_ != status.message()) {
        board_.journal.Add(WallClockNs(), wire::Severity::Warning, kViewer, status.message());
      }
      trouble_ = status.message();
      waits_for_ = fmt::format("{}; trying again", trouble_);
      Publish(port, nullptr);
      // They are for recordings; one that stayed would end every wait.
      static_cast<void>(port.TakeCommands());
      port.WaitUntil(Clock::now() + kRetryInterval);
    }
    stopped_ = true;
    Publish(port, nullptr);
    return {};
  }

 private:
  /// Whatever it fails of, nobody may be there to start a viewer anew that serves pages.
  Status TryToFollow(const ResultsRequest& request, FeedPort& port) {
    try {
      return Follow(request, port);
    } catch (const std::exception& error) {  // a library's
      return Status::Internal(error.what());
    }
  }

  /// Follow until stopped, or until the results cannot be read any more.
  Status Follow(const ResultsRequest& request, FeedPort& port) {
    const auto open = [this](const std::string& topic, const StartAt& start) {
      return OpenResults(topic, start);
    };
    MARQUEE_ASSIGN_OR_RETURN(ResultsReader reader, ResultsReader::Open(open, request));
    Recover("connected");
    opened_ms_ = WallClockNs() / kNsPerMs;
    caught_up_.assign(static_cast<std::size_t>(reader.num_partitions()), false);
    looked_ = false;
    run_.reset();
    board_.figures.Forget();
    board_.services.Retell();
    statuses_.reader.reset();
    statuses_.retry_at = {};
    bool changed = true;
    while (!port.stop_requested()) {
      const bool was_looking = reader.looking();
      MARQUEE_ASSIGN_OR_RETURN(const Event event, reader.Next(kPollTime));
      if (event != Event::kTimeout) Hear();
      looked_ |= event == Event::kEnd;
      if (!was_looking) CatchUp(event, reader.record());
      if (event == Event::kRecord) Take(reader);
      changed |= event == Event::kRecord;
      const auto now = Clock::now();
      if (now >= side_at_) {
        side_at_ = now + kSideInterval;
        if (HaveStatusesAPlace(reader)) changed |= ReadStatuses();
        changed |= ReadDeadLetters();
        CheckConnection(reader);
        waits_for_ = WaitsFor(reader);
      }
      if ((changed && port.IsDue()) || now - published_at_ >= kIdleInterval) {
        Publish(port, &reader);
        changed = false;
      }
    }
    stopped_ = true;
    Publish(port, &reader);
    return {};
  }

  /// Open the topic without which nothing can be shown. Where brokers are slow to answer, with TLS
  /// over a long way, they are given more time with each try.
  Result<std::unique_ptr<TopicReader>> OpenResults(const std::string& topic, const StartAt& start) {
    const auto began = Clock::now();
    auto reader = open_(topic, start, patience_, stop_requested_);
    if (reader) {
      patience_ = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    }
    patience_ = std::clamp<milliseconds>(2 * patience_, kLeastPatience, kBrokerTimeout);
    return reader;
  }

  /// Open another topic. Also to say that there is none is an answer of the brokers.
  Result<std::unique_ptr<TopicReader>> OpenSide(const std::string& topic, const StartAt& start) {
    auto reader = open_(topic, start, patience_, stop_requested_);
    if (reader || reader.error().code() == StatusCode::kConfig) Hear();
    return reader;
  }

  /// Note which partitions have been read to where they ended when the topic was opened.
  void CatchUp(Event event, const TopicRecord& record) {
    if (event == Event::kEnd) caught_up_.assign(caught_up_.size(), true);
    if (event == Event::kRecord && record.timestamp_ms >= opened_ms_) {
      caught_up_[static_cast<std::size_t>(record.partition)] = true;
    }
  }

  /// Whether all that was written before the topic was opened has been read.
  bool IsCurrent() const {
    return std::find(caught_up_.begin(), caught_up_.end(), false) == caught_up_.end();
  }

  /// Take over what the reader has just counted.
  void Take(const ResultsReader& reader) {
    if (reader.results() == nullptr || !reader.counted()) return;
    const RunResults& results = *reader.results();
    const auto& [batch, arrival_ns] = *reader.counted();
    const TopicRecord& record = reader.record();
    if (!AreFiguresOf(results)) {
      run_ = results.tracker().run();
      first_sequences_.clear();
      board_.figures.Start(batch.num_classes(), arrival_ns);
      board_.journal.Add(arrival_ns, wire::Severity::Info, kViewer,
                         fmt::format("shows run {}", run_->ToString()));
    }
    first_sequences_.try_emplace(record.partition, batch.info().sequence);
    board_.figures.Add(batch,
                       {.time_ns = arrival_ns,
                        .partition = record.partition,
                        .offset = record.offset,
                        .bytes = record.value.size()},
                       CountedOf(results));
  }

  /// From which message on all of the run is read; 0 = from its beginning. Where reading began it
  /// may have begun long before, and sequence s comes in partition s mod their number.
  std::uint64_t FirstMessage() const {
    std::uint64_t first = 0;
    if (options_.from.empty()) return first;
    for (const auto& [partition, sequence] : first_sequences_) first = std::max(first, sequence);
    return first < caught_up_.size() ? 0 : first;
  }

  /// Whether the figures follow these results. They do not if a newer run has begun of which nothing
  /// could be counted yet.
  bool AreFiguresOf(const RunResults& results) const {
    return run_ == results.tracker().run() &&
           board_.figures.num_classes() == results.evaluation().confusion().num_classes();
  }

  /// Whether what services told of the past finds its place now: lines have begun, or there will be
  /// none for a while.
  bool HaveStatusesAPlace(const ResultsReader& reader) const {
    return run_.has_value() || IsCurrent() || (looked_ && reader.looking());
  }

  /// Let `take` have the records of a side topic, as many as time allows. Returns whether there
  /// were any.
  template <class TakeRecord>
  bool ReadSide(SideTopic& side, const StartAt& start, const TakeRecord& take) {
    const auto now = Clock::now();
    if (side.reader == nullptr) {
      if (now < side.retry_at) return false;
      side.retry_at = now + kSideRetryInterval;
      auto reader = OpenSide(side.name, start);
      if (!reader) return false;  // it may not be there: results are shown without it
      side.reader = *std::move(reader);
      side.is_current = false;
    }
    bool any = false;
    TopicRecord record;
    while (Clock::now() - now < kSideBudget) {
      const auto event = side.reader->Next(record, milliseconds(0));
      if (!event) {
        side.reader.reset();
        break;
      }
      side.is_current |= *event == Event::kEnd;
      if (*event != Event::kRecord) break;
      Hear();
      any = true;
      take(record);
    }
    return any;
  }

  bool ReadStatuses() {
    const std::int64_t now_ns = WallClockNs();
    const StartAt start{.where = StartAt::Where::kTime,
                        .time_ms = now_ns / kNsPerMs - kStatusHistoryMs};
    return ReadSide(statuses_, start, [&](const TopicRecord& record) {
      const auto status = [&]() -> Result<ServiceStatus> {
        MARQUEE_ASSIGN_OR_RETURN(const auto bytes, CopyRecord(record, message_));
        return ReadStatus(bytes);
      }();
      if (!status) {
        Complain(malformed_statuses_, fmt::format("topic {}, offset {}: {}", statuses_.name,
                                                  record.offset, status.error().message()));
        return;
      }
      board_.services.Add(*status, TimeOf(record, now_ns), board_.figures.timelines());
    });
  }

  bool ReadDeadLetters() {
    const std::int64_t now_ns = WallClockNs();
    const StartAt start{.where = StartAt::Where::kLast,
                        .count = static_cast<std::int64_t>(kMaxDeadLetters)};
    return ReadSide(dead_letters_, start, [&](const TopicRecord& record) {
      board_.journal.Add(
          DescribeDeadLetter(DeadLetter::Read(record, message_), TimeOf(record, now_ns)));
    });
  }

  /// When a record was written; no later than now, whatever its writer's clock says.
  static std::int64_t TimeOf(const TopicRecord& record, std::int64_t now_ns) {
    // Whoever takes microseconds for milliseconds writes more of them than a number of ns holds.
    const std::int64_t time_ms = std::min(record.timestamp_ms, now_ns / kNsPerMs);
    return time_ms < 0 ? now_ns : time_ms * kNsPerMs;
  }

  /// Find out whether the brokers are away. The client only complains, of each broker alone, and is
  /// silent when they are back; so a topic is opened anew if nothing else is heard.
  void CheckConnection(ResultsReader& reader) {
    const auto now = Clock::now();
    if (now - records_.told_at > kComplaintInterval) {
      Complain(records_, reader.TakeRecordComplaint());  // which counts those that are not taken
    }
    if (const std::string complaint = reader.TakeClientComplaint(); !complaint.empty()) {
      Complain(client_, complaint);
      doubted_ = true;
    }
    if (!doubted_ || now - heard_at_ < kHeardLately || now < probe_at_) return;
    probe_at_ = now + kRetryInterval;
    auto probe = OpenSide(statuses_.name, {.where = StartAt::Where::kEnd});
    if (probe) {
      statuses_.reader = *std::move(probe);
    } else if (probe.error().code() == StatusCode::kUnavailable) {
      if (trouble_.empty()) {
        board_.journal.Add(WallClockNs(), wire::Severity::Error, kViewer, "the brokers are away");
      }
      trouble_ = probe.error().message();
    }
  }

  /// The brokers speak to us.
  void Hear() {
    heard_at_ = Clock::now();
    doubted_ = false;
    if (!trouble_.empty()) Recover("the brokers are back");
  }

  void Recover(std::string_view text) {
    if (!trouble_.empty()) {
      board_.journal.Add(WallClockNs(), wire::Severity::Info, kViewer, text);
      board_.figures.Resume(WallClockNs());
    }
    trouble_.clear();
    heard_at_ = Clock::now();
  }

  /// A kind of trouble that is told seldom, however often it is found.
  struct Trouble {
    Clock::time_point told_at;
  };
  void Complain(Trouble& trouble, std::string_view text) {
    const auto now = Clock::now();
    if (text.empty() || now - trouble.told_at < kComplaintInterval) return;
    trouble.told_at = now;
    board_.journal.Add(WallClockNs(), wire::Severity::Warning, kViewer, text);
  }

  std::string WaitsFor(const ResultsReader& reader) const {
    if (!trouble_.empty()) return fmt::format("{}; waiting for the brokers", trouble_);
    if (reader.results() == nullptr && !looked_) {
      return fmt::format("looking for the newest run in topic {}", results_topic_);
    }
    if (reader.results() == nullptr) {
      return fmt::format("no results in topic {} yet; waiting for a run", results_topic_);
    }
    if (!AreFiguresOf(*reader.results())) {
      return fmt::format("no results of run {} yet", reader.results()->tracker().run().ToString());
    }
    return "";
  }

  void Publish(FeedPort& port, const ResultsReader* reader) {
    const std::int64_t now_ns = WallClockNs();
    wire::SnapshotT& snapshot = board_.snapshot;
    snapshot.taken_ns = now_ns;
    snapshot.source->message = waits_for_;
    snapshot.source->state =
        waits_for_.empty() ? wire::SourceState::Live : wire::SourceState::Waiting;
    if (stopped_) {
      snapshot.source->state = wire::SourceState::Ended;
      snapshot.source->message = "";
    } else if (waits_for_.empty() && !IsCurrent()) {
      snapshot.source->message = "catching up with what was written before";
    }
    if (reader != nullptr && reader->results() != nullptr && AreFiguresOf(*reader->results())) {
      const RunResults& results = *reader->results();
      if (IsCurrent() && trouble_.empty()) board_.figures.Observe(now_ns);
      WriteRun(results, reader->unreadable(), FirstMessage(), *snapshot.run);
      WriteModel(*model_, results, *snapshot.model);
      std::optional<ResultBatchView> last;
      if (reader->counted()) last = reader->counted()->batch;
      board_.figures.Write(now_ns, stopped_, CountedOf(results), last);
    }
    // While the past is told, services are what they were long ago.
    if (statuses_.reader == nullptr || statuses_.is_current) board_.services.Write(now_ns);
    port.Publish(snapshot);
    published_at_ = Clock::now();
  }

  const TopicOptions options_;
  const OpenTopicPatiently open_;
  const std::string results_topic_;
  std::shared_ptr<const model::Model> model_;
  Board board_{Describe(), /*stage_rows_from_hops=*/false};
  Message message_;
  SideTopic statuses_;
  SideTopic dead_letters_;

  std::optional<RunId> run_;  // that is shown
  std::int64_t opened_ms_ = 0;
  bool looked_ = false;                                    // the end of the topic was reached once
  std::vector<bool> caught_up_;                            // by partition
  std::map<std::int32_t, std::uint64_t> first_sequences_;  // of the run, by partition
  bool stopped_ = false;
  std::string waits_for_ = "connecting to the brokers";
  Clock::time_point side_at_;
  Clock::time_point published_at_;

  std::string trouble_;  // why the brokers count as away; empty = they do not
  bool doubted_ = false;
  Clock::time_point heard_at_;
  Clock::time_point probe_at_;
  milliseconds patience_ = kLeastPatience;
  std::function<bool()> stop_requested_;
  Trouble client_;
  Trouble records_;
  Trouble malformed_statuses_;
};

}  // namespace

Result<StartAt> ParseFrom(std::string_view text, std::int64_t now_ms) {
  if (text == "beginning") return StartAt{.where = StartAt::Where::kBeginning};
  if (text == "end") return StartAt{.where = StartAt::Where::kEnd};
  constexpr std::string_view kUnits = "smhd";
  constexpr std::array<std::int64_t, 4> kUnitMs = {1'000, 60'000, 3'600'000, 86'400'000};
  std::int64_t number = 0;
  if (text.size() >= 3 && text.front() == '-') {
    const char* end = text.data() + text.size() - 1;
    const auto [rest, error] = std::from_chars(text.data() + 1, end, number);
    const std::size_t unit = kUnits.find(*end);
    if (error == std::errc() && rest == end && number >= 0 && number <= 100'000'000 &&
        unit != std::string_view::npos) {
      // To the client, times before 1970 are places such as the end.
      return StartAt{.where = StartAt::Where::kTime,
                     .time_ms = std::max<std::int64_t>(now_ms - number * kUnitMs[unit], 0)};
    }
  }
  return Status::Usage(fmt::format(
      "--from {}: say beginning, end, or how long ago, as in -90s, -10m, -1h or -2d", text));
}

std::unique_ptr<FeedSource> MakeTopicSource(TopicOptions options, OpenTopicPatiently open) {
  return std::make_unique<TopicSource>(std::move(options), std::move(open));
}

std::unique_ptr<Feed> FollowTopic(TopicOptions options, OnPublish on_publish) {
  const auto open = [connection = options.connection](const std::string& topic,
                                                      const StartAt& start, milliseconds patience,
                                                      const std::function<bool()>& stopped) {
    return TopicReader::Open(connection, topic, start, patience, stopped);
  };
  return std::make_unique<Feed>(MakeTopicSource(std::move(options), open), std::move(on_publish));
}

}  // namespace marquee::viewer
