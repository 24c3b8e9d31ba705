#include "pipeline/transport/kafka/topic_writer.h"

#include <fmt/core.h>

#include "pipeline/transport/kafka/producer.h"

namespace marquee {
namespace {

class Writer final : public TopicWriter, public DeliveryListener {
 public:
  Status Connect(const KafkaConnection& connection) {
    MARQUEE_ASSIGN_OR_RETURN(producer_, Producer::Make(connection, {}, *this));
    return {};
  }

  Status Write(const std::string& topic, std::int32_t partition, std::span<const std::byte> value,
               const RecordHeaders& headers) override {
    for (;;) {
      MARQUEE_ASSIGN_OR_RETURN(const bool sent,
                               producer_->Send(topic, partition, value, &headers, 0));
      producer_->Poll(std::chrono::milliseconds(sent ? 0 : 100));
      if (sent) return {};
      MARQUEE_RETURN_IF_ERROR(producer_->FatalError());
    }
  }

  Status Flush(std::chrono::milliseconds timeout) override {
    const bool flushed = producer_->Flush(timeout);
    if (!failure_.ok()) return std::exchange(failure_, Status());
    MARQUEE_RETURN_IF_ERROR(producer_->FatalError());
    if (flushed) return {};
    return Status::Unavailable(fmt::format("{} records are not acknowledged after {} ms: {}",
                                           producer_->num_outstanding(), timeout.count(),
                                           producer_->TakeComplaint()));
  }

 private:
  void OnDelivery(std::uint64_t, const Status& status) override {
    if (!status.ok() && failure_.ok()) {
      failure_ = Status(status.code(), std::string(status.message()));
    }
  }

  Status failure_;                      // the first one
  std::unique_ptr<Producer> producer_;  // last: its end calls OnDelivery
};

}  // namespace

Result<std::unique_ptr<TopicWriter>> TopicWriter::Open(const KafkaConnection& connection) {
  auto writer = std::make_unique<Writer>();
  MARQUEE_RETURN_IF_ERROR(writer->Connect(connection));
  return std::unique_ptr<TopicWriter>(std::move(writer));
}

}  // namespace marquee
