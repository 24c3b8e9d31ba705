#include "pipeline/transport/kafka/topic_admin.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <functional>

#include "pipeline/transport/kafka/handles.h"

namespace marquee {
namespace {

using std::chrono::milliseconds;

// Kafka's own default. What counts is not a message but a batch of them, which librdkafka lets grow
// to a million bytes.
constexpr std::int64_t kMaxRecordBatchBytes = 1'048'588;

using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, CallOnDestroy<rd_kafka_NewTopic_destroy>>;
using DeleteTopic =
    std::unique_ptr<rd_kafka_DeleteTopic_t, CallOnDestroy<rd_kafka_DeleteTopic_destroy>>;
using AdminOptions =
    std::unique_ptr<rd_kafka_AdminOptions_t, CallOnDestroy<rd_kafka_AdminOptions_destroy>>;
using ConfigResource =
    std::unique_ptr<rd_kafka_ConfigResource_t, CallOnDestroy<rd_kafka_ConfigResource_destroy>>;

std::int64_t ToInteger(const char* text) {
  std::int64_t value = 0;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), value);
  return value;
}

class Admin final : public TopicAdmin {
 public:
  explicit Admin(milliseconds timeout) : timeout_(timeout) {}

  Status Connect(const KafkaConnection& connection) {
    brokers_ = connection.brokers;
    MARQUEE_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Make(connection));
    rd_kafka_conf_set_error_cb(config.get(),
                               [](rd_kafka_t*, int, const char* reason, void* opaque) {
                                 static_cast<Admin*>(opaque)->complaint_ = reason;
                               });
    MARQUEE_ASSIGN_OR_RETURN(client_, config.Create(RD_KAFKA_PRODUCER, this));
    queue_.reset(rd_kafka_queue_new(client_.get()));
    return {};
  }

  Result<ClusterFacts> Cluster() override {
    MARQUEE_ASSIGN_OR_RETURN(const KafkaMetadata metadata, Metadata());
    ClusterFacts facts;
    for (int i = 0; i < metadata->broker_cnt; ++i) {
      const rd_kafka_metadata_broker& broker = metadata->brokers[i];
      facts.brokers.push_back(
          {.id = broker.id, .address = fmt::format("{}:{}", broker.host, broker.port)});
    }
    std::sort(facts.brokers.begin(), facts.brokers.end(),
              [](const auto& a, const auto& b) { return a.id < b.id; });
    if (char* id = rd_kafka_clusterid(client_.get(), 0)) {
      facts.cluster_id = id;
      rd_kafka_mem_free(client_.get(), id);
    }
    facts.controller = rd_kafka_controllerid(client_.get(), static_cast<int>(timeout_.count()));
    return facts;
  }

  Result<std::vector<std::optional<TopicFacts>>> Describe(
      const std::vector<std::string>& names) override {
    MARQUEE_ASSIGN_OR_RETURN(const KafkaMetadata metadata, Metadata());
    std::vector<std::optional<TopicFacts>> all(names.size());
    for (int i = 0; i < metadata->topic_cnt; ++i) {
      const rd_kafka_metadata_topic& topic = metadata->topics[i];
      const auto name = std::find(names.begin(), names.end(), topic.topic);
      if (name == names.end() || topic.partition_cnt == 0) continue;
      all[static_cast<std::size_t>(name - names.begin())] = FactsOf(topic);
    }
    MARQUEE_RETURN_IF_ERROR(ReadConfigs(all));
    return all;
  }

  Status Create(const std::string& name, const TopicSettings& settings) override {
    std::array<char, 512> reason{};
    const NewTopic topic(rd_kafka_NewTopic_new(name.c_str(), settings.partitions,
                                               settings.replication_factor, reason.data(),
                                               reason.size()));
    if (topic == nullptr) return Status::Config(fmt::format("topic {}: {}", name, reason.data()));
    const auto set = [&](const char* key, std::int64_t value) {
      rd_kafka_NewTopic_set_config(topic.get(), key, std::to_string(value).c_str());
    };
    set("min.insync.replicas", settings.min_insync);
    set("retention.ms", settings.retention_ms);
    set("retention.bytes", settings.retention_bytes);
    set("max.message.bytes", kMaxRecordBatchBytes);
    rd_kafka_NewTopic_t* topics[] = {topic.get()};
    MARQUEE_ASSIGN_OR_RETURN(
        const KafkaEvent event,
        Call(RD_KAFKA_ADMIN_OP_CREATETOPICS, [&](const rd_kafka_AdminOptions_t* options) {
          rd_kafka_CreateTopics(client_.get(), topics, 1, options, queue_.get());
        }));
    std::size_t count = 0;
    const auto** results = rd_kafka_CreateTopics_result_topics(
        rd_kafka_event_CreateTopics_result(event.get()), &count);
    return TopicStatus("create", results, count);
  }

  Status Delete(const std::string& name) override {
    const DeleteTopic topic(rd_kafka_DeleteTopic_new(name.c_str()));
    rd_kafka_DeleteTopic_t* topics[] = {topic.get()};
    MARQUEE_ASSIGN_OR_RETURN(
        const KafkaEvent event,
        Call(RD_KAFKA_ADMIN_OP_DELETETOPICS, [&](const rd_kafka_AdminOptions_t* options) {
          rd_kafka_DeleteTopics(client_.get(), topics, 1, options, queue_.get());
        }));
    std::size_t count = 0;
    const auto** results = rd_kafka_DeleteTopics_result_topics(
        rd_kafka_event_DeleteTopics_result(event.get()), &count);
    return TopicStatus("delete", results, count);
  }

 private:
  Result<KafkaMetadata> Metadata() {
    const rd_kafka_metadata_t* raw = nullptr;
    const auto code = rd_kafka_metadata(client_.get(), /*all_topics=*/1, nullptr, &raw,
                                        static_cast<int>(timeout_.count()));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return Unreachable(KafkaErrorText(code));
    return KafkaMetadata(raw);
  }

  Status Unreachable(const std::string& reason) {
    rd_kafka_poll(client_.get(), 0);  // the callback knows more than a timeout
    return Status::Unavailable(fmt::format("no broker at {} answers: {}", brokers_,
                                           complaint_.empty() ? reason : complaint_));
  }

  static TopicFacts FactsOf(const rd_kafka_metadata_topic& topic) {
    TopicFacts facts{.name = topic.topic,
                     .partitions = topic.partition_cnt,
                     .replication_factor = topic.partitions[0].replica_cnt,
                     .in_sync = topic.partitions[0].isr_cnt};
    for (int p = 0; p < topic.partition_cnt; ++p) {
      facts.replication_factor =
          std::min(facts.replication_factor, topic.partitions[p].replica_cnt);
      facts.in_sync = std::min(facts.in_sync, topic.partitions[p].isr_cnt);
      if (topic.partitions[p].leader < 0) ++facts.leaderless;
    }
    return facts;
  }

  Status ReadConfigs(std::vector<std::optional<TopicFacts>>& all) {
    std::vector<ConfigResource> resources;
    std::vector<rd_kafka_ConfigResource_t*> pointers;
    for (const auto& facts : all) {
      if (!facts) continue;
      resources.emplace_back(
          rd_kafka_ConfigResource_new(RD_KAFKA_RESOURCE_TOPIC, facts->name.c_str()));
      pointers.push_back(resources.back().get());
    }
    if (pointers.empty()) return {};
    MARQUEE_ASSIGN_OR_RETURN(
        const KafkaEvent event,
        Call(RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS, [&](const rd_kafka_AdminOptions_t* options) {
          rd_kafka_DescribeConfigs(client_.get(), pointers.data(), pointers.size(), options,
                                   queue_.get());
        }));
    std::size_t count = 0;
    const auto** results = rd_kafka_DescribeConfigs_result_resources(
        rd_kafka_event_DescribeConfigs_result(event.get()), &count);
    for (std::size_t i = 0; i < count; ++i) {
      const char* name = rd_kafka_ConfigResource_name(results[i]);
      const auto facts = std::find_if(all.begin(), all.end(),
                                      [name](const auto& f) { return f && f->name == name; });
      const auto code = rd_kafka_ConfigResource_error(results[i]);
      if (code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART && facts != all.end()) {
        facts->reset();  // so new or so old that not all brokers know it
        continue;
      }
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
        return Status::Config(fmt::format("topic {}: cannot read its settings: {}", name,
                                          rd_kafka_ConfigResource_error_string(results[i])));
      }
      if (facts != all.end()) FillConfigs(*results[i], **facts);
    }
    return {};
  }

  static void FillConfigs(const rd_kafka_ConfigResource_t& resource, TopicFacts& facts) {
    std::size_t count = 0;
    const auto** entries = rd_kafka_ConfigResource_configs(&resource, &count);
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view key = rd_kafka_ConfigEntry_name(entries[i]);
      const std::int64_t value = ToInteger(rd_kafka_ConfigEntry_value(entries[i]));
      if (key == "min.insync.replicas") facts.min_insync = static_cast<std::int32_t>(value);
      if (key == "retention.ms") facts.retention_ms = value;
      if (key == "retention.bytes") facts.retention_bytes = value;
      if (key == "max.message.bytes") facts.max_message_bytes = value;
    }
  }

  /// Make an admin call and wait for its result.
  Result<KafkaEvent> Call(rd_kafka_admin_op_t operation,
                          const std::function<void(const rd_kafka_AdminOptions_t*)>& call) {
    const AdminOptions options(rd_kafka_AdminOptions_new(client_.get(), operation));
    std::array<char, 512> reason{};
    const int timeout_ms = static_cast<int>(timeout_.count());
    rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, reason.data(),
                                              reason.size());
    // How long the controller may take until the change is known everywhere.
    if (operation != RD_KAFKA_ADMIN_OP_DESCRIBECONFIGS) {
      rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, reason.data(),
                                                  reason.size());
    }
    call(options.get());
    KafkaEvent event(rd_kafka_queue_poll(queue_.get(), timeout_ms + 1000));
    if (event == nullptr) return Unreachable("timed out");
    if (const auto code = rd_kafka_event_error(event.get()); code != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const char* text = rd_kafka_event_error_string(event.get());
      if (code == RD_KAFKA_RESP_ERR__TIMED_OUT || code == RD_KAFKA_RESP_ERR__TRANSPORT) {
        return Unreachable(text);
      }
      return Status::Config(text);
    }
    return event;
  }

  static Status TopicStatus(const char* verb, const rd_kafka_topic_result_t** results,
                            std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const auto code = rd_kafka_topic_result_error(results[i]);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR) continue;
      const char* text = rd_kafka_topic_result_error_string(results[i]);
      return Status::Config(fmt::format("cannot {} topic {}: {}", verb,
                                        rd_kafka_topic_result_name(results[i]),
                                        text != nullptr ? text : KafkaErrorText(code)));
    }
    return {};
  }

  milliseconds timeout_;
  std::string brokers_;
  KafkaHandle client_;
  KafkaQueue queue_;
  std::string complaint_;
};

Status Differs(const std::string& topic, std::string_view setting, std::int64_t is,
               std::int64_t should, std::string_view remedy) {
  return Status::Config(
      fmt::format("topic {}: {} is {}, but must be {}; {}", topic, setting, is, should, remedy));
}

}  // namespace

Result<std::unique_ptr<TopicAdmin>> TopicAdmin::Open(const KafkaConnection& connection,
                                                     milliseconds timeout) {
  auto admin = std::make_unique<Admin>(timeout);
  MARQUEE_RETURN_IF_ERROR(admin->Connect(connection));
  return std::unique_ptr<TopicAdmin>(std::move(admin));
}

Status CheckTopic(const std::string& name, const std::optional<TopicFacts>& facts,
                  const TopicSettings& wanted) {
  if (!facts) {
    return Status::Config(fmt::format(
        "there is no topic {}; 'marquee topics create' makes all that are needed", name));
  }
  constexpr std::string_view kRecreate =
      "delete and create it anew ('marquee topics delete', 'marquee topics create'), or say what "
      "you want";
  if (wanted.partitions != 0 && facts->partitions != wanted.partitions) {
    return Differs(name, "the number of partitions", facts->partitions, wanted.partitions,
                   fmt::format("{} with --partitions: all topics need the same", kRecreate));
  }
  if (facts->replication_factor < wanted.replication_factor) {
    return Differs(name, "the replication factor", facts->replication_factor,
                   wanted.replication_factor,
                   fmt::format("{} with --replication-factor", kRecreate));
  }
  if (facts->min_insync < wanted.min_insync) {
    return Differs(name, "min.insync.replicas", facts->min_insync, wanted.min_insync,
                   "alter it with kafka-configs.sh, or say what you want with --min-insync");
  }
  if (facts->max_message_bytes < kMaxRecordBatchBytes) {
    return Differs(name, "max.message.bytes", facts->max_message_bytes, kMaxRecordBatchBytes,
                   "alter it with kafka-configs.sh");
  }
  return {};
}

Status CheckRetention(const TopicFacts& facts, const TopicSettings& wanted) {
  constexpr std::string_view kRemedy =
      "alter it with kafka-configs.sh, or say what is wanted with --";
  if (facts.retention_ms != wanted.retention_ms) {
    return Differs(facts.name, "retention.ms", facts.retention_ms, wanted.retention_ms,
                   fmt::format("{}retention-ms", kRemedy));
  }
  if (facts.retention_bytes != wanted.retention_bytes) {
    return Differs(facts.name, "retention.bytes", facts.retention_bytes, wanted.retention_bytes,
                   fmt::format("{}retention-bytes", kRemedy));
  }
  return {};
}

}  // namespace marquee
