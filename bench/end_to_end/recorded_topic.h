// bench/end_to_end/recorded_topic.h — the messages of a topic, in a file: what the null pipeline sends
// again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/transport/kafka/connection.h"
#include "schemas/status.h"

namespace marquee::bench {

/// The messages of a topic, as Marquee's stages wrote them: real bytes, for compression to work on.
///
/// Shapes: the last message of each partition has no rows but the run's totals.
class RecordedTopic {
 public:
  RecordedTopic() = default;
  RecordedTopic(RecordedTopic&&) noexcept = default;
  RecordedTopic& operator=(RecordedTopic&&) noexcept = default;

  /// Read a topic of a run that is over, from its beginning to its end, into a file.
  /// Errors: kUnavailable.
  static Status Record(const KafkaConnection& connection, const std::string& topic,
                       const std::string& path);
  /// Errors: kUnavailable for a file that cannot be read, kData for one that is cut off.
  static Result<RecordedTopic> Load(const std::string& path);

  std::size_t num_partitions() const noexcept { return partitions_.size(); }
  std::size_t num_messages() const noexcept { return num_messages_; }
  std::size_t num_messages(std::size_t partition) const { return partitions_[partition].size(); }
  /// Whether partition `partition` has a message `index`.
  bool has(std::size_t partition, std::size_t index) const {
    return partition < partitions_.size() && index < partitions_[partition].size();
  }
  /// Message `index` of a partition, from 0; may be written to.
  std::span<std::byte> message(std::size_t partition, std::size_t index) const {
    return partitions_[partition][index];
  }
  bool has_rows(std::size_t partition, std::size_t index) const {
    return index + 1 < partitions_[partition].size();
  }

 private:
  std::vector<std::byte> bytes_;
  std::vector<std::vector<std::span<std::byte>>> partitions_;  // into bytes_
  std::size_t num_messages_ = 0;
};

}  // namespace marquee::bench
