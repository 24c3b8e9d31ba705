// viewer/ui/plot.h — lines over time or over percentiles, drawn with ImGui's draw list alone.
//
// Wheel zooms, dragging pans, a double click goes back; the pointer reads values; a click on a name
// of the legend hides its line.
#pragma once

#include <imgui.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include "viewer/ui/format.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// One line: a value a step, or a value for each of `xs`. NaN = nothing was measured: a gap.
struct PlotLine {
  std::string label;
  ImU32 color = 0;
  std::span<const float> values;
  std::span<const float> xs = {};  ///< ascending; empty = one a step of the plot
  bool filled = false;             ///< down to the axis
  bool dots = false;
  /// How many steps a value speaks for: what is told less often than the plot's steps is no gap.
  std::size_t steps = 1;
};

/// What the horizontal axis measures.
enum class PlotX : std::uint8_t {
  kTime,         ///< seconds since 1970
  kPercentiles,  ///< nines: 1 is 90 %, 2 is 99 %, 3 is 99.9 %
  kShare,        ///< 0 to 1
};

struct PlotOptions {
  PlotX x = PlotX::kTime;
  /// Where the first value of lines without `xs` lies, and how far apart they are.
  double x_first = 0;
  double x_step = 1;
  /// Where the last of these values lies: its step may not be over. NaN = where the step ends.
  double x_last = std::numeric_limits<double>::quiet_NaN();
  Unit unit = Unit::kCount;
  /// The vertical axis begins at 0; else just below the least value.
  bool from_zero = true;
  /// Where the vertical axis ends; NaN = above the greatest value.
  double y_end = std::numeric_limits<double>::quiet_NaN();
  /// Draw the line on which x = y.
  bool diagonal = false;
  /// What is said where there is no value at all.
  const char* empty = "nothing measured yet";
};

/// What a person did to a plot.
struct PlotState {
  bool zoomed = false;
  double from = 0;
  double to = 0;
  /// Zoomed on the end: go with it as time passes.
  bool follows = false;
  /// A bit a line, by its number.
  std::uint64_t hidden = 0;
};

/// Draw lines with axes and legend into `size` at the cursor.
///
/// Cost: as many vertices as pixel columns, however many values there are.
void DrawPlot(const char* id, ImVec2 size, const PlotOptions& options,
              std::span<const PlotLine> lines, const Theme& theme, PlotState& state);

/// Find 1, 2, 2.5 or 5 times a power of ten, so that about `wanted` such steps make `range`.
double NiceStep(double range, double wanted);

/// Nines of a share: 0.99 → 2. What PlotX::kPercentiles measures.
double Nines(double share);

}  // namespace marquee::viewer
