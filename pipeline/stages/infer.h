// pipeline/stages/infer.h — FeatureBatch to ResultBatch: scaler, encoder, classifier, each timed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "model/engine.h"
#include "model/model.h"
#include "pipeline/core/rejects.h"
#include "pipeline/core/stage.h"
#include "schemas/feature_batch.h"

namespace marquee {

/// Scores batches with a model, and if there is a challenger with that too: its predictions stand
/// beside the model's in the same result, so that each row can be compared.
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
    explicit Scratch(const InferStage& stage);
    Arrival arrival;  ///< of the next input

   private:
    friend class InferStage;
    model::EngineScratch engine_;
    std::optional<model::EngineScratch> challenger_engine_;
    AlignedBuffer columns_;  // a classifier's input, column-major
    std::vector<float> scores_;
    std::vector<std::span<const float>> numeric_;
    std::vector<model::ListView> lists_;
  };

  /// `engine`: a name, or empty for the best one, which a challenger always has.
  /// Errors: kUsage for an unknown engine; kConfig if that engine does not score the golden rows as it
  ///         has to, and for a challenger with other features or classes.
  static Result<InferStage> Make(std::shared_ptr<const model::Model> model, std::string_view engine,
                                 std::shared_ptr<const model::Model> challenger = nullptr);

  Status Process(const FeatureBatchView& input, Scratch& scratch, Message& output,
                 Rejects& rejects) const;

  const model::Model& model() const noexcept { return *champion_.model; }
  const model::Engine& engine() const noexcept { return *champion_.engine; }
  /// Null if there is none.
  const model::Model* challenger() const noexcept {
    return challenger_ ? challenger_->model.get() : nullptr;
  }

 private:
  struct Scorer {
    std::shared_ptr<const model::Model> model;
    std::unique_ptr<const model::Engine> engine;
  };
  struct PartTimes {
    std::uint64_t scaler_ns = 0;
    std::uint64_t encoder_ns = 0;
    std::uint64_t classifier_ns = 0;

    std::uint64_t sum() const noexcept { return scaler_ns + encoder_ns + classifier_ns; }
  };
  /// Columns of a result that a model fills.
  struct Predictions {
    flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> classes;
    flatbuffers::Offset<flatbuffers::Vector<float>> scores;
    flatbuffers::Offset<flatbuffers::Vector<float>> probabilities;
    flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> seen;
    PartTimes times;
  };

  InferStage(Scorer champion, std::optional<Scorer> challenger)
      : champion_(std::move(champion)), challenger_(std::move(challenger)) {}

  Status CheckInput(const FeatureBatchView& input) const;
  static Predictions Predict(const Scorer& scorer, const FeatureBatchView& input, Scratch& scratch,
                             model::EngineScratch& engine, Message& output);

  Scorer champion_;
  std::optional<Scorer> challenger_;
};

static_assert(Stage<InferStage>);

}  // namespace marquee
