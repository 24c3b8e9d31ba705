// pipeline/app/command.h — what the commands of the program share.
#pragma once

#include <CLI/CLI.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "pipeline/app/data_source.h"
#include "pipeline/app/embedded.h"
#include "pipeline/app/scoring.h"
#include "pipeline/core/runner.h"
#include "pipeline/transport/file/output_file.h"
#include "schemas/status.h"

namespace marquee {

/// What the chosen command does, once the arguments are parsed.
using Action = std::function<Status()>;

/// Exit codes of the program (its users script against them).
enum class ExitCode : int { kDone = 0, kFailed = 1, kUsage = 2, kConfig = 3, kData = 4 };

ExitCode ExitCodeOf(const Status& status) noexcept;

/// Options of every command that drives the stages.
struct PipelineOptions {
  DataOptions data;
  std::string model;
  std::string schema;
  std::string engine;
  std::string challenger;
  std::size_t batch_rows = 512;
  std::size_t batch_bytes = 512 << 10;
  std::string runner = "tbb";
  std::size_t threads = 0;
  std::string columns = "all";
  DeadLetterPolicy dead_letters;

  ScoringOptions scoring() const { return {model, schema, engine, challenger, runner, threads}; }
  CsvLimits limits() const { return {.max_rows = batch_rows, .max_bytes = batch_bytes}; }
  bool all_columns() const { return columns == "all"; }
};

/// Add a subcommand with its examples below its help, and with --config and --print-config.
CLI::App* AddCommand(CLI::App& root, const std::string& name, const std::string& help,
                     const std::string& examples);

/// Have `command` choose `action` when it is on the command line (or print its settings, if asked).
void SetAction(CLI::App* command, Action& chosen, std::function<Status()> action);

/// Add the options of the data, of its batches and of the runner.
void AddSourceOptions(CLI::App& command, PipelineOptions& options);
/// Add --rate, --batch-linger-ms, --rows and --repeat.
void AddFeedOptions(CLI::App& command, FeedPlan& plan);
/// Add --schema.
void AddSchemaOption(CLI::App& command, std::string& schema);
/// Add --columns.
void AddColumnsOption(CLI::App& command, PipelineOptions& options);

/// Add those of the source, and the options of dead letters in a file; `scoring` adds those of the model.
void AddPipelineOptions(CLI::App& command, PipelineOptions& options, bool scoring);

/// Run an epoch to its end, close its files, and judge its dead letters; shows progress on a
/// terminal.
/// Returns the first failure.
Status RunEpoch(Runner& runner, SourceEpoch& epoch);

/// Say on standard error how many dead letters there are and where, if there are any.
void ReportDeadLetters(const SourceEpoch& epoch);

/// Create the file that a command makes of `data`: an OutputFile or a MessageFileWriter.
/// Errors: kUsage if it is the file that is read; kUnavailable.
template <class Output>
Result<Output> CreateOutput(const OpenedData& data, const std::string& path) {
  MARQUEE_RETURN_IF_ERROR(RefuseToOverwrite(data.source->path(), path));
  return Output::Create(path);
}

/// Run an epoch that writes to `output`, close both whatever happens, and report dead letters.
/// Returns the first failure.
template <class Output>
Status RunEpochInto(Output& output, Runner& runner, SourceEpoch& epoch) {
  Status status = RunEpoch(runner, epoch);
  if (Status closed = output.Close(); status.ok()) status = std::move(closed);
  ReportDeadLetters(epoch);
  return status;
}

// One function a command: adds it to `root`; on the command line, it sets `chosen`.
void AddRunCommand(CLI::App& root, Action& chosen);
void AddScoreCommand(CLI::App& root, Action& chosen);
void AddFeaturesCommand(CLI::App& root, Action& chosen);
void AddGenerateCommand(CLI::App& root, Action& chosen);
void AddResultsCommand(CLI::App& root, Action& chosen);
void AddModelCommand(CLI::App& root, Action& chosen);
void AddModelImportCommand(CLI::App& model, Action& chosen);
void AddDecodeCommand(CLI::App& root, Action& chosen);
void AddDeadLettersCommand(CLI::App& root, Action& chosen);
void AddHealthCommand(CLI::App& root, Action& chosen);
void AddDoctorCommand(CLI::App& root, Action& chosen);
void AddTopicsCommand(CLI::App& root, Action& chosen);
void AddProduceCommand(CLI::App& root, Action& chosen);
void AddPreprocessCommand(CLI::App& root, Action& chosen);
void AddInferCommand(CLI::App& root, Action& chosen);

}  // namespace marquee
