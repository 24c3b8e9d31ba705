// pipeline/transport/kafka/group_consumer.h — a member of a consumer group that reads one topic.
// Included only within this folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "pipeline/transport/kafka/handles.h"
#include "pipeline/transport/kafka/waker.h"
#include "schemas/service_status.h"

namespace marquee {

// A commit costs a round trip to the group's coordinator; a crash repeats so much.
inline constexpr std::chrono::milliseconds kCommitInterval{200};

/// Set how Marquee reads as a member of a group. Beside GroupConsumer, the benchmarks' null pipeline
/// has these properties.
void SetGroupReading(ClientConfig& config, const std::string& group, int session_timeout_ms);

/// The next offset to be read, by partition.
using Offsets = std::map<std::int32_t, std::int64_t>;

/// Is told when partitions come and go; called from Poll and Close.
class RebalanceListener {
 public:
  virtual ~RebalanceListener() = default;
  virtual void OnAssigned(const std::vector<std::int32_t>& partitions) = 0;
  /// The partitions go when this returns: finish what is in hand and commit it, or drop it.
  /// `lost`: they have gone already, and nothing can be committed any more.
  virtual void OnRevoked(bool lost) = 0;
};

/// Reads a topic as a member of a group, with eager rebalancing; commits only what it is told to.
///
/// Threads: one at a time (the I/O thread).
class GroupConsumer {
 public:
  struct Options {
    std::string group;
    std::string topic;
    /// Empty = a dynamic member.
    std::string static_instance;
    int session_timeout_ms = 10'000;
    /// Is notified when there is something to Poll.
    Waker* waker = nullptr;
    /// Called every few seconds while the consumer waits for an answer; false = give up.
    std::function<bool()> keep_waiting;
  };

  static Result<std::unique_ptr<GroupConsumer>> Join(const KafkaConnection& connection,
                                                     const Options& options,
                                                     RebalanceListener& listener);
  ~GroupConsumer();
  GroupConsumer(const GroupConsumer&) = delete;
  GroupConsumer& operator=(const GroupConsumer&) = delete;

  /// The next message, or null if there is none within `timeout`. Serves rebalances.
  /// Errors: kData, where reading must go on at an offset that is no longer there; kConfig, where
  /// access is denied; kUnavailable, when only a new consumer helps.
  Result<KafkaMessage> Poll(std::chrono::milliseconds timeout);

  /// Commit without waiting; failures are counted.
  void CommitAsync(const Offsets& offsets);
  /// Commit and wait. Errors: kUnavailable.
  Status CommitSync(const Offsets& offsets, std::chrono::milliseconds timeout);
  /// Leave the group; the listener gets its OnRevoked. Nothing may be called after it.
  void Close();

  KafkaPartitions ListOf(const Offsets& offsets) const;
  /// What a transaction must say of the group; null before the first assignment.
  const rd_kafka_consumer_group_metadata_t* group_metadata() const { return metadata_.get(); }
  /// Whether another static member has taken this one's name.
  bool fenced() const {
    return rd_kafka_fatal_error(client_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID;
  }
  bool assigned() const noexcept { return assigned_; }
  /// How many commits succeeded, and failed, since this was asked last.
  std::uint64_t TakeCommits() { return std::exchange(commits_, 0); }
  std::uint64_t TakeCommitFailures() { return std::exchange(commit_failures_, 0); }
  std::string TakeComplaint() { return std::exchange(complaint_, {}); }

  /// How far behind each assigned partition is, of what is known without asking.
  std::vector<PartitionLag> Lags() const;
  /// Whether there is something to read that is not being delivered: asks the brokers, and waits up
  /// to `timeout`. False if they do not answer.
  bool HasUnreadMessages(std::chrono::milliseconds timeout) const;

 private:
  using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                        CallOnDestroy<rd_kafka_consumer_group_metadata_destroy>>;
  struct Position {
    std::int64_t next = RD_KAFKA_OFFSET_INVALID;
    /// Where the partition was read to its end; positions count from the last message, but
    /// transactions leave markers behind it.
    std::int64_t end = -1;
  };

  GroupConsumer(const Options& options, RebalanceListener& listener)
      : topic_(options.topic), keep_waiting_(options.keep_waiting), listener_(listener) {}
  void Assign(rd_kafka_topic_partition_list_t* partitions);
  void Revoke(bool lost);
  Status StartAtCommitted(rd_kafka_topic_partition_list_t* partitions);
  Status ErrorOf(const rd_kafka_message_t& message);

  std::string topic_;
  std::function<bool()> keep_waiting_;
  RebalanceListener& listener_;
  KafkaHandle client_;
  KafkaQueue queue_;
  bool assigned_ = false;
  Status assign_failure_;
  // As it was at the assignment: a transaction of a member that is none any more must fail.
  GroupMetadata metadata_;
  std::map<std::int32_t, Position> positions_;  // of the assigned partitions
  std::uint64_t commits_ = 0;
  std::uint64_t commit_failures_ = 0;
  std::string complaint_;
};

}  // namespace marquee
