#include "pipeline/observe/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <string_view>
#include <utility>
#include <vector>

namespace marquee {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

using Labels = std::vector<ClientMetric::Label>;

double Seconds(auto nanoseconds) { return static_cast<double>(nanoseconds) / 1e9; }

/// Metric families in the making.
class Families {
 public:
  explicit Families(std::string stage) : stage_{{"stage", std::move(stage)}} {}

  /// Begin a family; the series added next belong to it.
  void Begin(MetricType type, std::string name, std::string help) {
    families_.push_back({.name = std::move(name), .help = std::move(help), .type = type});
  }

  void Add(Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    // The serializer reads the one that belongs to the family's type.
    metric.counter.value = value;
    metric.gauge.value = value;
    families_.back().metric.push_back(std::move(metric));
  }

  /// A counter of the stage.
  void StageCounter(std::string name, std::string help, double value) {
    Begin(MetricType::Counter, std::move(name), std::move(help));
    Add(stage_, value);
  }

  void StageGauge(std::string name, std::string help, double value) {
    Begin(MetricType::Gauge, std::move(name), std::move(help));
    Add(stage_, value);
  }

  const Labels& stage() const noexcept { return stage_; }
  const std::vector<MetricFamily>& all() const noexcept { return families_; }

 private:
  Labels stage_;
  std::vector<MetricFamily> families_;
};

void AddThroughput(const ServiceStatus& status, Families& families) {
  const auto count = [&families](std::string name, std::string help, std::uint64_t value) {
    families.StageCounter(std::move(name), std::move(help), static_cast<double>(value));
  };
  count("marquee_records_in_total", "Rows read.", status.rows_in);
  count("marquee_records_out_total", "Rows written.", status.rows_out);
  count("marquee_messages_in_total", "Messages read.", status.messages_in);
  count("marquee_messages_out_total", "Messages written.", status.messages_out);
  count("marquee_bytes_in_total", "Bytes of the messages read.", status.bytes_in);
  count("marquee_bytes_out_total", "Bytes of the messages written.", status.bytes_out);
  count("marquee_epochs_total", "Epochs processed.", status.epochs);
  count("marquee_commits_total", "Commits of offsets or transactions.", status.commits);
  count("marquee_commit_failures_total", "Commits that failed.", status.commit_failures);
  count("marquee_transactions_aborted_total", "Transactions aborted.", status.transactions_aborted);
  count("marquee_rebalances_total", "Times the service's partitions were assigned anew.",
        status.rebalances);
  count("marquee_stalls_total", "Times nothing came although there was something to read.",
        status.stalls);
}

/// Every reason is there from the start, at 0: a rate needs a value before the first one.
void AddDeadLetters(const ServiceStatus& status, Families& families) {
  families.Begin(MetricType::Counter, "marquee_dlq_records_total",
                 "Records sent to the dead-letter topic.");
  const auto add = [&families](std::string_view reason, std::uint64_t value) {
    Labels labels = families.stage();
    labels.push_back({"reason", std::string(reason)});
    families.Add(std::move(labels), static_cast<double>(value));
  };
  constexpr auto kFirst = static_cast<std::size_t>(wire::RejectReason::None) + 1;
  for (std::size_t reason = kFirst; reason < kNumRejectReasons; ++reason) {
    add(RejectReasonName(static_cast<wire::RejectReason>(reason)), status.dead_letters[reason]);
  }
  add("unreadable", status.unreadable_messages);
}

/// Partitions whose lag is not known have no series: 0 would be a lie.
void AddLags(const ServiceStatus& status, Families& families) {
  std::int64_t sum = 0;
  bool known = false;
  for (const PartitionLag& lag : status.lags) {
    if (lag.lag < 0) continue;
    if (!known) {
      families.Begin(MetricType::Gauge, "marquee_consumer_lag_records",
                     "Messages of the input topic that the service has not read yet.");
      known = true;
    }
    families.Add({{"topic", status.input_topic}, {"partition", std::to_string(lag.partition)}},
                 static_cast<double>(lag.lag));
    sum += lag.lag;
  }
  if (!known) return;
  families.Begin(MetricType::Gauge, "marquee_consumer_lag_records_sum",
                 "The same over all partitions of the service.");
  families.Add({{"topic", status.input_topic}}, static_cast<double>(sum));
}

/// Before a feature's drift is known it has no series: 0 would be a lie.
void AddDrift(const ServiceStatus& status, Families& families) {
  if (status.drift.empty()) return;
  families.Begin(MetricType::Gauge, "marquee_feature_drift_psi",
                 "Population stability index of a feature against the model's training file.");
  for (const FeatureDrift& drift : status.drift) {
    Labels labels = families.stage();
    labels.push_back({"feature", drift.feature});
    families.Add(std::move(labels), drift.psi);
  }
  families.StageGauge("marquee_feature_drift_rows", "Rows that the index is of.",
                      static_cast<double>(status.drift_rows));
}

/// The process, under the names that all Prometheus clients give it.
void AddProcess(const ServiceStatus& status, Families& families) {
  families.Begin(MetricType::Counter, "process_cpu_seconds_total", "CPU time of the process.");
  families.Add({}, Seconds(status.cpu_ns));
  families.Begin(MetricType::Gauge, "process_resident_memory_bytes",
                 "Resident memory of the process.");
  families.Add({}, static_cast<double>(status.rss_bytes));
  families.Begin(MetricType::Gauge, "process_start_time_seconds",
                 "Start of the process since the Unix epoch.");
  families.Add({}, Seconds(status.started_ns));
}

void AddBuild(const BuildInfo& build, Families& families) {
  families.Begin(MetricType::Gauge, "marquee_build_info",
                 "Versions of what the service runs; always 1.");
  Labels labels = {{"version", build.version}, {"librdkafka", build.librdkafka}};
  if (!build.model.empty()) labels.push_back({"model", build.model});
  families.Add(std::move(labels), 1);
}

}  // namespace

std::string MetricsText(const ServiceStatus& status, const BuildInfo& build) {
  Families families(status.stage);
  AddThroughput(status, families);
  families.StageCounter("marquee_stage_busy_seconds_total",
                        "Time the stage worked, over all its threads.", Seconds(status.busy_ns));
  AddDeadLetters(status, families);
  AddLags(status, families);
  AddDrift(status, families);
  families.StageGauge("marquee_ready", "1 if the service is ready, 0 if not.",
                      status.is_ready() ? 1 : 0);
  families.StageGauge("marquee_status_timestamp_seconds",
                      "When the figures were taken, since the Unix epoch.",
                      Seconds(status.time_ns));
  AddProcess(status, families);
  AddBuild(build, families);
  return prometheus::TextSerializer().Serialize(families.all());
}

}  // namespace marquee
