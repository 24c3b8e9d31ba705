// viewer/app/command_line.h — what marquee-viewer can be told.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "schemas/status.h"
#include "viewer/app/app.h"
#include "viewer/data/open.h"

namespace marquee::viewer {

struct CommandLine {
  TopicOptions topic;
  RecordingOptions recording;
  EmbeddedRunOptions run;
  std::vector<std::string> compare;
  std::string model;
  std::string theme;
  float scale = 0;
  std::string size;
  std::vector<std::string> shots;
  double shots_after_s = 2;
  double measure_s = 0;
  std::string serve;
  std::vector<std::string> serve_names;
  std::string page;
  bool headless = false;
  bool json = false;
  bool once = false;
};

/// Add all options to `root`.
void AddOptions(CLI::App& root, CommandLine& line);

/// Do what the command line, parsed, says. Errors: those of RunApp and RunHeadless; kUsage.
Status Run(const CLI::App& root, const CommandLine& line);

}  // namespace marquee::viewer
