#include "pipeline/app/dead_letters.h"

#include <fmt/core.h>

#include <charconv>

#include "pipeline/app/message_json.h"
#include "pipeline/app/topic_scan.h"
#include "pipeline/transport/file/message_file.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kTopicHeader = "__connect.errors.topic";
constexpr std::string_view kPartitionHeader = "__connect.errors.partition";
constexpr std::string_view kOffsetHeader = "__connect.errors.offset";
constexpr std::string_view kStageHeader = "__connect.errors.stage";
constexpr std::string_view kReasonHeader = "__connect.errors.exception.class.name";
constexpr std::string_view kMessageHeader = "__connect.errors.exception.message";

template <class Number>
std::optional<Number> ParseNumber(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

/// A number of a header; null where it is none.
Json NumberOrNull(const std::string& text) {
  const auto number = ParseNumber<std::int64_t>(text);
  return number ? Json(*number) : Json(nullptr);
}

/// The run that a letter belongs to, if that is known.
std::optional<RunId> RunOf(const DeadLetter& letter) {
  if (letter.batch) return letter.batch->info().run;
  auto run = RunId::Parse(letter.header("marquee.run"));
  return run ? std::optional(*run) : std::nullopt;
}

}  // namespace

std::string DeadLetter::header(std::string_view name) const {
  return record == nullptr ? std::string() : std::string(HeaderOf(*record, name));
}

std::string DeadLetter::reason() const {
  if (batch) return std::string(RejectReasonName(batch->reject()->reason()));
  std::string reason = header(kReasonHeader);
  return reason.empty() ? "unreadable" : reason;
}

std::string DeadLetter::message() const {
  return batch ? std::string(TextOf(batch->reject()->message())) : header(kMessageHeader);
}

std::string DeadLetter::stage() const {
  return batch ? std::string(StageName(batch->reject()->stage())) : header(kStageHeader);
}

std::string DeadLetter::source() const {
  return batch ? std::string(TextOf(batch->reject()->source())) : header(kTopicHeader);
}

DeadLetter DeadLetter::Read(const TopicRecord& record, Message& memory) {
  DeadLetter letter{.place = fmt::format("{}:{}", record.partition, record.offset),
                    .value = record.value,
                    .record = &record};
  if (const auto bytes = CopyRecord(record, memory)) {
    auto batch = RawBatchView::Verify(*bytes);
    if (batch && batch->reject() != nullptr) letter.batch = *batch;
  }
  return letter;
}

Status ForEachDeadLetter(const std::string& path, const DeadLetterVisitor& visit) {
  MARQUEE_ASSIGN_OR_RETURN(MessageFileReader reader, MessageFileReader::Open(path));
  Message message;
  for (std::uint64_t number = 0;; ++number) {
    MARQUEE_ASSIGN_OR_RETURN(bool more, reader.Next(message));
    if (!more) return {};
    auto batch = RawBatchView::Verify(message.bytes());
    const std::string place = fmt::format("{}, message {}", path, number);
    if (!batch) return std::move(batch).error().WithContext(place);
    if (batch->reject() == nullptr) {
      return Status::Data(place + ": a batch, but no dead letter; 'marquee decode' prints it");
    }
    MARQUEE_ASSIGN_OR_RETURN(
        more,
        visit({.place = fmt::format("{}", number), .value = message.bytes(), .batch = *batch}));
    if (!more) return {};
  }
}

Status ForEachDeadLetter(TopicReader& reader, const DeadLetterVisitor& visit) {
  Message memory;
  return ScanTopic(reader, /*follow=*/false, [&](const TopicRecord& record) -> Result<bool> {
    return visit(DeadLetter::Read(record, memory));
  });
}

Json DeadLetterDetails(const DeadLetter& letter) {
  Json json;
  if (letter.record == nullptr) {
    json["number"] = NumberOrNull(letter.place);
  } else {
    json["partition"] = letter.record->partition;
    json["offset"] = letter.record->offset;
    const std::string topic = letter.header(kTopicHeader);
    if (!topic.empty()) {
      json["origin"] = {{"topic", topic},
                        {"partition", NumberOrNull(letter.header(kPartitionHeader))},
                        {"offset", NumberOrNull(letter.header(kOffsetHeader))}};
    }
  }
  if (letter.batch) {
    json.update(DeadLetterJson(*letter.batch));
    if (letter.batch->num_rows() == 1) json["row"] = letter.batch->ordinal(0);
    return json;
  }
  json["reason"] = letter.reason();
  json["stage"] = letter.stage();
  json["source"] = letter.source();
  json["record"] = 0;
  json["column"] = "";
  json["message"] = letter.message();
  json["record_bytes"] = letter.value.size();
  json["original"] =
      std::string(reinterpret_cast<const char*>(letter.value.data()), letter.value.size());
  return json;
}

Json DeadLetterSummary(const DeadLetter& letter) {
  Json json = DeadLetterDetails(letter);
  for (const char* bytes : {"fields", "original", "record_xxh3"}) json.erase(bytes);
  return json;
}

Replay::Replay(const KafkaConnection& connection, std::int32_t raw_data_partitions,
               ReplayFilter filter, TopicWriter* writer)
    : raw_data_(connection.TopicName(Topic::kRawData)),
      processed_data_(connection.TopicName(Topic::kProcessedData)),
      num_partitions_(raw_data_partitions),
      filter_(std::move(filter)),
      writer_(writer) {}

Status Replay::Take(const DeadLetter& letter) {
  const bool other_run = filter_.run && RunOf(letter) != filter_.run;
  if (other_run || (!filter_.reason.empty() && letter.reason() != filter_.reason)) {
    ++counts_.not_asked_for;
    return {};
  }
  if (!letter.batch) return TakeWhole(letter);
  if (letter.batch->num_rows() != 1) {
    ++counts_.without_row;
    return {};
  }
  const BatchInfo info = letter.batch->info();
  if (!taken_.emplace(info.run, info.sequence, letter.batch->ordinal(0)).second) {
    ++counts_.repeated;
    return {};
  }
  ++counts_.rows;
  const auto num_partitions = static_cast<std::uint64_t>(num_partitions_);
  return Write(raw_data_, static_cast<std::int32_t>(info.sequence % num_partitions), letter);
}

Status Replay::TakeWhole(const DeadLetter& letter) {
  if (!filter_.whole) {
    ++counts_.whole_left;
    return {};
  }
  // Headers are only data: they must not lead to a topic that is no input.
  const std::string topic = letter.header(kTopicHeader);
  const auto partition = ParseNumber<std::int32_t>(letter.header(kPartitionHeader));
  if ((topic != raw_data_ && topic != processed_data_) || !partition || *partition < 0 ||
      *partition >= num_partitions_) {
    ++counts_.from_elsewhere;
    return {};
  }
  ++counts_.whole;
  return Write(topic, *partition, letter);
}

Status Replay::Write(const std::string& topic, std::int32_t partition, const DeadLetter& letter) {
  if (writer_ == nullptr) return {};
  return writer_->Write(topic, partition, letter.value, {{"marquee.replayed.from", letter.place}});
}

}  // namespace marquee
