#include "pipeline/transport/kafka/produce_service.h"

#include <fmt/core.h>

#include <memory>

#include "pipeline/transport/kafka/epoch_thread.h"
#include "pipeline/transport/kafka/producer.h"

namespace marquee {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr milliseconds kStopTimeout{7000};

class ProduceLoop final : public DeliveryListener {
 public:
  ProduceLoop(const KafkaConnection& connection, Outbox& outbox, ServiceControl& control,
              ServiceReport& report)
      : connection_(connection), outbox_(outbox), control_(control), report_(report) {}

  Status Run(const SendingOptions& sending, Runner& runner, Epoch& epoch, bool& failed_to_send) {
    MARQUEE_ASSIGN_OR_RETURN(
        producer_,
        Producer::Make(connection_, {.sending = sending, .waker = &control_.waker()}, *this));
    report_.SetState(ServiceState::kRunning, "");
    EpochThread thread(runner, control_.waker());
    thread.Start(epoch);
    Status status = Send(thread);
    failed_to_send = !status.ok();
    outbox_.Close();  // lets the epoch end, if it has not
    thread.Wait();
    return status.ok() ? thread.TakeStatus() : std::move(status);
  }

 private:
  Status Send(const EpochThread& thread) {
    Clock::time_point deadline = Clock::time_point::max();
    for (;;) {
      // Asked before the outbox is emptied: what the epoch puts there comes before it ends.
      const bool ended = !thread.busy();
      MARQUEE_RETURN_IF_ERROR(SendGroups());
      producer_->Poll(milliseconds(0));
      MARQUEE_RETURN_IF_ERROR(producer_->FatalError());
      report_.Complain(producer_->TakeComplaint());
      report_.Tick();
      if (!failure_.ok()) return std::move(failure_);
      if (ended && sending_ == nullptr && outbox_.empty() && outstanding_ == 0) return {};
      if (control_.stop_requested() && deadline == Clock::time_point::max()) {
        deadline = Clock::now() + kStopTimeout;
      }
      if (Clock::now() >= deadline) {
        return Status::Unavailable(fmt::format("{} messages are not acknowledged", outstanding_));
      }
      control_.waker().Wait(sending_ != nullptr ? 5 : 100);
    }
  }

  Status SendGroups() {
    for (;;) {
      if (sending_ == nullptr) {
        sending_ = outbox_.Pop();
        if (sending_ == nullptr) return {};
        num_sent_ = 0;
        Count(*sending_);
      }
      for (; num_sent_ < sending_->size(); ++num_sent_) {
        const OutputGroup::Entry& entry = sending_->entry(num_sent_);
        const auto message = sending_->message(num_sent_);
        MARQUEE_ASSIGN_OR_RETURN(
            const bool sent, producer_->Send(connection_.TopicName(entry.topic), entry.partition,
                                             message, sending_->headers(num_sent_), sending_->tag));
        if (!sent) return {};
        ++outstanding_;
        ++report_.status().messages_out;
        report_.status().bytes_out += message.size();
      }
      outbox_.Recycle(std::move(sending_));
    }
  }

  void Count(const OutputGroup& group) {
    ServiceStatus& status = report_.status();
    status.rows_in += group.records_in;
    status.rows_out += group.rows_out;
    status.busy_ns += group.busy_ns;
    for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
      status.dead_letters[reason] += group.rejects[reason];
    }
  }

  void OnDelivery(std::uint64_t, const Status& status) override {
    --outstanding_;
    if (!status.ok() && failure_.ok()) {
      failure_ = Status(status.code(), std::string(status.message()));
    }
  }

  const KafkaConnection& connection_;
  Outbox& outbox_;
  ServiceControl& control_;
  ServiceReport& report_;
  std::unique_ptr<OutputGroup> sending_;
  std::size_t num_sent_ = 0;  // messages of sending_ that the client has
  std::uint64_t outstanding_ = 0;
  Status failure_;                      // of a delivery
  std::unique_ptr<Producer> producer_;  // last: its end calls OnDelivery
};

}  // namespace

Status RunProduceService(const KafkaConnection& connection, const std::string& compression,
                         bool in_bulk, Runner& runner, Epoch& epoch, Outbox& outbox,
                         ServiceControl& control, ServiceReport& report, bool& failed_to_send) {
  return ProduceLoop(connection, outbox, control, report)
      .Run({.compression = compression, .in_bulk = in_bulk}, runner, epoch, failed_to_send);
}

}  // namespace marquee
