// pipeline/app/kafka_options.h — the options of every command that talks to Kafka.
#pragma once

#include <CLI/CLI.hpp>

#include "pipeline/transport/kafka/connection.h"
#include "pipeline/transport/kafka/topic_admin.h"
#include "schemas/status.h"

namespace marquee {

/// Add --brokers, --topic-prefix and -X to `command`.
void AddKafkaOptions(CLI::App& command, KafkaConnection& connection);

/// Add --replication-factor and --min-insync: what the topics are made with, or must have.
void AddTopicSettings(CLI::App& command, TopicSettings& settings);

}  // namespace marquee
