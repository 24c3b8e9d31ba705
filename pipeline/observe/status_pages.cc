#include "pipeline/observe/status_pages.h"

#include <fmt/core.h>

#include <nlohmann/json.hpp>
#include <utility>

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string StaleText(std::chrono::nanoseconds age) {
  return fmt::format("no status for {} s: the service hangs",
                     std::chrono::duration_cast<std::chrono::seconds>(age).count());
}

}  // namespace

StatusPages::StatusPages(BuildInfo build, StatusPagesOptions options)
    : build_(std::move(build)), options_(std::move(options)), published_ns_(options_.clock_ns()) {}

void StatusPages::Publish(const ServiceStatus& status) {
  auto copy = std::make_shared<const ServiceStatus>(status);
  const std::int64_t now_ns = options_.clock_ns();
  const std::lock_guard lock(mutex_);
  status_.swap(copy);
  published_ns_ = now_ns;
}

StatusPages::Page StatusPages::Get(std::string_view path) const {
  if (path == "/metrics") return Metrics();
  if (path == "/healthz/live" || path == "/ping" || path == "/v2/health/live") return Live();
  if (path == "/healthz/ready" || path == "/ready" || path == "/v2/health/ready") return Ready();
  return {.code = 404,
          .content_type = "text/plain",
          .body = "nothing here; there are /metrics, /healthz/live and /healthz/ready\n"};
}

StatusPages::Snapshot StatusPages::Last() const {
  const std::lock_guard lock(mutex_);
  const std::chrono::nanoseconds age(options_.clock_ns() - published_ns_);
  return {.status = status_, .age = age, .alive = age <= options_.max_age};
}

StatusPages::Page StatusPages::Metrics() const {
  const Snapshot last = Last();
  if (last.status == nullptr) {
    return {.code = 503, .content_type = "text/plain", .body = "no status yet\n"};
  }
  ServiceStatus status = *last.status;
  // marquee_ready must not say other than /healthz/ready.
  if (!last.alive) status.not_ready_reason = StaleText(last.age);
  return {.code = 200,
          .content_type = "text/plain; version=0.0.4; charset=utf-8",
          .body = MetricsText(status, build_)};
}

StatusPages::Page StatusPages::Live() const {
  const Snapshot last = Last();
  Json reasons = Json::array();
  if (!last.alive) reasons.push_back(StaleText(last.age));
  return {.code = last.alive ? 200 : 503,
          .content_type = "application/json",
          .body = Text({{"live", last.alive}, {"reasons", std::move(reasons)}})};
}

StatusPages::Page StatusPages::Ready() const {
  const Snapshot last = Last();
  Json reasons = Json::array();
  if (last.status == nullptr) reasons.push_back("no status yet");
  if (!last.alive) reasons.push_back(StaleText(last.age));
  if (last.status != nullptr && !last.status->is_ready()) {
    reasons.push_back(last.status->not_ready_reason);
  }
  const bool ready = reasons.empty();
  Json json = {{"ready", ready}, {"reasons", std::move(reasons)}};
  if (last.status != nullptr) {
    json["stage"] = last.status->stage;
    json["instance"] = last.status->instance;
    json["state"] = ServiceStateName(last.status->state);
  }
  return {.code = ready ? 200 : 503, .content_type = "application/json", .body = Text(json)};
}

}  // namespace marquee
