// pipeline/transport/kafka/producer.h — librdkafka's producer, idempotent, with or without
// transactions. Included only within this folder.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "pipeline/transport/kafka/handles.h"
#include "pipeline/transport/kafka/topic_writer.h"
#include "pipeline/transport/kafka/waker.h"

namespace marquee {

// A transaction costs several round trips to three brokers, whatever is in it.
inline constexpr std::chrono::milliseconds kTransactionInterval{100};

/// How messages are sent.
struct SendingOptions {
  /// Empty = no transactions.
  std::string transactional_id;
  std::string compression = "none";
  /// For who sends as fast as it can: a message waits up to 25 ms for others that go with it. A
  /// request costs the brokers more than the message in it, and what comes in bunches goes on in
  /// bunches from stage to stage. Else 1 ms.
  bool in_bulk = false;
};

/// Set these, and what Marquee always has. Beside Producer, the benchmarks' null pipeline does.
void SetProducing(ClientConfig& config, const SendingOptions& options);

/// Is told what became of each message that was sent.
class DeliveryListener {
 public:
  virtual ~DeliveryListener() = default;
  /// Called from Poll, Flush and the calls on transactions. `tag` is Send's.
  virtual void OnDelivery(std::uint64_t tag, const Status& status) = 0;
};

/// How a call on a transaction ended.
enum class TransactionOutcome {
  kDone,
  kRetry,    ///< the same call may be made again
  kAbort,    ///< the transaction must be aborted, then all is well again
  kRebuild,  ///< the producer cannot be used any more, and whether it committed is unknown
  kFenced,   ///< another producer with the same transactional id has taken over
};

/// Sends messages. Threads: one at a time (the I/O thread).
class Producer {
 public:
  struct Options {
    SendingOptions sending;
    /// Is notified when there is something to Poll; may be null.
    Waker* waker = nullptr;
  };

  static Result<std::unique_ptr<Producer>> Make(const KafkaConnection& connection,
                                                const Options& options, DeliveryListener& listener);
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// Hand a message to the client, which copies it. False while its queue is full: Poll, then try
  /// again. `headers` may be null.
  /// Errors: kData for a message that is larger than the client allows; kUnavailable otherwise.
  Result<bool> Send(const std::string& topic, std::int32_t partition,
                    std::span<const std::byte> value, const RecordHeaders* headers,
                    std::uint64_t tag);

  /// Serve delivery reports.
  void Poll(std::chrono::milliseconds timeout) {
    rd_kafka_poll(client_.get(), static_cast<int>(timeout.count()));
  }
  /// Wait until nothing is in flight; false if something still is.
  bool Flush(std::chrono::milliseconds timeout) {
    return rd_kafka_flush(client_.get(), static_cast<int>(timeout.count())) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
  }
  /// Give up what is in flight or queued.
  void Purge();
  /// How many messages are queued or in flight.
  int num_outstanding() const { return rd_kafka_outq_len(client_.get()); }
  /// Why the producer cannot go on at all; OK if it can.
  Status FatalError() const;
  /// Whether another producer with the same transactional id has taken over, whatever call or
  /// delivery showed it.
  bool fenced() const {
    return rd_kafka_fatal_error(client_.get(), nullptr, 0) == RD_KAFKA_RESP_ERR__FENCED;
  }
  /// What the client last complained of; empty if all is well.
  std::string TakeComplaint() { return std::exchange(complaint_, {}); }

  // --- Transactions ---

  TransactionOutcome InitTransactions(std::chrono::milliseconds timeout);
  TransactionOutcome Begin();
  TransactionOutcome SendOffsets(const rd_kafka_topic_partition_list_t* offsets,
                                 const rd_kafka_consumer_group_metadata_t* group,
                                 std::chrono::milliseconds timeout);
  TransactionOutcome Commit(std::chrono::milliseconds timeout);
  TransactionOutcome Abort(std::chrono::milliseconds timeout);
  /// What the last of these calls that did not end well said.
  const std::string& transaction_error() const noexcept { return transaction_error_; }

 private:
  explicit Producer(DeliveryListener& listener) : listener_(listener) {}
  TransactionOutcome OutcomeOf(const char* call, KafkaError error);
  rd_kafka_topic_t* FindTopic(const std::string& name);

  DeliveryListener& listener_;
  KafkaHandle client_;
  KafkaQueue queue_;
  std::vector<std::pair<std::string, KafkaTopic>> topics_;
  std::string complaint_;
  std::string transaction_error_;
};

}  // namespace marquee
