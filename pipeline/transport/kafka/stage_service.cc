#include "pipeline/transport/kafka/stage_service.h"

#include <fmt/core.h>

#include <algorithm>

#include "pipeline/transport/kafka/session.h"

namespace marquee {
namespace {

using Clock = std::chrono::steady_clock;

// So many sessions in a row that other instances ended are no accident any more.
constexpr int kMaxFenced = 3;
// A session that lasted so long was a good one: the back-off begins anew.
constexpr std::chrono::seconds kGoodSession{60};

Status RunSessions(const StageServiceOptions& options, Runner& runner, ServiceStage& stage,
                   ServiceControl& control, ServiceReport& report) {
  report.status().input_topic = options.connection.TopicName(options.input);
  constexpr std::chrono::milliseconds kFirstWait{500};
  std::chrono::milliseconds wait = kFirstWait;
  int fenced = 0;
  while (!control.stop_requested()) {
    MARQUEE_ASSIGN_OR_RETURN(
        const std::int32_t partitions,
        CheckTopicsOnceReachable(
            options.connection, {options.input, options.output, Topic::kDeadLetter, Topic::kStatus},
            options.topics, control, report));
    if (partitions == 0) break;
    stage.Begin(partitions);
    report.Note(fmt::format(
        "{} to {}, {} partitions, {}, instance {}", options.connection.TopicName(options.input),
        options.connection.TopicName(options.output), partitions,
        options.exactly_once ? "exactly-once" : "at-least-once", options.instance));
    const auto began = Clock::now();
    SessionEnd end = Session(options, runner, stage, control, report).Run();
    if (end.kind == SessionEnd::Kind::kStopped) return {};
    if (end.kind == SessionEnd::Kind::kFailed) return std::move(end.status);
    if (Clock::now() - began > kGoodSession) {
      wait = kFirstWait;
      fenced = 0;
    }
    fenced += end.kind == SessionEnd::Kind::kFenced ? 1 : 0;
    if (fenced == kMaxFenced) {
      return Status::Config(
          fmt::format("another {} runs as instance '{}': give each its own --instance ({})",
                      options.stage, options.instance, end.status.message()));
    }
    report.Note(fmt::format("{}; joining anew", end.status.message()));
    report.SetState(ServiceState::kStarting, fmt::format("joining anew: {}", end.status.message()));
    WaitOrStop(wait, control, report);
    wait = std::min<std::chrono::milliseconds>(2 * wait, std::chrono::seconds(10));
  }
  return {};
}

}  // namespace

Status RunStageService(const StageServiceOptions& options, Runner& runner, ServiceStage& stage,
                       ServiceControl& control, ServiceReport& report) {
  Status status = RunSessions(options, runner, stage, control, report);
  if (!status.ok()) report.SetState(ServiceState::kFailed, std::string(status.message()));
  return status;
}

}  // namespace marquee
