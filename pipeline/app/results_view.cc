#include "pipeline/app/results_view.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "pipeline/app/evaluation_report.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::array kStages = {wire::StageId::Produce, wire::StageId::Preprocess,
                                wire::StageId::Infer, wire::StageId::Evaluate};
// So many ranges of missing sequences tell a program whether it should look closer.
constexpr std::size_t kRangesInJson = 100;

bool IsModelKnown(const ResultsSnapshot& snapshot) {
  return snapshot.results->model_id() == snapshot.model->id() &&
         !snapshot.results->several_models();
}

std::uint64_t NumReplayed(const RunTracker& tracker) {
  std::uint64_t rejected = 0;
  for (const std::uint64_t rows : tracker.rejects()) rejected += rows;
  return rejected - std::min(rejected, tracker.outstanding());
}

double RowsPerSecond(const RunResults& results) {
  return static_cast<double>(results.records()) / std::max(results.seconds(), 1e-9);
}

Json ModelJson(const ResultsSnapshot& snapshot) {
  Json json = {{"name", nullptr},
               {"version", nullptr},
               {"id", fmt::format("{:016x}", snapshot.results->model_id())},
               {"cross_validated_f1", nullptr}};
  if (snapshot.results->several_models()) json["several"] = true;
  if (!IsModelKnown(snapshot)) return json;
  json["name"] = snapshot.model->name();
  json["version"] = snapshot.model->version();
  json["cross_validated_f1"] = CrossValidatedF1(*snapshot.model);
  return json;
}

Json MissingJson(const RunTracker& tracker) {
  Json ranges = Json::array();
  for (const SequenceRange& range : tracker.missing(kRangesInJson)) {
    ranges.push_back({range.first, range.last});
  }
  return ranges;
}

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

std::string StateText(const RunTracker& tracker, bool color) {
  const auto paint = [color](std::string_view code, std::string_view text) {
    return color ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  };
  if (tracker.complete()) return paint("32", "complete");
  return fmt::format("{}: {}", paint("33", "not complete"), tracker.MissingText());
}

void AppendTimes(std::string& text, const RunResults& results) {
  const Evaluation& evaluation = results.evaluation();
  const Histogram& latency = evaluation.latency();
  if (latency.count() == 0) {
    text += "\n  latency of a row: none has come after the warm-up\n\n";
  } else {
    text +=
        fmt::format("\n  latency of a row: p50 {}   p99 {}   p99.9 {}   most {}\n\n",
                    DurationText(latency.Percentile(0.5)), DurationText(latency.Percentile(0.99)),
                    DurationText(latency.Percentile(0.999)), DurationText(latency.max_ns()));
  }
  const auto line = [&](std::string_view name, double ns_per_row, const std::string& wait) {
    text += fmt::format("  {:<16} {:>9.0f} ns a row{}\n", name, ns_per_row, wait);
  };
  const auto part = [&](std::string_view name, std::uint64_t ns) {
    line(name, PerRow(ns, evaluation.rows()), "");
  };
  for (const wire::StageId id : kStages) {
    const StageFigures& stage = results.stage(id);
    line(StageName(id), PerRow(stage.busy_ns, results.records()),
         fmt::format("   after waiting {} (p50)", DurationText(stage.wait.Percentile(0.5))));
    if (id != wire::StageId::Infer) continue;
    part("  scaler", evaluation.scaler_ns());
    part("  encoder", evaluation.encoder_ns());
    part("  classifier", evaluation.classifier_ns());
  }
}

}  // namespace

std::string DurationText(std::uint64_t ns) {
  const auto value = static_cast<double>(ns);
  if (ns < 1'000) return fmt::format("{} ns", ns);
  if (ns < 1'000'000) return fmt::format("{:.3g} us", value * 1e-3);
  if (ns < 1'000'000'000) return fmt::format("{:.3g} ms", value * 1e-6);
  return fmt::format("{:.1f} s", value * 1e-9);
}

Json ResultsJson(const ResultsSnapshot& snapshot) {
  const RunResults& results = *snapshot.results;
  const RunTracker& tracker = results.tracker();
  const Evaluation& evaluation = results.evaluation();
  const std::uint64_t rows = results.records();
  Json json = {
      {"run", tracker.run().ToString()},
      {"complete", tracker.complete()},
      {"messages", tracker.messages()},
      {"messages_expected", tracker.totals() ? Json(tracker.totals()->messages) : Json(nullptr)},
      {"missing", MissingJson(tracker)},
      {"missing_messages", tracker.missing_messages()},
      {"lost", OrNull(tracker.lost())},
      {"duplicated", tracker.duplicated_rows()},
      {"duplicated_messages", tracker.duplicated_messages()},
      {"refused", results.refused()},
      {"unreadable", snapshot.unreadable},
      {"data", {{"synthetic", evaluation.made_up() > 0}}},
      {"rows", rows},
      {"labelled", evaluation.labelled()},
      {"unlabelled", evaluation.unlabelled()},
      {"dead_letters", tracker.outstanding()},
      {"dead_letter_reasons", RejectsJson(tracker.rejects())},
      {"replayed", NumReplayed(tracker)},
      {"forgotten_messages", tracker.forgotten_messages()},
      {"seen", evaluation.seen()},
      {"seconds", results.seconds()},
      {"rows_per_s", RowsPerSecond(results)},
      {"rows_per_s_now", snapshot.rows_per_s_now}};
  json.update(EvaluationJson(evaluation, ClassNames(*snapshot.model, results).views()));
  json["model"] = ModelJson(snapshot);
  json["parts"] = PartsJson(evaluation);
  for (const wire::StageId id : kStages) {
    const StageFigures& stage = results.stage(id);
    json["stages"][std::string(StageName(id))] = {{"ns_per_row", PerRow(stage.busy_ns, rows)},
                                                  {"wait_p50_ns", stage.wait.Percentile(0.5)},
                                                  {"wait_p99_ns", stage.wait.Percentile(0.99)}};
  }
  return json;
}

std::string ResultsText(const ResultsSnapshot& snapshot, bool color) {
  const RunResults& results = *snapshot.results;
  const RunTracker& tracker = results.tracker();
  const Evaluation& evaluation = results.evaluation();
  std::string text;
  if (evaluation.made_up() > 0) text += kSyntheticWarning;
  text += fmt::format(
      "\nrun {}: {}\n  {} rows = {} labelled + {} unlabelled + {} dead letters, in {} messages\n",
      tracker.run().ToString(), StateText(tracker, color), results.records(), evaluation.labelled(),
      evaluation.unlabelled(), tracker.outstanding(), tracker.messages());
  if (tracker.lost().value_or(0) > 0) text += fmt::format("  {} rows lost\n", *tracker.lost());
  if (const std::uint64_t replayed = NumReplayed(tracker); replayed > 0) {
    text += fmt::format("  {} rows are dead letters that were replayed\n", replayed);
  }
  if (tracker.duplicated_messages() > 0) {
    text += fmt::format("  {} rows came twice, in {} messages; each is counted once\n",
                        tracker.duplicated_rows(), tracker.duplicated_messages());
  }
  if (tracker.forgotten_messages() > 0) {
    text +=
        fmt::format("  the dead letters of {} messages are forgotten: replayed, they came twice\n",
                    tracker.forgotten_messages());
  }
  if (results.refused() > 0) text += fmt::format("  {} messages refused\n", results.refused());
  if (snapshot.unreadable > 0) {
    text += fmt::format("  {} records of the topic are no results of ours\n", snapshot.unreadable);
  }
  if (results.several_models()) {
    text += "  several models scored these rows: the figures are of a mixture\n";
  }
  const ClassNames names(*snapshot.model, results);
  if (!names.are_known()) {
    text += "  the rows are of another table than the model's: --model names what scored them\n";
  }
  text += QualityText(
      evaluation, names.views(),
      IsModelKnown(snapshot) ? std::optional(CrossValidatedF1(*snapshot.model)) : std::nullopt);
  AppendTimes(text, results);
  text += fmt::format("\n{} rows in {:.3f} s: {:.0f} rows/s (now {:.0f})\n", results.records(),
                      results.seconds(), RowsPerSecond(results), snapshot.rows_per_s_now);
  return text;
}

std::string ResultsLine(const ResultsSnapshot& snapshot) {
  const RunResults& results = *snapshot.results;
  const RunTracker& tracker = results.tracker();
  const std::string expected =
      tracker.totals() ? fmt::format(" of {}", tracker.totals()->messages) : std::string();
  return fmt::format("run {}: {} messages{}, {} rows, {:.0f} rows/s, macro-F1 {:.2f}, p99 {}",
                     tracker.run().ToString(), tracker.messages(), expected, results.records(),
                     snapshot.rows_per_s_now, 100 * results.evaluation().confusion().MacroF1(),
                     DurationText(results.evaluation().latency().Percentile(0.99)));
}

}  // namespace marquee
