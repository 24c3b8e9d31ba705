// schemas/cut_text.h — texts of bounded length.
#pragma once

#include <cstddef>
#include <string_view>

namespace marquee {

/// The beginning of `text`, at most `most` bytes of it, without half a character at its end.
inline std::string_view CutText(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end);
}

}  // namespace marquee
