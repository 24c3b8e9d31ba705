#include "schemas/service_status.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "schemas/cut_text.h"
#include "schemas/service_status_generated.h"
#include "schemas/unix_time.h"
#include "schemas/wire_span.h"

namespace marquee {
namespace {

static_assert(
    static_cast<int>(ServiceState::kWaitingForBrokers) ==
        static_cast<int>(wire::ServiceState::WaitingForBrokers) &&
    static_cast<int>(ServiceState::kRunning) == static_cast<int>(wire::ServiceState::Running) &&
    static_cast<int>(ServiceState::kStalled) == static_cast<int>(wire::ServiceState::Stalled) &&
    static_cast<int>(ServiceState::kStopping) == static_cast<int>(wire::ServiceState::Stopping) &&
    static_cast<int>(ServiceState::kFailed) == static_cast<int>(wire::ServiceState::MAX));

// More records than a partition keeps. So the lags of a hundred services can be summed up, however
// many partitions they tell of.
constexpr std::int64_t kMaxLag = std::int64_t{1} << 43;

Status CheckTexts(const wire::Status& status) {
  for (const flatbuffers::String* text : {status.stage(), status.instance(), status.host(),
                                          status.not_ready_reason(), status.input_topic()}) {
    if (TextOf(text).size() > kMaxStatusText) {
      return Status::Data(fmt::format("a text of {} bytes; a status has at most {}",
                                      TextOf(text).size(), kMaxStatusText));
    }
  }
  if (status.events() == nullptr) return {};
  if (status.events()->size() > kMaxStatusEvents) {
    return Status::Data(fmt::format("{} events; a status has at most {}", status.events()->size(),
                                    kMaxStatusEvents));
  }
  for (const wire::ServiceEvent* event : *status.events()) {
    if (TextOf(event->text()).size() > kMaxStatusText) {
      return Status::Data(fmt::format("an event's text of {} bytes; a status has at most {}",
                                      TextOf(event->text()).size(), kMaxStatusText));
    }
  }
  return {};
}

Status CheckTimes(const wire::Status& status) {
  bool true_times = IsUnixTime(status.started_ns()) && IsUnixTime(status.time_ns());
  if (status.events() != nullptr) {
    for (const wire::ServiceEvent* event : *status.events()) {
      true_times = true_times && IsUnixTime(event->time_ns());
    }
  }
  if (true_times) return {};
  return Status::Data("a time is before 1970 or after 2116: is the service's clock right?");
}

Status CheckDrift(const wire::Status& status) {
  if (status.drift() == nullptr) return {};
  if (status.drift()->size() > kMaxStatusFeatures) {
    return Status::Data(fmt::format("drift of {} features; a status has at most {}",
                                    status.drift()->size(), kMaxStatusFeatures));
  }
  for (const wire::FeatureDrift* drift : *status.drift()) {
    if (TextOf(drift->feature()).size() > kMaxStatusText || !std::isfinite(drift->psi()) ||
        drift->psi() < 0) {
      return Status::Data(fmt::format("drift {} of a feature with a name of {} bytes", drift->psi(),
                                      TextOf(drift->feature()).size()));
    }
  }
  return {};
}

Status CheckNumbers(const wire::Status& status) {
  if (status.state() > wire::ServiceState::MAX) {
    return Status::Data(fmt::format("unknown state {}", static_cast<int>(status.state())));
  }
  if (!LiesAligned(status.dead_letters()) || !LiesAligned(status.lags())) {
    return Status::Data("dead_letters or lags do not lie on a multiple of 8 bytes");
  }
  if (status.dead_letters() != nullptr) {
    if (status.dead_letters()->size() > kNumRejectReasons) {
      return Status::Data(fmt::format("{} counts of dead letters; there are {} reasons",
                                      status.dead_letters()->size(), kNumRejectReasons));
    }
    for (const wire::DeadLetterCount* count : *status.dead_letters()) {
      if (count->reason() >= kNumRejectReasons) {
        return Status::Data(fmt::format("unknown reject reason {}", count->reason()));
      }
    }
  }
  if (status.lags() == nullptr) return {};
  if (status.lags()->size() > kMaxStatusLags) {
    return Status::Data(fmt::format("lags of {} partitions; a status has at most {}",
                                    status.lags()->size(), kMaxStatusLags));
  }
  for (const wire::PartitionLag* lag : *status.lags()) {
    if (lag->partition() < 0 || lag->partition() > std::numeric_limits<std::int32_t>::max() ||
        lag->lag() < -1 || lag->lag() > kMaxLag) {
      return Status::Data(fmt::format("partition {} with lag {}", lag->partition(), lag->lag()));
    }
  }
  return {};
}

}  // namespace

Status WriteStatus(const ServiceStatus& status, Message& message) {
  if (status.lags.size() > kMaxStatusLags) {
    return Status::Internal(fmt::format("status of {}: lags of {} partitions; at most {} fit",
                                        status.stage, status.lags.size(), kMaxStatusLags));
  }
  auto& builder = message.Begin();
  const auto text = [&builder](std::string_view value) {
    const std::string_view cut = CutText(value, kMaxStatusText);
    return builder.CreateString(cut.data(), cut.size());
  };
  const auto optional_text = [&text](std::string_view value) {
    return value.empty() ? flatbuffers::Offset<flatbuffers::String>() : text(value);
  };
  const auto stage = text(status.stage);
  const auto instance = text(status.instance);
  const auto host = optional_text(status.host);
  const auto not_ready_reason = optional_text(status.not_ready_reason);
  const auto input_topic = optional_text(status.input_topic);

  std::vector<wire::DeadLetterCount> counts;
  for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
    if (status.dead_letters[reason] > 0) counts.emplace_back(reason, status.dead_letters[reason]);
  }
  std::vector<wire::PartitionLag> lags;
  for (const PartitionLag& lag : status.lags) {
    lags.emplace_back(lag.partition, lag.position, lag.lag);
  }
  std::vector<flatbuffers::Offset<wire::ServiceEvent>> events;
  const std::size_t skipped =
      status.events.size() - std::min(status.events.size(), kMaxStatusEvents);
  for (const ServiceEvent& event : std::span(status.events).subspan(skipped)) {
    events.push_back(wire::CreateServiceEvent(builder, event.time_ns, text(event.text)));
  }
  std::vector<flatbuffers::Offset<wire::FeatureDrift>> drift;
  for (const FeatureDrift& one :
       std::span(status.drift).first(std::min(status.drift.size(), kMaxStatusFeatures))) {
    drift.push_back(wire::CreateFeatureDrift(builder, text(one.feature), one.psi));
  }
  using DriftVector = flatbuffers::Vector<flatbuffers::Offset<wire::FeatureDrift>>;
  const auto drift_offset =
      drift.empty() ? flatbuffers::Offset<DriftVector>() : builder.CreateVector(drift);
  const auto counts_offset = builder.CreateVectorOfStructs(counts);
  const auto lags_offset = builder.CreateVectorOfStructs(lags);
  const auto events_offset = builder.CreateVector(events);

  wire::StatusBuilder table(builder);
  table.add_stage(stage);
  table.add_instance(instance);
  table.add_host(host);
  table.add_pid(status.pid);
  table.add_started_ns(status.started_ns);
  table.add_time_ns(status.time_ns);
  table.add_state(static_cast<wire::ServiceState>(status.state));
  table.add_not_ready_reason(not_ready_reason);
  table.add_messages_in(status.messages_in);
  table.add_rows_in(status.rows_in);
  table.add_bytes_in(status.bytes_in);
  table.add_messages_out(status.messages_out);
  table.add_rows_out(status.rows_out);
  table.add_bytes_out(status.bytes_out);
  table.add_dead_letters(counts_offset);
  table.add_unreadable_messages(status.unreadable_messages);
  table.add_epochs(status.epochs);
  table.add_commits(status.commits);
  table.add_commit_failures(status.commit_failures);
  table.add_transactions_aborted(status.transactions_aborted);
  table.add_rebalances(status.rebalances);
  table.add_stalls(status.stalls);
  table.add_busy_ns(status.busy_ns);
  table.add_cpu_ns(status.cpu_ns);
  table.add_rss_bytes(status.rss_bytes);
  table.add_input_topic(input_topic);
  table.add_lags(lags_offset);
  table.add_events(events_offset);
  table.add_drift(drift_offset);
  table.add_drift_rows(status.drift_rows);
  return message.Finish(table.Finish(), wire::StatusIdentifier());
}

Result<ServiceStatus> ReadStatus(std::span<const std::byte> bytes) {
  MARQUEE_RETURN_IF_ERROR(CheckMessageBytes(bytes));
  MARQUEE_RETURN_IF_ERROR(VerifyStructure(bytes, wire::VerifyStatusBuffer, "Status"));
  const wire::Status& wire_status = *wire::GetStatus(bytes.data());
  MARQUEE_RETURN_IF_ERROR(CheckTexts(wire_status).WithContext("Status"));
  MARQUEE_RETURN_IF_ERROR(CheckTimes(wire_status).WithContext("Status"));
  MARQUEE_RETURN_IF_ERROR(CheckNumbers(wire_status).WithContext("Status"));
  MARQUEE_RETURN_IF_ERROR(CheckDrift(wire_status).WithContext("Status"));

  ServiceStatus status{
      .stage = wire_status.stage()->str(),
      .instance = wire_status.instance()->str(),
      .host = std::string(TextOf(wire_status.host())),
      .pid = wire_status.pid(),
      .started_ns = wire_status.started_ns(),
      .time_ns = wire_status.time_ns(),
      .state = static_cast<ServiceState>(wire_status.state()),
      .not_ready_reason = std::string(TextOf(wire_status.not_ready_reason())),
      .messages_in = wire_status.messages_in(),
      .rows_in = wire_status.rows_in(),
      .bytes_in = wire_status.bytes_in(),
      .messages_out = wire_status.messages_out(),
      .rows_out = wire_status.rows_out(),
      .bytes_out = wire_status.bytes_out(),
      .unreadable_messages = wire_status.unreadable_messages(),
      .epochs = wire_status.epochs(),
      .commits = wire_status.commits(),
      .commit_failures = wire_status.commit_failures(),
      .transactions_aborted = wire_status.transactions_aborted(),
      .rebalances = wire_status.rebalances(),
      .stalls = wire_status.stalls(),
      .busy_ns = wire_status.busy_ns(),
      .cpu_ns = wire_status.cpu_ns(),
      .rss_bytes = wire_status.rss_bytes(),
      .input_topic = std::string(TextOf(wire_status.input_topic())),
      .drift_rows = wire_status.drift_rows(),
  };
  if (wire_status.dead_letters() != nullptr) {
    for (const wire::DeadLetterCount* count : *wire_status.dead_letters()) {
      status.dead_letters[count->reason()] = count->rows();
    }
  }
  if (wire_status.lags() != nullptr) {
    for (const wire::PartitionLag* lag : *wire_status.lags()) {
      status.lags.push_back({.partition = static_cast<std::int32_t>(lag->partition()),
                             .position = lag->position(),
                             .lag = lag->lag()});
    }
  }
  if (wire_status.events() != nullptr) {
    for (const wire::ServiceEvent* event : *wire_status.events()) {
      status.events.push_back(
          {.time_ns = event->time_ns(), .text = std::string(TextOf(event->text()))});
    }
  }
  if (wire_status.drift() != nullptr) {
    for (const wire::FeatureDrift* drift : *wire_status.drift()) {
      status.drift.push_back({.feature = drift->feature()->str(), .psi = drift->psi()});
    }
  }
  return status;
}

std::string_view ServiceStateName(ServiceState state) {
  switch (state) {
    case ServiceState::kStarting:
      return "starting";
    case ServiceState::kWaitingForBrokers:
      return "waiting_for_brokers";
    case ServiceState::kRunning:
      return "running";
    case ServiceState::kStalled:
      return "stalled";
    case ServiceState::kStopping:
      return "stopping";
    case ServiceState::kFailed:
      return "failed";
  }
  return "unknown";
}

}  // namespace marquee
