#include "pipeline/transport/kafka/service.h"

#include <fmt/core.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>

#include "pipeline/core/clock.h"
#include "pipeline/transport/kafka/producer.h"
#include "schemas/message.h"
#include "schemas/service_status.h"

namespace marquee {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::size_t kMaxEvents = 16;

std::uint64_t CpuTimeNs() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto ns = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * kSecondNs +
           static_cast<std::uint64_t>(time.tv_usec) * 1000;
  };
  return ns(usage.ru_utime) + ns(usage.ru_stime);
}

std::uint64_t ResidentBytes() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0;
  std::uint64_t resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string HostName() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

}  // namespace

ServiceReport::ServiceReport(std::string stage, std::string instance,
                             std::vector<StatusSink*> sinks)
    : sinks_(std::move(sinks)) {
  status_.stage = std::move(stage);
  status_.instance = std::move(instance);
  status_.host = HostName();
  status_.pid = getpid();
  status_.started_ns = WallClockNs();
  status_.not_ready_reason = "starting";
}

void ServiceReport::Note(std::string_view text) {
  fmt::print(stderr, "marquee {}: {}\n", status_.stage, text);
  events_.push_back({.time_ns = WallClockNs(), .text = std::string(text.substr(0, 400))});
  if (events_.size() > kMaxEvents) events_.pop_front();
}

void ServiceReport::Complain(std::string_view text) {
  if (text.empty()) return;
  const std::int64_t now_ns = SteadyClockNs();
  const std::int64_t quiet_ns = text == last_complaint_ ? 10 * kSecondNs : kSecondNs;
  if (now_ns - last_complaint_ns_ < quiet_ns) return;
  last_complaint_ = text;
  last_complaint_ns_ = now_ns;
  Note(text);
}

void ServiceReport::SetState(ServiceState state, std::string not_ready_reason) {
  const bool changed =
      state != status_.state || not_ready_reason.empty() != status_.not_ready_reason.empty();
  status_.state = state;
  status_.not_ready_reason = std::move(not_ready_reason);
  if (changed) Tick(/*now=*/true);
}

bool ServiceReport::tick_due() const { return SteadyClockNs() - last_tick_ns_ >= kSecondNs; }

void ServiceReport::Tick(bool now) {
  if (!now && !tick_due()) return;
  last_tick_ns_ = SteadyClockNs();
  status_.time_ns = WallClockNs();
  status_.cpu_ns = CpuTimeNs();
  status_.rss_bytes = ResidentBytes();
  status_.events.assign(events_.begin(), events_.end());
  for (StatusSink* sink : sinks_) sink->Publish(status_);
}

void WaitOrStop(std::chrono::milliseconds time, ServiceControl& control, ServiceReport& report) {
  // What is left to be noticed of earlier clients ends a Wait early.
  const std::int64_t end_ns = SteadyClockNs() + time.count() * 1'000'000;
  while (!control.stop_requested() && SteadyClockNs() < end_ns) {
    control.waker().Wait(50);
    report.Tick();
  }
}

// --- StatusTopicSink -----------------------------------------------------------------------------

struct StatusTopicSink::Parts final : DeliveryListener {
  void OnDelivery(std::uint64_t, const Status&) override {}

  std::string topic;
  std::unique_ptr<Producer> producer;
  Message message;
};

StatusTopicSink::StatusTopicSink(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

StatusTopicSink::~StatusTopicSink() { parts_->producer->Flush(std::chrono::milliseconds(500)); }

Result<std::unique_ptr<StatusTopicSink>> StatusTopicSink::Open(const KafkaConnection& connection) {
  auto parts = std::make_unique<Parts>();
  parts->topic = connection.TopicName(Topic::kStatus);
  MARQUEE_ASSIGN_OR_RETURN(parts->producer, Producer::Make(connection, {}, *parts));
  return std::unique_ptr<StatusTopicSink>(new StatusTopicSink(std::move(parts)));
}

void StatusTopicSink::Publish(const ServiceStatus& status) {
  parts_->producer->Poll(std::chrono::milliseconds(0));
  if (parts_->producer->num_outstanding() > 0) return;
  if (!WriteStatus(status, parts_->message).ok()) return;
  (void)parts_->producer->Send(parts_->topic, 0, parts_->message.bytes(), nullptr, 0);
}

// --- Preflight -----------------------------------------------------------------------------------

namespace {

// One broker may know a topic that was just made, and the next one asked not yet: so what is wrong
// must be seen so often.
constexpr int kLooks = 3;
constexpr std::chrono::milliseconds kLookAgain{500};

Result<std::int32_t> CheckTopics(const KafkaConnection& connection,
                                 const std::vector<Topic>& topics, TopicSettings wanted) {
  MARQUEE_ASSIGN_OR_RETURN(const auto admin, TopicAdmin::Open(connection, std::chrono::seconds(5)));
  std::vector<std::string> names;
  for (const Topic topic : topics) names.push_back(connection.TopicName(topic));
  MARQUEE_ASSIGN_OR_RETURN(const auto facts, admin->Describe(names));
  for (std::size_t i = 0; i < names.size(); ++i) {
    TopicSettings settings = wanted;
    if (topics[i] == Topic::kStatus) settings.partitions = 0;
    MARQUEE_RETURN_IF_ERROR(CheckTopic(names[i], facts[i], settings));
    if (topics[i] != Topic::kStatus && wanted.partitions == 0) {
      wanted.partitions = facts[i]->partitions;
    }
  }
  return wanted.partitions;
}

}  // namespace

Result<std::int32_t> CheckTopicsOnceReachable(const KafkaConnection& connection,
                                              const std::vector<Topic>& topics,
                                              const TopicSettings& wanted, ServiceControl& control,
                                              ServiceReport& report) {
  std::chrono::milliseconds wait{250};
  int looks_left = kLooks;
  while (!control.stop_requested()) {
    Result<std::int32_t> partitions = CheckTopics(connection, topics, wanted);
    if (partitions) return partitions;
    if (partitions.error().code() != StatusCode::kUnavailable) {
      if (--looks_left == 0) return partitions;
      WaitOrStop(kLookAgain, control, report);
      continue;
    }
    report.SetState(ServiceState::kWaitingForBrokers, std::string(partitions.error().message()));
    report.Complain(std::string(partitions.error().message()) + "; trying again");
    WaitOrStop(wait, control, report);
    wait = std::min<std::chrono::milliseconds>(2 * wait, std::chrono::seconds(5));
  }
  return 0;
}

}  // namespace marquee
