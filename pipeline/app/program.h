// pipeline/app/program.h — what a program does around its work: settings, errors, exit codes.
#pragma once

#include <CLI/CLI.hpp>

#include "pipeline/app/command.h"

namespace marquee {

/// Run a program: give the options of `root` what flags, environment and configuration file say,
/// then do `action`, which parsing may have set only now.
///
/// What fails is said in one line on standard error, behind the program's name.
/// Returns the exit code.
int RunProgram(CLI::App& root, const Action& action, int argc, char** argv);

}  // namespace marquee
