#include "pipeline/app/report.h"

#include <fmt/core.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

double PerRow(std::uint64_t ns, std::uint64_t rows) {
  return rows == 0 ? 0.0 : static_cast<double>(ns) / static_cast<double>(rows);
}

/// A figure over labelled rows; none without rows.
Json OverRows(const ConfusionMatrix& confusion, double figure) {
  return confusion.total() == 0 ? Json(nullptr) : Json(figure);
}

Json ConfusionJson(const ConfusionMatrix& confusion) {
  Json rows = Json::array();
  for (std::size_t truth = 0; truth < confusion.num_classes(); ++truth) {
    Json row = Json::array();
    for (std::size_t guess = 0; guess < confusion.num_classes(); ++guess) {
      row.push_back(confusion.count(truth, guess));
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

Json ClassesJson(const ConfusionMatrix& confusion, std::span<const std::string_view> names) {
  Json classes = Json::array();
  for (std::size_t i = 0; i < confusion.num_classes(); ++i) {
    const ClassFigures figures = confusion.ForClass(i);
    classes.push_back({{"name", names[i]},
                       {"precision", figures.precision},
                       {"recall", figures.recall},
                       {"f1", figures.f1},
                       {"support", figures.support}});
  }
  return classes;
}

Json CalibrationJson(const Evaluation& evaluation, std::span<const std::string_view> names) {
  Json classes = Json::array();
  for (std::size_t i = 0; i < evaluation.calibration().size(); ++i) {
    Json bins = Json::array();
    for (const CalibrationBin& bin : evaluation.calibration()[i]) {
      bins.push_back({{"rows", bin.rows},
                      {"mean_probability", bin.mean_probability()},
                      {"observed_share", PerRow(bin.hits, bin.rows)}});
    }
    classes.push_back({{"name", names[i]}, {"bins", std::move(bins)}});
  }
  return {{"expected_error", evaluation.ExpectedCalibrationError()},
          {"classes", std::move(classes)}};
}

Json LatencyJson(const Histogram& latency) {
  return {{"count", latency.count()},
          {"p50_ns", latency.Percentile(0.5)},
          {"p90_ns", latency.Percentile(0.9)},
          {"p99_ns", latency.Percentile(0.99)},
          {"p999_ns", latency.Percentile(0.999)},
          {"max_ns", latency.max_ns()}};
}

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

Json RejectsJson(const RunCounts& counts) {
  Json rejects = Json::object();
  for (std::size_t reason = 1; reason < kNumRejectReasons; ++reason) {
    if (counts.rejects[reason] == 0) continue;
    rejects[std::string(RejectReasonName(static_cast<wire::RejectReason>(reason)))] =
        counts.rejects[reason];
  }
  return rejects;
}

double CrossValidatedF1(const model::Model& model) {
  const model::Figure* figure = model.FindFigure("cross_validated_f1");
  return figure == nullptr ? 0.0 : figure->mean;
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

void AppendQuality(std::string& text, const RunReport& report) {
  const Evaluation& evaluation = report.evaluation;
  const ConfusionMatrix& confusion = evaluation.confusion();
  const auto names = report.model->class_names();
  if (confusion.total() == 0) {
    text += "\nNo labelled row that the model has not seen: no F1.\n";
    return;
  }
  text += fmt::format("\nOver the {} labelled rows that the model has not seen:\n\n",
                      confusion.total());
  text += fmt::format(
      "  macro-F1 {:.2f}   accuracy {:.2f}   (cross-validated macro-F1 of the model: {:.2f})\n\n",
      100 * confusion.MacroF1(), 100 * confusion.Accuracy(), 100 * CrossValidatedF1(*report.model));
  text += fmt::format("  {:<8} {:>9} {:>9} {:>9} {:>9}   predicted:", "class", "precision",
                      "recall", "F1", "rows");
  for (const std::string_view name : names) text += fmt::format(" {:>7}", name);
  text += '\n';
  for (std::size_t i = 0; i < names.size(); ++i) {
    const ClassFigures figures = confusion.ForClass(i);
    text += fmt::format("  {:<8} {:>9.2f} {:>9.2f} {:>9.2f} {:>9}             ", names[i],
                        100 * figures.precision, 100 * figures.recall, 100 * figures.f1,
                        figures.support);
    for (std::size_t guess = 0; guess < names.size(); ++guess) {
      text += fmt::format(" {:>7}", confusion.count(i, guess));
    }
    text += '\n';
  }
  if (const ConfusionMatrix& seen = evaluation.confusion_seen(); seen.total() > 0) {
    text += fmt::format(
        "\n  ({} labelled rows were among the model's training rows; macro-F1 there {:.2f}, no "
        "measure of quality)\n",
        seen.total(), 100 * seen.MacroF1());
  }
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

void AppendTimes(std::string& text, const RunReport& report) {
  const StageTimes& times = report.times;
  const Evaluation& evaluation = report.evaluation;
  const auto line = [&](std::string_view name, std::uint64_t ns) {
    text += fmt::format("  {:<24} {:>9.0f} ns a row\n", name, PerRow(ns, report.counts.records));
  };
  text += fmt::format("\nBusy time, summed over {} thread{}:\n\n", report.threads,
                      report.threads == 1 ? "" : "s");
  line("read (unpack, cut)", times.read_ns);
  line("produce", times.produce_ns);
  line("preprocess", times.preprocess_ns);
  line("infer", times.infer_ns);
  line("  scaler", evaluation.scaler_ns());
  line("  encoder", evaluation.encoder_ns());
  line("  classifier", evaluation.classifier_ns());
  line("evaluate", times.evaluate_ns);
  line("write", times.write_ns);
  text += fmt::format(
      "\n{} rows in {:.3f} s: {:.0f} rows/s ({} runner, engine {}), peak memory {:.0f} MiB\n",
      report.counts.records, report.seconds,
      static_cast<double>(report.counts.records) / std::max(report.seconds, 1e-9), report.runner,
      report.engine, PeakRssMib());
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
  const Json rejects = RejectsJson(report.counts);
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
  const ConfusionMatrix& confusion = evaluation.confusion();
  const ConfusionMatrix& seen = evaluation.confusion_seen();
  const auto names = report.model->class_names();
  const std::uint64_t rows = report.counts.records;
  const auto part = [rows](std::uint64_t ns) { return Json{{"ns_per_row", PerRow(ns, rows)}}; };
  return {{"data", {{"source", report.source}, {"synthetic", report.synthetic}}},
          {"run", report.run.ToString()},
          {"rows", rows},
          {"labelled", evaluation.labelled()},
          {"unlabelled", evaluation.unlabelled()},
          {"dead_letters", report.counts.dead_letters()},
          {"dead_letter_reasons", RejectsJson(report.counts)},
          {"dead_letter_file",
           report.counts.dead_letters() > 0 ? Json(report.dead_letter_path) : Json(nullptr)},
          {"blank_lines", report.blank_lines},
          {"field_problems", ProblemsJson(report.problems)},
          {"seen", evaluation.seen()},
          {"seconds", report.seconds},
          {"rows_per_s", static_cast<double>(rows) / std::max(report.seconds, 1e-9)},
          {"peak_rss_mib", PeakRssMib()},
          {"runner", report.runner},
          {"threads", report.threads},
          {"macro_f1", OverRows(confusion, confusion.MacroF1())},
          {"accuracy", OverRows(confusion, confusion.Accuracy())},
          {"macro_f1_seen", OverRows(seen, seen.MacroF1())},
          {"accuracy_seen", OverRows(seen, seen.Accuracy())},
          {"classes", ClassesJson(confusion, names)},
          {"classes_seen", ClassesJson(seen, names)},
          {"confusion", ConfusionJson(confusion)},
          {"confusion_seen", ConfusionJson(seen)},
          {"calibration", CalibrationJson(evaluation, names)},
          {"latency", LatencyJson(evaluation.latency())},
          {"model",
           {{"name", report.model->name()},
            {"version", report.model->version()},
            {"id", fmt::format("{:016x}", report.model->id())},
            {"engine", report.engine},
            {"cross_validated_f1", CrossValidatedF1(*report.model)}}},
          {"parts",
           {{"scaler", part(evaluation.scaler_ns())},
            {"encoder", part(evaluation.encoder_ns())},
            {"classifier", part(evaluation.classifier_ns())}}},
          {"stages",
           {{"read", part(report.times.read_ns)},
            {"produce", part(report.times.produce_ns)},
            {"preprocess", part(report.times.preprocess_ns)},
            {"infer", part(report.times.infer_ns)},
            {"evaluate", part(report.times.evaluate_ns)},
            {"write", part(report.times.write_ns)}}}};
}

std::string ReportText(const RunReport& report, bool color) {
  std::string text;
  if (report.synthetic) {
    text +=
        "\nSYNTHETIC DATA: the rows are generated ones. The figures show that the program works, "
        "not how good it is.\n";
  }
  text += fmt::format("\n{}: {} rows = {} labelled + {} unlabelled + {} dead letters\n",
                      report.source, report.counts.records, report.evaluation.labelled(),
                      report.evaluation.unlabelled(), report.counts.dead_letters());
  AppendTroubles(text, report);
  AppendQuality(text, report);
  AppendSample(text, report, color);
  AppendTimes(text, report);
  return text;
}

}  // namespace marquee
