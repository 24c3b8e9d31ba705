// pipeline/dataset/record_block.h — consecutive records of a source, as they lie in its text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "kernels/gather.h"
#include "schemas/batch_info_generated.h"
#include "schemas/raw_batch.h"

namespace marquee {

/// One record.
struct Record {
  /// Its bytes without the line end, still quoted; of a flawed one, at most the first
  /// kMaxOriginalBytes.
  std::string_view text;
  /// None, or why the source could not make it a row: UnterminatedQuote, RecordTooLarge,
  /// TruncatedInput.
  wire::RejectReason flaw = wire::RejectReason::None;
};

/// What `text` does not tell of a flawed record.
struct FlawedRecord {
  /// Its place in RecordBlock::records.
  std::uint32_t index = 0;
  /// Length and XXH3-64 (seed 0) of all its bytes up to its LF; unlike in a sound record, a CR
  /// before that LF is one of them.
  std::uint64_t bytes = 0;
  std::uint64_t xxh3 = 0;
};

/// Consecutive records of a source, the raw material of one message.
///
/// Owns:    what the texts lie in, through `owners`. Reuse it: Clear keeps the vectors' memory.
/// Threads: fill it in one thread, hand it over, read it in another.
struct RecordBlock {
  /// Number of the block in its source, from 0.
  std::uint64_t sequence = 0;
  /// Number of records[0] in its source, from 1; neither header nor blank lines count.
  std::uint64_t first_record = 1;
  std::vector<Record> records;
  /// One for each record with a flaw, in the same order.
  std::vector<FlawedRecord> flawed;
  std::vector<std::shared_ptr<const void>> owners;
  /// Whether kernels::kGatherBytes behind the text of each record without a flaw may be read as well.
  bool padded = false;
  /// Upper bound of the bytes of the records' fields in a message: their text, and 2 for each
  /// column and record.
  std::size_t encoded_bytes = 0;

  /// Forget the records and what they lie in; keep the vectors' memory.
  void Clear() {
    records.clear();
    flawed.clear();
    owners.clear();
    encoded_bytes = 0;
  }
};

}  // namespace marquee
