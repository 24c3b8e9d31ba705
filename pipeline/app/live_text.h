// pipeline/app/live_text.h — a block of text on a terminal, redrawn in place.
#pragma once

#include <cstddef>
#include <string_view>

namespace marquee {

/// Say whether standard output is a terminal that can move its cursor.
bool CanRedraw();

/// Say whether what goes to standard output may be coloured: to a terminal, without NO_COLOR.
bool UseColor();

/// Draws on standard output, each time over what it drew before, without flicker. Threads: one at a
/// time.
class LiveText {
 public:
  /// Replace what was drawn by `text`, as many of its lines as the terminal has room for.
  void Draw(std::string_view text);
  /// Remove what was drawn, so that what is printed next stands in its place.
  void Clear();

 private:
  std::size_t lines_drawn_ = 0;
};

}  // namespace marquee
