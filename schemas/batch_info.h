// schemas/batch_info.h — BatchInfo as a value: what a stage reads, adds to and writes on.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "schemas/batch_info_generated.h"
#include "schemas/stage_name.h"
#include "schemas/status.h"

namespace marquee {

/// A run of the pipeline: one pass over one input. No two runs share one.
struct RunId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;

  /// Make a new id: a UUID of version 7, which begins with the time, so that newer runs compare
  /// greater.
  static RunId Random();
  /// Read 32 hexadecimal digits; dashes between them are passed over. Errors: kUsage.
  static Result<RunId> Parse(std::string_view text);
  /// 32 hexadecimal digits.
  std::string ToString() const;
  /// Unix time of the run's start, where the id tells it: if it is a UUID of version 7.
  std::optional<std::int64_t> start_ms() const noexcept;

  auto operator<=>(const RunId&) const = default;
};

/// What a run held in all; known to whoever has read the run's last message.
struct RunTotals {
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  std::uint64_t rejected = 0;
};

inline constexpr std::size_t kNumRejectReasons =
    static_cast<std::size_t>(wire::RejectReason::MAX) + 1;
/// More hops than stages exist: room for stages to come.
inline constexpr std::size_t kMaxHops = 8;

/// Where a message lies in Kafka.
struct MessagePlace {
  /// Owned by whoever read the message, or by the message it was read from.
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
};

/// The value of a wire::BatchInfo.
struct BatchInfo {
  RunId run;
  std::uint64_t sequence = 0;
  std::uint64_t first_record = 0;
  std::uint32_t num_ordinals = 0;
  std::array<wire::Hop, kMaxHops> hops{};
  std::size_t num_hops = 0;
  std::array<std::uint32_t, kNumRejectReasons> rejects{};
  std::optional<RunTotals> totals = std::nullopt;
  /// The immediate input, if it came from a topic: for diagnosis only.
  std::optional<MessagePlace> parent = std::nullopt;

  void AddHop(wire::StageId stage, std::int64_t received_ns, std::int64_t started_ns,
              std::int64_t finished_ns);
  std::uint32_t num_rejects() const noexcept;
  /// When the stage before had finished; `otherwise` if there was none.
  std::int64_t last_finished_ns(std::int64_t otherwise) const noexcept {
    return num_hops > 0 ? hops[num_hops - 1].finished_ns() : otherwise;
  }
};

/// Check what readers of `info` rely on. Errors: kData.
Status CheckBatchInfo(const wire::BatchInfo& info);

/// Read a checked info.
BatchInfo ReadBatchInfo(const wire::BatchInfo& info);

flatbuffers::Offset<wire::BatchInfo> WriteBatchInfo(flatbuffers::FlatBufferBuilder& builder,
                                                    const BatchInfo& info);

/// Upper bound of the bytes a BatchInfo takes in a message.
inline constexpr std::size_t kMaxBatchInfoBytes = 1024;

/// Name of a reject reason as the program prints it: snake_case, e.g. "field_count".
std::string_view RejectReasonName(wire::RejectReason reason);

}  // namespace marquee
