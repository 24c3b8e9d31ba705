#include "pipeline/app/results_reader.h"

#include "pipeline/core/clock.h"

namespace marquee {
namespace {

// Clocks of machines differ: reading begins so long before the run says it began.
constexpr std::int64_t kClockToleranceMs = 60'000;
// Records of each partition that are looked at for the newest run, and how long at most.
constexpr std::int64_t kRecordsLookedAt = 100;
constexpr std::chrono::seconds kLookTime{2};

}  // namespace

Result<ResultsReader> ResultsReader::Open(OpenTopic open, ResultsRequest request) {
  ResultsReader reader(std::move(open), std::move(request));
  const std::optional<RunId> run = reader.request_.run;
  if (reader.request_.from) {
    MARQUEE_RETURN_IF_ERROR(reader.OpenTopicAt(*reader.request_.from, run));
  } else if (run) {
    MARQUEE_RETURN_IF_ERROR(reader.OpenAtRun(*run));
  } else {
    reader.looking_ = true;
    const StartAt last{.where = StartAt::Where::kLast, .count = kRecordsLookedAt};
    MARQUEE_RETURN_IF_ERROR(reader.OpenTopicAt(last, std::nullopt));
  }
  return reader;
}

Status ResultsReader::OpenTopicAt(const StartAt& start, std::optional<RunId> run) {
  reader_.reset();
  MARQUEE_ASSIGN_OR_RETURN(reader_, open_(request_.topic, start));
  follower_ =
      std::make_unique<ResultsFollower>(request_.topic,
                                        WantedRun{.run = run,
                                                  .then_newer = looking_ || request_.then_newer,
                                                  .warm_up_ns = request_.warm_up_ns,
                                                  .check = request_.check},
                                        request_.num_classes, WallClockNs());
  return {};
}

Status ResultsReader::OpenAtRun(RunId run) {
  looking_ = false;
  const auto start_ms = run.start_ms();
  if (!start_ms) return OpenTopicAt({.where = StartAt::Where::kBeginning}, run);
  return OpenTopicAt({.where = StartAt::Where::kTime, .time_ms = *start_ms - kClockToleranceMs},
                     run);
}

Result<TopicReader::Event> ResultsReader::Next(std::chrono::milliseconds timeout) {
  before_.reset();
  MARQUEE_ASSIGN_OR_RETURN(const TopicReader::Event event, reader_->Next(record_, timeout));
  if (event == TopicReader::Event::kRecord) {
    before_ = follower_->Take(record_, WallClockNs());
    if (looking_) before_.reset();  // only its last records were read
  }
  if (looking_) MARQUEE_RETURN_IF_ERROR(LookFurther(event));
  return event;
}

/// Once the last records have shown which run is the newest, go to its beginning. While there is no
/// run, whatever comes first is waited for.
Status ResultsReader::LookFurther(TopicReader::Event event) {
  const bool enough = event == TopicReader::Event::kEnd || Clock::now() - began_ > kLookTime;
  if (!enough || follower_->results() == nullptr) return {};
  return OpenAtRun(follower_->results()->tracker().run());
}

}  // namespace marquee
