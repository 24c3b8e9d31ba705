#include "pipeline/app/live_text.h"

#include <fmt/core.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace marquee {
namespace {

constexpr std::string_view kEraseLine = "\x1b[2K";
constexpr std::string_view kEraseBelow = "\x1b[J";
// A line that is too long is cut by the terminal: wrapped, it would take two of the lines counted.
constexpr std::string_view kNoWrap = "\x1b[?7l";
constexpr std::string_view kWrap = "\x1b[?7h";

std::size_t TerminalLines() {
  winsize size{};
  const bool known = ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 1;
  return known ? size.ws_row : 24;
}

/// To the first of the lines that were drawn.
std::string CursorUp(std::size_t lines) {
  return lines == 0 ? "\r" : fmt::format("\r\x1b[{}A", lines);
}

}  // namespace

bool CanRedraw() {
  const char* terminal = std::getenv("TERM");
  return isatty(STDOUT_FILENO) == 1 && terminal != nullptr && std::string_view(terminal) != "dumb";
}

bool UseColor() { return isatty(STDOUT_FILENO) == 1 && std::getenv("NO_COLOR") == nullptr; }

void LiveText::Draw(std::string_view text) {
  // One write, so that the terminal never shows half of it.
  std::string out = CursorUp(lines_drawn_);
  out += kNoWrap;
  const std::size_t room = TerminalLines() - 1;
  for (lines_drawn_ = 0; lines_drawn_ < room && !text.empty(); ++lines_drawn_) {
    const std::size_t end = text.find('\n');
    out += kEraseLine;
    out += text.substr(0, end);
    out += '\n';
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  out += kEraseBelow;
  out += kWrap;
  fmt::print("{}", out);
  std::fflush(stdout);
}

void LiveText::Clear() {
  if (lines_drawn_ == 0) return;
  fmt::print("{}{}", CursorUp(lines_drawn_), kEraseBelow);
  std::fflush(stdout);
  lines_drawn_ = 0;
}

}  // namespace marquee
