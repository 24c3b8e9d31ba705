#include "pipeline/app/command.h"
#include "pipeline/app/kafka_stages.h"
#include "pipeline/app/service_options.h"
#include "pipeline/app/settings.h"
#include "pipeline/stages/table_schema.h"

namespace marquee {
namespace {

struct PreprocessOptions {
  ServiceOptions service;
  std::string input = "batches";
  std::string schema;
};

Status Preprocess(PreprocessOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const FeatureSpec spec, LoadTableSchema(options.schema));
  MARQUEE_ASSIGN_OR_RETURN(const PreprocessStage stage, PreprocessStage::Make(spec));
  MARQUEE_ASSIGN_OR_RETURN(const auto runner,
                           MakeRunner(options.service.runner, options.service.threads));
  KafkaPreprocess service(stage,
                          options.input == "json" ? KafkaPreprocess::InputFormat::kJson
                                                  : KafkaPreprocess::InputFormat::kBatches,
                          options.service.stage.connection.TopicName(Topic::kRawData),
                          runner->num_workers());
  return RunService(options.service, service, *runner);
}

}  // namespace

void AddPreprocessCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "preprocess", "Service: rows in raw-data become features in processed-data",
      "  marquee preprocess --brokers localhost:9092\n"
      "  marquee preprocess --guarantee exactly-once --instance a\n"
      "  marquee preprocess --input json      one JSON object a record, from any producer");
  auto options = std::make_shared<PreprocessOptions>();
  options->service.stage.input = Topic::kRawData;
  options->service.stage.output = Topic::kProcessedData;
  AddServiceOptions(*command, "preprocess", options->service);
  AddSchemaOption(*command, options->schema);
  AddSetting(*command, "--input", options->input,
             "what a record of raw-data is: a batch of rows, or a JSON object")
      ->check(CLI::IsMember({"batches", "json"}));
  SetAction(command, chosen, [options] { return Preprocess(*options); });
}

}  // namespace marquee
