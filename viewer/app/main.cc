// marquee-viewer — the program that shows a run.
#include "pipeline/app/program.h"
#include "pipeline/app/settings.h"
#include "viewer/app/command_line.h"

int main(int argc, char** argv) {
  CLI::App root("Show a run: throughput, F1 and predictions, live or recorded.", "marquee-viewer");
  root.set_version_flag("--version", "marquee-viewer " MARQUEE_VERSION);
  marquee::viewer::CommandLine line;
  marquee::viewer::AddOptions(root, line);
  root.add_option("--config", "TOML file of settings: keys are the flags, with _ for -")
      ->envname(marquee::EnvironmentName("--config"));
  return marquee::RunProgram(
      root, [&] { return marquee::viewer::Run(root, line); }, argc, argv);
}
