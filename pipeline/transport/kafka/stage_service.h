// pipeline/transport/kafka/stage_service.h — a stage between two topics.
//
// One I/O thread (the caller's) does all that concerns Kafka: it receives messages while the runner
// processes the ones before, sends what comes out, and between epochs commits, rebalances and
// stops. It never waits for the runner but where partitions are given up.
#pragma once

#include <chrono>
#include <string>

#include "pipeline/core/runner.h"
#include "pipeline/transport/kafka/service.h"
#include "pipeline/transport/kafka/service_epoch.h"

namespace marquee {

struct StageServiceOptions {
  KafkaConnection connection;
  /// Names the consumer group and, with `instance`, the transactional id.
  std::string stage;
  Topic input = Topic::kRawData;
  Topic output = Topic::kProcessedData;
  std::string instance;
  /// Transactions: outputs, dead letters and offsets appear together or not at all. Otherwise
  /// offsets are committed once all outputs are acknowledged, and a crash repeats some messages.
  bool exactly_once = false;
  /// Keep the partitions over a restart that is shorter than the session timeout.
  bool static_member = false;
  int session_timeout_ms = 10'000;
  std::string compression = "none";
  /// Unread messages and none received for so long: the consumer is built anew.
  std::chrono::seconds stall_after{30};
  /// Stop when a larger share of the last ten seconds' records, and at least 100, are dead letters.
  double max_bad_share = 0.05;
  /// What the topics must have; partitions 0 = any number, but the same in all.
  TopicSettings topics;
};

/// Run a stage until `control` says stop; then everything is committed or given back.
///
/// Errors: kConfig where topics or access are wrong; kData where input was deleted before it was
/// read, or too many records are bad; kInternal and the stage's own. Brokers that are away are
/// waited for.
Status RunStageService(const StageServiceOptions& options, Runner& runner, ServiceStage& stage,
                       ServiceControl& control, ServiceReport& report);

}  // namespace marquee
