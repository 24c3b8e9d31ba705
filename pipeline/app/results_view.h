// pipeline/app/results_view.h — a run's results, for people and for programs.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>

#include "model/model.h"
#include "pipeline/stages/run_results.h"

namespace marquee {

/// What is shown of a run that is followed.
struct ResultsSnapshot {
  const RunResults* results = nullptr;
  /// For the names of the classes; for its name and quality too, if it is the one that scored.
  const model::Model* model = nullptr;
  /// Rows that came lately, per second.
  double rows_per_s_now = 0;
  /// Records of the topic that are no results of ours.
  std::uint64_t unreadable = 0;
};

/// The keys of `run --json` where they apply, and what became of the messages.
nlohmann::ordered_json ResultsJson(const ResultsSnapshot& snapshot);

/// The same as text of some thirty lines; `color` marks what is lost and what is complete.
std::string ResultsText(const ResultsSnapshot& snapshot, bool color);

/// How far the run is, in one line without its end.
std::string ResultsLine(const ResultsSnapshot& snapshot);

/// A duration in the unit that fits: "850 ns", "1.25 ms", "17.0 s".
std::string DurationText(std::uint64_t ns);

}  // namespace marquee
