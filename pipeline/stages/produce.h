// pipeline/stages/produce.h — records of a source to RawBatch: fields are split, not interpreted.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/gather.h"
#include "pipeline/core/rejects.h"
#include "pipeline/core/stage.h"
#include "pipeline/dataset/record_block.h"
#include "schemas/batch_info.h"

namespace marquee {

/// A column of the source that goes into the messages.
struct ProducedColumn {
  std::size_t index;  ///< among the source's columns
  bool lengths_only = false;
};

/// Splits a block of records into the columns of a RawBatch.
///
/// Records that the source found flawed, that have another number of fields than the header, or a
/// field over 65,535 bytes, are rejected. So are those with a NUL byte or invalid UTF-8 in a field
/// that does not go out whole: no later stage could see it, and which rows are dead must not depend
/// on which columns are sent. Threads: const; each worker has its own Scratch.
class ProduceStage {
 public:
  static constexpr wire::StageId kId = wire::StageId::Produce;
  struct Input {
    const RecordBlock& block;
    std::int64_t received_ns;  ///< when the block was read, or was to be; Unix time
    /// Is added to each id, so that rows that are sent again are new ones.
    std::int64_t id_shift = 0;
    /// At the end of a run: what it held.
    std::optional<RunTotals> totals = std::nullopt;
  };

  /// Memory of an id as text, with what may be read behind it.
  using ShiftedId = std::array<char, kernels::kGatherBytes>;

  /// What a worker reuses from batch to batch.
  struct Scratch {
    std::vector<char> decoded;             // fields that differ from their quoted form
    std::vector<std::string_view> fields;  // [row][column of the source]
    std::vector<std::uint16_t> ordinals;   // of the rows
    std::vector<ShiftedId> shifted_ids;
    std::vector<flatbuffers::Offset<wire::RawColumn>> columns;
  };

  /// `source_columns`: the header. `columns`: those that are sent, in the order of the source.
  /// `id_column`: needed for Input::id_shift only.
  ProduceStage(RunId run, std::vector<std::string> source_columns,
               std::vector<ProducedColumn> columns, std::string_view id_column = {});

  Status Process(const Input& input, Scratch& scratch, Message& output, Rejects& rejects) const;

 private:
  void ShiftId(std::int64_t shift, ShiftedId& memory, std::string_view& id) const;
  void SplitRecords(const Input& input, BatchInfo& info, Scratch& scratch, Rejects& rejects) const;
  bool RejectIfNotARow(const RecordBlock& block, std::size_t index,
                       std::span<const std::string_view> fields, BatchInfo& info,
                       Rejects& rejects) const;
  void Reject(const RecordBlock& block, std::size_t index, wire::RejectReason reason,
              std::string_view column, std::string_view message, BatchInfo& info,
              Rejects& rejects) const;

  RunId run_;
  std::vector<std::string> source_columns_;
  std::vector<ProducedColumn> columns_;
  std::size_t id_index_;                       // the number of columns if there is none
  std::vector<std::size_t> columns_not_sent_;  // or sent as lengths only
};

static_assert(Stage<ProduceStage>);

}  // namespace marquee
