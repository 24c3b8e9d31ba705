// schemas/raw_batch.h — reading a verified RawBatch.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "schemas/batch_info.h"
#include "schemas/message.h"
#include "schemas/raw_batch_generated.h"
#include "schemas/wire_span.h"

namespace marquee {

/// How much of a record that cannot be split into fields is kept in its dead letter.
inline constexpr std::size_t kMaxOriginalBytes = 65'536;

/// A column of a RawBatch: each row's field, end to end.
struct RawColumnView {
  std::string_view name;
  std::span<const std::uint16_t> lengths;
  /// The fields' bytes; null data if the column carries lengths only.
  std::string_view bytes;

  bool has_bytes() const noexcept { return bytes.data() != nullptr; }
};

/// A RawBatch whose every length and offset has been checked: whoever holds one need not check
/// again.
///
/// Owns nothing; the message must outlive it.
class RawBatchView {
 public:
  /// Check a message that enters this process. Errors: kData, naming the column at fault.
  static Result<RawBatchView> Verify(std::span<const std::byte> bytes);
  /// View a message that this process has just written.
  static RawBatchView Own(const Message& message);

  BatchInfo info() const { return ReadBatchInfo(*batch_->info()); }
  std::size_t num_rows() const noexcept { return batch_->num_rows(); }
  std::size_t num_columns() const noexcept { return batch_->columns()->size(); }
  RawColumnView column(std::size_t index) const;
  /// The index of the column named `name`.
  std::optional<std::size_t> FindColumn(std::string_view name) const;
  /// The row's number in its origin batch.
  std::uint16_t ordinal(std::size_t row) const {
    const auto* ordinals = batch_->ordinals();
    return ordinals == nullptr ? static_cast<std::uint16_t>(row)
                               : ordinals->Get(static_cast<flatbuffers::uoffset_t>(row));
  }
  /// All ordinals; empty = 0, 1, 2, …
  std::span<const std::uint16_t> ordinals() const { return SpanOf(batch_->ordinals()); }
  /// Why the row is a dead letter; null if this is none.
  const wire::Reject* reject() const noexcept { return batch_->reject(); }

 private:
  explicit RawBatchView(const wire::RawBatch* batch) : batch_(batch) {}

  const wire::RawBatch* batch_;
};

/// Check the ordinals of a batch: none, or one a row, ascending, below `num_ordinals`. Errors:
/// kData.
Status CheckOrdinals(const flatbuffers::Vector<std::uint16_t>* ordinals, std::size_t num_rows,
                     std::size_t num_ordinals);

/// Sum of lengths.
std::size_t TotalLength(std::span<const std::uint16_t> lengths) noexcept;

}  // namespace marquee
