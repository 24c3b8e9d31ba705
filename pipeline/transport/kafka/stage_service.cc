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

}  // namespace

Status RunStageService(const StageServiceOptions& options, Runner& runner, ServiceStage& stage,
                       ServiceControl& control, ServiceReport& report) {
  report.status().input_topic = options.connection.TopicName(options.input);
  int wait_ms = 500;
  int fenced = 0;
  while (!control.stop_requested()) {
    MARQUEE_ASSIGN_OR_RETURN(
        const std::int32_t partitions,
        CheckTopicsOnceReachable(
            options.connection,
            {options.input, options.output, Topic::kDeadLetter, Topic::kStatus}, options.topics,
            control, report));
    if (partitions == 0) break;
    stage.Begin(partitions);
    report.Note(fmt::format(
        "{} to {}, {} partitions, {}, instance {}", options.connection.TopicName(options.input),
        options.connection.TopicName(options.output), partitions,
        options.exactly_once ? "exactly-once" : "at-least-once", options.instance));
    const auto began = Clock::now();
    SessionEnd end = Session(options, runner, stage, control, report).Run();
    if (end.kind == SessionEnd::Kind::kStopped) return {};
    if (end.kind == SessionEnd::Kind::kFailed) {
      report.SetState(ServiceState::kFailed, std::string(end.status.message()));
      return std::move(end.status);
    }
    if (Clock::now() - began > kGoodSession) {
      wait_ms = 500;
      fenced = 0;
    }
    fenced += end.kind == SessionEnd::Kind::kFenced ? 1 : 0;
    if (fenced == kMaxFenced) {
      return Status::Config(
          fmt::format("another {} runs as instance '{}': give each its own --instance ({})",
                      options.stage, options.instance, end.status.message()));
    }
    report.Note(fmt::format("{}; joining anew", end.status.message()));
    control.waker().Wait(wait_ms);
    wait_ms = std::min(2 * wait_ms, 10'000);
  }
  return {};
}

}  // namespace marquee
