#include <fmt/core.h>

#include "pipeline/app/command.h"
#include "pipeline/app/generated_data.h"
#include "pipeline/app/settings.h"

namespace marquee {
namespace {

struct GenerateOptions {
  std::uint64_t rows = 100'000;
  std::uint64_t seed = 1;
  std::string model;
  std::string output = "-";
};

Status Generate(const GenerateOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(options.model));
  return GenerateCsvFile(*model, options.rows, options.seed, options.output);
}

}  // namespace

void AddGenerateCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "generate", "Write a synthetic CSV of any size, shaped like the real one",
      "  marquee generate --rows 1000000 -o generated.csv\n"
      "  marquee generate --rows 5 --seed 7          the same rows for the same seed, everywhere\n"
      "  marquee generate | gzip > generated.csv.gz");
  auto options = std::make_shared<GenerateOptions>();
  AddSetting(*command, "--rows", options->rows, "how many rows");
  AddSetting(*command, "--seed", options->seed, "which rows");
  AddSetting(*command, "--model", options->model,
             "model whose items and distributions are used (default: the built-in one)");
  command->add_option("-o,--output", options->output, "file to write; - is standard output")
      ->capture_default_str();
  SetAction(command, chosen, [options] { return Generate(*options); });
}

}  // namespace marquee
