// pipeline/dataset/json_record.h — a record that is one JSON object, as a RawBatch of one row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/batch_info.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

/// The origin of a JSON record, which itself knows none: the record at `offset` of a partition.
///
/// The run is the XXH3-128 of the topic's name: whoever reads the record again, after a crash too,
/// gives it the same origin. So a topic that was deleted and made anew, or got more partitions,
/// repeats origins, and readers take its records for duplicates: give the new topic a new name.
BatchInfo JsonOrigin(std::string_view topic, std::uint32_t num_partitions, std::uint32_t partition,
                     std::uint64_t offset);

/// Reads JSON objects, one a record, into batches of one row: its keys are the columns, and its
/// values become the text that a CSV file has in such a field.
///
/// | value          | field |
/// |----------------|-------|
/// | string         | its text |
/// | number         | its digits as they stand, so none is lost |
/// | true, false    | `True`, `False` |
/// | null           | empty |
/// | array          | its items joined by ", "; an empty item is left out |
/// | object         | the scalar under its key `name`; without one, its JSON as it stands |
/// | array in array | its JSON as it stands |
///
/// An item that holds ", " becomes two items to whoever splits the list, as it does in a CSV file.
/// A NUL byte (`\u0000`) stays, for preprocessing to reject the row.
/// Threads: each worker has its own reader.
class JsonRecordReader {
 public:
  /// `needed_columns`: become empty fields where an object has no such key. No name may be there
  /// twice.
  explicit JsonRecordReader(std::vector<std::string> needed_columns);
  ~JsonRecordReader();
  JsonRecordReader(JsonRecordReader&&) noexcept;
  JsonRecordReader& operator=(JsonRecordReader&&) noexcept;

  /// Make `output` the batch of the record `json`, of which only `origin` is known.
  ///
  /// Errors: kData, naming byte or key and what to do, if `json` is not exactly one JSON object of
  ///         valid UTF-8, or has a key twice, more than 4,096 keys, one over 256 bytes, over 32
  ///         levels of nesting, a field over 65,535 bytes, or more than fits into a message. The
  ///         whole record is to be a dead letter then.
  /// Cost:   one copy of the record (simdjson needs padding behind it); no allocation once the
  ///         largest record has been seen.
  Status Read(std::span<const std::byte> json, const BatchInfo& origin, Message& output);

 private:
  class Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace marquee
