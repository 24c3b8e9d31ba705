// pipeline/app/report.h — the outcome of an embedded run, for people and for programs.
#pragma once

#include <deque>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "pipeline/app/embedded.h"
#include "pipeline/app/sample_sink.h"

namespace marquee {

/// Everything a report says.
struct RunReport {
  std::string source;
  bool synthetic = false;
  std::string runner;
  std::size_t threads = 1;
  const model::Model* model = nullptr;
  std::string engine;
  std::string isa;  // that the engine was made for
  RunId run;
  RunCounts counts;
  std::uint64_t blank_lines = 0;
  std::string dead_letter_path;
  std::vector<ColumnProblems> problems;
  StageTimes times;
  Evaluation evaluation{2};
  double seconds = 0;
  std::deque<SampleRow> sample;
};

/// The report as one JSON object.
nlohmann::ordered_json ReportJson(const RunReport& report);

/// The report as text of some forty lines; `color` marks hits and misses.
std::string ReportText(const RunReport& report, bool color);

/// Most memory this process ever held, in MiB.
double PeakRssMib();

}  // namespace marquee
