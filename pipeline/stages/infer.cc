#include "pipeline/stages/infer.h"

#include <fmt/core.h>

#include "pipeline/core/clock.h"
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

Result<InferStage> InferStage::Make(std::shared_ptr<const model::Model> model,
                                    std::string_view engine) {
  MARQUEE_ASSIGN_OR_RETURN(std::unique_ptr<const model::Engine> made,
                           model::MakeEngine(*model, engine));
  return InferStage(std::move(model), std::move(made));
}

Status InferStage::CheckInput(const FeatureBatchView& input) const {
  if (input.feature_spec() != model_->feature_spec()) {
    return Status::Config(fmt::format(
        "the features were made by feature spec {:016x}, but model '{}' {} needs {:016x}; use the "
        "preprocessor and the model of one version",
        input.feature_spec(), model_->name(), model_->version(), model_->feature_spec()));
  }
  if (input.num_numeric() != model_->num_numeric() || input.num_lists() != model_->num_lists()) {
    return Status::Config(fmt::format(
        "the batch has {} numeric and {} list features, but its feature spec {} and {}",
        input.num_numeric(), input.num_lists(), model_->num_numeric(), model_->num_lists()));
  }
  // Ids, targets, scores and the like take 32 bytes a row at most, probabilities 4 a class.
  const std::size_t result_bytes = kMaxBatchInfoBytes + 32 * kMessageAlignment +
                                   input.rows().titles.size() +
                                   input.num_rows() * (32 + 4 * model_->num_classes());
  if (result_bytes > kMaxMessageBytes) {
    return Status::Config(
        fmt::format("{} rows of {} classes do not fit into a message; use a smaller --batch-rows",
                    input.num_rows(), model_->num_classes()));
  }
  return {};
}

InferStage::PartTimes InferStage::Score(const FeatureBatchView& input, Scratch& scratch,
                                        const Predictions& out) const {
  const std::size_t num_rows = input.num_rows();
  const std::size_t stride = Stride(num_rows);
  scratch.columns_.Reserve(stride * model_->num_columns() * sizeof(float));
  const kernels::MatrixView columns{reinterpret_cast<float*>(scratch.columns_.data()), stride};
  scratch.scores_.resize(num_rows * model_->num_scores());
  scratch.numeric_.clear();
  for (std::size_t i = 0; i < input.num_numeric(); ++i)
    scratch.numeric_.push_back(input.numeric(i));
  scratch.lists_.clear();
  for (std::size_t i = 0; i < input.num_lists(); ++i) {
    scratch.lists_.push_back({input.list_lengths(i), input.list_codes(i)});
  }

  PartTimes times;
  {
    const ScopedTimer timer(&times.scaler_ns);
    model_->scaler().Apply(scratch.numeric_, num_rows, columns);
  }
  {
    const ScopedTimer timer(&times.encoder_ns);
    model_->encoder().Apply(scratch.lists_, num_rows, columns);
  }
  {
    const ScopedTimer timer(&times.classifier_ns);
    engine_->Score(columns, num_rows, scratch.scores_, scratch.engine_);
    model_->classifier().Decide(scratch.scores_, num_rows, out.classes, out.scores,
                                out.probabilities);
  }
  return times;
}

Status InferStage::Process(const FeatureBatchView& input, Scratch& scratch, Message& output,
                           Rejects& /*rejects*/) const {
  const std::int64_t started_ns = WallClockNs();
  MARQUEE_RETURN_IF_ERROR(CheckInput(input));
  const std::size_t num_rows = input.num_rows();
  const std::size_t num_classes = model_->num_classes();
  const RowColumns rows = input.rows();

  auto& builder = output.Begin();
  const RowColumnOffsets o = CopyRowColumns(rows, num_rows, output);
  RowColumnOffsets::Column<std::uint8_t> classes;
  RowColumnOffsets::Column<float> scores;
  RowColumnOffsets::Column<float> probabilities;
  RowColumnOffsets::Column<std::uint8_t> seen;
  const Predictions predictions{
      .classes = output.Column<std::uint8_t>(num_rows, num_rows, classes),
      .scores = output.Column<float>(num_rows, num_rows, scores),
      .probabilities = output.Column<float>(num_rows * num_classes, num_rows, probabilities)};
  const PartTimes times = Score(input, scratch, predictions);
  const std::span<std::uint8_t> seen_column = output.Column<std::uint8_t>(num_rows, num_rows, seen);
  for (std::size_t row = 0; row < num_rows; ++row) {
    seen_column[row] = model_->IsTrainingId(rows.ids[row]) ? 1 : 0;
  }
  BatchInfo info = input.info();
  scratch.arrival.AddTo(info, kId, started_ns, WallClockNs());
  const auto wire_info = WriteBatchInfo(builder, info);
  return output.Finish(
      wire::CreateResultBatch(
          builder, wire_info, model_->id(), static_cast<std::uint32_t>(num_rows),
          static_cast<std::uint8_t>(num_classes), o.ordinals, o.ids, o.title_lengths, o.title_bytes,
          o.target, o.target_class, o.labelled, classes, scores, probabilities, seen,
          times.scaler_ns, times.encoder_ns, times.classifier_ns),
      wire::ResultBatchIdentifier());
}

}  // namespace marquee
