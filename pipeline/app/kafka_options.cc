#include "pipeline/app/kafka_options.h"

#include "pipeline/app/settings.h"

namespace marquee {
namespace {

constexpr char kBetweenProperties = ';';

}  // namespace

void AddKafkaOptions(CLI::App& command, KafkaConnection& connection) {
  AddSetting(command, "--brokers", connection.brokers, "Kafka brokers to begin with: HOST:PORT,…");
  AddSetting(command, "--topic-prefix", connection.topic_prefix,
             "goes before the name of every topic and group");
  command
      .add_option("-X,--kafka-property", connection.properties,
                  "KEY=VALUE: a property of librdkafka; may be repeated, in the environment with ; "
                  "between them")
      ->envname(EnvironmentName("--kafka-property"))
      ->delimiter(kBetweenProperties)
      // CLI11 has values checked before it splits them too, if they are the environment's.
      ->check(CLI::Validator(
          [](const std::string& text) {
            const Status status = CheckProperties(CLI::detail::split(text, kBetweenProperties));
            return std::string(status.message());
          },
          ""));
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
