// pipeline/observe/metrics.h — a service's status as Prometheus reads it.
#pragma once

#include <string>

#include "schemas/service_status.h"

namespace marquee {

/// What a service was built of and runs with.
struct BuildInfo {
  std::string version;     ///< Marquee's
  std::string librdkafka;  ///< as librdkafka itself says
  std::string model;       ///< the model's id; empty = the stage has none
};

/// Show `status` in Prometheus' text format. Names of series only get more, never other meanings.
std::string MetricsText(const ServiceStatus& status, const BuildInfo& build);

}  // namespace marquee
