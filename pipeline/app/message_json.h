// pipeline/app/message_json.h — messages as JSON, for people who look into files and topics.
#pragma once

#include <nlohmann/json.hpp>

#include "schemas/raw_batch.h"
#include "schemas/status.h"

namespace marquee {

/// Any message, told by its file identifier: what it says about itself, then its rows as objects;
/// of a Status, everything it tells.
/// Bytes that are no UTF-8 are kept as they are; dump with JsonText.
/// Errors: kData if it is no valid message of ours.
Result<nlohmann::ordered_json> MessageJson(std::span<const std::byte> bytes);

/// A dead letter: why, where, and the row or the bytes. `batch` must have a reject().
nlohmann::ordered_json DeadLetterJson(const RawBatchView& batch);

/// One line, with U+FFFD in the place of bytes that are no UTF-8.
std::string JsonText(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace marquee
