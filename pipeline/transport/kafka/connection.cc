#include "pipeline/transport/kafka/connection.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>
#include <fstream>
#include <optional>

#include "pipeline/transport/kafka/handles.h"
#include "schemas/check.h"

namespace marquee {
namespace {

struct OwnedProperty {
  std::string_view key;
  std::string_view reason;
};

constexpr std::string_view kCommits =
    "Marquee commits offsets itself, after the outputs are acknowledged";
constexpr std::string_view kDurable = "outputs are always acknowledged by all in-sync replicas";

// With their aliases: librdkafka would let the one that comes last win.
constexpr auto kOwned = std::to_array<OwnedProperty>({
    {"bootstrap.servers", "use --brokers"},
    {"metadata.broker.list", "use --brokers"},
    {"group.id", "the group is named after the stage; use --topic-prefix for another pipeline"},
    {"group.instance.id", "use --static-member and --instance"},
    {"group.protocol", "Marquee relies on the classic group protocol"},
    {"session.timeout.ms", "use --session-timeout-ms"},
    {"transactional.id", "use --guarantee exactly-once and --instance"},
    {"transaction.timeout.ms", "Marquee keeps transactions short by itself"},
    {"enable.idempotence", "producers are always idempotent"},
    {"enable.gapless.guarantee", "producers are always idempotent"},
    {"acks", kDurable},
    {"request.required.acks", kDurable},
    {"enable.auto.commit", kCommits},
    {"auto.commit.enable", kCommits},
    {"auto.commit.interval.ms", kCommits},
    {"enable.auto.offset.store", kCommits},
    {"isolation.level", "readers see only what is committed"},
    {"enable.partition.eof", "Marquee needs it to know how far behind it is"},
    {"statistics.interval.ms", "Marquee has counters of its own: see --listen"},
    {"message.timeout.ms", "a message is kept until it is acknowledged or the program ends"},
    {"delivery.timeout.ms", "a message is kept until it is acknowledged or the program ends"},
});

// Secrets, which come from the environment or from files that it names.
constexpr auto kSecrets = std::to_array<const char*>({
    "sasl.password",
    "sasl.oauthbearer.client.secret",
    "ssl.key.password",
    "ssl.key.pem",
    "ssl.keystore.password",
});

std::string SecretVariable(std::string_view key) {
  std::string name = "MARQUEE_";
  for (const char c : key) {
    name += c == '.' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

Result<std::optional<std::string>> ReadSecret(const char* key) {
  const std::string name = SecretVariable(key);
  if (const char* value = std::getenv(name.c_str())) return std::optional<std::string>(value);
  const char* path = std::getenv((name + "_FILE").c_str());
  if (path == nullptr) return std::optional<std::string>();
  std::ifstream file(path);
  std::string value{std::istreambuf_iterator<char>(file), {}};
  if (!file) {
    return Status::Config(fmt::format("{}_FILE: cannot read {}", name, path));
  }
  while (!value.empty() && (value.back() == '\n' || value.back() == '\r')) value.pop_back();
  return std::optional(std::move(value));
}

/// librdkafka's log lines: only when somebody asked for them with -X debug=….
void LogToStandardError(const rd_kafka_t* client, int level, const char* facility,
                        const char* text) {
  if (level == 7) fmt::print(stderr, "marquee: {} {}: {}\n", rd_kafka_name(client), facility, text);
}

}  // namespace

std::string KafkaConnection::TopicName(Topic topic) const {
  switch (topic) {
    case Topic::kRawData:
      return topic_prefix + "raw-data";
    case Topic::kProcessedData:
      return topic_prefix + "processed-data";
    case Topic::kResults:
      return topic_prefix + "results";
    case Topic::kDeadLetter:
      return topic_prefix + "dead-letter";
    case Topic::kStatus:
      return topic_prefix + "status";
  }
  return topic_prefix;
}

Status CheckProperties(const std::vector<std::string>& properties) {
  const KafkaConf conf(rd_kafka_conf_new());
  for (const std::string& property : properties) {
    const std::size_t equals = property.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Status::Usage(fmt::format("-X {}: write it as KEY=VALUE", property));
    }
    const std::string key = property.substr(0, equals);
    const std::string value = property.substr(equals + 1);
    const auto* owned = std::find_if(kOwned.begin(), kOwned.end(),
                                     [&](const OwnedProperty& o) { return o.key == key; });
    if (owned != kOwned.end()) {
      return Status::Usage(fmt::format("-X {}: not settable: {}", key, owned->reason));
    }
    if (std::find(kSecrets.begin(), kSecrets.end(), key) != kSecrets.end()) {
      return Status::Usage(
          fmt::format("-X {0}: secrets are not taken from the command line, where every user of "
                      "this machine sees them; set {1}, or {1}_FILE to a file that holds it",
                      key, SecretVariable(key)));
    }
    if (key == "partition.assignment.strategy" && value.find("cooperative") != std::string::npos) {
      return Status::Usage(
          "-X partition.assignment.strategy: cooperative rebalancing loses positions in "
          "librdkafka before 2.10; use range or roundrobin");
    }
    std::array<char, 512> reason{};
    if (rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), reason.data(), reason.size()) !=
        RD_KAFKA_CONF_OK) {
      return Status::Usage(fmt::format("-X {}: {}", property, reason.data()));
    }
  }
  return {};
}

std::string KafkaLibraryVersion() { return rd_kafka_version_str(); }

std::string KafkaErrorText(rd_kafka_resp_err_t code) {
  return fmt::format("{} ({})", rd_kafka_err2str(code), rd_kafka_err2name(code));
}

Result<ClientConfig> ClientConfig::Make(const KafkaConnection& connection) {
  ClientConfig config(KafkaConf(rd_kafka_conf_new()), connection.properties);
  config.Set("bootstrap.servers", connection.brokers)
      .Set("client.id", "marquee")
      .Set("socket.nagle.disable", "true")
      .Set("socket.keepalive.enable", "true")
      .Set("reconnect.backoff.max.ms", "2000")
      .Set("topic.metadata.refresh.interval.ms", "30000")
      .Set("log.connection.close", "false");
  for (const char* key : kSecrets) {
    MARQUEE_ASSIGN_OR_RETURN(const std::optional<std::string> secret, ReadSecret(key));
    if (secret) config.Set(key, *secret);
  }
  rd_kafka_conf_set_log_cb(config.get(), LogToStandardError);
  return config;
}

ClientConfig& ClientConfig::Set(const char* key, const std::string& value) {
  std::array<char, 512> reason{};
  const auto outcome =
      rd_kafka_conf_set(conf_.get(), key, value.c_str(), reason.data(), reason.size());
  MARQUEE_CHECK(outcome == RD_KAFKA_CONF_OK);
  (void)outcome;
  return *this;
}

Result<KafkaHandle> ClientConfig::Create(rd_kafka_type_t type, void* opaque) {
  std::array<char, 512> reason{};
  for (const std::string& property : properties_) {
    const std::size_t equals = property.find('=');
    if (rd_kafka_conf_set(conf_.get(), property.substr(0, equals).c_str(),
                          property.substr(equals + 1).c_str(), reason.data(),
                          reason.size()) != RD_KAFKA_CONF_OK) {
      return Status::Config(fmt::format("-X {}: {}", property, reason.data()));
    }
  }
  rd_kafka_conf_set_opaque(conf_.get(), opaque);
  rd_kafka_t* client = rd_kafka_new(type, conf_.get(), reason.data(), reason.size());
  if (client == nullptr) {
    return Status::Config(fmt::format("Kafka client: {}; see --brokers and -X", reason.data()));
  }
  (void)conf_.release();  // rd_kafka_new took it
  return KafkaHandle(client);
}

}  // namespace marquee
