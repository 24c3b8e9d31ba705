// marquee — the program. One file a command; this one only picks it.
#include <malloc.h>

#include "pipeline/app/command.h"
#include "pipeline/app/program.h"

int main(int argc, char** argv) {
#ifdef M_MMAP_THRESHOLD
  // Large buffers always in mappings of their own. Left to itself, glibc raises this threshold with
  // each that is freed and then puts them among small blocks, and a service that runs for hours
  // grows.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  CLI::App root("Score tables on a stream: movies in, rating classes and F1 out.", "marquee");
  root.set_version_flag("--version", "marquee " MARQUEE_VERSION);
  root.require_subcommand(1);
  root.footer(
      "Settings come from flags, then MARQUEE_… environment variables, then the TOML file of "
      "--config.\n"
      "Exit codes: 0 done, 1 failed, 2 usage, 3 bad configuration or model, 4 bad data.");
  marquee::Action action;
  marquee::AddRunCommand(root, action);
  marquee::AddScoreCommand(root, action);
  marquee::AddFeaturesCommand(root, action);
  marquee::AddGenerateCommand(root, action);
  marquee::AddResultsCommand(root, action);
  marquee::AddModelCommand(root, action);
  marquee::AddDecodeCommand(root, action);
  marquee::AddDeadLettersCommand(root, action);
  marquee::AddHealthCommand(root, action);
  marquee::AddDoctorCommand(root, action);
  marquee::AddTopicsCommand(root, action);
  marquee::AddProduceCommand(root, action);
  marquee::AddPreprocessCommand(root, action);
  marquee::AddInferCommand(root, action);
  return marquee::RunProgram(root, action, argc, argv);
}
