#include "pipeline/app/report.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>

#include "pipeline/app/evaluation_report.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

Json ProblemsJson(const std::vector<ColumnProblems>& problems) {
  Json list = Json::array();
  for (const ColumnProblems& column : problems) {
    for (std::size_t p = 0; p < kNumFieldProblems; ++p) {
      if (column.counts[p] == 0) continue;
      list.push_back({{"column", column.column},
                      {"problem", FieldProblemName(static_cast<FieldProblem>(p))},
                      {"rows", column.counts[p]}});
    }
  }
  return list;
}

/// `text` in at most `width` characters of UTF-8, padded with spaces to it.
std::string Fit(std::string_view text, std::size_t width) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size();) {
    std::size_t bytes = 1;
    while (i + bytes < text.size() &&
           (static_cast<unsigned char>(text[i + bytes]) & 0xC0) == 0x80) {
      ++bytes;
    }
    if (characters == width) break;
    const bool control =
        static_cast<unsigned char>(text[i]) < 0x20 || text[i] == 0x7f;  // would break the table
    out.append(control ? std::string_view(" ") : text.substr(i, bytes));
    ++characters;
    i += bytes;
  }
  return out + std::string(width - characters, ' ');
}

void AppendSample(std::string& text, const RunReport& report, bool color) {
  if (report.sample.empty()) return;
  const auto names = report.model->class_names();
  text += fmt::format("\n  {:<44} {:>6}  {:<6} {:<9} {:>6}\n", "last rows not seen", "target",
                      "class", "predicted", "score");
  for (const SampleRow& row : report.sample) {
    const bool hit = row.target_class == row.predicted_class;
    const std::string_view paint = !color ? "" : hit ? "\x1b[32m" : "\x1b[31m";
    text += fmt::format("  {} {:>6.1f}  {:<6} {}{:<9}{} {:>6.2f}\n", Fit(row.title, 44), row.target,
                        names[row.target_class], paint, names[row.predicted_class],
                        color ? "\x1b[0m" : "", row.score);
  }
}

/// How long the run's threads had nothing to do, summed over them.
std::uint64_t IdleNs(const RunReport& report) {
  const double all_ns = report.seconds * 1e9 * static_cast<double>(report.threads);
  const auto busy_ns = static_cast<double>(report.times.busy_ns());
  return static_cast<std::uint64_t>(std::max(all_ns - busy_ns, 0.0));
}

void AppendTimes(std::string& text, const RunReport& report) {
  const StageTimes& times = report.times;
  const Evaluation& evaluation = report.evaluation;
  const auto over = [&](std::uint64_t rows, std::string_view name, std::uint64_t ns) {
    text += fmt::format("  {:<24} {:>9.0f} ns a row\n", name, PerRow(ns, rows));
  };
  const auto line = [&](std::string_view name, std::uint64_t ns) {
    over(report.counts.records, name, ns);
  };
  const auto part = [&](std::string_view name, std::uint64_t ns) {
    over(evaluation.rows(), name, ns);
  };
  text += fmt::format("\nBusy time, summed over {} thread{}:\n\n", report.threads,
                      report.threads == 1 ? "" : "s");
  line("read (unpack, cut)", times.read_ns);
  line("produce", times.produce_ns);
  line("preprocess", times.preprocess_ns);
  line("infer", times.infer_ns);
  part("  scaler", evaluation.scaler_ns());
  part("  encoder", evaluation.encoder_ns());
  part("  classifier", evaluation.classifier_ns());
  line("evaluate", times.evaluate_ns);
  line("write", times.write_ns);
  line("waiting, all threads", IdleNs(report));
  text += fmt::format(
      "\n{} rows in {:.3f} s: {:.0f} rows/s ({} runner, engine {}, {}), peak memory {:.0f} MiB\n",
      report.counts.records, report.seconds,
      static_cast<double>(report.counts.records) / std::max(report.seconds, 1e-9), report.runner,
      report.engine, report.isa, PeakRssMib());
}

void AppendTroubles(std::string& text, const RunReport& report) {
  for (const Json& problem : ProblemsJson(report.problems)) {
    text +=
        fmt::format("  {} rows: {} {}, taken as absent\n", problem["rows"].get<std::uint64_t>(),
                    problem["column"].get<std::string>(), problem["problem"].get<std::string>());
  }
  if (report.blank_lines > 0) text += fmt::format("  {} blank lines skipped\n", report.blank_lines);
  if (report.counts.dead_letters() == 0) return;
  text += fmt::format("  {} dead letters in {}:", report.counts.dead_letters(),
                      report.dead_letter_path);
  const Json rejects = RejectsJson(report.counts.rejects);
  for (const auto& [reason, rows] : rejects.items()) {
    text += fmt::format(" {} {}", rows.get<std::uint64_t>(), reason);
  }
  text += '\n';
}

}  // namespace

double PeakRssMib() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;  // Linux counts KiB
}

Json ReportJson(const RunReport& report) {
  const Evaluation& evaluation = report.evaluation;
  const std::uint64_t rows = report.counts.records;
  const auto part = [rows](std::uint64_t ns) { return Json{{"ns_per_row", PerRow(ns, rows)}}; };
  Json json = {{"data", {{"source", report.source}, {"synthetic", report.synthetic}}},
               {"run", report.run.ToString()},
               {"rows", rows},
               {"labelled", evaluation.labelled()},
               {"unlabelled", evaluation.unlabelled()},
               {"dead_letters", report.counts.dead_letters()},
               {"dead_letter_reasons", RejectsJson(report.counts.rejects)},
               {"dead_letter_file",
                report.counts.dead_letters() > 0 ? Json(report.dead_letter_path) : Json(nullptr)},
               {"blank_lines", report.blank_lines},
               {"field_problems", ProblemsJson(report.problems)},
               {"seen", evaluation.seen()},
               {"seconds", report.seconds},
               {"rows_per_s", static_cast<double>(rows) / std::max(report.seconds, 1e-9)},
               {"peak_rss_mib", PeakRssMib()},
               {"runner", report.runner},
               {"threads", report.threads}};
  json.update(EvaluationJson(evaluation, report.model->class_names()));
  json["model"] = {{"name", report.model->name()},
                   {"version", report.model->version()},
                   {"id", fmt::format("{:016x}", report.model->id())},
                   {"engine", report.engine},
                   {"isa", report.isa},
                   {"cross_validated_f1", CrossValidatedF1(*report.model)}};
  json["parts"] = PartsJson(evaluation);
  json["stages"] = {{"read", part(report.times.read_ns)},
                    {"produce", part(report.times.produce_ns)},
                    {"preprocess", part(report.times.preprocess_ns)},
                    {"infer", part(report.times.infer_ns)},
                    {"evaluate", part(report.times.evaluate_ns)},
                    {"write", part(report.times.write_ns)}};
  json["waiting"] = {{"threads", part(IdleNs(report))},
                     {"batches_for_worker", part(report.times.wait_for_worker_ns)},
                     {"batches_for_turn", part(report.times.wait_for_turn_ns)}};
  return json;
}

std::string ReportText(const RunReport& report, bool color) {
  std::string text;
  if (report.synthetic) {
    text += kSyntheticWarning;
  }
  text += fmt::format("\n{}: {} rows = {} labelled + {} unlabelled + {} dead letters\n",
                      report.source, report.counts.records, report.evaluation.labelled(),
                      report.evaluation.unlabelled(), report.counts.dead_letters());
  AppendTroubles(text, report);
  text +=
      QualityText(report.evaluation, report.model->class_names(), CrossValidatedF1(*report.model));
  AppendSample(text, report, color);
  AppendTimes(text, report);
  return text;
}

}  // namespace marquee
