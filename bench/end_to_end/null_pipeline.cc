// null_pipeline.cc — kafka_null: what librdkafka does alone. Four processes move the messages that
// Marquee's four moved, through as many topics of the same kind, and do nothing with them: a ceiling.
//
// So it is librdkafka's calls without Marquee's classes, but for two things: the clients have the
// properties of Marquee's (SetProducing, SetGroupReading, the intervals of commits), and `record` and
// `measure` read with TopicReader, as `marquee results` does.
//
// The first eight bytes of each message are overwritten with the time at which its first row was to
// be sent, and passed on from topic to topic.
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <thread>

#include "bench/end_to_end/recorded_topic.h"
#include "pipeline/core/clock.h"
#include "pipeline/observe/histogram.h"
#include "pipeline/transport/kafka/group_consumer.h"
#include "pipeline/transport/kafka/producer.h"
#include "pipeline/transport/kafka/topic_reader.h"

namespace marquee::bench {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kPatience{60};
constexpr int kCallTimeoutMs = 20'000;
// As Marquee's services have it, unless told otherwise.
constexpr int kSessionTimeoutMs = 10'000;

struct NullOptions {
  KafkaConnection connection;
  std::string topic;
  std::string to;
  std::string from_file;
  std::string output;
  std::string compression = "none";
  bool exactly_once = false;
  double rate = 0;
  std::uint64_t rows_per_message = 1;
  std::chrono::seconds warm_up{0};
};

void Stamp(std::span<std::byte> message, std::int64_t time_ns) {
  std::memcpy(message.data(), &time_ns, sizeof(time_ns));
}

std::int64_t StampOf(const void* message) {
  std::int64_t time_ns = 0;
  std::memcpy(&time_ns, message, sizeof(time_ns));
  return time_ns;
}

/// Tell the harness that all is ready for messages.
void SayReady() { fmt::print(stderr, "ready\n"); }

Status Unavailable(std::string_view call, rd_kafka_resp_err_t code) {
  return Status::Unavailable(fmt::format("{}: {}", call, KafkaErrorText(code)));
}

Status Unavailable(std::string_view call, const KafkaError& error) {
  if (error == nullptr) return {};
  return Status::Unavailable(fmt::format("{}: {}", call, rd_kafka_error_string(error.get())));
}

/// A producer of one topic that knows what has been acknowledged.
class Sender {
 public:
  static Result<std::unique_ptr<Sender>> Make(const KafkaConnection& connection,
                                              const std::string& topic,
                                              const SendingOptions& sending) {
    std::unique_ptr<Sender> sender(new Sender);
    MARQUEE_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Make(connection));
    SetProducing(config, sending);
    rd_kafka_conf_set_dr_msg_cb(config.get(),
                                [](rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
                                  static_cast<Sender*>(opaque)->OnDelivery(*message);
                                });
    MARQUEE_ASSIGN_OR_RETURN(sender->client_, config.Create(RD_KAFKA_PRODUCER, sender.get()));
    sender->topic_.reset(rd_kafka_topic_new(sender->client(), topic.c_str(), nullptr));
    return sender;
  }

  ~Sender() { topic_.reset(); }
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// Hand a message to the client, which copies it; waits while its queue is full. `tag` is what
  /// acknowledged() tells when it is there.
  Status Send(std::int32_t partition, std::span<std::byte> value, std::int64_t tag) {
    for (;;) {
      const int refused =
          rd_kafka_produce(topic_.get(), partition, RD_KAFKA_MSG_F_COPY, value.data(), value.size(),
                           nullptr, 0, reinterpret_cast<void*>(static_cast<std::intptr_t>(tag)));
      if (refused == 0) return {};
      const auto code = rd_kafka_last_error();
      if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) return Unavailable("produce", code);
      MARQUEE_RETURN_IF_ERROR(Poll(milliseconds(5)));
    }
  }

  Status Poll(milliseconds timeout) {
    rd_kafka_poll(client(), static_cast<int>(timeout.count()));
    return failure_ == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : Unavailable("delivery", failure_);
  }

  Status Flush() {
    if (const auto code = rd_kafka_flush(client(), kCallTimeoutMs)) {
      return Unavailable("flush", code);
    }
    return Poll(milliseconds(0));
  }

  rd_kafka_t* client() const { return client_.get(); }
  /// The tag of the last acknowledged message in each partition; all before it are acknowledged too,
  /// for an idempotent producer keeps their order.
  const Offsets& acknowledged() const { return acknowledged_; }

 private:
  Sender() = default;

  void OnDelivery(const rd_kafka_message_t& message) {
    if (message.err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      failure_ = message.err;
    } else {
      acknowledged_[message.partition] = reinterpret_cast<std::intptr_t>(message._private);
    }
  }

  KafkaHandle client_;
  KafkaTopic topic_;
  Offsets acknowledged_;
  rd_kafka_resp_err_t failure_ = RD_KAFKA_RESP_ERR_NO_ERROR;
};

// --- produce -------------------------------------------------------------------------------------

Status Produce(const NullOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const RecordedTopic recorded, RecordedTopic::Load(options.from_file));
  MARQUEE_ASSIGN_OR_RETURN(const auto sender, Sender::Make(options.connection, options.topic,
                                                           {.compression = options.compression,
                                                            .in_bulk = options.rate == 0}));
  // So that reading the file is not counted as sending it.
  SayReady();
  while (std::getchar() != EOF) continue;
  const std::int64_t start_ns = SteadyClockNs();
  const auto due_ns = [&](std::size_t sequence) {
    const auto row = static_cast<double>(sequence * options.rows_per_message);
    return start_ns + static_cast<std::int64_t>(row * 1e9 / options.rate);
  };
  // Sequence s was sent to partition s mod P, and is again.
  const std::size_t num_partitions = recorded.num_partitions();
  for (std::size_t sequence = 0; sequence < recorded.num_messages(); ++sequence) {
    const std::size_t partition = sequence % num_partitions;
    const auto message = recorded.message(partition, sequence / num_partitions);
    if (options.rate > 0) {
      // As `marquee produce --rate`: a message goes when its last row has come, and counts from when
      // its first one came, however late this process is.
      Stamp(message, due_ns(sequence));
      for (;;) {
        const std::int64_t left_ns = due_ns(sequence + 1) - SteadyClockNs();
        if (left_ns <= 0) break;
        std::this_thread::sleep_for(std::chrono::nanoseconds(left_ns));
      }
      MARQUEE_RETURN_IF_ERROR(sender->Poll(milliseconds(0)));
    } else {
      Stamp(message, SteadyClockNs());
    }
    MARQUEE_RETURN_IF_ERROR(sender->Send(static_cast<std::int32_t>(partition), message, 0));
  }
  return sender->Flush();
}

// --- copy ----------------------------------------------------------------------------------------

/// What a stage would be that does nothing: for each message of one topic, sends the one that Marquee
/// made of its counterpart to the next.
class Copier {
 public:
  Copier(const NullOptions& options, RecordedTopic outputs)
      : options_(options), outputs_(std::move(outputs)), copied_(outputs_.num_partitions()) {}

  Status Run() {
    MARQUEE_RETURN_IF_ERROR(Connect());
    std::int64_t last_message_ns = SteadyClockNs();
    for (;;) {
      bool any = false;
      MARQUEE_RETURN_IF_ERROR(CopyWhatIsThere(any));
      MARQUEE_RETURN_IF_ERROR(sender_->Poll(milliseconds(0)));
      MARQUEE_RETURN_IF_ERROR(options_.exactly_once ? CommitTransaction() : CommitOffsets());
      SayReadyOnce();
      if (num_copied_ == outputs_.num_messages() && committed_ == received_) break;
      if (any) last_message_ns = SteadyClockNs();
      if (SteadyClockNs() - last_message_ns > std::chrono::nanoseconds(kPatience).count()) {
        return Status::Unavailable(
            fmt::format("topic {}: {} of {} messages came, then none for {} s", options_.topic,
                        num_copied_, outputs_.num_messages(), kPatience.count()));
      }
    }
    rd_kafka_consumer_close(consumer_.get());
    return {};
  }

 private:
  Status Connect() {
    const std::string name = "null-" + options_.to;
    MARQUEE_ASSIGN_OR_RETURN(sender_,
                             Sender::Make(options_.connection, options_.to,
                                          {.transactional_id = options_.exactly_once ? name : "",
                                           .compression = options_.compression}));
    if (options_.exactly_once) {
      MARQUEE_RETURN_IF_ERROR(
          Unavailable("init_transactions",
                      KafkaError(rd_kafka_init_transactions(sender_->client(), kCallTimeoutMs))));
    }
    MARQUEE_ASSIGN_OR_RETURN(ClientConfig config, ClientConfig::Make(options_.connection));
    SetGroupReading(config, name, kSessionTimeoutMs);
    // Marquee's own consumer finds the beginning by itself, so as never to skip lost messages.
    config.Set("auto.offset.reset", "earliest");
    MARQUEE_ASSIGN_OR_RETURN(consumer_, config.Create(RD_KAFKA_CONSUMER, nullptr));
    rd_kafka_poll_set_consumer(consumer_.get());
    const KafkaPartitions topics(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(topics.get(), options_.topic.c_str(), RD_KAFKA_PARTITION_UA);
    if (const auto code = rd_kafka_subscribe(consumer_.get(), topics.get())) {
      return Unavailable("subscribe", code);
    }
    return {};
  }

  /// Wait for a message, then take those that the client has, but not so many that commits wait.
  Status CopyWhatIsThere(bool& any) {
    constexpr int kMost = 1000;
    // An open transaction wants another look soon, as in Session.
    int wait_ms = in_transaction_ ? 5 : 100;
    for (int i = 0; i < kMost; ++i) {
      const KafkaMessage message(rd_kafka_consumer_poll(consumer_.get(), wait_ms));
      if (message == nullptr) break;
      if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) continue;
      if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) return Unavailable("consume", message->err);
      MARQUEE_RETURN_IF_ERROR(Copy(*message));
      any = true;
      wait_ms = 0;
    }
    return {};
  }

  Status Copy(const rd_kafka_message_t& input) {
    const auto partition = static_cast<std::size_t>(input.partition);
    if (!outputs_.has(partition, partition < copied_.size() ? copied_[partition] : 0)) {
      return Status::Data(fmt::format(
          "topic {}, partition {}, offset {}: there are more messages than {} has; use a new topic",
          options_.topic, input.partition, input.offset, options_.from_file));
    }
    if (options_.exactly_once && !in_transaction_) {
      MARQUEE_RETURN_IF_ERROR(Unavailable(
          "begin_transaction", KafkaError(rd_kafka_begin_transaction(sender_->client()))));
      in_transaction_ = true;
      last_commit_ns_ = SteadyClockNs();
    }
    const auto output = outputs_.message(partition, copied_[partition]);
    Stamp(output, StampOf(input.payload));
    MARQUEE_RETURN_IF_ERROR(sender_->Send(input.partition, output, input.offset + 1));
    received_[input.partition] = input.offset + 1;
    ++copied_[partition];
    ++num_copied_;
    return {};
  }

  bool IsDue(milliseconds interval) const {
    return SteadyClockNs() - last_commit_ns_ >= std::chrono::nanoseconds(interval).count();
  }

  KafkaPartitions ListOf(const Offsets& offsets) const {
    KafkaPartitions list(rd_kafka_topic_partition_list_new(static_cast<int>(offsets.size())));
    for (const auto& [partition, offset] : offsets) {
      rd_kafka_topic_partition_list_add(list.get(), options_.topic.c_str(), partition)->offset =
          offset;
    }
    return list;
  }

  /// Commit the inputs whose outputs are acknowledged.
  Status CommitOffsets() {
    if (!IsDue(kCommitInterval) || committed_ == sender_->acknowledged()) return {};
    committed_ = sender_->acknowledged();
    last_commit_ns_ = SteadyClockNs();
    const auto code = rd_kafka_commit(consumer_.get(), ListOf(committed_).get(), /*async=*/1);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR ? Status() : Unavailable("commit", code);
  }

  Status CommitTransaction() {
    if (!in_transaction_ || !IsDue(kTransactionInterval)) return {};
    using GroupMetadata = std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                                          CallOnDestroy<rd_kafka_consumer_group_metadata_destroy>>;
    const GroupMetadata group(rd_kafka_consumer_group_metadata(consumer_.get()));
    MARQUEE_RETURN_IF_ERROR(
        Unavailable("send_offsets_to_transaction",
                    KafkaError(rd_kafka_send_offsets_to_transaction(
                        sender_->client(), ListOf(received_).get(), group.get(), kCallTimeoutMs))));
    MARQUEE_RETURN_IF_ERROR(
        Unavailable("commit_transaction",
                    KafkaError(rd_kafka_commit_transaction(sender_->client(), kCallTimeoutMs))));
    committed_ = received_;
    in_transaction_ = false;
    return {};
  }

  void SayReadyOnce() {
    if (ready_) return;
    rd_kafka_topic_partition_list_t* raw = nullptr;
    if (rd_kafka_assignment(consumer_.get(), &raw) != RD_KAFKA_RESP_ERR_NO_ERROR) return;
    const KafkaPartitions assigned(raw);
    ready_ = assigned->cnt > 0;
    if (ready_) SayReady();
  }

  const NullOptions& options_;
  const RecordedTopic outputs_;
  std::unique_ptr<Sender> sender_;
  KafkaHandle consumer_;
  std::vector<std::size_t> copied_;  // by partition
  std::size_t num_copied_ = 0;
  Offsets received_;
  Offsets committed_;
  bool in_transaction_ = false;
  std::int64_t last_commit_ns_ = 0;
  bool ready_ = false;
};

Status Copy(const NullOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(RecordedTopic outputs, RecordedTopic::Load(options.from_file));
  return Copier(options, std::move(outputs)).Run();
}

// --- measure -------------------------------------------------------------------------------------

/// Read the last topic until every message has come, and check that each is the one that Marquee
/// sent.
Status Measure(const NullOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const RecordedTopic expected, RecordedTopic::Load(options.from_file));
  MARQUEE_ASSIGN_OR_RETURN(const auto reader,
                           TopicReader::Open(options.connection, options.topic,
                                             {.where = StartAt::Where::kBeginning}, kPatience));
  SayReady();
  std::vector<std::size_t> came(expected.num_partitions());
  Histogram latency;
  std::int64_t first_ns = 0;
  std::int64_t last_ns = 0;
  std::size_t num_came = 0;
  TopicRecord record;
  for (std::int64_t heard_ns = SteadyClockNs(); num_came < expected.num_messages();) {
    MARQUEE_ASSIGN_OR_RETURN(const auto event, reader->Next(record, milliseconds(100)));
    const std::int64_t now_ns = SteadyClockNs();
    if (event != TopicReader::Event::kRecord) {
      if (now_ns - heard_ns <= std::chrono::nanoseconds(kPatience).count()) continue;
      return Status::Unavailable(fmt::format("topic {}: {} of {} messages came, then none for {} s",
                                             options.topic, num_came, expected.num_messages(),
                                             kPatience.count()));
    }
    heard_ns = now_ns;
    const auto partition = static_cast<std::size_t>(record.partition);
    const std::size_t index = partition < came.size() ? came[partition]++ : 0;
    constexpr std::size_t kStampSize = sizeof(std::int64_t);
    if (!expected.has(partition, index) ||
        !std::ranges::equal(record.value.subspan(kStampSize),
                            expected.message(partition, index).subspan(kStampSize))) {
      return Status::Data(fmt::format("topic {}, partition {}, offset {}: not the message {} has",
                                      options.topic, record.partition, record.offset,
                                      options.from_file));
    }
    ++num_came;
    if (!expected.has_rows(partition, index)) continue;
    const std::int64_t sent_ns = StampOf(record.value.data());
    first_ns = first_ns == 0 ? sent_ns : std::min(first_ns, sent_ns);
    last_ns = now_ns;
    // As `marquee results --warm-up`.
    const bool is_warm_up = sent_ns - first_ns < std::chrono::nanoseconds(options.warm_up).count();
    if (!is_warm_up) latency.Add(now_ns - sent_ns, options.rows_per_message);
  }
  fmt::print("{}\n",
             nlohmann::ordered_json{{"messages", num_came},
                                    {"seconds", static_cast<double>(last_ns - first_ns) * 1e-9},
                                    {"latency",
                                     {{"p50_ns", latency.Percentile(0.5)},
                                      {"p99_ns", latency.Percentile(0.99)},
                                      {"p999_ns", latency.Percentile(0.999)},
                                      {"max_ns", latency.max_ns()}}}}
                 .dump());
  return {};
}

// --- the command line ----------------------------------------------------------------------------

Status Record(const NullOptions& options) {
  MARQUEE_RETURN_IF_ERROR(RecordedTopic::Record(options.connection, options.topic, options.output));
  MARQUEE_ASSIGN_OR_RETURN(const RecordedTopic recorded, RecordedTopic::Load(options.output));
  std::size_t bytes = 0;
  for (std::size_t partition = 0; partition < recorded.num_partitions(); ++partition) {
    for (std::size_t i = 0; i < recorded.num_messages(partition); ++i) {
      bytes += recorded.message(partition, i).size();
    }
  }
  fmt::print(
      "{}\n",
      nlohmann::ordered_json{{"messages", recorded.num_messages()}, {"bytes", bytes}}.dump());
  return {};
}

int Main(int argc, char** argv) {
  CLI::App root("Moves recorded messages over Kafka with librdkafka alone: a ceiling for Marquee.");
  root.require_subcommand(1);
  root.set_version_flag("--version", KafkaLibraryVersion());
  NullOptions options;
  Status (*action)(const NullOptions&) = nullptr;
  const auto add = [&](const char* name, const char* what, Status (*function)(const NullOptions&)) {
    CLI::App* command = root.add_subcommand(name, what);
    command->add_option("--brokers", options.connection.brokers, "HOST:PORT,…")->required();
    command->add_option("--topic", options.topic, "the topic")->required();
    command->callback([&action, function] { action = function; });
    return command;
  };
  const auto add_from = [&](CLI::App* command) {
    command->add_option("--from", options.from_file, "messages, as `record` wrote them")
        ->required();
  };
  const auto add_compression = [&](CLI::App* command) {
    command->add_option("--compression", options.compression, "of what is sent");
  };
  const auto add_rows = [&](CLI::App* command) {
    command->add_option("--rows-per-message", options.rows_per_message, "rows of a message");
  };

  CLI::App* record = add("record", "write a topic's messages to a file", Record);
  record->add_option("-o,--output", options.output, "file to write")->required();
  CLI::App* produce =
      add("produce", "send recorded messages, once standard input has ended", Produce);
  add_from(produce);
  add_compression(produce);
  add_rows(produce);
  produce->add_option("--rate", options.rate, "rows a second, in open loop; 0 = at once");
  CLI::App* copy = add("copy", "for each message, send the recorded one to the next topic", Copy);
  add_from(copy);
  add_compression(copy);
  copy->add_option("--to", options.to, "the next topic")->required();
  copy->add_flag("--exactly-once", options.exactly_once, "in transactions");
  CLI::App* measure = add("measure", "read until all recorded messages have come", Measure);
  add_from(measure);
  add_rows(measure);
  measure->add_option_function<int>(
      "--warm-up", [&options](int count) { options.warm_up = std::chrono::seconds(count); },
      "leave so many seconds from the first row on out of the latency");

  CLI11_PARSE(root, argc, argv);
  if (const Status status = action(options); !status.ok()) {
    fmt::print(stderr, "kafka_null: {}\n", status.message());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) { return marquee::bench::Main(argc, argv); }
