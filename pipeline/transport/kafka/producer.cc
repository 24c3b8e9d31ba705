#include "pipeline/transport/kafka/producer.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

namespace marquee {
namespace {

// Brokers abort a transaction that is open for longer; so long readers wait for a producer that died.
constexpr const char* kTransactionTimeoutMs = "15000";

}  // namespace

void SetProducing(ClientConfig& config, const SendingOptions& options) {
  config.Set("enable.idempotence", "true")
      .Set("linger.ms", options.in_bulk ? "25" : "1")
      .Set("batch.num.messages", "100000")
      .Set("queue.buffering.max.messages", "100000")
      .Set("queue.buffering.max.kbytes", "65536")
      .Set("compression.codec", options.compression);
  if (options.transactional_id.empty()) {
    // Never give a message up; and if one is refused, send none after it to its partition: what is
    // there is always a beginning of what was sent.
    config.Set("message.timeout.ms", "0").Set("enable.gapless.guarantee", "true");
  } else {
    config.Set("transactional.id", options.transactional_id)
        .Set("transaction.timeout.ms", kTransactionTimeoutMs);
  }
}

Result<std::unique_ptr<Producer>> Producer::Make(const KafkaConnection& connection,
                                                 const Options& options,
                                                 DeliveryListener& listener) {
  std::unique_ptr<Producer> producer(new Producer(listener));
  MARQUEE_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Make(connection));
  SetProducing(config, options.sending);
  rd_kafka_conf_set_dr_msg_cb(
      config.get(), [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
        const auto tag = reinterpret_cast<std::uintptr_t>(message->_private);
        static_cast<Producer*>(opaque)->listener_.OnDelivery(
            tag, message->err == RD_KAFKA_RESP_ERR_NO_ERROR
                     ? Status()
                     : Status::Unavailable(fmt::format(
                           "topic {}, partition {}: {}", rd_kafka_topic_name(message->rkt),
                           message->partition, KafkaErrorText(message->err))));
      });
  rd_kafka_conf_set_error_cb(
      config.get(), [](rd_kafka_t*, int code, const char* reason, void* opaque) {
        static_cast<Producer*>(opaque)->complaint_ = fmt::format(
            "{}: {}", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code)), reason);
      });
  MARQUEE_ASSIGN_OR_RETURN(producer->client_, config.Create(RD_KAFKA_PRODUCER, producer.get()));
  if (options.waker != nullptr) {
    producer->queue_.reset(rd_kafka_queue_get_main(producer->client_.get()));
    const std::uint64_t one = 1;
    rd_kafka_queue_io_event_enable(producer->queue_.get(), options.waker->fd(), &one, sizeof(one));
  }
  return producer;
}

Producer::~Producer() {
  // What is still in flight is given up: its owner has flushed, or wants no more of it.
  if (client_ != nullptr) Purge();
  topics_.clear();
  if (queue_ != nullptr) rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
}

void Producer::Purge() {
  rd_kafka_purge(client_.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
  rd_kafka_poll(client_.get(), 0);
}

rd_kafka_topic_t* Producer::FindTopic(const std::string& name) {
  for (const auto& [known, topic] : topics_) {
    if (known == name) return topic.get();
  }
  topics_.emplace_back(name, rd_kafka_topic_new(client_.get(), name.c_str(), nullptr));
  return topics_.back().second.get();
}

Result<bool> Producer::Send(const std::string& topic, std::int32_t partition,
                            std::span<const std::byte> value, const RecordHeaders* headers,
                            std::uint64_t tag) {
  KafkaHeaders list;
  if (headers != nullptr && !headers->empty()) {
    list.reset(rd_kafka_headers_new(headers->size()));
    for (const auto& [name, text] : *headers) {
      rd_kafka_header_add(list.get(), name.data(), static_cast<ssize_t>(name.size()), text.data(),
                          static_cast<ssize_t>(text.size()));
    }
  }
  // As an array: the macros of rd_kafka_producev are GNU C, which clang's -Wpedantic refuses.
  std::array<rd_kafka_vu_t, 6> message{};
  message[0].vtype = RD_KAFKA_VTYPE_RKT;
  message[0].u.rkt = FindTopic(topic);
  message[1].vtype = RD_KAFKA_VTYPE_PARTITION;
  message[1].u.i32 = partition;
  message[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  message[2].u.i = RD_KAFKA_MSG_F_COPY;
  message[3].vtype = RD_KAFKA_VTYPE_VALUE;
  // A void*, but with RD_KAFKA_MSG_F_COPY it is only read from.
  message[3].u.mem = {const_cast<void*>(static_cast<const void*>(value.data())), value.size()};
  message[4].vtype = RD_KAFKA_VTYPE_OPAQUE;
  message[4].u.ptr = reinterpret_cast<void*>(static_cast<std::uintptr_t>(tag));
  // A list of ours: headers given one by one are freed twice if the message is refused (librdkafka
  // #4627).
  message[5].vtype = RD_KAFKA_VTYPE_HEADERS;
  message[5].u.headers = list.get();
  const KafkaError error(rd_kafka_produceva(client_.get(), message.data(), message.size()));
  if (error == nullptr) {
    (void)list.release();  // the message has them now
    return true;
  }
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error.get());
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return false;
  const std::string text = fmt::format("topic {}, partition {}: cannot send {} bytes: {}", topic,
                                       partition, value.size(), KafkaErrorText(code));
  return code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE ? Status::Data(text)
                                                      : Status::Unavailable(text);
}

Status Producer::FatalError() const {
  std::array<char, 512> reason{};
  const auto code = rd_kafka_fatal_error(client_.get(), reason.data(), reason.size());
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return {};
  return Status::Unavailable(fmt::format("{}: {}", rd_kafka_err2name(code), reason.data()));
}

TransactionOutcome Producer::OutcomeOf(const char* call, KafkaError error) {
  if (error == nullptr) return TransactionOutcome::kDone;
  const auto code = rd_kafka_error_code(error.get());
  transaction_error_ = fmt::format("{}: {}", call, rd_kafka_error_string(error.get()));
  if (code == RD_KAFKA_RESP_ERR__FENCED || code == RD_KAFKA_RESP_ERR_PRODUCER_FENCED) {
    return TransactionOutcome::kFenced;
  }
  if (rd_kafka_error_txn_requires_abort(error.get()) != 0) return TransactionOutcome::kAbort;
  if (rd_kafka_error_is_retriable(error.get()) != 0) return TransactionOutcome::kRetry;
  return TransactionOutcome::kRebuild;
}

TransactionOutcome Producer::InitTransactions(std::chrono::milliseconds timeout) {
  return OutcomeOf("init_transactions", KafkaError(rd_kafka_init_transactions(
                                            client_.get(), static_cast<int>(timeout.count()))));
}

TransactionOutcome Producer::Begin() {
  return OutcomeOf("begin_transaction", KafkaError(rd_kafka_begin_transaction(client_.get())));
}

TransactionOutcome Producer::SendOffsets(const rd_kafka_topic_partition_list_t* offsets,
                                         const rd_kafka_consumer_group_metadata_t* group,
                                         std::chrono::milliseconds timeout) {
  return OutcomeOf("send_offsets_to_transaction",
                   KafkaError(rd_kafka_send_offsets_to_transaction(
                       client_.get(), offsets, group, static_cast<int>(timeout.count()))));
}

TransactionOutcome Producer::Commit(std::chrono::milliseconds timeout) {
  return OutcomeOf("commit_transaction", KafkaError(rd_kafka_commit_transaction(
                                             client_.get(), static_cast<int>(timeout.count()))));
}

TransactionOutcome Producer::Abort(std::chrono::milliseconds timeout) {
  return OutcomeOf("abort_transaction", KafkaError(rd_kafka_abort_transaction(
                                            client_.get(), static_cast<int>(timeout.count()))));
}

}  // namespace marquee
