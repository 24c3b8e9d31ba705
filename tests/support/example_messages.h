// tests/support/example_messages.h — one small message of each kind, always the same.
#pragma once

#include <string>
#include <vector>

#include "pipeline/core/rejects.h"
#include "schemas/feature_batch.h"
#include "schemas/raw_batch.h"
#include "schemas/result_batch.h"
#include "schemas/service_status.h"

namespace marquee::testing_support {

/// Put bytes where a received message lies.
inline void Receive(std::span<const std::byte> bytes, Message& message) {
  const auto memory = message.Receive(bytes.size());
  if (!memory) std::abort();
  std::copy(bytes.begin(), bytes.end(), memory->begin());
}

using Rows = std::vector<std::vector<std::string>>;  // [row][column]

/// Write a RawBatch of `rows` with these columns.
inline void WriteRawBatch(const std::vector<std::string>& names, const Rows& rows, Message& message,
                          const BatchInfo& info) {
  auto& builder = message.Begin();
  std::vector<flatbuffers::Offset<wire::RawColumn>> columns;
  for (std::size_t c = 0; c < names.size(); ++c) {
    std::vector<std::uint16_t> lengths;
    std::string bytes;
    for (const auto& row : rows) {
      lengths.push_back(static_cast<std::uint16_t>(row[c].size()));
      bytes += row[c];
    }
    const auto lengths_offset = message.Copy<std::uint16_t>(lengths, rows.size());
    const auto bytes_offset = message.Copy(
        std::span(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()), rows.size());
    columns.push_back(wire::CreateRawColumn(builder, builder.CreateString(names[c]), lengths_offset,
                                            bytes_offset));
  }
  const auto columns_offset = builder.CreateVector(columns);
  const auto wire_info = WriteBatchInfo(builder, info);
  const Status status =
      message.Finish(wire::CreateRawBatch(builder, wire_info,
                                          static_cast<std::uint32_t>(rows.size()), columns_offset),
                     wire::RawBatchIdentifier());
  if (!status.ok()) std::abort();
}

inline BatchInfo ExampleInfo(std::size_t num_rows) {
  BatchInfo info{.run = {.high = 0x0123456789abcdef, .low = 0xfedcba9876543210},
                 .sequence = 7,
                 .first_record = 3585,
                 .num_ordinals = static_cast<std::uint32_t>(num_rows) + 1};
  info.rejects[static_cast<std::size_t>(wire::RejectReason::FieldCount)] = 1;
  info.AddHop(wire::StageId::Produce, 1'000, 2'000, 3'000);
  info.totals = RunTotals{.messages = 8, .records = 3590, .rejected = 1};
  return info;
}

inline void WriteExampleRawBatch(Message& message) {
  WriteRawBatch({"id", "title", "overview"},
                {{"862", "Toy \"Story\"", "One\nTwo"}, {"", "日本", ""}, {"-1", "", "x,y"}},
                message, ExampleInfo(3));
}

inline const std::vector<std::uint16_t> kExampleOrdinals = {0, 2, 3};
inline const std::vector<std::int64_t> kExampleIds = {862, 8844, -1};
inline const std::vector<std::uint16_t> kExampleTitleLengths = {3, 0, 6};
inline const std::vector<float> kExampleTargets = {7.5F, std::numeric_limits<float>::quiet_NaN(),
                                                   5.0F};
inline const std::vector<std::uint8_t> kExampleClasses = {2, kNoClass, 0};
inline const std::vector<std::uint8_t> kExampleLabelled = {1, 0, 0};

inline RowColumns ExampleRows() {
  return {.ordinals = kExampleOrdinals,
          .ids = kExampleIds,
          .title_lengths = kExampleTitleLengths,
          .titles = "One日本",
          .target = kExampleTargets,
          .target_class = kExampleClasses,
          .labelled = kExampleLabelled};
}

inline void WriteExampleFeatureBatch(Message& message) {
  auto& builder = message.Begin();
  const RowColumnOffsets o = CopyRowColumns(ExampleRows(), 3, message);
  std::vector<flatbuffers::Offset<wire::NumericColumn>> numeric;
  for (const float first : {1.5F, std::numeric_limits<float>::quiet_NaN()}) {
    const std::vector<float> values = {first, 2.0F, -3.25F};
    numeric.push_back(wire::CreateNumericColumn(builder, message.Copy<float>(values, 3)));
  }
  const std::vector<std::uint16_t> lengths = {2, 0, 1};
  const std::vector<std::uint32_t> codes = {11, 4'000'000'000, 33};
  const auto lengths_offset = message.Copy<std::uint16_t>(lengths, 3);
  const auto codes_offset = message.Copy<std::uint32_t>(codes, 3);
  const std::vector lists = {wire::CreateListColumn(builder, lengths_offset, codes_offset)};
  const auto numeric_offset = builder.CreateVector(numeric);
  const auto lists_offset = builder.CreateVector(lists);
  const auto info = WriteBatchInfo(builder, ExampleInfo(3));
  const Status status = message.Finish(
      wire::CreateFeatureBatch(builder, info, 0x1122334455667788, 3, o.ordinals, o.ids,
                               o.title_lengths, o.title_bytes, o.target, o.target_class, o.labelled,
                               numeric_offset, lists_offset),
      wire::FeatureBatchIdentifier());
  if (!status.ok()) std::abort();
}

inline void WriteExampleResultBatch(Message& message) {
  auto& builder = message.Begin();
  const RowColumnOffsets o = CopyRowColumns(ExampleRows(), 3, message);
  const std::vector<std::uint8_t> predicted = {2, 1, 1};
  const std::vector<float> scores = {7.25F, 6.5F, 6.125F};
  const std::vector<float> probabilities = {0.0F, 0.25F, 0.25F, 0.25F, 0.5F,
                                            0.5F, 0.75F, 0.25F, 0.25F};
  const std::vector<std::uint8_t> seen = {1, 0, 0};
  const auto predicted_offset = message.Copy<std::uint8_t>(predicted, 3);
  const auto scores_offset = message.Copy<float>(scores, 3);
  const auto probabilities_offset = message.Copy<float>(probabilities, 3);
  const auto seen_offset = message.Copy<std::uint8_t>(seen, 3);
  const auto info = WriteBatchInfo(builder, ExampleInfo(3));
  const Status status = message.Finish(
      wire::CreateResultBatch(builder, info, 0x99aabbccddeeff00, 3, 3, o.ordinals, o.ids,
                              o.title_lengths, o.title_bytes, o.target, o.target_class, o.labelled,
                              predicted_offset, scores_offset, probabilities_offset, seen_offset,
                              100, 200, 300),
      wire::ResultBatchIdentifier());
  if (!status.ok()) std::abort();
}

/// A dead letter: a record that could not be split.
inline std::vector<std::byte> ExampleDeadLetter() {
  Rejects rejects("movies.csv");
  rejects.AddRecord(ExampleInfo(3), 1, "1,\"two", 6, 0xabcdef,
                    {.reason = wire::RejectReason::UnterminatedQuote,
                     .stage = wire::StageId::Produce,
                     .record = 3586,
                     .column = "",
                     .message = "a quoted field does not end"});
  const auto bytes = rejects.message(0);
  return {bytes.begin(), bytes.end()};
}

/// A status in which no two numbers are alike.
inline ServiceStatus ExampleStatus() {
  ServiceStatus status{
      .stage = "preprocess",
      .instance = "preprocess-a",
      .host = "box",
      .pid = 4711,
      .started_ns = 1'700'000'000'000'000'000,
      .time_ns = 1'700'000'060'500'000'000,
      .state = ServiceState::kWaitingForBrokers,
      .not_ready_reason = "no broker answers",
      .messages_in = 11,
      .rows_in = 5'000'000'000,
      .bytes_in = 13,
      .messages_out = 14,
      .rows_out = 15,
      .bytes_out = 16,
      .unreadable_messages = 17,
      .epochs = 18,
      .commits = 19,
      .commit_failures = 20,
      .transactions_aborted = 21,
      .rebalances = 22,
      .stalls = 23,
      .busy_ns = 1'500'000'000,
      .cpu_ns = 2'250'000'000,
      .rss_bytes = 26'214'400,
      .lags = {{.partition = 0, .position = 100, .lag = 40}, {.partition = 2, .position = 300}},
      .events = {{.time_ns = 1'700'000'001'000'000'000, .text = "partitions 0, 2 assigned"},
                 {.time_ns = 1'700'000'059'000'000'000, .text = "broker 1 went away"}},
      .input_topic = "raw-data",
  };
  status.dead_letters[static_cast<std::size_t>(wire::RejectReason::InvalidUtf8)] = 6'000'000'000;
  status.dead_letters[static_cast<std::size_t>(wire::RejectReason::IdAbsent)] = 8;
  return status;
}

inline void WriteExampleStatus(Message& message) {
  if (!WriteStatus(ExampleStatus(), message).ok()) std::abort();
}

}  // namespace marquee::testing_support
