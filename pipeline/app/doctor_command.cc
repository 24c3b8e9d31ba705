#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "pipeline/app/command.h"
#include "pipeline/app/kafka_options.h"
#include "pipeline/app/settings.h"
#include "pipeline/core/clock.h"
#include "pipeline/stages/table_schema.h"
#include "pipeline/transport/kafka/topic_admin.h"
#include "pipeline/transport/kafka/topic_reader.h"
#include "schemas/message.h"
#include "schemas/service_status.h"

namespace marquee {
namespace {

struct DoctorOptions {
  KafkaConnection connection;
  TopicSettings topics{.partitions = 0};
  std::string model;
  std::string schema;
  bool json = false;
};

/// Collects findings, prints them as they come, and knows the first that is bad.
class Findings {
 public:
  explicit Findings(bool json) : json_(json) {}

  void Good(std::string_view subject, std::string_view text) { Add(subject, "ok", text); }
  void Bad(std::string_view subject, const Status& status) {
    Add(subject, "wrong", status.message());
    if (first_.ok()) first_ = Status(status.code(), std::string(status.message()));
  }
  /// Good with `text` if `status` is OK.
  void Check(std::string_view subject, const Status& status, std::string_view text) {
    if (status.ok()) {
      Good(subject, text);
    } else {
      Bad(subject, status);
    }
  }

  Status Conclude() {
    if (json_) fmt::print("{}\n", findings_.dump(2));
    return std::move(first_);
  }

 private:
  void Add(std::string_view subject, std::string_view verdict, std::string_view text) {
    findings_.push_back({{"subject", subject}, {"verdict", verdict}, {"text", text}});
    if (!json_) fmt::print("{:<6} {:<12} {}\n", verdict, subject, text);
  }

  bool json_;
  nlohmann::ordered_json findings_ = nlohmann::ordered_json::array();
  Status first_;
};

void CheckModel(const DoctorOptions& options, Findings& findings) {
  const auto spec = LoadTableSchema(options.schema);
  if (!spec) return findings.Bad("schema", spec.error());
  const auto model = LoadModel(options.model);
  if (!model) return findings.Bad("model", model.error());
  findings.Check("model", RequireModelFits(**model, *spec),
                 fmt::format("{} {}, id {:016x}: its golden rows come out as they should, and it "
                             "fits the feature spec {:016x}",
                             (*model)->name(), (*model)->version(), (*model)->id(), spec->Hash()));
}

/// Whether any broker answers.
bool CheckBrokers(TopicAdmin& admin, const TopicSettings& topics, Findings& findings) {
  const auto cluster = admin.Cluster();
  if (!cluster) {
    findings.Bad("brokers", cluster.error());
    return false;
  }
  std::string list;
  for (const auto& broker : cluster->brokers) {
    list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", broker.id, broker.address);
  }
  if (static_cast<int>(cluster->brokers.size()) < topics.min_insync) {
    findings.Bad("brokers",
                 Status::Unavailable(fmt::format(
                     "only {} answer: {}; with fewer than min.insync.replicas {} nothing "
                     "can be written: start the others",
                     cluster->brokers.size(), list, topics.min_insync)));
    return true;
  }
  findings.Good("brokers", fmt::format("{}; cluster {}, controller {}", list, cluster->cluster_id,
                                       cluster->controller));
  return true;
}

void CheckTopics(TopicAdmin& admin, const DoctorOptions& options, Findings& findings) {
  constexpr std::array kTopics{Topic::kRawData, Topic::kProcessedData, Topic::kResults,
                               Topic::kDeadLetter, Topic::kStatus};
  std::vector<std::string> names;
  for (const Topic topic : kTopics) names.push_back(options.connection.TopicName(topic));
  const auto facts = admin.Describe(names);
  if (!facts) return findings.Bad("topics", facts.error());
  TopicSettings wanted = options.topics;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto& topic = (*facts)[i];
    TopicSettings settings = wanted;
    if (kTopics[i] == Topic::kStatus) settings.partitions = 0;
    Status status = CheckTopic(names[i], topic, settings);
    if (status.ok() && topic->leaderless > 0) {
      status = Status::Unavailable(
          fmt::format("topic {}: {} partitions have no leader: their brokers are down", names[i],
                      topic->leaderless));
    }
    if (status.ok() && topic->in_sync < topic->min_insync) {
      status = Status::Unavailable(fmt::format(
          "topic {}: a partition has {} replicas in sync, but {} must have a message: writing "
          "waits until more brokers are up",
          names[i], topic->in_sync, topic->min_insync));
    }
    if (!status.ok()) {
      findings.Bad("topic", status);
      continue;
    }
    if (wanted.partitions == 0) wanted.partitions = topic->partitions;
    findings.Good("topic",
                  fmt::format("{}: {} partitions, replication factor {}, in sync {}", names[i],
                              topic->partitions, topic->replication_factor, topic->in_sync));
  }
}

/// The newest status records tell what runs, how far behind it is, and how clocks differ: a record
/// that was written after now shows a clock that is ahead.
void CheckServices(const KafkaConnection& connection, Findings& findings) {
  constexpr std::chrono::milliseconds kWait{2000};
  constexpr std::int64_t kRecentMs = 5000;
  const std::int64_t now_ms = WallClockNs() / 1'000'000;
  const auto reader = TopicReader::Open(
      connection, connection.TopicName(Topic::kStatus),
      {.where = StartAt::Where::kTime, .time_ms = now_ms - kRecentMs}, kBrokerTimeout);
  if (!reader) return findings.Bad("services", reader.error());
  std::map<std::string, ServiceStatus> newest;
  TopicRecord record;
  Message message;
  for (;;) {
    const auto event = (*reader)->Next(record, kWait);
    if (!event) return findings.Bad("services", event.error());
    if (*event != TopicReader::Event::kRecord) break;
    const auto memory = message.Receive(record.value.size());
    if (!memory) continue;
    std::copy(record.value.begin(), record.value.end(), memory->begin());
    auto status = ReadStatus(message.bytes());
    if (status) newest[status->stage + "/" + status->instance] = *std::move(status);
  }
  if (newest.empty()) findings.Good("services", "none has told its status in the last 5 s");
  for (const auto& [name, status] : newest) {
    std::int64_t lag = 0;
    for (const PartitionLag& partition : status.lags)
      lag += std::max<std::int64_t>(partition.lag, 0);
    const std::int64_t ahead_ms = status.time_ns / 1'000'000 - WallClockNs() / 1'000'000;
    if (ahead_ms > 1000) {
      findings.Bad("clocks",
                   Status::Unavailable(fmt::format(
                       "{} on host {} is {} ms ahead of this host: latencies between them "
                       "mean nothing; synchronise the clocks",
                       name, status.host, ahead_ms)));
    }
    if (status.state == ServiceState::kStopping) {
      findings.Good("services", fmt::format("{}: has just stopped", name));
    } else if (status.is_ready()) {
      findings.Good("services", fmt::format("{}: {}, {} messages behind", name,
                                            ServiceStateName(status.state), lag));
    } else {
      findings.Bad("services", Status::Unavailable(fmt::format("{} is not ready: {}", name,
                                                               status.not_ready_reason)));
    }
  }
}

Status Examine(const DoctorOptions& options) {
  Findings findings(options.json);
  findings.Good("config", fmt::format("brokers {}, topics '{}raw-data' and so on, librdkafka {}",
                                      options.connection.brokers, options.connection.topic_prefix,
                                      KafkaLibraryVersion()));
  CheckModel(options, findings);
  const auto admin = TopicAdmin::Open(options.connection, kBrokerTimeout);
  if (!admin) {
    findings.Bad("brokers", admin.error());
    return findings.Conclude();
  }
  if (CheckBrokers(**admin, options.topics, findings)) {
    CheckTopics(**admin, options, findings);
    CheckServices(options.connection, findings);
  }
  return findings.Conclude();
}

}  // namespace

void AddDoctorCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "doctor",
      "Check settings, model, brokers, topics, services and clocks: what is wrong, and what to do",
      "  marquee doctor --brokers localhost:9092\n"
      "  marquee doctor --json | jq '.[] | select(.verdict == \"wrong\")'");
  auto options = std::make_shared<DoctorOptions>();
  AddKafkaOptions(*command, options->connection);
  AddTopicSettings(*command, options->topics);
  AddSchemaOption(*command, options->schema);
  AddSetting(*command, "--model", options->model,
             "model file (default: the built-in movies model)");
  AddSwitch(*command, "--json", options->json, "print a JSON array");
  SetAction(command, chosen, [options] { return Examine(*options); });
}

}  // namespace marquee
