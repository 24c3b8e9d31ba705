#include "pipeline/app/command.h"

#include <fmt/core.h>

#include "pipeline/app/progress.h"
#include "pipeline/app/settings.h"

namespace marquee {

ExitCode ExitCodeOf(const Status& status) noexcept {
  switch (status.code()) {
    case StatusCode::kOk:
      return ExitCode::kDone;
    case StatusCode::kUsage:
      return ExitCode::kUsage;
    case StatusCode::kConfig:
      return ExitCode::kConfig;
    case StatusCode::kData:
      return ExitCode::kData;
    case StatusCode::kUnavailable:
    case StatusCode::kInternal:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

CLI::App* AddCommand(CLI::App& root, const std::string& name, const std::string& help,
                     const std::string& examples) {
  CLI::App* command = root.add_subcommand(name, help);
  command->footer("Examples:\n" + examples);
  command->add_option("--config", "TOML file of settings: keys are the flags, with _ for -")
      ->envname(EnvironmentName("--config"));
  command->add_flag("--print-config")
      ->description("print the settings in force as TOML, and do nothing");
  return command;
}

void SetAction(CLI::App* command, Action& chosen, std::function<Status()> action) {
  command->callback([command, &chosen, action = std::move(action)] {
    if (command->count("--print-config") == 0) {
      chosen = action;
      return;
    }
    chosen = [command] {
      fmt::print("{}", EffectiveConfig(*command));
      return Status();
    };
  });
}

void AddSourceOptions(CLI::App& command, PipelineOptions& options) {
  AddDataOptions(command, options.data);
  AddSetting(command, "--batch-rows", options.batch_rows, "most rows in a batch")
      ->check(CLI::Range(std::size_t{1}, kMaxBatchRows));
  AddSetting(command, "--batch-bytes", options.batch_bytes, "most bytes in a batch")
      ->check(CLI::Range(std::size_t{1}, std::size_t{768} << 10));
  AddSetting(command, "--runner", options.runner,
             "who drives the stages: tbb (all cores) or serial")
      ->check(CLI::IsMember({"tbb", "serial"}));
  AddSetting(command, "--threads", options.threads,
             "threads of the tbb runner; 0 = all that are allowed")
      ->check(CLI::Range(std::size_t{0}, std::size_t{256}));
}

void AddFeedOptions(CLI::App& command, FeedPlan& plan) {
  AddSetting(command, "--rate", plan.rate, "rows a second, in open loop; 0 = at once")
      ->check(CLI::Range(0.0, 1e9));
  AddSetting(command, "--batch-linger-ms", plan.linger_ms,
             "with --rate: how long a row may wait for others of its batch")
      ->check(CLI::Range(0.0, 60'000.0));
  AddSetting(command, "--rows", plan.max_records, "read at most so many rows; 0 = all");
  AddSetting(command, "--repeat", plan.repeat, "read the data so often, each time with other ids")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{900'000'000}));
}

void AddSchemaOption(CLI::App& command, std::string& schema) {
  AddSetting(command, "--schema", schema,
             "TOML file that describes the table (default: the movies, or the model's own table)");
}

void AddColumnsOption(CLI::App& command, PipelineOptions& options) {
  AddSetting(command, "--columns", options.columns,
             "columns that go into messages: all, or only those the features need")
      ->check(CLI::IsMember({"all", "needed"}));
}

void AddPipelineOptions(CLI::App& command, PipelineOptions& options, bool scoring) {
  AddSourceOptions(command, options);
  AddSchemaOption(command, options.schema);
  if (scoring) {
    AddColumnsOption(command, options);
    AddSetting(command, "--model", options.model,
               "model file (default: the built-in movies model)");
    AddSetting(command, "--engine", options.engine,
               "engine that scores the trees (default: the best)");
  }
  AddSetting(command, "--dead-letters", options.dead_letters.path,
             "file for rows that cannot be used (default: dead-letters-RUN.marquee)");
  AddSetting(command, "--max-bad-share", options.dead_letters.max_bad_share,
             "give up when a larger share of the rows, and at least 100, are dead letters")
      ->check(CLI::Range(0.0, 1.0));
}

Status RunEpoch(Runner& runner, SourceEpoch& epoch) {
  MARQUEE_RETURN_IF_ERROR(epoch.Open());
  ProgressBar progress("marquee");
  epoch.ShowProgress(&progress);
  Status status = runner.Run(epoch);
  epoch.ShowProgress(nullptr);
  if (Status closed = epoch.Close(); status.ok()) status = std::move(closed);
  return status.ok() ? epoch.CheckBadShare() : std::move(status);
}

void ReportDeadLetters(const SourceEpoch& epoch) {
  if (epoch.counts().dead_letters() == 0) return;
  fmt::print(stderr,
             "marquee: {} of {} records are dead letters; 'marquee dead-letters ls {}' tells why\n",
             epoch.counts().dead_letters(), epoch.counts().records, epoch.dead_letter_path());
}

}  // namespace marquee
