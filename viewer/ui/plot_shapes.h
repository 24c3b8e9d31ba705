// viewer/ui/plot_shapes.h — the plots that have no axes: bars, heat map, spans of time.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "viewer/ui/format.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct Bar {
  std::string label;
  double value = 0;
  ImU32 color = 0;
  std::string text;  ///< behind the bar
};

/// Draw horizontal bars, one below the other, as many as `size` has room for.
void DrawBars(ImVec2 size, std::span<const Bar> bars, const Theme& theme);

/// A row and a column of a heat map.
struct Cell {
  std::size_t row = 0;
  std::size_t column = 0;
};

struct HeatMap {
  const char* row_title = "";
  const char* column_title = "";
  std::span<const std::string> names;     ///< of rows and columns alike
  std::span<const std::uint64_t> counts;  ///< row-major
  bool shares = false;                    ///< show shares of the row instead of counts
};

/// Draw a square matrix as a heat map. Returns the cell that was clicked.
std::optional<Cell> DrawHeatMap(ImVec2 size, const HeatMap& map, const Theme& theme);

/// A stretch of time of a named row.
struct Span {
  std::size_t row = 0;
  double from_ns = 0;
  double to_ns = 0;
  ImU32 color = 0;
  std::string tip;
};

/// Draw stretches of time over one axis of time, a row for each of `names`, with `texts` at its end.
void DrawSpans(ImVec2 size, std::span<const std::string> names, std::span<const Span> spans,
               std::span<const std::string> texts, const Theme& theme);

/// Draw parts of a whole side by side: `shares` add up to at most 1.
void DrawShares(ImVec2 at, ImVec2 size, std::span<const float> shares,
                std::span<const ImU32> colors, const Theme& theme);

}  // namespace marquee::viewer
