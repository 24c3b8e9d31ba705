#include "pipeline/transport/kafka/group_consumer.h"

#include <fmt/core.h>

#include <algorithm>

namespace marquee {
namespace {

using std::chrono::milliseconds;

// An instance that was killed leaves a transaction open, until the brokers end it after 15 s; so long
// the offsets in it are not told.
constexpr int kCommittedAttemptMs = 3'000;
constexpr int kCommittedAttempts = 8;
// A member that does not Poll for so long holds up the others' rebalance.
constexpr int kMaxPollIntervalMs = 60'000;

}  // namespace

void SetGroupReading(ClientConfig& config, const std::string& group, int session_timeout_ms) {
  config.Set("group.id", group)
      .Set("session.timeout.ms", std::to_string(session_timeout_ms))
      .Set("max.poll.interval.ms", std::to_string(std::max(session_timeout_ms, kMaxPollIntervalMs)))
      .Set("heartbeat.interval.ms", std::to_string(std::max(session_timeout_ms / 5, 200)))
      .Set("partition.assignment.strategy", "range,roundrobin")
      .Set("enable.auto.commit", "false")
      .Set("enable.auto.offset.store", "false")
      .Set("enable.partition.eof", "true")
      .Set("isolation.level", "read_committed")
      // An offset that is gone means lost messages: never skip them in silence.
      .Set("auto.offset.reset", "error")
      .Set("fetch.wait.max.ms", "100")
      .Set("queued.max.messages.kbytes", "16384");
}

Result<std::unique_ptr<GroupConsumer>> GroupConsumer::Join(const KafkaConnection& connection,
                                                           const Options& options,
                                                           RebalanceListener& listener) {
  std::unique_ptr<GroupConsumer> consumer(new GroupConsumer(options, listener));
  MARQUEE_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Make(connection));
  SetGroupReading(config, options.group, options.session_timeout_ms);
  if (!options.static_instance.empty()) config.Set("group.instance.id", options.static_instance);
  rd_kafka_conf_set_rebalance_cb(config.get(),
                                 [](rd_kafka_t* client, rd_kafka_resp_err_t code,
                                    rd_kafka_topic_partition_list_t* partitions, void* opaque) {
                                   auto* self = static_cast<GroupConsumer*>(opaque);
                                   if (code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
                                     self->Assign(partitions);
                                   } else {
                                     self->Revoke(rd_kafka_assignment_lost(client) != 0);
                                   }
                                 });
  rd_kafka_conf_set_offset_commit_cb(
      config.get(),
      [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*, void* opaque) {
        auto* self = static_cast<GroupConsumer*>(opaque);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) {
          ++self->commits_;
        } else if (code != RD_KAFKA_RESP_ERR__NO_OFFSET) {
          ++self->commit_failures_;
          self->complaint_ = "commit: " + KafkaErrorText(code);
        }
      });
  rd_kafka_conf_set_error_cb(
      config.get(), [](rd_kafka_t*, int code, const char* reason, void* opaque) {
        static_cast<GroupConsumer*>(opaque)->complaint_ = fmt::format(
            "{}: {}", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code)), reason);
      });
  MARQUEE_ASSIGN_OR_RETURN(consumer->client_, config.Create(RD_KAFKA_CONSUMER, consumer.get()));
  rd_kafka_t* client = consumer->client_.get();
  rd_kafka_poll_set_consumer(client);
  consumer->queue_.reset(rd_kafka_queue_get_consumer(client));
  const std::uint64_t one = 1;
  rd_kafka_queue_io_event_enable(consumer->queue_.get(), options.waker->fd(), &one, sizeof(one));

  const KafkaPartitions topics(rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), options.topic.c_str(), RD_KAFKA_PARTITION_UA);
  if (const auto code = rd_kafka_subscribe(client, topics.get());
      code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return Status::Unavailable(
        fmt::format("topic {}: cannot subscribe: {}", options.topic, KafkaErrorText(code)));
  }
  return consumer;
}

GroupConsumer::~GroupConsumer() {
  if (queue_ != nullptr) rd_kafka_queue_io_event_enable(queue_.get(), -1, nullptr, 0);
  queue_.reset();
  // Destroying closes too, which would call the listener, whose owner is going.
  if (client_ != nullptr)
    rd_kafka_destroy_flags(client_.release(), RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
}

void GroupConsumer::Close() { rd_kafka_consumer_close(client_.get()); }

Result<KafkaMessage> GroupConsumer::Poll(milliseconds timeout) {
  for (;;) {
    KafkaMessage message(rd_kafka_consumer_poll(client_.get(), static_cast<int>(timeout.count())));
    if (!assign_failure_.ok()) return std::move(assign_failure_);
    if (message == nullptr) return message;
    const auto position = positions_.find(message->partition);
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      if (position != positions_.end()) {
        position->second = {.next = message->offset + 1, .end = -1};
      }
      return message;
    }
    // What is no message is no end either: there may be messages behind it, which no event tells of.
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      if (position != positions_.end()) position->second.end = message->offset;
    } else {
      MARQUEE_RETURN_IF_ERROR(ErrorOf(*message));
    }
  }
}

Status GroupConsumer::ErrorOf(const rd_kafka_message_t& message) {
  const std::string text = fmt::format("topic {}, partition {}: {}", topic_, message.partition,
                                       rd_kafka_message_errstr(&message));
  switch (message.err) {
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE:
      return Status::Data(
          text +
          ": messages were deleted before they were read (see the topic's retention); to go "
          "on with what is left, give -X auto.offset.reset=earliest");
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
      return Status::Config(text);
    // Gone, or just not known to a broker that was away: the next session looks.
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR__FATAL:
      return Status::Unavailable(text);
    default:
      complaint_ = text;
      return {};
  }
}

void GroupConsumer::Assign(rd_kafka_topic_partition_list_t* partitions) {
  positions_.clear();
  assign_failure_ = StartAtCommitted(partitions);
  if (!assign_failure_.ok()) {
    rd_kafka_assign(client_.get(), nullptr);
    return;  // Poll tells
  }
  metadata_.reset(rd_kafka_consumer_group_metadata(client_.get()));
  std::vector<std::int32_t> numbers;
  for (int i = 0; i < partitions->cnt; ++i) {
    numbers.push_back(partitions->elems[i].partition);
    positions_[partitions->elems[i].partition] = {.next = partitions->elems[i].offset};
  }
  assigned_ = true;
  listener_.OnAssigned(numbers);
  rd_kafka_assign(client_.get(), partitions);
}

void GroupConsumer::Revoke(bool lost) {
  listener_.OnRevoked(lost);
  assigned_ = false;
  positions_.clear();
  rd_kafka_assign(client_.get(), nullptr);
}

/// A group that has committed nothing begins at the beginning.
Status GroupConsumer::StartAtCommitted(rd_kafka_topic_partition_list_t* partitions) {
  if (partitions->cnt == 0) return {};
  rd_kafka_resp_err_t code = RD_KAFKA_RESP_ERR__TIMED_OUT;
  for (int attempt = 0; attempt < kCommittedAttempts; ++attempt) {
    code = rd_kafka_committed(client_.get(), partitions, kCommittedAttemptMs);
    const bool known =
        code == RD_KAFKA_RESP_ERR_NO_ERROR &&
        std::all_of(partitions->elems, partitions->elems + partitions->cnt,
                    [](const auto& p) { return p.err == RD_KAFKA_RESP_ERR_NO_ERROR; });
    if (known || !keep_waiting_()) break;
  }
  for (int i = 0; i < partitions->cnt; ++i) {
    rd_kafka_topic_partition_t& partition = partitions->elems[i];
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR || partition.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      return Status::Unavailable(
          fmt::format("topic {}, partition {}: the committed offset is not to be had: {}", topic_,
                      partition.partition,
                      KafkaErrorText(code != RD_KAFKA_RESP_ERR_NO_ERROR ? code : partition.err)));
    }
    if (partition.offset < 0) partition.offset = RD_KAFKA_OFFSET_BEGINNING;
  }
  return {};
}

KafkaPartitions GroupConsumer::ListOf(const Offsets& offsets) const {
  KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
  for (const auto& [partition, offset] : offsets) {
    rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition)->offset = offset;
  }
  return list;
}

void GroupConsumer::CommitAsync(const Offsets& offsets) {
  if (!offsets.empty()) rd_kafka_commit(client_.get(), ListOf(offsets).get(), /*async=*/1);
}

Status GroupConsumer::CommitSync(const Offsets& offsets, milliseconds timeout) {
  if (offsets.empty()) return {};
  // rd_kafka_commit can wait without a limit, and its callback comes with Poll, which must not be
  // called while partitions are revoked: so a queue of its own.
  const KafkaQueue queue(rd_kafka_queue_new(client_.get()));
  rd_kafka_resp_err_t outcome = RD_KAFKA_RESP_ERR__IN_PROGRESS;
  const auto done = [](rd_kafka_t*, rd_kafka_resp_err_t code, rd_kafka_topic_partition_list_t*,
                       void* result) { *static_cast<rd_kafka_resp_err_t*>(result) = code; };
  outcome = rd_kafka_commit_queue(client_.get(), ListOf(offsets).get(), queue.get(), done,
                                  &outcome) == RD_KAFKA_RESP_ERR_NO_ERROR
                ? RD_KAFKA_RESP_ERR__IN_PROGRESS
                : RD_KAFKA_RESP_ERR__STATE;
  if (outcome == RD_KAFKA_RESP_ERR__IN_PROGRESS) {
    rd_kafka_queue_poll_callback(queue.get(), static_cast<int>(timeout.count()));
  }
  if (outcome == RD_KAFKA_RESP_ERR_NO_ERROR) {
    ++commits_;
    return {};
  }
  ++commit_failures_;
  return Status::Unavailable(fmt::format(
      "topic {}: commit: {}", topic_,
      outcome == RD_KAFKA_RESP_ERR__IN_PROGRESS ? "no answer in time" : KafkaErrorText(outcome)));
}

std::vector<PartitionLag> GroupConsumer::Lags() const {
  std::vector<PartitionLag> lags;
  for (const auto& [partition, position] : positions_) {
    PartitionLag lag{.partition = partition, .position = std::max(position.next, position.end)};
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code =
        rd_kafka_get_watermark_offsets(client_.get(), topic_.c_str(), partition, &low, &high);
    const bool known = code == RD_KAFKA_RESP_ERR_NO_ERROR && high >= 0 && lag.position >= 0;
    if (position.end >= 0) {
      lag.lag = 0;
    } else if (known) {
      lag.lag = std::max<std::int64_t>(high - lag.position, 0);
    }
    lags.push_back(lag);
  }
  return lags;
}

bool GroupConsumer::HasUnreadMessages(milliseconds timeout) const {
  for (const auto& [partition, position] : positions_) {
    std::int64_t low = 0;
    std::int64_t high = 0;
    const auto code = rd_kafka_query_watermark_offsets(
        client_.get(), topic_.c_str(), partition, &low, &high, static_cast<int>(timeout.count()));
    if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    const std::int64_t next = std::max({position.next, position.end, low});
    if (high > next) return true;
  }
  return false;
}

}  // namespace marquee
