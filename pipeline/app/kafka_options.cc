#include "pipeline/app/kafka_options.h"

#include "pipeline/app/settings.h"

namespace marquee {

void AddKafkaOptions(CLI::App& command, KafkaConnection& connection) {
  AddSetting(command, "--brokers", connection.brokers, "Kafka brokers to begin with: HOST:PORT,…");
  AddSetting(command, "--topic-prefix", connection.topic_prefix,
             "goes before the name of every topic and group");
  command
      .add_option("-X,--kafka-property", connection.properties,
                  "KEY=VALUE: a property of librdkafka; may be repeated")
      ->envname(EnvironmentName("--kafka-property"))
      ->each([](const std::string& property) {
        const Status status = CheckProperties({property});
        if (!status.ok()) throw CLI::ValidationError(std::string(status.message()));
      });
}

void AddTopicSettings(CLI::App& command, TopicSettings& settings) {
  AddSetting(command, "--replication-factor", settings.replication_factor,
             "how many brokers hold each message")
      ->check(CLI::Range(1, 100));
  AddSetting(command, "--min-insync", settings.min_insync,
             "how many of them must have it before it counts as written")
      ->check(CLI::Range(1, 100));
}

}  // namespace marquee
