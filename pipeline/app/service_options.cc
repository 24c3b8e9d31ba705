#include "pipeline/app/service_options.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "pipeline/app/service_ports.h"
#include "pipeline/app/settings.h"
#include "pipeline/observe/status_server.h"

namespace marquee {
namespace {

// Where a service is stopped by force: containers are killed ten seconds after SIGTERM.
constexpr unsigned kStopSeconds = 10;

std::string DefaultListen(std::string_view stage) {
  const auto* port = std::find_if(kServicePorts.begin(), kServicePorts.end(),
                                  [stage](const ServicePort& p) { return p.stage == stage; });
  return fmt::format("127.0.0.1:{}", port->port);
}

std::string DefaultInstance() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

// The signal handlers' only way to what they stop.
ServiceControl* signalled = nullptr;

/// Has SIGTERM and SIGINT stop a service, and SIGALRM end the process if that takes too long.
class StopOnSignals {
 public:
  explicit StopOnSignals(ServiceControl& control) {
    signalled = &control;
    std::signal(SIGALRM, [](int) {
      constexpr std::string_view kText = "marquee: not stopped in time: ended by force\n";
      [[maybe_unused]] const auto n = write(STDERR_FILENO, kText.data(), kText.size());
      _exit(1);
    });
    const auto stop = [](int) {
      const int saved_errno = errno;
      // A second signal must not put the end off.
      if (!signalled->stop_requested()) alarm(kStopSeconds - 1);
      signalled->RequestStop();
      errno = saved_errno;
    };
    std::signal(SIGTERM, stop);
    std::signal(SIGINT, stop);
  }
  ~StopOnSignals() {
    std::signal(SIGTERM, SIG_DFL);
    std::signal(SIGINT, SIG_DFL);
  }
  StopOnSignals(const StopOnSignals&) = delete;
  StopOnSignals& operator=(const StopOnSignals&) = delete;
};

class ServerSink final : public StatusSink {
 public:
  explicit ServerSink(StatusServer& server) : server_(server) {}
  void Publish(const ServiceStatus& status) override { server_.Publish(status); }

 private:
  StatusServer& server_;
};

}  // namespace

void AddInstanceOptions(CLI::App& command, const std::string& stage, std::string& instance,
                        std::string& listen, std::string& compression) {
  instance = DefaultInstance();
  AddSetting(command, "--instance", instance,
             "name of this instance, which must keep it over restarts (default: the host's)");
  AddSetting(
      command, "--listen", listen,
      fmt::format("IP:PORT of /metrics and /healthz, or 'none' (default: {}, or none if that "
                  "is taken)",
                  DefaultListen(stage)));
  compression = "none";
  AddSetting(command, "--compression", compression, "of the messages that are sent")
      ->check(CLI::IsMember({"none", "lz4", "zstd", "snappy", "gzip"}));
}

void AddServiceOptions(CLI::App& command, const std::string& stage, ServiceOptions& options) {
  options.stage.stage = stage;
  options.stage.topics.partitions = 0;
  AddKafkaOptions(command, options.stage.connection);
  AddTopicSettings(command, options.stage.topics);
  AddInstanceOptions(command, stage, options.stage.instance, options.listen,
                     options.stage.compression);
  AddSetting(command, "--guarantee", options.guarantee,
             "at-least-once, or exactly-once: transactions of about 100 ms")
      ->check(CLI::IsMember({"at-least-once", "exactly-once"}));
  AddSwitch(command, "--static-member", options.stage.static_member,
            "keep this instance's partitions over a short restart");
  AddSetting(command, "--session-timeout-ms", options.stage.session_timeout_ms,
             "after so long without a sign of life, others get this instance's partitions")
      ->check(CLI::Range(6000, 300'000));
  AddSetting(command, "--stall-seconds", options.stall_seconds,
             "messages wait and none is received for so long: connect anew")
      ->check(CLI::Range(5U, 3600U));
  AddSetting(command, "--max-bad-share", options.stage.max_bad_share,
             "stop when a larger share of the last ten seconds' rows, and at least 100, are dead "
             "letters")
      ->check(CLI::Range(0.0, 1.0));
  AddSetting(command, "--runner", options.runner, "who drives the stage: tbb (all cores) or serial")
      ->check(CLI::IsMember({"tbb", "serial"}));
  AddSetting(command, "--threads", options.threads,
             "threads of the tbb runner; 0 = all that are allowed")
      ->check(CLI::Range(std::size_t{0}, std::size_t{256}));
}

Status RunService(ServiceOptions& options, ServiceStage& stage, Runner& runner) {
  StageServiceOptions& settings = options.stage;
  settings.exactly_once = options.guarantee == "exactly-once";
  settings.stall_after = std::chrono::seconds(options.stall_seconds);
  return WithServiceReport(settings.connection, settings.stage, settings.instance, options.listen,
                           [&](ServiceControl& control, ServiceReport& report) {
                             return RunStageService(settings, runner, stage, control, report);
                           });
}

Status WithServiceReport(const KafkaConnection& connection, const std::string& stage,
                         const std::string& instance, const std::string& listen,
                         const std::function<Status(ServiceControl&, ServiceReport&)>& body) {
  ServiceControl control;
  const StopOnSignals signals(control);
  std::vector<StatusSink*> sinks;
  std::unique_ptr<StatusServer> server;
  std::unique_ptr<ServerSink> server_sink;
  if (listen != "none") {
    auto started = StatusServer::Start(
        listen.empty() ? DefaultListen(stage) : listen,
        {.version = MARQUEE_VERSION, .librdkafka = KafkaLibraryVersion(), .model = {}});
    if (started) {
      server = *std::move(started);
      server_sink = std::make_unique<ServerSink>(*server);
      sinks.push_back(server_sink.get());
    } else if (!listen.empty()) {
      return std::move(started).error();
    } else {
      fmt::print(stderr, "marquee {}: no metrics: {}\n", stage, started.error().message());
    }
  }
  MARQUEE_ASSIGN_OR_RETURN(const auto topic_sink, StatusTopicSink::Open(connection));
  sinks.push_back(topic_sink.get());
  ServiceReport report(stage, instance, sinks);
  Status status = body(control, report);
  // Its last word: who watches would miss it otherwise.
  if (status.ok()) {
    report.SetState(ServiceState::kStopping, "stopped");
  } else {
    report.SetState(ServiceState::kFailed, std::string(status.message()));
  }
  return status;
}

}  // namespace marquee
