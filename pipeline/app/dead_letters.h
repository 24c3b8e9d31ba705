// pipeline/app/dead_letters.h — dead letters, from a file or from their topic, and their way back.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string>
#include <tuple>

#include "pipeline/transport/kafka/topic_reader.h"
#include "pipeline/transport/kafka/topic_writer.h"
#include "schemas/raw_batch.h"

namespace marquee {

/// One dead letter. Owns nothing: valid while it is visited.
struct DeadLetter {
  /// Its number in the file, or PARTITION:OFFSET in the topic.
  std::string place;
  std::span<const std::byte> value;
  /// None: a whole message that is none of ours.
  std::optional<RawBatchView> batch;
  /// Null: it lies in a file.
  const TopicRecord* record = nullptr;

  /// Read a record of the topic; `memory` holds the batch.
  static DeadLetter Read(const TopicRecord& record, Message& memory);

  /// Why it is one, e.g. "invalid_utf8"; what is wrong, for people; where it was found.
  std::string reason() const;
  std::string message() const;
  std::string stage() const;
  /// The file or topic that it is of.
  std::string source() const;
  std::string header(std::string_view name) const;
};

/// Takes a dead letter; false = no more are wanted.
using DeadLetterVisitor = std::function<Result<bool>(const DeadLetter& letter)>;

/// Visit the dead letters of a file. Errors: kUnavailable, kData: the file is none of dead letters.
Status ForEachDeadLetter(const std::string& path, const DeadLetterVisitor& visit);
/// Visit the dead letters of their topic, up to its end. Errors: as of ScanTopic.
Status ForEachDeadLetter(TopicReader& reader, const DeadLetterVisitor& visit);

/// All that is known of a dead letter, its bytes included.
nlohmann::ordered_json DeadLetterDetails(const DeadLetter& letter);
/// The same without its bytes.
nlohmann::ordered_json DeadLetterSummary(const DeadLetter& letter);

/// Which dead letters are to be replayed.
struct ReplayFilter {
  std::optional<RunId> run;
  std::string reason;  ///< empty = any
  bool whole = false;  ///< whole messages too, to their topic of origin
};

/// What was, or would be, done with dead letters.
struct ReplayCounts {
  std::uint64_t rows = 0;
  std::uint64_t whole = 0;
  std::uint64_t not_asked_for = 0;  ///< another run or reason
  std::uint64_t repeated = 0;       ///< rows that an earlier letter holds: rejected again
  std::uint64_t whole_left = 0;     ///< whole messages, without ReplayFilter::whole
  /// Bytes of a record that could not be split into fields, or of a message that was too long.
  std::uint64_t without_row = 0;
  std::uint64_t from_elsewhere = 0;  ///< whole messages whose headers name no input of the pipeline
};

/// Puts dead letters back where they came from: rows into raw-data, each into its sequence's
/// partition; whole messages into their topic and partition. Each row once, however many letters
/// hold it: else replaying what is rejected again would double the letters each time.
/// Cost: 0.1 KB a row.
class Replay {
 public:
  /// `raw_data_partitions`: how many raw-data has. `writer` null: only count.
  Replay(const KafkaConnection& connection, std::int32_t raw_data_partitions, ReplayFilter filter,
         TopicWriter* writer);

  /// Errors: the writer's.
  Status Take(const DeadLetter& letter);
  const ReplayCounts& counts() const noexcept { return counts_; }

 private:
  Status Write(const std::string& topic, std::int32_t partition, const DeadLetter& letter);
  Status TakeWhole(const DeadLetter& letter);

  std::string raw_data_;
  std::string processed_data_;
  std::int32_t num_partitions_;
  ReplayFilter filter_;
  TopicWriter* writer_;
  std::set<std::tuple<RunId, std::uint64_t, std::uint16_t>> taken_;  // run, sequence, ordinal
  ReplayCounts counts_;
};

}  // namespace marquee
