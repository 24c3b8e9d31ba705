// pipeline/transport/kafka/service.h — what all services share: how they are told to stop, and how
// they tell how they are.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/transport/kafka/connection.h"
#include "pipeline/transport/kafka/topic_admin.h"
#include "pipeline/transport/kafka/waker.h"
#include "schemas/service_status.h"

namespace marquee {

/// How a service is told to stop. Threads: any; RequestStop from signal handlers too.
class ServiceControl {
 public:
  void RequestStop() noexcept {
    stop_.store(true, std::memory_order_relaxed);
    waker_.Notify();
  }
  bool stop_requested() const noexcept { return stop_.load(std::memory_order_relaxed); }
  Waker& waker() noexcept { return waker_; }

 private:
  std::atomic<bool> stop_ = false;
  Waker waker_;
};

/// What takes a service's status once a second.
class StatusSink {
 public:
  virtual ~StatusSink() = default;
  virtual void Publish(const ServiceStatus& status) = 0;
};

/// A service's status, and its journal on standard error. Threads: one at a time (the I/O thread).
class ServiceReport {
 public:
  /// `sinks` outlive the report.
  ServiceReport(std::string stage, std::string instance, std::vector<StatusSink*> sinks);

  ServiceStatus& status() noexcept { return status_; }

  /// Write an event into the journal, and keep it for the status.
  void Note(std::string_view text);
  /// As Note, for what the client says again and again: one complaint a second, and the same words
  /// at most once in ten. Nothing if `text` is empty.
  void Complain(std::string_view text);
  /// Say what the service is doing; `not_ready_reason` is empty if it does its work.
  void SetState(ServiceState state, std::string not_ready_reason);
  /// Whether a second has passed since the last Tick.
  bool tick_due() const;
  /// Publish the status if a second has passed since the last time, or `now`.
  void Tick(bool now = false);

 private:
  ServiceStatus status_;
  std::deque<ServiceEvent> events_;
  std::vector<StatusSink*> sinks_;
  std::string last_complaint_;
  std::int64_t last_complaint_ns_ = 0;
  std::int64_t last_tick_ns_ = 0;
};

/// Wait for `time`, or until the service is to stop; the report goes on.
void WaitOrStop(std::chrono::milliseconds time, ServiceControl& control, ServiceReport& report);

/// Writes the status to its topic; what cannot be written at once is dropped, for the next one
/// comes in a second.
class StatusTopicSink final : public StatusSink {
 public:
  static Result<std::unique_ptr<StatusTopicSink>> Open(const KafkaConnection& connection);
  ~StatusTopicSink() override;
  void Publish(const ServiceStatus& status) override;

 private:
  struct Parts;
  explicit StatusTopicSink(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Wait for the brokers, with back-off, until they answer or the service is stopped; then check that
/// `topics` are there and safe, all with the same number of partitions, which it returns (0 = stopped
/// before that). Errors: as of CheckTopic.
Result<std::int32_t> CheckTopicsOnceReachable(const KafkaConnection& connection,
                                              const std::vector<Topic>& topics,
                                              const TopicSettings& wanted, ServiceControl& control,
                                              ServiceReport& report);

}  // namespace marquee
