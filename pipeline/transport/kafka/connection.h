// pipeline/transport/kafka/connection.h — how to reach the brokers, and what the topics are called.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/status.h"

namespace marquee {

/// The topics of the pipeline.
enum class Topic { kRawData, kProcessedData, kResults, kDeadLetter, kStatus };

/// How long programs that are no services wait for brokers.
inline constexpr std::chrono::seconds kBrokerTimeout{15};

/// How to reach the brokers.
struct KafkaConnection {
  /// HOST:PORT, separated by commas.
  std::string brokers = "localhost:9092";
  /// Goes before every topic's and group's name, so that several pipelines can share brokers.
  std::string topic_prefix;
  /// Properties of librdkafka as KEY=VALUE, checked by CheckProperties.
  std::vector<std::string> properties;

  /// The topic's name: the prefix, then "raw-data", "processed-data", "results", "dead-letter" or
  /// "status".
  std::string TopicName(Topic topic) const;
};

/// Check properties that a user gave: each is KEY=VALUE, known to librdkafka, and neither Marquee's
/// own business nor a secret (which command lines show to everyone on the machine).
/// Errors: kUsage, naming the key, the reason and the right way.
Status CheckProperties(const std::vector<std::string>& properties);

/// The version of librdkafka that runs, e.g. "2.0.2".
std::string KafkaLibraryVersion();

}  // namespace marquee
