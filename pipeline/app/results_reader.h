// pipeline/app/results_reader.h — finding a run in the topic results, and following it.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/app/results_follower.h"
#include "pipeline/transport/kafka/topic_reader.h"
#include "schemas/status.h"

namespace marquee {

/// Opens a topic where it is told to begin: TopicReader::Open, or what a test has in its place.
using OpenTopic =
    std::function<Result<std::unique_ptr<TopicReader>>(const std::string& topic, const StartAt&)>;

/// Which results are read, and from where.
struct ResultsRequest {
  std::string topic;
  /// None: that of the newest run, which is looked for at the topic's end.
  std::optional<RunId> run;
  /// Whether to go on with a newer run when one begins.
  bool then_newer = false;
  /// None: from the run's beginning. Else whatever run comes first from here on, or `run`.
  std::optional<StartAt> from;
  /// These: see ResultsFollower.
  std::int64_t warm_up_ns = 0;
  std::size_t num_classes = 0;
  std::function<Status(const ResultBatchView&)> check;
};

/// Reads the results of one run: finds the newest one, if none is named, goes to its beginning, and
/// follows it.
///
/// Threads: one at a time.
class ResultsReader {
 public:
  /// Errors: of `open`.
  static Result<ResultsReader> Open(OpenTopic open, ResultsRequest request);

  /// Wait up to `timeout` for the next record, and count it. Afterwards counted() says what it was,
  /// and before() which run gave way to it, if one did.
  /// Errors: of the reader, and of opening the topic at the run's beginning once that is known.
  Result<TopicReader::Event> Next(std::chrono::milliseconds timeout);

  /// Whether the newest run is still being looked for. The kEnd by which it is found is that of its
  /// last records, and not of the run.
  bool looking() const noexcept { return looking_; }
  std::int32_t num_partitions() const noexcept { return reader_->num_partitions(); }
  /// The run's results so far; null while no run is known.
  const RunResults* results() const noexcept { return looking_ ? nullptr : follower_->results(); }
  /// What the last Next counted; none while looking. Valid until the next.
  const std::optional<ResultsFollower::Counted>& counted() const noexcept {
    return follower_->counted();
  }
  /// The record that the last Next took; valid until the next.
  const TopicRecord& record() const noexcept { return record_; }
  /// The results of the run that gave way to a newer one in the last Next; else null.
  const RunResults* before() const noexcept { return before_.get(); }

  std::uint64_t unreadable() const noexcept { return follower_->unreadable(); }
  /// What the client complains of; empty if all is well.
  std::string TakeClientComplaint() { return reader_->TakeComplaint(); }
  /// The first record since the last call that could not be counted, and why; empty if all could.
  std::string TakeRecordComplaint() { return follower_->TakeComplaint(); }

 private:
  using Clock = std::chrono::steady_clock;

  ResultsReader(OpenTopic open, ResultsRequest request)
      : open_(std::move(open)), request_(std::move(request)) {}

  Status OpenTopicAt(const StartAt& start, std::optional<RunId> run);
  Status OpenAtRun(RunId run);
  Status LookFurther(TopicReader::Event event);

  OpenTopic open_;
  ResultsRequest request_;
  Clock::time_point began_ = Clock::now();
  std::unique_ptr<TopicReader> reader_;
  std::unique_ptr<ResultsFollower> follower_;
  TopicRecord record_;
  std::unique_ptr<RunResults> before_;
  bool looking_ = false;
};

}  // namespace marquee
