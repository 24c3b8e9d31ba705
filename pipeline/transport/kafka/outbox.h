// pipeline/transport/kafka/outbox.h — messages on their way from the runner's threads to the I/O
// thread, which alone talks to Kafka.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "pipeline/transport/kafka/connection.h"
#include "pipeline/transport/kafka/topic_writer.h"
#include "pipeline/transport/kafka/waker.h"
#include "schemas/batch_info.h"

namespace marquee {

/// What is told of a dead letter beside its bytes.
struct DeadLetterFacts {
  /// Topic, partition and offset of the input; an empty topic = the row came from no topic.
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string stage;
  std::string reason;
  std::string message;
  /// Of a row: its origin and ordinal.
  bool has_origin = false;
  RunId run;
  std::uint64_t sequence = 0;
  std::uint32_t row = 0;
};

/// The headers of a dead letter: Kafka Connect's names, so that its users' tools know them, and
/// Marquee's own.
RecordHeaders DeadLetterHeaders(const DeadLetterFacts& facts);

/// The outputs of one or more inputs, and what was counted on the way. Reused: Clear keeps the
/// memory.
class OutputGroup {
 public:
  struct Entry {
    std::size_t end = 0;  // in bytes_
    Topic topic = Topic::kResults;
    std::int32_t partition = 0;
    std::int32_t headers = -1;  // in headers_; -1 = none
  };

  void Clear();
  void Add(Topic topic, std::int32_t partition, std::span<const std::byte> message);
  /// `message` is what lies in the dead-letter topic.
  void AddDeadLetter(std::int32_t partition, std::span<const std::byte> message,
                     RecordHeaders headers);

  std::size_t size() const noexcept { return entries_.size(); }
  std::size_t num_bytes() const noexcept { return bytes_.size(); }
  const Entry& entry(std::size_t index) const { return entries_[index]; }
  std::span<const std::byte> message(std::size_t index) const;
  const RecordHeaders* headers(std::size_t index) const;

  std::uint64_t tag = 0;  ///< goes with each message to its delivery report
  std::uint64_t records_in = 0;
  std::uint64_t rows_out = 0;
  std::uint64_t unreadable = 0;
  std::array<std::uint64_t, kNumRejectReasons> rejects{};
  std::uint64_t busy_ns = 0;

 private:
  std::vector<std::byte> bytes_;
  std::vector<Entry> entries_;
  std::vector<RecordHeaders> headers_;
};

/// A queue of groups, bounded in bytes. Threads: any; Pop by the I/O thread only.
class Outbox {
 public:
  /// Notifies `waker` of each group.
  Outbox(Waker& waker, std::size_t max_bytes) : waker_(waker), max_bytes_(max_bytes) {}

  /// An empty group, with the memory of an old one if there is one.
  std::unique_ptr<OutputGroup> NewGroup();
  void Recycle(std::unique_ptr<OutputGroup> group);

  /// Hand a group over; waits while max_bytes are waiting. False if the outbox is closed.
  bool Push(std::unique_ptr<OutputGroup> group);
  /// The oldest group; null if there is none.
  std::unique_ptr<OutputGroup> Pop();
  /// Drop what waits, and let nobody wait any longer.
  void Close();
  bool empty() const;

 private:
  Waker& waker_;
  std::size_t max_bytes_;
  mutable std::mutex mutex_;
  std::condition_variable has_room_;
  std::deque<std::unique_ptr<OutputGroup>> groups_;
  std::vector<std::unique_ptr<OutputGroup>> free_;
  std::size_t num_bytes_ = 0;
  bool closed_ = false;
};

}  // namespace marquee
