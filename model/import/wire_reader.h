// model/import/wire_reader.h — the fields of a protobuf message, one after the other.
//
// protobuf's own parser first makes an object of every message in a file, and a few bytes of a
// stranger's file can ask for many. This one makes nothing: it looks at the bytes where they lie.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

#include "schemas/status.h"

namespace marquee::model {

/// How a field's bytes are laid out.
enum class WireType : std::uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  std::uint32_t number = 0;
  WireType type = WireType::kVarint;
  /// Of a varint or fixed field.
  std::uint64_t value = 0;
  /// Of a field of bytes: text, a message, packed numbers.
  std::string_view bytes;
};

/// Reads fields to the end of a message. Owns nothing.
class WireReader {
 public:
  explicit WireReader(std::string_view message) : rest_(message) {}

  /// The next field; nothing at the end. Errors: kConfig: the bytes are no field.
  Result<std::optional<WireField>> Next() {
    if (rest_.empty()) return std::optional<WireField>();
    MARQUEE_ASSIGN_OR_RETURN(const std::uint64_t tag, Varint());
    WireField field;
    field.number = static_cast<std::uint32_t>(tag >> 3);
    field.type = static_cast<WireType>(tag & 7);
    switch (field.type) {
      case WireType::kVarint: {
        MARQUEE_ASSIGN_OR_RETURN(field.value, Varint());
        return std::optional(field);
      }
      case WireType::kFixed64:
        return Fixed(field, 8);
      case WireType::kFixed32:
        return Fixed(field, 4);
      case WireType::kBytes: {
        MARQUEE_ASSIGN_OR_RETURN(const std::uint64_t size, Varint());
        if (size > rest_.size()) return Cut();
        field.bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return std::optional(field);
      }
    }
    return Status::Config("is no protobuf message: it has a field of an unknown type");
  }

  /// The next varint of packed ones. Errors: kConfig.
  Result<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Cut();
      const auto byte = static_cast<unsigned char>(rest_.front());
      rest_.remove_prefix(1);
      value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return Status::Config("is no protobuf message: a number in it does not end");
  }

  bool at_end() const noexcept { return rest_.empty(); }

 private:
  static Status Cut() {
    return Status::Config("is no protobuf message, or was cut: a field is longer than the rest");
  }

  Result<std::optional<WireField>> Fixed(WireField field, std::size_t size) {
    if (rest_.size() < size) return Cut();
    std::memcpy(&field.value, rest_.data(), size);
    rest_.remove_prefix(size);
    return std::optional(field);
  }

  std::string_view rest_;
};

}  // namespace marquee::model
