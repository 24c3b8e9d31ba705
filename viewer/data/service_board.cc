#include "viewer/data/service_board.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <memory>

#include "schemas/cut_text.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kSilentAfterNs = 10 * kSecondNs;
constexpr std::int64_t kForgottenAfterNs = 3600 * kSecondNs;

/// In the order of the pipeline.
std::size_t RankOf(std::string_view stage) {
  for (std::size_t id = 1; id < kNumStages; ++id) {
    if (stage == StageName(static_cast<wire::StageId>(id))) return id;
  }
  return kNumStages;
}

/// Sum of the known lags; -1 if none is known.
std::int64_t SumOf(const std::vector<PartitionLag>& lags) {
  std::int64_t sum = -1;
  for (const PartitionLag& lag : lags) {
    if (lag.lag >= 0) sum = std::max<std::int64_t>(sum, 0) + lag.lag;
  }
  return sum;
}

std::uint64_t Grown(std::uint64_t before, std::uint64_t now) { return now - std::min(before, now); }

/// The instance, with its stage where it does not tell it: "infer-a", "infer vm".
std::string NameOf(const ServiceStatus& status) {
  if (status.instance.starts_with(status.stage)) return status.instance;
  return fmt::format("{} {}", status.stage, status.instance);
}

/// The state in words, e.g. "waiting for brokers".
std::string StateText(ServiceState state) {
  std::string text(ServiceStateName(state));
  std::ranges::replace(text, '_', ' ');
  return text;
}

/// Whether a service of which this was heard last has not said that it would end.
bool IsMissed(ServiceState last) {
  return last != ServiceState::kStopping && last != ServiceState::kFailed;
}

/// The state of a service that has said nothing for long.
std::string SilentStateText(ServiceState last) {
  if (last == ServiceState::kStopping) return "stopped";
  return IsMissed(last) ? "silent" : StateText(last);
}

}  // namespace

void ServiceBoard::Add(const ServiceStatus& status, std::int64_t heard_ns,
                       std::vector<Timeline>& timelines) {
  const std::pair key{std::string(CutText(status.stage, kMaxName)),
                      std::string(CutText(status.instance, kMaxName))};
  auto found = services_.find(key);
  if (found == services_.end()) {
    if (services_.size() == kMaxServices) MakeRoom();
    found = services_.emplace(key, Service{}).first;
  }
  Service& service = found->second;
  // A clock that was set back is heard of later.
  const bool is_news =
      std::pair(heard_ns, status.time_ns) > std::pair(service.heard_ns, service.told.time_ns);
  if (!is_news && !service.is_retold) return;
  // Counters count from the service's start: after another one, from 0.
  const bool same_life = service.status.started_ns == status.started_ns;
  ServiceStatus before = same_life ? std::move(service.status) : ServiceStatus{};
  if (!same_life) before.time_ns = status.started_ns;
  service.status = status;
  if (is_news) Tell(status, service, heard_ns);

  // Without time, as where a clock was set back, there is no rate.
  const double seconds = static_cast<double>(status.time_ns - before.time_ns) * 1e-9;
  const auto rate = [seconds](double grown) {
    return seconds > 0 ? grown / std::max(seconds, 1e-3) : 0.0;
  };
  const auto rows = static_cast<double>(Grown(before.rows_out, status.rows_out));
  service.rows_per_s = rate(rows);
  service.bytes_per_s = rate(static_cast<double>(Grown(before.bytes_out, status.bytes_out)));
  service.cpu_share = rate(static_cast<double>(Grown(before.cpu_ns, status.cpu_ns)) * 1e-9);
  const std::size_t rank = RankOf(status.stage);
  if (rank == kNumStages) return;
  const auto stage = static_cast<wire::StageId>(rank);
  // A service that was silent for long told nothing of that time's rows, only their number; clocks
  // may differ, so the time is that at which it was heard.
  const std::int64_t length_ns =
      std::clamp<std::int64_t>(status.time_ns - before.time_ns, 0, kSilentAfterNs);
  const std::int64_t lag = LagOf(key.first);
  for (Timeline& timeline : timelines) {
    if (same_life) timeline.AddStageRows(stage, heard_ns - length_ns, heard_ns, rows);
    if (lag >= 0)
      timeline.SetLag(stage, same_life ? heard_ns - length_ns : heard_ns, heard_ns, lag);
  }
}

void ServiceBoard::Retell() {
  for (auto& [key, service] : services_) {
    service.status = ServiceStatus{};
    service.is_retold = true;
  }
}

void ServiceBoard::Tell(const ServiceStatus& status, Service& service, std::int64_t heard_ns) {
  const std::string name = NameOf(status);
  // Those behind the one that was told last: the clock may have been set back since.
  const auto& events = status.events;
  const auto last = std::find_if(events.rbegin(), events.rend(), [&service](const auto& event) {
    return event.time_ns == service.told_event.time_ns && event.text == service.told_event.text;
  });
  for (auto event = last.base(); event != events.end(); ++event) {
    // A clock that is ahead must not keep its events in front of all others.
    journal_.Add(std::min(event->time_ns, heard_ns), wire::Severity::Info, name, event->text);
  }
  if (!events.empty()) service.told_event = events.back();
  if (service.heard_ns > 0) {
    if (service.silent) journal_.Add(heard_ns, wire::Severity::Info, name, "is heard again");
    const bool same_life = service.told.started_ns == status.started_ns;
    TellChanges(same_life ? service.told : ServiceStatus{}, status, heard_ns);
  }
  service.told = status;
  service.heard_ns = heard_ns;
  service.is_retold = false;
  service.silent = false;
}

void ServiceBoard::TellChanges(const ServiceStatus& before, const ServiceStatus& status,
                               std::int64_t heard_ns) {
  const std::string name = NameOf(status);
  if (status.state != before.state &&
      (status.state == ServiceState::kStalled || status.state == ServiceState::kFailed)) {
    journal_.Add(
        heard_ns,
        status.state == ServiceState::kFailed ? wire::Severity::Error : wire::Severity::Warning,
        name, fmt::format("{}: {}", StateText(status.state), status.not_ready_reason));
  }
  const auto warn = [&](std::uint64_t count_before, std::uint64_t count, std::string_view what) {
    if (count <= count_before) return;
    journal_.Add(heard_ns, wire::Severity::Warning, name,
                 fmt::format("{} {} ({} since its start)", count - count_before, what, count));
  };
  warn(before.stalls, status.stalls, "stalls");
  warn(before.commit_failures, status.commit_failures, "failed commits");
  warn(before.transactions_aborted, status.transactions_aborted, "aborted transactions");
  warn(before.unreadable_messages, status.unreadable_messages, "unreadable messages");
  if (status.rebalances > before.rebalances) {
    journal_.Add(heard_ns, wire::Severity::Info, name,
                 fmt::format("rebalance {} since its start", status.rebalances));
  }
}

void ServiceBoard::MakeRoom() {
  services_.erase(std::ranges::min_element(
      services_, {}, [](const auto& entry) { return entry.second.heard_ns; }));
}

std::int64_t ServiceBoard::LagOf(const std::string& stage) const {
  std::int64_t sum = -1;
  for (const auto& [key, service] : services_) {
    const std::int64_t lag = SumOf(service.status.lags);
    if (key.first == stage && !service.silent && lag >= 0) {
      sum = std::max<std::int64_t>(sum, 0) + lag;
    }
  }
  return sum;
}

/// Of several instances, each of which sees some of the partitions, the one that sees most of it.
void ServiceBoard::WriteDrift() {
  snapshot_.drift.clear();
  snapshot_.drift_rows = 0;
  for (const auto& [key, service] : services_) {
    if (service.silent) continue;
    snapshot_.drift_rows += service.told.drift_rows;
    for (const FeatureDrift& drift : service.told.drift) {
      const std::string_view name = CutText(drift.feature, kMaxName);
      auto known = std::ranges::find(
          snapshot_.drift, name, [](const auto& move) { return std::string_view(move->feature); });
      if (known == snapshot_.drift.end()) {
        if (snapshot_.drift.size() == kMaxFeatures) break;
        auto move = std::make_unique<wire::FeatureMoveT>();
        move->feature = name;
        known = snapshot_.drift.insert(known, std::move(move));
      }
      (*known)->psi = std::max((*known)->psi, drift.psi);
    }
  }
}

void ServiceBoard::Write(std::int64_t now_ns) {
  std::erase_if(services_, [now_ns](const auto& entry) {
    return now_ns - entry.second.heard_ns > kForgottenAfterNs;
  });
  std::vector<std::pair<std::size_t, const Service*>> ordered;
  for (auto& [key, service] : services_) {
    const bool silent = now_ns - service.heard_ns > kSilentAfterNs;
    if (silent && !service.silent && IsMissed(service.told.state)) {
      journal_.Add(service.heard_ns + kSilentAfterNs, wire::Severity::Warning, NameOf(service.told),
                   "has said nothing for 10 s");
    }
    service.silent = silent;
    ordered.emplace_back(RankOf(key.first), &service);
  }
  std::ranges::stable_sort(ordered, {}, [](const auto& entry) { return entry.first; });

  snapshot_.services.resize(ordered.size());
  for (std::size_t i = 0; i < ordered.size(); ++i) {
    const Service& service = *ordered[i].second;
    const ServiceStatus& status = service.told;
    auto& written = snapshot_.services[i];
    if (written == nullptr) written = std::make_unique<wire::ServiceT>();
    written->stage = CutText(status.stage, kMaxName);
    written->instance = CutText(status.instance, kMaxName);
    written->host = CutText(status.host, kMaxName);
    written->state = service.silent ? SilentStateText(status.state) : StateText(status.state);
    written->reason = CutText(status.not_ready_reason, kMaxText);
    written->age_ns = std::max<std::int64_t>(0, now_ns - service.heard_ns);
    written->uptime_ns = status.time_ns - status.started_ns;
    written->rows_in = status.rows_in;
    written->rows_out = status.rows_out;
    written->rows_per_s = service.silent ? 0 : service.rows_per_s;
    written->bytes_per_s = service.silent ? 0 : service.bytes_per_s;
    written->lag = SumOf(status.lags);
    written->cpu_share = service.silent ? 0 : service.cpu_share;
    written->rss_bytes = status.rss_bytes;
    written->commits = status.commits;
    written->commit_failures = status.commit_failures;
    written->transactions_aborted = status.transactions_aborted;
    written->rebalances = status.rebalances;
    written->stalls = status.stalls;
  }
  WriteDrift();
  for (const auto& stage : snapshot_.stages) {
    if (stage->id == wire::StageId::Evaluate) continue;
    stage->instances = 0;
    stage->rows_per_s = 0;
    stage->lag = LagOf(std::string(StageName(stage->id)));
    for (const auto& [rank, service] : ordered) {
      if (rank != static_cast<std::size_t>(stage->id) || service->silent) continue;
      ++stage->instances;
      stage->rows_per_s += service->rows_per_s;
    }
  }
}

}  // namespace marquee::viewer
