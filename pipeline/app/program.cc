#include "pipeline/app/program.h"

#include <fmt/core.h>

#include <csignal>
#include <cstdio>
#include <exception>

#include "pipeline/app/settings.h"

namespace marquee {
namespace {

/// Throws CLI::ParseError where the command line is wrong, or asks for help or version only.
Status Run(CLI::App& root, const Action& action, int argc, char** argv) {
  MARQUEE_RETURN_IF_ERROR(ApplyConfigFile(root, argc, argv));
  root.parse(argc, argv);
  TakeEnvironment(root);
  MARQUEE_RETURN_IF_ERROR(ApplyForcedIsa());
  MARQUEE_RETURN_IF_ERROR(action());
  if (std::fflush(stdout) == 0) return {};
  return Status::Unavailable("cannot write standard output: it is closed or its disk is full");
}

}  // namespace

int RunProgram(CLI::App& root, const Action& action, int argc, char** argv) {
  // A closed pipe is an error of the write, so that what else was written (dead letters) is closed
  // in order.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    const Status status = Run(root, action, argc, argv);
    if (status.ok()) return static_cast<int>(ExitCode::kDone);
    fmt::print(stderr, "{}: {}\n", root.get_name(), status.message());
    return static_cast<int>(ExitCodeOf(status));
  } catch (const CLI::ParseError& error) {
    // --help and --version arrive here too, with exit code 0.
    return static_cast<int>(root.exit(error) == 0 ? ExitCode::kDone : ExitCode::kUsage);
  } catch (const std::exception& exception) {
    fmt::print(stderr, "{}: {}\n", root.get_name(), exception.what());
    return static_cast<int>(ExitCode::kFailed);
  }
}

}  // namespace marquee
