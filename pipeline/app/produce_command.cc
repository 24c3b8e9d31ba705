#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/app/command.h"
#include "pipeline/app/produce_epoch.h"
#include "pipeline/app/service_options.h"
#include "pipeline/app/settings.h"
#include "pipeline/core/clock.h"
#include "pipeline/stages/table_schema.h"
#include "pipeline/transport/kafka/produce_service.h"

namespace marquee {
namespace {

struct ProduceOptions {
  KafkaConnection connection;
  TopicSettings topics{.partitions = 0};
  std::string instance;
  std::string listen;
  std::string compression;
  PipelineOptions pipeline;
  std::string run_id;
  FeedPlan feed;
  bool json = false;
};

/// What was sent, over all attempts.
struct Sent {
  RunTotals totals;
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  bool stopped = false;
};

/// Read the data from its beginning, and send what the topic does not have yet. `retry`: whether a
/// failure is one of the brokers or the client, which another attempt may mend.
Status Attempt(const ProduceOptions& options, const RunId& run, const model::Model& model,
               std::int32_t num_partitions, bool resume, ServiceControl& control,
               ServiceReport& report, Sent& sent, bool& retry) {
  retry = true;
  ResumePoint from(static_cast<std::size_t>(num_partitions));
  if (resume) {
    MARQUEE_ASSIGN_OR_RETURN(from, FindResumePoint(options.connection, run, control));
    if (std::any_of(from.begin(), from.end(), [](const auto& last) { return last.has_value(); })) {
      report.Note(fmt::format("run {} is in the topic already: going on after its last messages",
                              run.ToString()));
    }
  }
  retry = false;
  MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec spec, LoadTableSchema(options.pipeline.schema));
  MARQUEE_ASSIGN_OR_RETURN(
      OpenedData data,
      OpenData(options.pipeline.data, options.feed.Paced(options.pipeline.limits()), spec, model));
  MARQUEE_ASSIGN_OR_RETURN(const auto runner,
                           MakeRunner(options.pipeline.runner, options.pipeline.threads));
  Outbox outbox(control.waker(), kProduceOutboxBytes);
  auto columns = SelectColumns(data.source->columns(), spec, options.pipeline.all_columns());
  ProduceEpoch epoch(RecordFeed(std::move(data.source), std::move(data.reopen), options.feed), run,
                     std::move(columns), spec.id_column, std::move(from), *runner, outbox, control);
  Status status = RunProduceService(options.connection, options.compression,
                                    /*in_bulk=*/options.feed.rate == 0, *runner, epoch, outbox,
                                    control, report, retry);
  sent.totals = epoch.totals();
  sent.messages += epoch.messages_sent();
  sent.records += epoch.records_sent();
  sent.stopped = epoch.stopped();
  return status;
}

Status SendAll(const ProduceOptions& options, const RunId& run, const model::Model& model,
               ServiceControl& control, ServiceReport& report, Sent& sent) {
  MARQUEE_ASSIGN_OR_RETURN(
      const std::int32_t num_partitions,
      CheckTopicsOnceReachable(options.connection,
                               {Topic::kRawData, Topic::kDeadLetter, Topic::kStatus},
                               options.topics, control, report));
  bool resume = !options.run_id.empty();
  while (num_partitions > 0) {
    bool retry = false;
    Status status =
        Attempt(options, run, model, num_partitions, resume, control, report, sent, retry);
    if (status.ok() || !retry || control.stop_requested()) return status;
    // What was acknowledged is a whole number of messages in each partition: go on after them.
    report.Note(fmt::format("{}; trying again", status.message()));
    resume = true;
    WaitOrStop(std::chrono::seconds(1), control, report);
  }
  sent.stopped = true;
  return {};
}

Status Produce(const ProduceOptions& options) {
  RunId run = RunId::Random();
  if (!options.run_id.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(run, RunId::Parse(options.run_id));
  }
  // For generated rows, where there is no file.
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(""));
  Sent sent;
  const std::int64_t start_ns = SteadyClockNs();
  MARQUEE_RETURN_IF_ERROR(
      WithServiceReport(options.connection, "produce", options.instance, options.listen,
                        [&](ServiceControl& control, ServiceReport& report) {
                          report.Note(fmt::format("run {}", run.ToString()));
                          return SendAll(options, run, *model, control, report, sent);
                        }));
  const double seconds = static_cast<double>(SteadyClockNs() - start_ns) * 1e-9;
  if (options.json) {
    fmt::print("{}\n",
               nlohmann::ordered_json{{"run", run.ToString()},
                                      {"complete", !sent.stopped},
                                      {"messages", sent.messages},
                                      {"records", sent.records},
                                      {"run_records", sent.totals.records},
                                      {"rejected", sent.totals.rejected},
                                      {"seconds", seconds},
                                      {"rows_per_s", static_cast<double>(sent.records) / seconds}}
                   .dump());
  } else {
    fmt::print("run {}: {} records in {} messages, {} of the run's rejected, in {:.2f} s\n",
               run.ToString(), sent.records, sent.messages, sent.totals.rejected, seconds);
  }
  if (!sent.stopped) return {};
  return Status::Unavailable(fmt::format(
      "stopped before the end; 'marquee produce --run-id {}' with the same options goes "
      "on after what was sent",
      run.ToString()));
}

}  // namespace

void AddProduceCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "produce", "Send the rows of a CSV file to raw-data",
      "  marquee produce --data movies.csv.gz\n"
      "  marquee produce --rate 10000 --repeat 100     a steady load, in open loop\n"
      "  marquee produce --run-id 0190...              go on with a run that was stopped");
  auto options = std::make_shared<ProduceOptions>();
  AddKafkaOptions(*command, options->connection);
  AddTopicSettings(*command, options->topics);
  AddInstanceOptions(*command, "produce", options->instance, options->listen, options->compression);
  AddSourceOptions(*command, options->pipeline);
  AddSchemaOption(*command, options->pipeline.schema);
  AddColumnsOption(*command, options->pipeline);
  AddFeedOptions(*command, options->feed);
  AddSetting(*command, "--run-id", options->run_id,
             "32 hexadecimal digits; a run that is in the topic already is gone on with");
  AddSwitch(*command, "--json", options->json, "print one JSON object at the end");
  SetAction(command, chosen, [options] { return Produce(*options); });
}

}  // namespace marquee
