// marquee-viewer — the program that shows a run.
#include <fmt/core.h>

#include <csignal>
#include <exception>

#include "pipeline/app/command.h"
#include "pipeline/app/settings.h"
#include "viewer/app/command_line.h"

namespace marquee::viewer {
namespace {

int Fail(const Status& status) {
  fmt::print(stderr, "marquee-viewer: {}\n", status.message());
  return static_cast<int>(ExitCodeOf(status));
}

int Main(int argc, char** argv) {
  CLI::App root("Show a run: throughput, F1 and predictions, live or recorded.", "marquee-viewer");
  root.set_version_flag("--version", "marquee-viewer " MARQUEE_VERSION);
  CommandLine line;
  AddOptions(root, line);
  root.add_option("--config", "TOML file of settings: keys are the flags, with _ for -")
      ->envname(EnvironmentName("--config"));
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
  if (const Status status = Run(root, line); !status.ok()) return Fail(status);
  return static_cast<int>(ExitCode::kDone);
}

}  // namespace
}  // namespace marquee::viewer

int main(int argc, char** argv) {
  // A closed pipe is an error of the write.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return marquee::viewer::Main(argc, argv);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "marquee-viewer: {}\n", exception.what());
    return static_cast<int>(marquee::ExitCode::kFailed);
  }
}
