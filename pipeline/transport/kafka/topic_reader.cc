#include "pipeline/transport/kafka/topic_reader.h"

#include <fmt/core.h>

#include <algorithm>

#include "pipeline/transport/kafka/handles.h"

namespace marquee {
namespace {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

int LeftUntil(Clock::time_point deadline) {
  const auto left = std::chrono::duration_cast<milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

/// How long brokers are waited for.
class Patience {
 public:
  Patience(milliseconds timeout, const std::function<bool()>& stopped)
      : deadline_(Clock::now() + timeout), stopped_(stopped) {}

  bool is_over() const { return Clock::now() >= deadline_ || (stopped_ && stopped_()); }
  /// How long to wait for one answer, in ms: nothing ends a wait in the client.
  int Slice() const { return is_over() ? 0 : std::min(LeftUntil(deadline_), 1'000); }

 private:
  Clock::time_point deadline_;
  const std::function<bool()>& stopped_;
};

/// Ask `question` until it is answered.
template <class Question>
rd_kafka_resp_err_t Ask(const Patience& patience, const Question& question) {
  while (true) {
    const rd_kafka_resp_err_t code = question(patience.Slice());
    const bool answered =
        code != RD_KAFKA_RESP_ERR__TIMED_OUT && code != RD_KAFKA_RESP_ERR__TIMED_OUT_QUEUE;
    if (answered || patience.is_over()) return code;
  }
}

/// Errors that no waiting mends.
bool IsPermanent(rd_kafka_resp_err_t code) {
  switch (code) {
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__FATAL:
      return true;
    default:
      return false;
  }
}

class Reader final : public TopicReader {
 public:
  explicit Reader(std::string topic) : topic_(std::move(topic)) {}

  ~Reader() override {
    message_.reset();
    if (client_ != nullptr) rd_kafka_consumer_close(client_.get());
  }

  Status Connect(const KafkaConnection& connection, const StartAt& start,
                 const Patience& patience) {
    MARQUEE_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Make(connection));
    // The client wants a group's name even where it is in none; nothing is committed to it.
    config.Set("group.id", connection.topic_prefix + "marquee-reader")
        .Set("enable.auto.commit", "false")
        .Set("enable.partition.eof", "true")
        .Set("isolation.level", "read_committed")
        .Set("auto.offset.reset", "earliest")
        .Set("fetch.wait.max.ms", "100")
        .Set("queued.max.messages.kbytes", "32768");
    rd_kafka_conf_set_error_cb(
        config.get(), [](rd_kafka_t*, int code, const char* reason, void* opaque) {
          static_cast<Reader*>(opaque)->complaint_ = fmt::format(
              "{}: {}", rd_kafka_err2name(static_cast<rd_kafka_resp_err_t>(code)), reason);
        });
    MARQUEE_ASSIGN_OR_RETURN(client_, config.Create(RD_KAFKA_CONSUMER, this));
    rd_kafka_poll_set_consumer(client_.get());
    MARQUEE_RETURN_IF_ERROR(FindPartitions(connection.brokers, patience));
    return Assign(start, patience);
  }

  Result<Event> Next(TopicRecord& record, milliseconds timeout) override {
    const auto deadline = Clock::now() + timeout;
    do {
      message_.reset(rd_kafka_consumer_poll(client_.get(), LeftUntil(deadline)));
      if (message_ == nullptr) continue;
      const auto partition = static_cast<std::size_t>(message_->partition);
      if (message_->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        at_end_[partition] = false;
        Fill(record);
        return Event::kRecord;
      }
      if (message_->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
        at_end_[partition] = true;
        if (std::find(at_end_.begin(), at_end_.end(), false) == at_end_.end()) return Event::kEnd;
      } else if (IsPermanent(message_->err)) {
        return Status::Unavailable(
            fmt::format("topic {}: {}", topic_, rd_kafka_message_errstr(message_.get())));
      } else {
        complaint_ = rd_kafka_message_errstr(message_.get());
      }
    } while (Clock::now() < deadline);
    return Event::kTimeout;
  }

  const std::string& topic() const noexcept override { return topic_; }
  std::int32_t num_partitions() const noexcept override {
    return static_cast<std::int32_t>(at_end_.size());
  }
  std::string TakeComplaint() override { return std::exchange(complaint_, {}); }

 private:
  Status FindPartitions(const std::string& brokers, const Patience& patience) {
    const KafkaTopic topic(rd_kafka_topic_new(client_.get(), topic_.c_str(), nullptr));
    for (;;) {
      const rd_kafka_metadata_t* raw = nullptr;
      const rd_kafka_resp_err_t code =
          rd_kafka_metadata(client_.get(), /*all_topics=*/0, topic.get(), &raw, patience.Slice());
      const KafkaMetadata metadata(raw);
      if (code == RD_KAFKA_RESP_ERR_NO_ERROR && metadata->topic_cnt == 1) {
        const rd_kafka_metadata_topic& found = metadata->topics[0];
        if (found.err == RD_KAFKA_RESP_ERR_NO_ERROR && found.partition_cnt > 0) {
          at_end_.assign(static_cast<std::size_t>(found.partition_cnt), false);
          return {};
        }
        if (IsPermanent(found.err)) {
          return Status::Config(
              fmt::format("topic {}: {}; 'marquee topics create' makes the topics", topic_,
                          KafkaErrorText(found.err)));
        }
      }
      // It may be there, but without a leader yet. Polling also tells why no broker answers.
      message_.reset(rd_kafka_consumer_poll(client_.get(), 100));
      if (patience.is_over()) {
        return Status::Unavailable(
            fmt::format("no broker at {} answers: {}", brokers,
                        complaint_.empty() ? KafkaErrorText(code) : complaint_));
      }
    }
  }

  Status Assign(const StartAt& start, const Patience& patience) {
    const KafkaPartitions list(rd_kafka_topic_partition_list_new(num_partitions()));
    const bool at_time = start.where == StartAt::Where::kTime;
    std::vector<std::int64_t> ends(at_end_.size());
    for (std::int32_t partition = 0; partition < num_partitions(); ++partition) {
      auto* entry = rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), partition);
      if (start.where == StartAt::Where::kBeginning) entry->offset = RD_KAFKA_OFFSET_BEGINNING;
      if (start.where == StartAt::Where::kEnd) entry->offset = RD_KAFKA_OFFSET_END;
      if (at_time) entry->offset = start.time_ms;
      if (at_time || start.where == StartAt::Where::kLast) {
        std::int64_t low = 0;
        std::int64_t& high = ends[static_cast<std::size_t>(partition)];
        const auto code = Ask(patience, [&](int timeout_ms) {
          return rd_kafka_query_watermark_offsets(client_.get(), topic_.c_str(), partition, &low,
                                                  &high, timeout_ms);
        });
        if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return NoOffsets(code);
        if (!at_time) entry->offset = std::max(low, high - start.count);
      }
    }
    if (at_time) {
      const auto code = Ask(patience, [&](int timeout_ms) {
        return rd_kafka_offsets_for_times(client_.get(), list.get(), timeout_ms);
      });
      if (code != RD_KAFKA_RESP_ERR_NO_ERROR) return NoOffsets(code);
      for (std::int32_t i = 0; i < list->cnt; ++i) {
        // Nothing is so young. The client would look for the end later, and skip what came meanwhile.
        rd_kafka_topic_partition_t& entry = list->elems[i];
        if (entry.offset == RD_KAFKA_OFFSET_END) {
          entry.offset = ends[static_cast<std::size_t>(entry.partition)];
        }
      }
    }
    const auto code = rd_kafka_assign(client_.get(), list.get());
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : NoOffsets(code);
  }

  Status NoOffsets(rd_kafka_resp_err_t code) const {
    return Status::Unavailable(
        fmt::format("topic {}: cannot find where to begin: {}", topic_, KafkaErrorText(code)));
  }

  void Fill(TopicRecord& record) const {
    record.partition = message_->partition;
    record.offset = message_->offset;
    rd_kafka_timestamp_type_t type{};
    record.timestamp_ms = rd_kafka_message_timestamp(message_.get(), &type);
    record.value = {static_cast<const std::byte*>(message_->payload), message_->len};
    record.headers.clear();
    rd_kafka_headers_t* headers = nullptr;
    if (rd_kafka_message_headers(message_.get(), &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const char* name = nullptr;
    const void* value = nullptr;
    std::size_t size = 0;
    for (std::size_t i = 0;
         rd_kafka_header_get_all(headers, i, &name, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR;
         ++i) {
      record.headers.emplace_back(name, std::string_view(static_cast<const char*>(value), size));
    }
  }

  std::string topic_;
  KafkaHandle client_;
  KafkaMessage message_;      // what the last record points into
  std::vector<bool> at_end_;  // by partition
  std::string complaint_;
};

}  // namespace

Result<std::unique_ptr<TopicReader>> TopicReader::Open(const KafkaConnection& connection,
                                                       const std::string& topic,
                                                       const StartAt& start, milliseconds timeout,
                                                       const std::function<bool()>& stopped) {
  auto reader = std::make_unique<Reader>(topic);
  MARQUEE_RETURN_IF_ERROR(reader->Connect(connection, start, Patience(timeout, stopped)));
  return std::unique_ptr<TopicReader>(std::move(reader));
}

}  // namespace marquee
