// pipeline/transport/kafka/topic_reader.h — reading a topic from outside the pipeline: by
// assignment, without a group, committing nothing.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/transport/kafka/connection.h"
#include "schemas/status.h"

namespace marquee {

/// A record of a topic. Owns nothing: valid until the reader's next call.
struct TopicRecord {
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;  ///< Unix time; -1 = none
  /// At an odd address, as Kafka delivers it: copy into a Message before it is verified.
  std::span<const std::byte> value;
  std::vector<std::pair<std::string_view, std::string_view>> headers;
};

/// Where reading begins, in each partition.
struct StartAt {
  enum class Where { kBeginning, kEnd, kTime, kLast };
  Where where = Where::kBeginning;
  /// kTime: the first record at or after this Unix time, in ms; the end if there is none.
  std::int64_t time_ms = 0;
  /// kLast: so many offsets before the end (of which transactions take some), or the beginning.
  std::int64_t count = 0;
};

/// Reads all partitions of a topic; sees only what is committed.
///
/// Brokers that go away are waited for. Threads: one at a time.
class TopicReader {
 public:
  enum class Event { kRecord, kTimeout, kEnd };

  /// Find the partitions and where to begin; waits up to `timeout` for the brokers, and no more than
  /// a second longer than until `stopped`, which is asked now and then, says so.
  /// Errors: kUnavailable if they do not answer, kConfig if there is no such topic.
  static Result<std::unique_ptr<TopicReader>> Open(const KafkaConnection& connection,
                                                   const std::string& topic, const StartAt& start,
                                                   std::chrono::milliseconds timeout,
                                                   const std::function<bool()>& stopped = {});
  virtual ~TopicReader() = default;

  /// Wait up to `timeout` for the next record, of any partition: partitions interleave as they
  /// come. kEnd is told each time that all partitions have been read to their ends; reading may
  /// go on after it, for more may be written.
  /// Errors: kUnavailable for what waiting does not mend (access denied, the topic deleted, …).
  virtual Result<Event> Next(TopicRecord& record, std::chrono::milliseconds timeout) = 0;

  virtual const std::string& topic() const noexcept = 0;
  virtual std::int32_t num_partitions() const noexcept = 0;
  /// What the client last complained of ("broker away …"); empty if all is well.
  virtual std::string TakeComplaint() = 0;
};

}  // namespace marquee
