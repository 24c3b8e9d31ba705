// marquee — the program. One file a command; this one only picks it.
#include <fmt/core.h>
#include <malloc.h>

#include <csignal>
#include <exception>

#include "pipeline/app/command.h"
#include "pipeline/app/settings.h"

namespace marquee {
namespace {

int Fail(const Status& status) {
  fmt::print(stderr, "marquee: {}\n", status.message());
  return static_cast<int>(ExitCodeOf(status));
}

int Main(int argc, char** argv) {
  CLI::App root("Score tables on a stream: movies in, rating classes and F1 out.", "marquee");
  root.set_version_flag("--version", "marquee " MARQUEE_VERSION);
  root.require_subcommand(1);
  root.footer(
      "Settings come from flags, then MARQUEE_… environment variables, then the TOML file of "
      "--config.\n"
      "Exit codes: 0 done, 1 failed, 2 usage, 3 bad configuration or model, 4 bad data.");
  Action action;
  AddRunCommand(root, action);
  AddScoreCommand(root, action);
  AddFeaturesCommand(root, action);
  AddGenerateCommand(root, action);
  AddResultsCommand(root, action);
  AddModelCommand(root, action);
  AddDecodeCommand(root, action);
  AddDeadLettersCommand(root, action);
  AddHealthCommand(root, action);
  AddDoctorCommand(root, action);
  AddTopicsCommand(root, action);
  AddProduceCommand(root, action);
  AddPreprocessCommand(root, action);
  AddInferCommand(root, action);

  if (const Status status = ApplyConfigFile(root, argc, argv); !status.ok()) return Fail(status);
  try {
    root.parse(argc, argv);
    TakeEnvironment(root);
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too, with exit code 0.
    return root.exit(error) == 0 ? static_cast<int>(ExitCode::kDone)
                                 : static_cast<int>(ExitCode::kUsage);
  }
  if (const Status status = ApplyForcedIsa(); !status.ok()) return Fail(status);
  if (const Status status = action(); !status.ok()) return Fail(status);
  if (std::fflush(stdout) != 0) {
    return Fail(
        Status::Unavailable("cannot write standard output: it is closed or its disk is full"));
  }
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace
}  // namespace marquee

int main(int argc, char** argv) {
#ifdef M_MMAP_THRESHOLD
  // Large buffers always in mappings of their own. Left to itself, glibc raises this threshold with
  // each that is freed and then puts them among small blocks, and a service that runs for hours
  // grows.
  mallopt(M_MMAP_THRESHOLD, 1 << 20);
#endif
  // A closed pipe is an error of the write, so that what else was written (dead letters) is closed
  // in order.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return marquee::Main(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "marquee: {}\n", exception.what());
    return static_cast<int>(marquee::ExitCode::kFailed);
  }
}
