// schemas/feature_batch.h — reading a verified FeatureBatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "schemas/batch_info.h"
#include "schemas/feature_batch_generated.h"
#include "schemas/message.h"
#include "schemas/raw_batch.h"

namespace marquee {

/// The class of a row without a target.
inline constexpr std::uint8_t kNoClass = 255;

/// What is known of each row beside its features: carried unchanged from FeatureBatch to
/// ResultBatch.
struct RowColumns {
  std::span<const std::uint16_t> ordinals;  ///< empty = 0, 1, 2, …
  std::span<const std::int64_t> ids;
  std::span<const std::uint16_t> title_lengths;
  std::string_view titles;                     ///< end to end
  std::span<const float> target;               ///< NaN = absent
  std::span<const std::uint8_t> target_class;  ///< kNoClass = no target
  std::span<const std::uint8_t> labelled;      ///< 0 or 1; 1 implies a class
};

/// Find the columns that FeatureBatch and ResultBatch share in either.
template <class Batch>
RowColumns ReadRowColumns(const Batch& batch) {
  return {.ordinals = SpanOf(batch.ordinals()),
          .ids = SpanOf(batch.ids()),
          .title_lengths = SpanOf(batch.title_lengths()),
          .titles = {reinterpret_cast<const char*>(batch.title_bytes()->Data()),
                     batch.title_bytes()->size()},
          .target = SpanOf(batch.target()),
          .target_class = SpanOf(batch.target_class()),
          .labelled = SpanOf(batch.labelled())};
}

/// Check the columns that FeatureBatch and ResultBatch share. Errors: kData.
Status CheckRowColumns(const RowColumns& columns, std::size_t num_rows);

/// Where the shared columns of a message lie while it is written.
struct RowColumnOffsets {
  template <class T>
  using Column = flatbuffers::Offset<flatbuffers::Vector<T>>;

  Column<std::uint16_t> ordinals;  ///< null = 0, 1, 2, …
  Column<std::int64_t> ids;
  Column<std::uint16_t> title_lengths;
  Column<std::uint8_t> title_bytes;
  Column<float> target;
  Column<std::uint8_t> target_class;
  Column<std::uint8_t> labelled;
};

/// Copy the shared columns into a message.
RowColumnOffsets CopyRowColumns(const RowColumns& columns, std::size_t num_rows, Message& message);

/// A FeatureBatch whose every length and code has been checked. Owns nothing; the message must
/// outlive it.
class FeatureBatchView {
 public:
  /// Check a message that enters this process. Errors: kData.
  static Result<FeatureBatchView> Verify(std::span<const std::byte> bytes);
  /// View a message that this process has just written.
  static FeatureBatchView Own(const Message& message);

  BatchInfo info() const { return ReadBatchInfo(*batch_->info()); }
  std::uint64_t feature_spec() const noexcept { return batch_->feature_spec(); }
  std::size_t num_rows() const noexcept { return batch_->num_rows(); }
  RowColumns rows() const;

  std::size_t num_numeric() const noexcept { return batch_->numeric()->size(); }
  std::span<const float> numeric(std::size_t index) const {
    return SpanOf(batch_->numeric()->Get(static_cast<flatbuffers::uoffset_t>(index))->values());
  }

  std::size_t num_lists() const noexcept { return batch_->lists()->size(); }
  std::span<const std::uint16_t> list_lengths(std::size_t index) const {
    return SpanOf(batch_->lists()->Get(static_cast<flatbuffers::uoffset_t>(index))->lengths());
  }
  std::span<const std::uint32_t> list_codes(std::size_t index) const {
    return SpanOf(batch_->lists()->Get(static_cast<flatbuffers::uoffset_t>(index))->codes());
  }

 private:
  explicit FeatureBatchView(const wire::FeatureBatch* batch) : batch_(batch) {}

  const wire::FeatureBatch* batch_;
};

}  // namespace marquee
