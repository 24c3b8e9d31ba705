// pipeline/app/topic_scan.h — going through the records of a topic, for commands that look into
// one.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "pipeline/transport/kafka/topic_reader.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

/// Takes a record; false = no more are wanted.
using RecordVisitor = std::function<Result<bool>(const TopicRecord& record)>;

/// Call `visit` for each record, up to the end of the topic; if `follow`, past it until the user
/// interrupts. Complaints of the client go to standard error.
/// Errors: the reader's and the visitor's; kUnavailable if the brokers fall silent before the end.
Status ScanTopic(TopicReader& reader, bool follow, const RecordVisitor& visit);

/// Copy a record to where a message must lie. Errors: kData if it is too long.
Result<std::span<const std::byte>> CopyRecord(const TopicRecord& record, Message& memory);

/// The value of a record's header; empty if it has none of this name.
std::string_view HeaderOf(const TopicRecord& record, std::string_view name);

/// A record as JSON: topic, partition, offset, timestamp and headers, then the message as
/// MessageJson has it, or the JSON text inside as `record`, or its first bytes as `unreadable` and
/// the reason.
nlohmann::ordered_json RecordJson(const std::string& topic, const TopicRecord& record,
                                  Message& memory);

}  // namespace marquee
