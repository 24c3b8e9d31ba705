// pipeline/stages/text_flaw.h — what makes bytes no text.
#pragma once

#include <simdjson.h>

#include <string_view>

#include "schemas/batch_info_generated.h"

namespace marquee {

/// What is wrong with a field as text: a NUL byte, invalid UTF-8, or None.
inline wire::RejectReason TextFlaw(std::string_view field) {
  if (field.find('\0') != std::string_view::npos) return wire::RejectReason::NulByte;
  if (!simdjson::validate_utf8(field.data(), field.size())) return wire::RejectReason::InvalidUtf8;
  return wire::RejectReason::None;
}

/// What to tell people of it.
inline std::string_view TextFlawMessage(wire::RejectReason flaw) {
  return flaw == wire::RejectReason::NulByte
             ? "the field holds a NUL byte; remove it at the source"
             : "the field is not valid UTF-8; convert the file to UTF-8";
}

}  // namespace marquee
