// pipeline/transport/kafka/topic_admin.h — making, looking at and deleting topics.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/transport/kafka/connection.h"
#include "schemas/status.h"

namespace marquee {

/// What a topic is made with, and what it must have for messages to be safe in it.
struct TopicSettings {
  std::int32_t partitions = 3;
  std::int32_t replication_factor = 3;
  /// So many replicas must have a message before it is acknowledged.
  std::int32_t min_insync = 2;
  /// Older and larger than this, and messages go: so that no disk fills up.
  std::int64_t retention_ms = 24LL * 3600 * 1000;
  std::int64_t retention_bytes = 4LL << 30;
};

/// What is there.
struct TopicFacts {
  std::string name;
  std::int32_t partitions = 0;
  std::int32_t replication_factor = 0;
  /// The fewest replicas that any partition has in sync now.
  std::int32_t in_sync = 0;
  /// Partitions without a leader.
  std::int32_t leaderless = 0;
  std::int32_t min_insync = 0;
  std::int64_t retention_ms = 0;
  std::int64_t retention_bytes = 0;
  std::int64_t max_message_bytes = 0;
};

/// What is known of the brokers.
struct ClusterFacts {
  struct Broker {
    std::int32_t id = 0;
    std::string address;
  };
  std::vector<Broker> brokers;
  std::string cluster_id;
  std::int32_t controller = -1;
};

/// Manages topics. Threads: one at a time. Errors everywhere: kUnavailable if the brokers do not
/// answer within the timeout.
class TopicAdmin {
 public:
  static Result<std::unique_ptr<TopicAdmin>> Open(const KafkaConnection& connection,
                                                  std::chrono::milliseconds timeout);
  virtual ~TopicAdmin() = default;

  virtual Result<ClusterFacts> Cluster() = 0;
  /// One entry a name; none where there is no such topic.
  virtual Result<std::vector<std::optional<TopicFacts>>> Describe(
      const std::vector<std::string>& names) = 0;
  /// Make a topic. Errors: kConfig, if it is there already, or the brokers refuse the settings.
  virtual Status Create(const std::string& name, const TopicSettings& settings) = 0;
  /// Delete a topic and wait until it is gone. Errors: kConfig if there is none.
  virtual Status Delete(const std::string& name) = 0;
};

/// Check that a topic is safe for Marquee's messages: there, with the partitions, replication and
/// min.insync.replicas wanted, and room for its largest message. `partitions` 0 = any number.
/// Errors: kConfig, naming topic, setting, both values and the remedy.
Status CheckTopic(const std::string& name, const std::optional<TopicFacts>& facts,
                  const TopicSettings& wanted);

/// Check that a topic keeps its messages as long as `wanted` says, for who makes topics: those who
/// only use them have no say in it. Errors: kConfig, as of CheckTopic.
Status CheckRetention(const TopicFacts& facts, const TopicSettings& wanted);

}  // namespace marquee
