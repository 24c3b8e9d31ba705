#include "pipeline/app/evaluation_report.h"

#include <fmt/core.h>

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

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

Json ChallengerJson(const Evaluation& evaluation) {
  if (evaluation.challenger_id() == 0) return nullptr;
  const Comparison& comparison = evaluation.comparison();
  const ConfusionMatrix model = comparison.Model();
  const ConfusionMatrix challenger = comparison.Challenger();
  const Difference difference = comparison.MacroF1();
  Json json = {{"id", fmt::format("{:016x}", evaluation.challenger_id())},
               {"rows", comparison.rows()},
               {"agreement", comparison.Agreement()},
               {"labelled", challenger.total()},
               {"macro_f1", OverRows(challenger, challenger.MacroF1())},
               {"macro_f1_model", OverRows(model, model.MacroF1())},
               {"difference", nullptr},
               {"confusion", ConfusionJson(challenger)},
               {"ns_per_row", PerRow(evaluation.challenger_ns(), comparison.rows())}};
  if (challenger.total() > 0) {
    json["difference"] = {
        {"macro_f1", difference.value}, {"low", difference.low}, {"high", difference.high}};
  }
  if (evaluation.several_challengers()) json["several"] = true;
  return json;
}

Json LatencyJson(const Histogram& latency) {
  return {{"count", latency.count()},
          {"p50_ns", latency.Percentile(0.5)},
          {"p90_ns", latency.Percentile(0.9)},
          {"p99_ns", latency.Percentile(0.99)},
          {"p999_ns", latency.Percentile(0.999)},
          {"max_ns", latency.max_ns()}};
}

std::string ChallengerText(const Evaluation& evaluation) {
  const Comparison& comparison = evaluation.comparison();
  const ConfusionMatrix challenger = comparison.Challenger();
  if (challenger.total() == 0) return {};
  const Difference difference = comparison.MacroF1();
  const std::string_view verdict = !difference.is_clear() ? "no clear difference"
                                   : difference.value > 0 ? "the challenger is better"
                                                          : "the challenger is worse";
  return fmt::format(
      "\n  challenger {:016x}: macro-F1 {:.2f} against {:.2f} over {} rows that neither has seen\n"
      "  difference {:+.2f}, 95 % interval {:+.2f} to {:+.2f}: {}; both predict the same of {:.1f} "
      "%\n",
      evaluation.challenger_id(), 100 * challenger.MacroF1(), 100 * comparison.Model().MacroF1(),
      challenger.total(), 100 * difference.value, 100 * difference.low, 100 * difference.high,
      verdict, 100 * comparison.Agreement());
}

}  // namespace

double PerRow(std::uint64_t ns, std::uint64_t rows) {
  return rows == 0 ? 0.0 : static_cast<double>(ns) / static_cast<double>(rows);
}

Json RejectsJson(const std::array<std::uint64_t, kNumRejectReasons>& counts) {
  Json rejects = Json::object();
  for (std::size_t reason = 1; reason < kNumRejectReasons; ++reason) {
    if (counts[reason] == 0) continue;
    rejects[std::string(RejectReasonName(static_cast<wire::RejectReason>(reason)))] =
        counts[reason];
  }
  return rejects;
}

Json EvaluationJson(const Evaluation& evaluation, std::span<const std::string_view> names) {
  const ConfusionMatrix& confusion = evaluation.confusion();
  const ConfusionMatrix& seen = evaluation.confusion_seen();
  return {{"macro_f1", OverRows(confusion, confusion.MacroF1())},
          {"accuracy", OverRows(confusion, confusion.Accuracy())},
          {"macro_f1_seen", OverRows(seen, seen.MacroF1())},
          {"accuracy_seen", OverRows(seen, seen.Accuracy())},
          {"classes", ClassesJson(confusion, names)},
          {"classes_seen", ClassesJson(seen, names)},
          {"confusion", ConfusionJson(confusion)},
          {"confusion_seen", ConfusionJson(seen)},
          {"calibration", CalibrationJson(evaluation, names)},
          {"challenger", ChallengerJson(evaluation)},
          {"latency", LatencyJson(evaluation.latency())}};
}

Json PartsJson(const Evaluation& evaluation) {
  const auto part = [&](std::uint64_t ns) {
    return Json{{"ns_per_row", PerRow(ns, evaluation.rows())}};
  };
  return {{"scaler", part(evaluation.scaler_ns())},
          {"encoder", part(evaluation.encoder_ns())},
          {"classifier", part(evaluation.classifier_ns())}};
}

double CrossValidatedF1(const model::Model& model) {
  const model::Figure* figure = model.FindFigure("cross_validated_f1");
  return figure == nullptr ? 0.0 : figure->mean;
}

std::string QualityText(const Evaluation& evaluation, std::span<const std::string_view> names,
                        std::optional<double> cross_validated_f1) {
  const ConfusionMatrix& confusion = evaluation.confusion();
  if (confusion.total() == 0) {
    return "\nNo labelled row that the model has not seen: no F1.\n";
  }
  std::string text = fmt::format("\nOver the {} labelled rows that the model has not seen:\n\n",
                                 confusion.total());
  text += fmt::format("  macro-F1 {:.2f}   accuracy {:.2f}", 100 * confusion.MacroF1(),
                      100 * confusion.Accuracy());
  if (cross_validated_f1) {
    text += fmt::format("   (cross-validated macro-F1 of the model: {:.2f})",
                        100 * *cross_validated_f1);
  }
  text += "\n\n";
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
  text += ChallengerText(evaluation);
  return text;
}

}  // namespace marquee
