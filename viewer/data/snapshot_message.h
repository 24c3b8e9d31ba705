// viewer/data/snapshot_message.h — a snapshot in memory of its own, proven to be one.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "schemas/aligned_buffer.h"
#include "schemas/snapshot_generated.h"
#include "schemas/status.h"

namespace marquee::viewer {

// What a snapshot holds at most, whatever it is of.
inline constexpr std::size_t kMaxClasses = 32;
inline constexpr std::size_t kMaxRows = 512;
inline constexpr std::size_t kMaxIntervals = 600;
inline constexpr std::size_t kMaxServices = 64;
inline constexpr std::size_t kMaxFeatures = 256;
inline constexpr std::size_t kMaxDeadLetters = 64;
inline constexpr std::size_t kMaxEvents = 256;
inline constexpr std::size_t kMaxBenchRows = 512;
/// Longest text of a snapshot, in bytes.
inline constexpr std::size_t kMaxText = 512;

/// An immutable snapshot: whoever holds one may rely on what Verify checks. Threads: any.
class SnapshotMessage {
 public:
  /// Copy and check bytes that come from elsewhere: a recording, a browser's feed.
  /// Errors: kData, naming what is wrong.
  static Result<std::shared_ptr<const SnapshotMessage>> Verify(std::span<const std::byte> bytes);

  /// Encode a snapshot that this process has made.
  static std::shared_ptr<const SnapshotMessage> Make(const wire::SnapshotT& snapshot);

  const wire::Snapshot& view() const noexcept { return *wire::GetSnapshot(buffer_.data()); }
  std::span<const std::byte> bytes() const noexcept { return {buffer_.data(), size_}; }

 private:
  explicit SnapshotMessage(std::span<const std::byte> bytes);

  AlignedBuffer buffer_;
  std::size_t size_;
};

/// What is shown before there is anything to show: every table is there, and empty.
wire::SnapshotT EmptySnapshot();

}  // namespace marquee::viewer
