#include "pipeline/app/topic_scan.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>

#include "pipeline/app/message_json.h"
#include "pipeline/app/stop_signal.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;
using Clock = std::chrono::steady_clock;

// Of an unreadable record, so much is shown.
constexpr std::size_t kUnreadableBytes = 256;

std::string_view TextOf(const TopicRecord& record) {
  return {reinterpret_cast<const char*>(record.value.data()), record.value.size()};
}

}  // namespace

Status ScanTopic(TopicReader& reader, bool follow, const RecordVisitor& visit) {
  const StopSignal stop;
  auto heard = Clock::now();
  while (!stop.requested()) {
    TopicRecord record;
    MARQUEE_ASSIGN_OR_RETURN(const TopicReader::Event event,
                             reader.Next(record, std::chrono::milliseconds(100)));
    const std::string complaint = reader.TakeComplaint();
    if (!complaint.empty()) fmt::print(stderr, "marquee: {}\n", complaint);
    if (event == TopicReader::Event::kEnd && !follow) return {};
    if (event != TopicReader::Event::kTimeout) heard = Clock::now();
    if (!follow && Clock::now() - heard > kBrokerTimeout) {
      return Status::Unavailable(
          fmt::format("topic {}: nothing comes, and its end is not reached; "
                      "'marquee doctor' checks the brokers",
                      reader.topic()));
    }
    if (event != TopicReader::Event::kRecord) continue;
    MARQUEE_ASSIGN_OR_RETURN(const bool more, visit(record));
    if (!more) return {};
  }
  return {};
}

Result<std::span<const std::byte>> CopyRecord(const TopicRecord& record, Message& memory) {
  MARQUEE_ASSIGN_OR_RETURN(const auto bytes, memory.Receive(record.value.size()));
  std::copy(record.value.begin(), record.value.end(), bytes.begin());
  return memory.bytes();
}

std::string_view HeaderOf(const TopicRecord& record, std::string_view name) {
  const auto found = std::find_if(record.headers.begin(), record.headers.end(),
                                  [name](const auto& header) { return header.first == name; });
  return found == record.headers.end() ? std::string_view() : found->second;
}

Json RecordJson(const std::string& topic, const TopicRecord& record, Message& memory) {
  Json json = {
      {"topic", topic},
      {"partition", record.partition},
      {"offset", record.offset},
      {"timestamp_ms", record.timestamp_ms < 0 ? Json(nullptr) : Json(record.timestamp_ms)}};
  for (const auto& [name, value] : record.headers) json["headers"][std::string(name)] = value;
  const std::string_view text = TextOf(record);
  if (!text.empty() && text.front() == '{') {
    Json inside = Json::parse(text, nullptr, /*allow_exceptions=*/false);
    if (!inside.is_discarded()) {
      json["record"] = std::move(inside);
      return json;
    }
  }
  const auto message = [&]() -> Result<Json> {
    MARQUEE_ASSIGN_OR_RETURN(const auto bytes, CopyRecord(record, memory));
    return MessageJson(bytes);
  }();
  if (message) {
    json.update(*message);
    return json;
  }
  json["bytes"] = text.size();
  json["unreadable"] = text.substr(0, kUnreadableBytes);
  json["reason"] = message.error().message();
  return json;
}

}  // namespace marquee
