// pipeline/observe/status_pages.h — what a service shows of its status, path by path.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "pipeline/core/clock.h"
#include "pipeline/observe/metrics.h"
#include "schemas/service_status.h"

namespace marquee {

/// When a service counts as hanging.
struct StatusPagesOptions {
  /// Who has published nothing for longer is not alive.
  std::chrono::nanoseconds max_age = std::chrono::seconds(15);
  /// The clock that ages are told by.
  std::function<std::int64_t()> clock_ns = SteadyClockNs;
};

/// The pages of a service:
/// - /metrics: the last status for Prometheus;
/// - /healthz/live, /ping, /v2/health/live: 200 while statuses keep coming, else 503;
/// - /healthz/ready, /ready, /v2/health/ready: 200 if also the last one was ready, else 503 with
///   the reasons.
///
/// The three spellings are Kubernetes', Redpanda Connect's and the Open Inference Protocol's.
/// Threads: safe.
class StatusPages {
 public:
  struct Page {
    int code;  ///< HTTP's
    std::string content_type;
    std::string body;
  };

  explicit StatusPages(BuildInfo build, StatusPagesOptions options = {});

  /// Show `status` from now on. Cost: a copy of it.
  void Publish(const ServiceStatus& status);

  Page Get(std::string_view path) const;

 private:
  /// The last status and how long ago it came.
  struct Snapshot {
    std::shared_ptr<const ServiceStatus> status;  // null until the first one
    std::chrono::nanoseconds age;
    bool alive;
  };

  Snapshot Last() const;
  Page Metrics() const;
  Page Live() const;
  Page Ready() const;

  const BuildInfo build_;
  const StatusPagesOptions options_;
  mutable std::mutex mutex_;  // guards the next two
  std::shared_ptr<const ServiceStatus> status_;
  std::int64_t published_ns_;
};

}  // namespace marquee
