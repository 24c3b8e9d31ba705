// pipeline/stages/infer.h — FeatureBatch to ResultBatch: scaler, encoder, classifier, each timed.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "model/engine.h"
#include "model/model.h"
#include "pipeline/core/rejects.h"
#include "pipeline/core/stage.h"
#include "schemas/feature_batch.h"

namespace marquee {

/// Scores batches with a model.
///
/// Errors: kConfig if a batch was made by another feature spec than the model's. Threads: const;
/// each worker has its own Scratch.
class InferStage {
 public:
  static constexpr wire::StageId kId = wire::StageId::Infer;
  using Input = FeatureBatchView;

  /// What a worker reuses from batch to batch.
  class Scratch {
   public:
    explicit Scratch(const InferStage& stage) : engine_(stage.engine_->MakeScratch()) {}
    Arrival arrival;  ///< of the next input

   private:
    friend class InferStage;
    model::EngineScratch engine_;
    AlignedBuffer columns_;  // the classifier's input, column-major
    std::vector<float> scores_;
    std::vector<std::span<const float>> numeric_;
    std::vector<model::ListView> lists_;
  };

  /// `engine`: a name, or empty for the best one. Errors: kUsage for an unknown engine.
  static Result<InferStage> Make(std::shared_ptr<const model::Model> model,
                                 std::string_view engine);

  Status Process(const FeatureBatchView& input, Scratch& scratch, Message& output,
                 Rejects& rejects) const;

  const model::Model& model() const noexcept { return *model_; }
  const model::Engine& engine() const noexcept { return *engine_; }

 private:
  InferStage(std::shared_ptr<const model::Model> model, std::unique_ptr<const model::Engine> engine)
      : model_(std::move(model)), engine_(std::move(engine)) {}

  struct PartTimes {
    std::uint64_t scaler_ns = 0;
    std::uint64_t encoder_ns = 0;
    std::uint64_t classifier_ns = 0;
  };
  struct Predictions {
    std::span<std::uint8_t> classes;
    std::span<float> scores;
    std::span<float> probabilities;
  };

  Status CheckInput(const FeatureBatchView& input) const;
  PartTimes Score(const FeatureBatchView& input, Scratch& scratch, const Predictions& out) const;

  std::shared_ptr<const model::Model> model_;
  std::unique_ptr<const model::Engine> engine_;
};

static_assert(Stage<InferStage>);

}  // namespace marquee
