// pipeline/transport/kafka/topic_writer.h — writing records to topics and waiting until they are
// there.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/transport/kafka/connection.h"
#include "schemas/status.h"

namespace marquee {

using RecordHeaders = std::vector<std::pair<std::string, std::string>>;

/// Writes single records, for tools: replay, status. (Services have their own producer.)
///
/// Threads: one at a time.
class TopicWriter {
 public:
  static Result<std::unique_ptr<TopicWriter>> Open(const KafkaConnection& connection);
  virtual ~TopicWriter() = default;

  /// Hand a record to the client, which copies it; waits while its queue is full.
  /// `partition` -1 = any. Errors: kUnavailable, kData (too large).
  virtual Status Write(const std::string& topic, std::int32_t partition,
                       std::span<const std::byte> value, const RecordHeaders& headers) = 0;
  /// Wait until every record is acknowledged by all in-sync replicas. Errors: kUnavailable, naming
  /// how many are not.
  virtual Status Flush(std::chrono::milliseconds timeout) = 0;
};

}  // namespace marquee
