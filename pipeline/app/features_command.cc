#include <fmt/core.h>

#include "pipeline/app/command.h"
#include "pipeline/app/item_counts.h"
#include "pipeline/app/settings.h"
#include "pipeline/stages/table_schema.h"

namespace marquee {
namespace {

/// Open the data; features need no model, but made-up rows do.
Result<OpenedData> Open(const PipelineOptions& options, const FeatureSpec& spec) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel({}));
  return OpenData(options.data, options.limits(), spec, *model);
}

struct FeaturesOptions {
  PipelineOptions pipeline;
  std::string output;
  std::string items;
  bool print_spec = false;
};

Status WriteFeatures(const FeaturesOptions& options, const PreprocessStage& preprocess) {
  MARQUEE_ASSIGN_OR_RETURN(auto runner,
                           MakeRunner(options.pipeline.runner, options.pipeline.threads));
  MARQUEE_ASSIGN_OR_RETURN(OpenedData data, Open(options.pipeline, preprocess.spec()));
  MARQUEE_ASSIGN_OR_RETURN(MessageFileWriter output,
                           CreateOutput<MessageFileWriter>(data, options.output));
  RecordFeed feed(std::move(data.source), std::move(data.reopen), {});
  FeaturesEpoch epoch(feed, preprocess, *runner, options.pipeline.dead_letters, output);
  MARQUEE_RETURN_IF_ERROR(RunEpochInto(output, *runner, epoch));
  fmt::print(stderr, "marquee: features of {} rows in {}\n",
             epoch.counts().records - epoch.counts().dead_letters(), options.output);
  return {};
}

Status Features(const FeaturesOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec spec, LoadTableSchema(options.pipeline.schema));
  if (options.print_spec) {
    fmt::print("{}", spec.CanonicalText());
    return {};
  }
  if (options.output.empty() && options.items.empty()) {
    return Status::Usage("nothing to do: give -o FILE, --items FILE or --print-spec");
  }
  MARQUEE_ASSIGN_OR_RETURN(const PreprocessStage preprocess, PreprocessStage::Make(spec));
  if (!options.output.empty()) MARQUEE_RETURN_IF_ERROR(WriteFeatures(options, preprocess));
  if (!options.items.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(OpenedData data, Open(options.pipeline, preprocess.spec()));
    MARQUEE_RETURN_IF_ERROR(RefuseToOverwrite(data.source->path(), options.items));
    MARQUEE_RETURN_IF_ERROR(WriteItemCounts(*data.source, spec, options.items));
  }
  return {};
}

}  // namespace

void AddFeaturesCommand(CLI::App& root, Action& chosen) {
  CLI::App* command =
      AddCommand(root, "features", "Write the features of a CSV file, as training reads them",
                 "  marquee features --data movies.csv.gz -o features.marquee --items items.jsonl\n"
                 "  marquee features --print-spec               which features there are\n"
                 "  marquee features --schema income.toml --data income.csv -o income.marquee\n"
                 "  marquee decode features.marquee | head -n 1");
  auto options = std::make_shared<FeaturesOptions>();
  AddPipelineOptions(*command, options->pipeline, /*scoring=*/false);
  command->add_option("-o,--output", options->output, "file for the FeatureBatches");
  command->add_option("--items", options->items,
                      "file for the distinct items of the lists and their hashes, as JSON lines");
  command->add_flag("--print-spec", options->print_spec, "print the feature spec, and do nothing");
  SetAction(command, chosen, [options] { return Features(*options); });
}

}  // namespace marquee
