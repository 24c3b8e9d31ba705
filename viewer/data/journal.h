// viewer/data/journal.h — the last events and the last dead letters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "pipeline/app/dead_letters.h"
#include "schemas/snapshot_generated.h"

namespace marquee::viewer {

/// Longest name of a service, a source or a column, in bytes: only reasons are told at length.
inline constexpr std::size_t kMaxName = 128;

/// Keeps the last kMaxEvents events and kMaxDeadLetters dead letters, by their time, in the snapshot
/// that shows them. Threads: one at a time.
class Journal {
 public:
  explicit Journal(wire::SnapshotT& snapshot) : snapshot_(snapshot) {}

  void Add(std::int64_t time_ns, wire::Severity severity, std::string_view source,
           std::string_view text);

  /// One that is known by its time and its place in the topic is left out.
  void Add(wire::DeadLetterT letter);

 private:
  wire::SnapshotT& snapshot_;
};

/// Say of a dead letter what is known of it.
wire::DeadLetterT DescribeDeadLetter(const DeadLetter& letter, std::int64_t time_ns);

}  // namespace marquee::viewer
