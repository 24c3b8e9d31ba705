#include "pipeline/app/command.h"
#include "pipeline/app/kafka_stages.h"
#include "pipeline/app/service_options.h"
#include "pipeline/app/settings.h"

namespace marquee {
namespace {

struct InferOptions {
  ServiceOptions service;
  ServedModelOptions model;
  std::string output = "batches";
};

Status Infer(InferOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto runner,
                           MakeRunner(options.service.runner, options.service.threads));
  options.model.num_workers = runner->num_workers();
  MARQUEE_ASSIGN_OR_RETURN(const auto model, ServedModel::Open(options.model));
  KafkaInfer service(*model,
                     options.output == "json" ? KafkaInfer::OutputFormat::kJson
                                              : KafkaInfer::OutputFormat::kBatches,
                     options.service.stage.connection.TopicName(Topic::kProcessedData),
                     runner->num_workers());
  return RunService(options.service, service, *runner);
}

}  // namespace

void AddInferCommand(CLI::App& root, Action& chosen) {
  CLI::App* command =
      AddCommand(root, "infer", "Service: features in processed-data become predictions in results",
                 "  marquee infer --brokers localhost:9092\n"
                 "  marquee infer --guarantee exactly-once --instance a\n"
                 "  marquee infer --model a.model --challenger b.model\n"
                 "  marquee infer --output json      one JSON object a row, for any consumer");
  auto options = std::make_shared<InferOptions>();
  options->service.stage.input = Topic::kProcessedData;
  options->service.stage.output = Topic::kResults;
  AddServiceOptions(*command, "infer", options->service);
  AddSetting(*command, "--model", options->model.model,
             "model file (default: the built-in movies model); when the file changes, the new one "
             "scores, once it has proven itself");
  AddSetting(*command, "--challenger", options->model.challenger,
             "a second model file: it scores too, and 'results' compares the two");
  AddSetting(*command, "--engine", options->model.engine,
             "engine that scores the trees (default: the best)");
  AddSetting(*command, "--output", options->output,
             "what a record of results is: a batch of rows, or a JSON object a row")
      ->check(CLI::IsMember({"batches", "json"}));
  SetAction(command, chosen, [options] { return Infer(*options); });
}

}  // namespace marquee
