// pipeline/core/rejects.h — where stages put the rows they cannot use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/batch_info.h"
#include "schemas/raw_batch.h"

namespace marquee {

/// Why one row is rejected.
struct Rejection {
  wire::RejectReason reason;
  wire::StageId stage;
  /// Number of the record in its source, from 1.
  std::uint64_t record;
  /// The column at fault; empty = the whole record.
  std::string_view column;
  /// For people: what is wrong and what to do.
  std::string_view message;
};

/// What is told of a reject beside its message.
struct RejectFacts {
  wire::RejectReason reason = wire::RejectReason::None;
  std::uint16_t ordinal = 0;
  std::string message;
};

/// Collects the dead letters of one batch: one-row RawBatches, encoded at once, so that replaying
/// them is a plain produce.
///
/// Keeps its memory from batch to batch; allocates only when there are rejects. Threads: one at a
/// time.
class Rejects {
 public:
  /// `source`: the file or topic that dead letters name.
  explicit Rejects(std::string source) : source_(std::move(source)) {}

  /// Forget all dead letters.
  void Clear();

  /// Reject row `row` of a batch: keep its fields as they are.
  void AddRow(const RawBatchView& batch, std::size_t row, const Rejection& rejection);

  /// Reject a record that could not be split into fields: keep at most its first 64 KiB, and length
  /// and hash of all of it.
  void AddRecord(const BatchInfo& info, std::uint16_t ordinal, std::string_view head,
                 std::uint64_t record_bytes, std::uint64_t record_xxh3, const Rejection& rejection);

  std::size_t size() const noexcept { return ends_.size(); }
  /// The encoded RawBatch number `index`.
  std::span<const std::byte> message(std::size_t index) const;
  const RejectFacts& facts(std::size_t index) const { return facts_[index]; }
  /// How many were added for `reason`.
  std::uint32_t count(wire::RejectReason reason) const noexcept {
    return counts_[static_cast<std::size_t>(reason)];
  }

 private:
  void Append(flatbuffers::Offset<wire::BatchInfo> info, std::uint32_t num_rows,
              const std::vector<flatbuffers::Offset<wire::RawColumn>>& columns,
              std::uint16_t ordinal, flatbuffers::Offset<wire::Reject> reject,
              const Rejection& rejection);
  flatbuffers::Offset<wire::BatchInfo> WriteInfo(BatchInfo info);
  flatbuffers::Offset<wire::Reject> WriteReject(const Rejection& rejection,
                                                std::span<const std::uint8_t> original,
                                                std::uint64_t record_bytes,
                                                std::uint64_t record_xxh3);

  std::string source_;
  flatbuffers::FlatBufferBuilder builder_;
  std::vector<std::byte> bytes_;
  std::vector<std::size_t> ends_;
  std::vector<RejectFacts> facts_;
  std::array<std::uint32_t, kNumRejectReasons> counts_{};
};

}  // namespace marquee
