// pipeline/app/evaluation_report.h — an Evaluation for people and for programs: what the reports of
// embedded runs and of runs over Kafka share.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "model/model.h"
#include "pipeline/stages/evaluate.h"

namespace marquee {

/// Nanoseconds a row; 0 without rows.
double PerRow(std::uint64_t ns, std::uint64_t rows);

/// Rows by reason, without the reasons that did not occur.
nlohmann::ordered_json RejectsJson(const std::array<std::uint64_t, kNumRejectReasons>& rejects);

/// The keys "macro_f1" to "latency" of a report; `names` are those of the classes.
nlohmann::ordered_json EvaluationJson(const Evaluation& evaluation,
                                      std::span<const std::string_view> names);

/// Goes before a report on rows that are not all real.
inline constexpr std::string_view kSyntheticWarning =
    "\nSYNTHETIC DATA: rows are generated ones, or repeated under other ids. The figures show that "
    "the program works, not how good it is.\n";

/// The key "parts" of a report: the model's parts, over the rows that it scored.
nlohmann::ordered_json PartsJson(const Evaluation& evaluation);

/// The model's own measure of its quality; 0 if it has none.
double CrossValidatedF1(const model::Model& model);

/// F1, figures by class and confusion as text. `cross_validated_f1`: the model's, where it is
/// known.
std::string QualityText(const Evaluation& evaluation, std::span<const std::string_view> names,
                        std::optional<double> cross_validated_f1);

}  // namespace marquee
