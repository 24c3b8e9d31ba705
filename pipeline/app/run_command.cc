#include <fmt/core.h>

#include <deque>
#include <optional>
#include <string>

#include "kernels/isa.h"
#include "pipeline/app/command.h"
#include "pipeline/app/live_text.h"
#include "pipeline/app/message_json.h"
#include "pipeline/app/report.h"
#include "pipeline/app/sample_sink.h"
#include "pipeline/app/settings.h"
#include "pipeline/core/clock.h"

namespace marquee {
namespace {

struct RunOptions {
  PipelineOptions pipeline;
  FeedPlan feed;
  std::string record;
  bool json = false;
};

/// Keeps a sample of the results, and writes all of them to a file if there is one.
class RunSink final : public ResultSink {
 public:
  /// `recording`: null = none.
  explicit RunSink(MessageFileWriter* recording) : recording_(recording) {}

  void Process(const ResultBatchView&, std::size_t) override {}
  Status Write(const ResultBatchView& results, std::size_t slot) override {
    if (recording_ != nullptr) MARQUEE_RETURN_IF_ERROR(recording_->Write(results.bytes()));
    return sample_.Write(results, slot);
  }

  std::deque<SampleRow> sample() const { return sample_.sample(); }

 private:
  MessageFileWriter* recording_;
  SampleSink sample_;
};

Status Run(const RunOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const Scoring scoring, Scoring::Make(options.pipeline.scoring()));
  MARQUEE_ASSIGN_OR_RETURN(OpenedData data, OpenData(options.pipeline.data,
                                                     options.feed.Paced(options.pipeline.limits()),
                                                     scoring.preprocess.spec(), *scoring.model));
  const bool synthetic = data.synthetic;
  std::optional<MessageFileWriter> recording;
  if (!options.record.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(recording, CreateOutput<MessageFileWriter>(data, options.record));
  }
  RecordFeed feed(std::move(data.source), std::move(data.reopen), options.feed);
  RunSink sink(recording ? &*recording : nullptr);
  ScoringEpoch epoch(feed, scoring.preprocess, scoring.infer, options.pipeline.all_columns(),
                     *scoring.runner, options.pipeline.dead_letters, sink);
  const std::int64_t start_ns = SteadyClockNs();
  Status status = RunEpoch(*scoring.runner, epoch);
  if (recording) {
    if (Status closed = recording->Close(); status.ok()) status = std::move(closed);
  }
  const double seconds = static_cast<double>(SteadyClockNs() - start_ns) * 1e-9;

  // What was scored before a failure is reported too: it is true, and says how far the run came.
  const RunReport report{.source = synthetic ? "(generated)" : feed.source().path(),
                         .synthetic = synthetic || epoch.evaluation().made_up() > 0,
                         .runner = std::string(scoring.runner->name()),
                         .threads = scoring.runner->num_workers(),
                         .model = scoring.model.get(),
                         .engine = std::string(scoring.infer.engine().name()),
                         .isa = std::string(kernels::IsaName(kernels::ActiveIsa())),
                         .run = epoch.run(),
                         .counts = epoch.counts(),
                         .blank_lines = feed.blank_lines(),
                         .dead_letter_path = epoch.dead_letter_path(),
                         .problems = epoch.problems(),
                         .times = epoch.times(),
                         .evaluation = epoch.evaluation(),
                         .seconds = seconds,
                         .sample = sink.sample()};
  if (options.json) {
    fmt::print("{}\n", JsonText(ReportJson(report), 2));
  } else {
    fmt::print("{}", ReportText(report, UseColor()));
  }
  if (status.ok() && report.counts.records == 0) {
    fmt::print(stderr, "marquee: warning: {} has a header but no rows\n", report.source);
  }
  return status;
}

}  // namespace

void AddRunCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "run", "Score a CSV file with all stages in this process, and report F1 and times",
      "  marquee run                                 find or make data, report\n"
      "  marquee run --data movies.csv.gz --json     one JSON object on standard output\n"
      "  marquee run --data movies.csv --runner serial --batch-rows 1\n"
      "  marquee run --rate 10000 --repeat 100       a steady load, in open loop, and its latency");
  auto options = std::make_shared<RunOptions>();
  AddPipelineOptions(*command, options->pipeline, /*scoring=*/true);
  AddSetting(*command, "--challenger", options->pipeline.challenger,
             "a second model file: it scores too, and the report compares the two");
  AddFeedOptions(*command, options->feed);
  AddSetting(*command, "--record", options->record,
             "write the results to this file too, for marquee-viewer and decode");
  AddSwitch(*command, "--json", options->json, "print the report as one JSON object");
  SetAction(command, chosen, [options] { return Run(*options); });
}

}  // namespace marquee
