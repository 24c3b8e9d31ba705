#include "pipeline/stages/run_results.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>

#include "pipeline/core/clock.h"

namespace marquee {

// --- RunTimes ------------------------------------------------------------------------------------

void RunTimes::Add(const BatchInfo& info, std::int64_t arrival_ns, std::size_t num_rows) {
  // What a message spends in a topic is waiting too, so it begins with the end of the hop before.
  std::int64_t waits_since_ns = info.num_hops > 0 ? info.hops[0].received_ns() : arrival_ns;
  for (std::size_t i = 0; i < info.num_hops; ++i) {
    const wire::Hop& hop = info.hops[i];
    StageFigures& stage = stages_[hop.stage()];
    const std::int64_t busy_ns = std::max<std::int64_t>(0, hop.finished_ns() - hop.started_ns());
    stage.busy_ns += static_cast<std::uint64_t>(busy_ns);
    stage.busy.Add(busy_ns);
    stage.wait.Add(hop.started_ns() - waits_since_ns, num_rows);
    waits_since_ns = hop.finished_ns();
  }
  stages_[static_cast<std::size_t>(wire::StageId::Evaluate)].wait.Add(arrival_ns - waits_since_ns,
                                                                      num_rows);
  if (info.num_hops > 0) {
    const std::int64_t received_ns = info.hops[0].received_ns();
    if (last_arrival_ns_ == 0 || received_ns < first_received_ns_) first_received_ns_ = received_ns;
  }
  last_arrival_ns_ = std::max(last_arrival_ns_, arrival_ns);
}

void RunTimes::AddEvaluation(std::uint64_t busy_ns) {
  StageFigures& evaluate = stages_[static_cast<std::size_t>(wire::StageId::Evaluate)];
  evaluate.busy_ns += busy_ns;
  evaluate.busy.Add(static_cast<std::int64_t>(busy_ns));
}

double RunTimes::seconds() const noexcept {
  return static_cast<double>(std::max<std::int64_t>(0, last_arrival_ns_ - first_received_ns_)) *
         1e-9;
}

// --- RunResults ----------------------------------------------------------------------------------

Status RunResults::Add(const ResultBatchView& batch, std::int64_t arrival_ns) {
  std::uint64_t busy_ns = 0;
  Status status;
  {
    const ScopedTimer timer(&busy_ns);
    status = Count(batch, arrival_ns);
  }
  times_.AddEvaluation(busy_ns);
  refused_ += status.ok() ? 0 : 1;
  return status;
}

Status RunResults::Count(const ResultBatchView& batch, std::int64_t arrival_ns) {
  // Before the tracker takes its rows for delivered.
  if (const std::size_t expected = evaluation_.confusion().num_classes();
      batch.num_classes() != expected) {
    return Status::Data(fmt::format("run {}: a result of {} classes among results of {}",
                                    tracker_.run().ToString(), batch.num_classes(), expected));
  }
  MARQUEE_ASSIGN_OR_RETURN(const auto new_rows, tracker_.Add(batch));
  if (new_rows.empty()) return {};
  times_.Add(batch.info(), arrival_ns, new_rows.size());
  MARQUEE_RETURN_IF_ERROR(evaluation_.Add(
      batch, IsWarmUp(batch.info()) ? std::nullopt : std::optional(arrival_ns), new_rows));
  several_models_ |= model_id_ != 0 && model_id_ != batch.model_id();
  model_id_ = batch.model_id();
  feature_spec_ = batch.feature_spec();
  return {};
}

bool RunResults::IsWarmUp(const BatchInfo& info) const {
  return info.num_hops > 0 && info.hops[0].received_ns() < times_.first_received_ns() + warm_up_ns_;
}

ClassNames::ClassNames(const model::Model& model, const RunResults& results) {
  const std::size_t num_classes = results.evaluation().confusion().num_classes();
  const std::uint64_t spec = results.feature_spec();
  if (model.num_classes() == num_classes && (spec == 0 || spec == model.feature_spec())) {
    views_.assign(model.class_names().begin(), model.class_names().end());
    return;
  }
  for (std::size_t i = 0; i < num_classes; ++i) numbered_.push_back(fmt::format("class_{}", i));
  views_.assign(numbered_.begin(), numbered_.end());
}

}  // namespace marquee
