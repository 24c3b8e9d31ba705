// pipeline/app/service_options.h — what the services' commands share: options, signals, and who gets
// their status.
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

#include "pipeline/app/kafka_options.h"
#include "pipeline/transport/kafka/stage_service.h"

namespace marquee {

/// Options of preprocess and infer.
struct ServiceOptions {
  StageServiceOptions stage;
  std::string guarantee = "at-least-once";
  std::string listen;
  std::string runner = "tbb";
  std::size_t threads = 0;
  std::uint32_t stall_seconds = 30;
};

/// Add the options of a stage's service; `stage` is "preprocess" or "infer".
void AddServiceOptions(CLI::App& command, const std::string& stage, ServiceOptions& options);
/// Add --instance, --listen (default: the stage's port) and --compression.
void AddInstanceOptions(CLI::App& command, const std::string& stage, std::string& instance,
                        std::string& listen, std::string& compression);

/// Run a stage until SIGTERM or SIGINT; ten seconds after that the process ends in any case.
/// Errors: as of RunStageService; kUsage for an address that cannot be listened on.
Status RunService(ServiceOptions& options, ServiceStage& stage, Runner& runner);

/// Have SIGTERM and SIGINT stop `control`, call `body` with a report that goes to the topic status
/// and to the HTTP server at `listen`, and end.
Status WithServiceReport(const KafkaConnection& connection, const std::string& stage,
                         const std::string& instance, const std::string& listen,
                         const std::function<Status(ServiceControl&, ServiceReport&)>& body);

}  // namespace marquee
