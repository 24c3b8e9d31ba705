#include "pipeline/stages/infer.h"

#include <fmt/core.h>

#include <algorithm>

#include "pipeline/core/clock.h"
#include "pipeline/dataset/made_up_ids.h"
#include "schemas/result_batch.h"

namespace marquee {
namespace {

/// Rows from one column of the classifier's matrix to the next: whole cache lines, so that columns
/// are aligned.
std::size_t Stride(std::size_t num_rows) {
  constexpr std::size_t kFloatsPerLine = kMessageAlignment / sizeof(float);
  return (num_rows + kFloatsPerLine - 1) / kFloatsPerLine * kFloatsPerLine;
}

}  // namespace

InferStage::Scratch::Scratch(const InferStage& stage)
    : engine_(stage.champion_.engine->MakeScratch()) {
  if (stage.challenger_) challenger_engine_ = stage.challenger_->engine->MakeScratch();
}

Result<InferStage> InferStage::Make(std::shared_ptr<const model::Model> model,
                                    std::string_view engine,
                                    std::shared_ptr<const model::Model> challenger) {
  Scorer champion{.model = std::move(model)};
  MARQUEE_ASSIGN_OR_RETURN(champion.engine, model::MakeEngine(*champion.model, engine));
  // Loading has proven the best engine only.
  if (!engine.empty()) {
    MARQUEE_RETURN_IF_ERROR(std::move(champion.model->CheckGolden(*champion.engine)).error());
  }
  if (!challenger) return InferStage(std::move(champion), std::nullopt);
  Scorer second{.model = std::move(challenger)};
  if (second.model->feature_spec() != champion.model->feature_spec() ||
      !std::ranges::equal(second.model->class_names(), champion.model->class_names())) {
    return Status::Config(fmt::format(
        "{}: the challenger '{}' {} has other features or classes than the model '{}' {}; only "
        "models of one feature spec can be compared",
        second.model->source(), second.model->name(), second.model->version(),
        champion.model->name(), champion.model->version()));
  }
  MARQUEE_ASSIGN_OR_RETURN(second.engine, model::MakeEngine(*second.model, {}));
  return InferStage(std::move(champion), std::move(second));
}

Status InferStage::CheckInput(const FeatureBatchView& input) const {
  const model::Model& model = *champion_.model;
  if (input.feature_spec() != model.feature_spec()) {
    return Status::Config(fmt::format(
        "the features were made by feature spec {:016x}, but model '{}' {} needs {:016x}; use the "
        "preprocessor and the model of one version",
        input.feature_spec(), model.name(), model.version(), model.feature_spec()));
  }
  if (input.num_numeric() != model.num_numeric() || input.num_lists() != model.num_lists()) {
    return Status::Config(fmt::format(
        "the batch has {} numeric and {} list features, but its feature spec {} and {}",
        input.num_numeric(), input.num_lists(), model.num_numeric(), model.num_lists()));
  }
  // Ids, targets, scores and the like take 32 bytes a row at most, probabilities 4 a class.
  const std::size_t models = challenger_ ? 2 : 1;
  const std::size_t result_bytes = kMaxBatchInfoBytes + 32 * kMessageAlignment +
                                   input.rows().titles.size() +
                                   input.num_rows() * models * (32 + 4 * model.num_classes());
  if (result_bytes > kMaxMessageBytes) {
    return Status::Config(
        fmt::format("{} rows of {} classes do not fit into a message; use a smaller --batch-rows",
                    input.num_rows(), model.num_classes()));
  }
  return {};
}

InferStage::Predictions InferStage::Predict(const Scorer& scorer, const FeatureBatchView& input,
                                            Scratch& scratch, model::EngineScratch& engine,
                                            Message& output) {
  const model::Model& model = *scorer.model;
  const std::size_t num_rows = input.num_rows();
  const std::size_t num_probabilities = num_rows * model.num_classes();
  Predictions out;
  const auto classes = output.Column<std::uint8_t>(num_rows, num_rows, out.classes);
  const auto scores = output.Column<float>(num_rows, num_rows, out.scores);
  const auto probabilities = output.Column<float>(num_probabilities, num_rows, out.probabilities);

  const std::size_t stride = Stride(num_rows);
  scratch.columns_.Reserve(stride * model.num_columns() * sizeof(float));
  const kernels::MatrixView columns{reinterpret_cast<float*>(scratch.columns_.data()), stride};
  scratch.scores_.resize(num_rows * model.num_scores());
  {
    const ScopedTimer timer(&out.times.scaler_ns);
    model.scaler().Apply(scratch.numeric_, num_rows, columns);
  }
  {
    const ScopedTimer timer(&out.times.encoder_ns);
    model.encoder().Apply(scratch.lists_, num_rows, columns);
  }
  {
    const ScopedTimer timer(&out.times.classifier_ns);
    scorer.engine->Score(columns, num_rows, scratch.scores_, engine);
    model.classifier().Decide(scratch.scores_, num_rows, classes, scores, probabilities);
  }
  const auto seen = output.Column<std::uint8_t>(num_rows, num_rows, out.seen);
  const std::span<const std::int64_t> ids = input.rows().ids;
  for (std::size_t row = 0; row < num_rows; ++row) {
    seen[row] = model.IsTrainingId(OriginalId(ids[row])) ? 1 : 0;
  }
  return out;
}

Status InferStage::Process(const FeatureBatchView& input, Scratch& scratch, Message& output,
                           Rejects& /*rejects*/) const {
  const std::int64_t started_ns = WallClockNs();
  MARQUEE_RETURN_IF_ERROR(CheckInput(input));
  scratch.numeric_.clear();
  for (std::size_t i = 0; i < input.num_numeric(); ++i)
    scratch.numeric_.push_back(input.numeric(i));
  scratch.lists_.clear();
  for (std::size_t i = 0; i < input.num_lists(); ++i) {
    scratch.lists_.push_back({input.list_lengths(i), input.list_codes(i)});
  }

  const std::size_t num_rows = input.num_rows();
  auto& builder = output.Begin();
  const RowColumnOffsets o = CopyRowColumns(input.rows(), num_rows, output);
  const Predictions first = Predict(champion_, input, scratch, scratch.engine_, output);
  Predictions second;
  if (challenger_) {
    second = Predict(*challenger_, input, scratch, *scratch.challenger_engine_, output);
  }
  BatchInfo info = input.info();
  scratch.arrival.AddTo(info, kId, started_ns, WallClockNs());
  const auto wire_info = WriteBatchInfo(builder, info);
  return output.Finish(
      wire::CreateResultBatch(
          builder, wire_info, champion_.model->id(), static_cast<std::uint32_t>(num_rows),
          static_cast<std::uint8_t>(champion_.model->num_classes()), o.ordinals, o.ids,
          o.title_lengths, o.title_bytes, o.target, o.target_class, o.labelled, first.classes,
          first.scores, first.probabilities, first.seen, first.times.scaler_ns,
          first.times.encoder_ns, first.times.classifier_ns,
          challenger_ ? challenger_->model->id() : 0, second.classes, second.scores,
          second.probabilities, second.seen, second.times.sum(), champion_.model->feature_spec()),
      wire::ResultBatchIdentifier());
}

}  // namespace marquee
