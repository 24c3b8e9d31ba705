// schemas/result_batch.h — reading a verified ResultBatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "schemas/batch_info.h"
#include "schemas/feature_batch.h"
#include "schemas/message.h"
#include "schemas/result_batch_generated.h"

namespace marquee {

/// What a second model, tried beside the first, says of the rows.
struct ChallengerColumns {
  std::uint64_t model_id = 0;
  std::span<const std::uint8_t> predicted_class;
  std::span<const float> score;
  std::span<const float> probabilities;  ///< class-major
  std::span<const std::uint8_t> seen;
  std::uint64_t busy_ns = 0;
};

/// A ResultBatch whose every length and class has been checked. Owns nothing; the message must
/// outlive it.
class ResultBatchView {
 public:
  /// Check a message that enters this process. Errors: kData.
  static Result<ResultBatchView> Verify(std::span<const std::byte> bytes);
  /// View a message that this process has just written.
  static ResultBatchView Own(const Message& message);

  /// The message.
  std::span<const std::byte> bytes() const noexcept { return bytes_; }
  BatchInfo info() const { return ReadBatchInfo(*batch_->info()); }
  std::uint64_t model_id() const noexcept { return batch_->model_id(); }
  /// Whose classes these are: a feature spec's hash; 0 = not known.
  std::uint64_t feature_spec() const noexcept { return batch_->feature_spec(); }
  std::size_t num_rows() const noexcept { return batch_->num_rows(); }
  std::size_t num_classes() const noexcept { return batch_->num_classes(); }
  RowColumns rows() const;
  std::span<const std::uint8_t> predicted_class() const {
    return SpanOf(batch_->predicted_class());
  }
  std::span<const float> score() const { return SpanOf(batch_->score()); }
  /// Each row's probability of class `index`.
  std::span<const float> probability(std::size_t index) const {
    return SpanOf(batch_->probabilities()).subspan(index * num_rows(), num_rows());
  }
  std::span<const std::uint8_t> seen() const { return SpanOf(batch_->seen()); }
  std::uint64_t scaler_ns() const noexcept { return batch_->scaler_ns(); }
  std::uint64_t encoder_ns() const noexcept { return batch_->encoder_ns(); }
  std::uint64_t classifier_ns() const noexcept { return batch_->classifier_ns(); }
  /// None if the rows were scored by one model.
  std::optional<ChallengerColumns> challenger() const;

 private:
  explicit ResultBatchView(std::span<const std::byte> bytes)
      : bytes_(bytes), batch_(wire::GetResultBatch(bytes.data())) {}

  std::span<const std::byte> bytes_;
  const wire::ResultBatch* batch_;
};

}  // namespace marquee
