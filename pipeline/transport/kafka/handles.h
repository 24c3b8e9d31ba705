// pipeline/transport/kafka/handles.h — librdkafka's objects, each freed by its owner. Included only
// within this folder.
#pragma once

#include <librdkafka/rdkafka.h>

#include <memory>
#include <string>

#include "pipeline/transport/kafka/connection.h"
#include "schemas/status.h"

namespace marquee {

template <auto Function>
struct CallOnDestroy {
  template <class T>
  void operator()(T* object) const noexcept {
    Function(object);
  }
};

/// A producer, or a consumer that has been closed or may be left without goodbye.
using KafkaHandle = std::unique_ptr<rd_kafka_t, CallOnDestroy<rd_kafka_destroy>>;
using KafkaConf = std::unique_ptr<rd_kafka_conf_t, CallOnDestroy<rd_kafka_conf_destroy>>;
using KafkaTopic = std::unique_ptr<rd_kafka_topic_t, CallOnDestroy<rd_kafka_topic_destroy>>;
using KafkaQueue = std::unique_ptr<rd_kafka_queue_t, CallOnDestroy<rd_kafka_queue_destroy>>;
using KafkaEvent = std::unique_ptr<rd_kafka_event_t, CallOnDestroy<rd_kafka_event_destroy>>;
using KafkaMessage = std::unique_ptr<rd_kafka_message_t, CallOnDestroy<rd_kafka_message_destroy>>;
using KafkaError = std::unique_ptr<rd_kafka_error_t, CallOnDestroy<rd_kafka_error_destroy>>;
using KafkaHeaders = std::unique_ptr<rd_kafka_headers_t, CallOnDestroy<rd_kafka_headers_destroy>>;
using KafkaPartitions = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                        CallOnDestroy<rd_kafka_topic_partition_list_destroy>>;
using KafkaMetadata =
    std::unique_ptr<const rd_kafka_metadata_t, CallOnDestroy<rd_kafka_metadata_destroy>>;

/// A client's configuration while it is put together.
class ClientConfig {
 public:
  /// What every client has: brokers, secrets from the environment (MARQUEE_SASL_PASSWORD or
  /// MARQUEE_SASL_PASSWORD_FILE, and so on), sockets that do not wait.
  /// Errors: kConfig for a secret's file that cannot be read.
  static Result<ClientConfig> Make(const KafkaConnection& connection);

  /// Set a property of Marquee's; aborts on one that librdkafka does not know.
  ClientConfig& Set(const char* key, const std::string& value);
  rd_kafka_conf_t* get() noexcept { return conf_.get(); }

  /// Make the client; the user's properties come last. `opaque` is what callbacks get.
  /// Errors: kConfig, with librdkafka's reason.
  Result<KafkaHandle> Create(rd_kafka_type_t type, void* opaque);

 private:
  ClientConfig(KafkaConf conf, std::vector<std::string> properties)
      : conf_(std::move(conf)), properties_(std::move(properties)) {}

  KafkaConf conf_;
  std::vector<std::string> properties_;
};

/// "text (NAME)" of an error code.
std::string KafkaErrorText(rd_kafka_resp_err_t code);

}  // namespace marquee
