// tests/support/run_program.h — a program as its users run it: words of a shell in, files and an exit code out.
#pragma once

#include <sys/wait.h>

#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/temp_dir.h"

namespace marquee::testing_support {

/// What a program left when it ended.
struct Outcome {
  int exit_code = -1;  ///< -1: a signal ended it
  std::string out;
  std::string err;

  /// Its output; discarded() if that is no JSON.
  nlohmann::json json() const {
    return nlohmann::json::parse(out, nullptr, /*allow_exceptions=*/false);
  }
};

/// Run `command` in a directory, without input and without the settings of whoever runs the test;
/// `environment`: more words for env(1). Its output goes through the files out.txt and err.txt.
inline Outcome RunProgram(const TempDir& directory, const std::string& command,
                          const std::string& environment = "") {
  const std::string line = "cd '" + directory.path().string() +
                           "' && env -u MARQUEE_DATA -u MARQUEE_CONFIG " + environment + " " +
                           command + " </dev/null >out.txt 2>err.txt";
  const int status = std::system(line.c_str());
  return {.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : -1,
          .out = ReadFile(directory.File("out.txt")),
          .err = ReadFile(directory.File("err.txt"))};
}

}  // namespace marquee::testing_support
