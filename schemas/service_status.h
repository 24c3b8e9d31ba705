// schemas/service_status.h — what a running service says of itself, once a second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/batch_info.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

/// What a service is doing. Append only: the numbers are on the wire.
enum class ServiceState : std::uint8_t {
  kStarting = 0,
  kWaitingForBrokers = 1,
  kRunning = 2,
  kStalled = 3,
  kStopping = 4,
  kFailed = 5,
};

/// How far a service is behind on one partition of its input.
struct PartitionLag {
  std::int32_t partition = 0;
  /// The next offset to be read.
  std::int64_t position = 0;
  /// Records not read yet, of those a reader may see; -1 = unknown.
  std::int64_t lag = -1;
};

/// Something that happened: a rebalance, a stall, an error, a broker away.
struct ServiceEvent {
  std::int64_t time_ns = 0;  ///< Unix time
  std::string text;
};

/// How far a numeric feature has moved from the training file's.
struct FeatureDrift {
  std::string feature;
  /// Population stability index; 0 = as in training.
  double psi = 0;
};

/// A snapshot of a service. Counters count from the service's start and only grow.
struct ServiceStatus {
  std::string stage;     ///< "produce", "preprocess", "infer"
  std::string instance;  ///< unique among the stage's instances
  std::string host;
  std::int32_t pid = 0;
  std::int64_t started_ns = 0;  ///< Unix time
  std::int64_t time_ns = 0;     ///< Unix time of this snapshot
  ServiceState state = ServiceState::kStarting;
  /// Why the service is not ready; empty = it is.
  std::string not_ready_reason;

  std::uint64_t messages_in = 0;
  std::uint64_t rows_in = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t messages_out = 0;
  std::uint64_t rows_out = 0;
  std::uint64_t bytes_out = 0;
  /// Rejected rows by reason.
  std::array<std::uint64_t, kNumRejectReasons> dead_letters{};
  /// Whole messages that are none of ours.
  std::uint64_t unreadable_messages = 0;
  std::uint64_t epochs = 0;
  /// Commits of offsets, or of transactions.
  std::uint64_t commits = 0;
  std::uint64_t commit_failures = 0;
  std::uint64_t transactions_aborted = 0;
  std::uint64_t rebalances = 0;
  std::uint64_t stalls = 0;
  /// Busy time of the stage, over all workers, in ns.
  std::uint64_t busy_ns = 0;
  /// CPU time of the process, in ns.
  std::uint64_t cpu_ns = 0;
  std::uint64_t rss_bytes = 0;

  std::vector<PartitionLag> lags;
  /// The newest events, oldest first; a short list.
  std::vector<ServiceEvent> events;
  /// The topic that `lags` are of; empty = the service reads none.
  std::string input_topic;
  /// Of the stage that scores; none while it has seen too few rows.
  std::vector<FeatureDrift> drift;
  /// The rows that `drift` is of.
  std::uint64_t drift_rows = 0;

  bool is_ready() const noexcept { return not_ready_reason.empty(); }
};

/// Longest text of a status, in bytes.
inline constexpr std::size_t kMaxStatusText = 1024;
/// Most events a status tells.
inline constexpr std::size_t kMaxStatusEvents = 64;
/// Most partitions a status tells the lag of.
inline constexpr std::size_t kMaxStatusLags = 10'000;
/// Most features a status tells the drift of.
inline constexpr std::size_t kMaxStatusFeatures = 1'024;

/// Encode `status`: longer texts are cut, of more events the newest are kept.
/// Errors: kInternal if there are more lags than kMaxStatusLags.
Status WriteStatus(const ServiceStatus& status, Message& message);

/// Read and check a message that enters this process. Errors: kData.
Result<ServiceStatus> ReadStatus(std::span<const std::byte> bytes);

/// Name of a state as the program prints it, e.g. "waiting_for_brokers".
std::string_view ServiceStateName(ServiceState state);

}  // namespace marquee
