#include "viewer/data/run_figures.h"

#include <fmt/core.h>

#include <algorithm>
#include <numeric>

namespace marquee::viewer {
namespace {

constexpr std::int64_t kSecondNs = 1'000'000'000;
constexpr std::int64_t kIntervalNs = kSecondNs / 2;
constexpr std::array<std::string_view, kNumParts> kPartNames = {"scaler", "encoder", "classifier"};
// A part of the model may take few nanoseconds a row: histograms count whole numbers.
constexpr std::uint64_t kPartUnits = 16;

std::uint64_t Sum(const std::array<std::uint64_t, kNumRejectReasons>& rejects) {
  return std::accumulate(rejects.begin(), rejects.end(), std::uint64_t{0});
}

std::array<std::uint64_t, kNumParts> PartNs(const Evaluation& evaluation) {
  return {evaluation.scaler_ns(), evaluation.encoder_ns(), evaluation.classifier_ns()};
}

double Ratio(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

void WriteQuality(const ConfusionMatrix& confusion, wire::QualityT& quality) {
  quality.rows = confusion.total();
  quality.macro_f1 = confusion.MacroF1();
  quality.accuracy = confusion.Accuracy();
  quality.confusion.assign(confusion.counts().begin(), confusion.counts().end());
  quality.classes.clear();
  for (std::size_t c = 0; c < confusion.num_classes(); ++c) {
    const ClassFigures figures = confusion.ForClass(c);
    quality.classes.emplace_back(figures.precision, figures.recall, figures.f1, figures.support);
  }
}

}  // namespace

RunCounted CountedOf(const RunResults& results) {
  return {.evaluation = &results.evaluation(),
          .times = &results.times(),
          .records = results.records(),
          .rejects = results.tracker().rejects()};
}

Status CheckClasses(std::size_t num_classes) {
  if (num_classes <= kMaxClasses) return {};
  return Status::Data(
      fmt::format("results of {} classes; at most {} are shown", num_classes, kMaxClasses));
}

RunFigures::RunFigures(wire::SnapshotT& snapshot, bool stage_rows_from_hops)
    : snapshot_(snapshot), stage_rows_from_hops_(stage_rows_from_hops), rows_(snapshot.rows) {}

void RunFigures::Start(std::size_t num_classes, std::int64_t now_ns) {
  // Lines go on over several runs, as long as their classes can be the same.
  if (timelines_.empty() || num_classes != num_classes_) {
    timelines_.clear();
    timelines_.emplace_back(Timeline::Keep::kNewest, kIntervalNs, kMaxIntervals, num_classes);
    timelines_.emplace_back(Timeline::Keep::kAll, kIntervalNs, kMaxIntervals, num_classes);
  }
  timelines_[0].BeginRun(now_ns);
  num_classes_ = num_classes;
  observed_ns_ = 0;
  lines_written_ns_ = 0;
  rows_.Clear();
  parts_ = {};
  rows_before_ = 0;
  dead_before_ = 0;
  part_ns_before_ = {};
  confusion_before_.assign(num_classes * num_classes, 0);
  confusion_.assign(num_classes * num_classes, 0);
}

void RunFigures::Add(const ResultBatchView& batch, const Arrival& arrival,
                     const RunCounted& counted) {
  const Evaluation& evaluation = *counted.evaluation;
  const std::uint64_t dead = Sum(counted.rejects);
  const auto part_ns = PartNs(evaluation);
  const auto confusion = evaluation.confusion().counts();
  for (std::size_t i = 0; i < confusion_.size(); ++i) {
    confusion_[i] = confusion[i] - confusion_before_[i];
    confusion_before_[i] = confusion[i];
  }
  BatchSums sums{.rows = evaluation.rows() - rows_before_,
                 .bytes = arrival.bytes,
                 .dead = dead - dead_before_,
                 .confusion = confusion_};
  for (std::size_t part = 0; part < kNumParts; ++part) {
    sums.part_ns[part] = part_ns[part] - part_ns_before_[part];
    if (sums.rows == 0) continue;
    parts_[part].Add(static_cast<std::int64_t>(sums.part_ns[part] * kPartUnits / sums.rows));
  }
  rows_before_ = evaluation.rows();
  dead_before_ = dead;
  part_ns_before_ = part_ns;
  const BatchInfo info = batch.info();
  if (info.num_hops > 0) sums.latency_ns = arrival.time_ns - info.hops[0].received_ns();
  for (Timeline& timeline : timelines_) timeline.AddBatch(arrival.time_ns, sums);
  Observe(arrival.time_ns);
  AddStageRows(info, arrival, sums.rows);
  // What comes twice brings no new row to be shown.
  last_is_new_ = sums.rows > 0;
  if (last_is_new_) {
    rows_.Add(batch, arrival);
    last_arrival_ = arrival;
  }
}

void RunFigures::AddStageRows(const BatchInfo& info, const Arrival& arrival, std::uint64_t rows) {
  const auto add = [&](wire::StageId stage, std::int64_t time_ns) {
    for (Timeline& timeline : timelines_) {
      timeline.AddStageRows(stage, time_ns, time_ns, static_cast<double>(rows));
    }
  };
  add(wire::StageId::Evaluate, arrival.time_ns);
  if (!stage_rows_from_hops_) return;
  for (std::size_t i = 0; i < info.num_hops; ++i) {
    // A clock that is ahead must not let the lines run ahead.
    add(static_cast<wire::StageId>(info.hops[i].stage()),
        std::min(info.hops[i].finished_ns(), arrival.time_ns));
  }
}

void RunFigures::Observe(std::int64_t now_ns) {
  if (observed_ns_ > 0 && now_ns > observed_ns_) {
    for (const wire::StageId stage : kMeasuredStages) {
      if (stage != wire::StageId::Evaluate && !stage_rows_from_hops_) continue;
      for (Timeline& timeline : timelines_) timeline.AddStageRows(stage, observed_ns_, now_ns, 0);
    }
  }
  observed_ns_ = std::max(observed_ns_, now_ns);
}

void RunFigures::Write(std::int64_t now_ns, bool ended, const RunCounted& counted,
                       const std::optional<ResultBatchView>& last) {
  rows_.Finish(last && last_is_new_ ? &*last : nullptr, last_arrival_);
  WriteQualities(now_ns, *counted.evaluation);
  WriteCalibration(*counted.evaluation);
  WriteChallenger(*counted.evaluation);
  WriteParts(counted);
  WriteStages(now_ns, counted);
  const Histogram& latency = counted.evaluation->latency();
  snapshot_.run->latency_p50_ns = latency.Percentile(0.5);
  snapshot_.run->latency_p99_ns = latency.Percentile(0.99);
  snapshot_.run->latency_max_ns = latency.max_ns();
  WriteReasons(counted.rejects, snapshot_.reasons);
  // Curves need not be redrawn more often than their intervals end, and they are most of the work.
  if (!ended && lines_written_ns_ > 0 && now_ns / kIntervalNs == lines_written_ns_ / kIntervalNs) {
    return;
  }
  lines_written_ns_ = now_ns;
  WriteLatencyCurve(latency);
  timelines_[0].Write(now_ns, ended, *snapshot_.recent);
  timelines_[1].Write(now_ns, /*with_last=*/true, *snapshot_.session);
}

void RunFigures::WriteQualities(std::int64_t now_ns, const Evaluation& evaluation) {
  for (const auto& quality : snapshot_.qualities) {
    const std::int64_t window_ns = quality->window_s * kSecondNs;
    WriteQuality(
        window_ns == 0 ? evaluation.confusion() : timelines_[0].Confusion(now_ns, window_ns),
        *quality);
  }
}

void RunFigures::WriteCalibration(const Evaluation& evaluation) {
  snapshot_.expected_calibration_error = evaluation.ExpectedCalibrationError();
  snapshot_.calibration.resize(num_classes_);
  for (std::size_t c = 0; c < num_classes_; ++c) {
    auto& calibration = snapshot_.calibration[c];
    if (calibration == nullptr) calibration = std::make_unique<wire::CalibrationT>();
    calibration->points.clear();
    for (const CalibrationBin& bin : evaluation.calibration()[c]) {
      calibration->points.emplace_back(bin.rows, bin.mean_probability(), Ratio(bin.hits, bin.rows));
    }
  }
}

void RunFigures::WriteChallenger(const Evaluation& evaluation) {
  if (evaluation.challenger_id() == 0) {
    snapshot_.challenger.reset();
    return;
  }
  if (snapshot_.challenger == nullptr) {
    snapshot_.challenger = std::make_unique<wire::ChallengerT>();
  }
  const Comparison& comparison = evaluation.comparison();
  const ConfusionMatrix confusion = comparison.Challenger();
  const Difference difference = comparison.MacroF1();
  wire::ChallengerT& challenger = *snapshot_.challenger;
  challenger.id = fmt::format("{:016x}", evaluation.challenger_id());
  challenger.several = evaluation.several_challengers();
  challenger.rows = comparison.rows();
  challenger.agreement = comparison.Agreement();
  challenger.labelled = confusion.total();
  challenger.macro_f1 = confusion.MacroF1();
  challenger.macro_f1_model = comparison.Model().MacroF1();
  challenger.difference = difference.value;
  challenger.difference_low = difference.low;
  challenger.difference_high = difference.high;
}

void RunFigures::WriteParts(const RunCounted& counted) {
  const auto part_ns = PartNs(*counted.evaluation);
  const std::uint64_t all_ns = std::accumulate(part_ns.begin(), part_ns.end(), std::uint64_t{0});
  snapshot_.parts.resize(kNumParts);
  for (std::size_t i = 0; i < kNumParts; ++i) {
    if (snapshot_.parts[i] == nullptr) snapshot_.parts[i] = std::make_unique<wire::PartT>();
    wire::PartT& part = *snapshot_.parts[i];
    part.name = kPartNames[i];
    // Of a dead letter they know nothing: as over time, and over the messages.
    part.ns_per_row = Ratio(part_ns[i], counted.evaluation->rows());
    part.p50_ns = static_cast<double>(parts_[i].Percentile(0.5)) / double{kPartUnits};
    part.p99_ns = static_cast<double>(parts_[i].Percentile(0.99)) / double{kPartUnits};
    part.share = Ratio(part_ns[i], all_ns);
  }
}

void RunFigures::WriteStages(std::int64_t now_ns, const RunCounted& counted) {
  const Timeline::Rates rates = timelines_[0].LastSecond(now_ns);
  snapshot_.run->rows_per_s_now = rates.rows[static_cast<std::size_t>(wire::StageId::Evaluate)];
  snapshot_.run->bytes_per_s_now = rates.bytes;
  snapshot_.stages.resize(kMeasuredStages.size());
  for (std::size_t i = 0; i < kMeasuredStages.size(); ++i) {
    if (snapshot_.stages[i] == nullptr) {
      snapshot_.stages[i] = std::make_unique<wire::StageT>();
      snapshot_.stages[i]->lag = -1;
    }
    wire::StageT& stage = *snapshot_.stages[i];
    const StageFigures& figures = counted.times->stage(kMeasuredStages[i]);
    stage.id = kMeasuredStages[i];
    stage.rows_per_s = rates.rows[static_cast<std::size_t>(kMeasuredStages[i])];
    stage.busy_ns_per_row = Ratio(figures.busy_ns, counted.records);
    stage.wait_p50_ns = figures.wait.Percentile(0.5);
    stage.wait_p99_ns = figures.wait.Percentile(0.99);
    stage.busy_p50_ns = figures.busy.Percentile(0.5);
    stage.busy_p99_ns = figures.busy.Percentile(0.99);
  }
}

void RunFigures::WriteLatencyCurve(const Histogram& latency) {
  snapshot_.latency_curve.clear();
  if (latency.count() == 0) return;
  // Four points, then half of the distance to 1: as the axis of such a curve runs. Beyond the last
  // single row there is nothing to tell.
  const double one_row = 1.0 / static_cast<double>(latency.count());
  for (double rest = 1; rest > one_row && rest > 1e-7; rest /= 2) {
    for (const double step : {0.0, 0.125, 0.25, 0.375}) {
      const double share = 1 - rest * (1 - step);
      snapshot_.latency_curve.emplace_back(share, latency.Percentile(share));
    }
  }
  snapshot_.latency_curve.emplace_back(1.0, latency.max_ns());
}

void WriteModel(const model::Model& model, wire::ModelInfoT& info) {
  info.id = fmt::format("{:016x}", model.id());
  info.name = model.name();
  info.version = model.version();
  const model::Figure* figure = model.FindFigure("cross_validated_f1");
  info.cross_validated_f1 = figure == nullptr ? 0.0 : figure->mean;
  info.several = false;
  info.class_names.assign(model.class_names().begin(), model.class_names().end());
}

void WriteModel(const model::Model& model, const RunResults& results, wire::ModelInfoT& info) {
  const std::uint64_t id = results.model_id();
  if (id == model.id() && !results.several_models()) return WriteModel(model, info);
  info.id = id == 0 ? std::string() : fmt::format("{:016x}", id);
  info.name.clear();
  info.version.clear();
  info.cross_validated_f1 = 0;
  info.several = results.several_models();
  const ClassNames names(model, results);
  info.class_names.assign(names.views().begin(), names.views().end());
}

void WriteRun(const RunResults& results, std::uint64_t unreadable, std::uint64_t first_message,
              wire::RunT& run) {
  const RunTracker& tracker = results.tracker();
  const Evaluation& evaluation = results.evaluation();
  run.id = tracker.run().ToString();
  run.rows = results.records();
  run.labelled = evaluation.labelled();
  run.seen = evaluation.seen();
  run.made_up = evaluation.made_up();
  run.dead = tracker.outstanding();
  run.messages = tracker.messages();
  run.expected_messages = tracker.totals() ? tracker.totals()->messages : 0;
  run.first_message = first_message;
  run.missing_messages = tracker.missing_messages(first_message);
  const bool is_lost_known = first_message == 0 && tracker.lost();
  run.lost = is_lost_known ? static_cast<std::int64_t>(*tracker.lost()) : -1;
  run.duplicated_rows = tracker.duplicated_rows();
  run.complete = tracker.complete();
  run.seconds = results.seconds();
  run.rows_per_s = static_cast<double>(run.rows) / std::max(run.seconds, 1e-9);
  run.unreadable = unreadable;
}

void WriteReasons(const std::array<std::uint64_t, kNumRejectReasons>& rejects,
                  std::vector<std::unique_ptr<wire::ReasonCountT>>& reasons) {
  reasons.clear();
  for (std::size_t i = 0; i < kNumRejectReasons; ++i) {
    if (rejects[i] == 0) continue;
    reasons.push_back(std::make_unique<wire::ReasonCountT>());
    reasons.back()->reason = RejectReasonName(static_cast<wire::RejectReason>(i));
    reasons.back()->rows = rejects[i];
  }
}

}  // namespace marquee::viewer
