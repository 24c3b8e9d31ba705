#include "viewer/ui/plot.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>
#include <vector>

#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

/// What is in view, and the rectangle it is drawn into.
struct View {
  ImVec2 min, max;
  double x_from, x_to, y_from, y_to;

  float X(double x) const {
    return min.x + static_cast<float>((x - x_from) / (x_to - x_from)) * (max.x - min.x);
  }
  float Y(double y) const {
    return max.y - static_cast<float>((y - y_from) / (y_to - y_from)) * (max.y - min.y);
  }
  double XAt(float pixel) const {
    return x_from + (x_to - x_from) * (pixel - min.x) / (max.x - min.x);
  }
};

/// A line with its x values, wherever they come from.
struct Points {
  const PlotLine& line;
  const PlotOptions& options;

  std::size_t size() const {
    return line.xs.empty() ? line.values.size() : std::min(line.xs.size(), line.values.size());
  }
  double x(std::size_t i) const {
    if (!line.xs.empty()) return double{line.xs[i]};
    if (i + 1 == line.values.size() && std::isfinite(options.x_last)) return options.x_last;
    return options.x_first + options.x_step * static_cast<double>(i);
  }
  bool has(std::size_t i) const { return std::isfinite(line.values[i]); }

  /// The first point that is not left of `x`.
  std::size_t LowerBound(double x_wanted) const {
    std::size_t low = 0;
    for (std::size_t count = size(); count > 0;) {
      const std::size_t half = count / 2;
      if (x(low + half) < x_wanted) {
        low += half + 1;
        count -= half + 1;
      } else {
        count = half;
      }
    }
    return low;
  }

  /// The points in view, and one more to each side, so that lines run out of it.
  std::pair<std::size_t, std::size_t> Within(double from, double to) const {
    const std::size_t first = LowerBound(from);
    return {first > 0 ? first - 1 : 0, std::min(size(), LowerBound(to) + 1)};
  }
};

bool IsHidden(const PlotState& state, std::size_t number) {
  return number < 64 && ((state.hidden >> number) & 1) != 0;
}

constexpr double kDay = 86'400;

double NiceTimeStep(double range, double wanted) {
  constexpr std::array<double, 21> kSteps = {1,     2,     5,     10,    15,     30,     60,
                                             120,   300,   600,   900,   1800,   3600,   7200,
                                             10800, 21600, 43200, 86400, 172800, 345600, 604800};
  const double raw = range / std::max(wanted, 1.0);
  const auto* step = std::find_if(kSteps.begin(), kSteps.end(), [&](double s) { return s >= raw; });
  return step == kSteps.end() ? std::ceil(raw / kDay) * kDay : *step;
}

struct Mark {
  double at;
  std::string text;
};

std::int64_t UnixNs(double seconds) {
  return static_cast<std::int64_t>(std::clamp(seconds * 1e9, -9e18, 9e18));
}

/// The value of the horizontal axis, in words; `range` is what of it is in view.
std::string XText(const PlotOptions& options, const Theme& theme, double x, double range) {
  switch (options.x) {
    case PlotX::kTime: {
      const std::string time = TimeOfDay(UnixNs(x), theme.utc_offset_s);
      if (range < kDay) return time;
      return fmt::format("{} {}", Day(UnixNs(x), theme.utc_offset_s), time);
    }
    case PlotX::kPercentiles:
      return fmt::format("{:.7g} %", 100 * (1 - std::pow(10, -x)));
    case PlotX::kShare:
      break;
  }
  return Quantity(x, Unit::kShare);
}

/// A time of day; at midnight, the day that begins.
std::string TimeMark(const Theme& theme, double x) {
  const std::string time = TimeOfDay(UnixNs(x), theme.utc_offset_s);
  return time == "00:00:00" ? Day(UnixNs(x), theme.utc_offset_s) : time;
}

std::vector<Mark> XMarks(const PlotOptions& options, const Theme& theme, const View& view) {
  std::vector<Mark> marks;
  const double range = view.x_to - view.x_from;
  const double wanted = (view.max.x - view.min.x) / theme.px(95);
  if (options.x == PlotX::kPercentiles) {
    for (const double share : {0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999}) {
      marks.push_back({Nines(share), fmt::format("{:.7g} %", 100 * share)});
    }
  } else {
    const bool time = options.x == PlotX::kTime;
    const double step = time ? NiceTimeStep(range, wanted) : NiceStep(range, wanted);
    // Round hours must be round where the person is.
    const double offset = time ? theme.utc_offset_s : 0;
    const double first = std::ceil((view.x_from + offset) / step) * step - offset;
    for (int i = 0; first + i * step <= view.x_to + 1e-9 * range; ++i) {
      const double at = first + i * step;
      marks.push_back({at, time ? TimeMark(theme, at) : AxisMark(at, step, Unit::kShare)});
    }
  }
  std::erase_if(marks, [&](const Mark& mark) {
    return mark.at < view.x_from - 1e-9 * range || mark.at > view.x_to + 1e-9 * range;
  });
  return marks;
}

/// The least and greatest visible value; {NaN, NaN} if there is none.
std::pair<double, double> Extent(std::span<const PlotLine> lines, const PlotOptions& options,
                                 const PlotState& state, double from, double to) {
  double least = std::numeric_limits<double>::infinity();
  double greatest = -least;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    if (IsHidden(state, l)) continue;
    const Points points{lines[l], options};
    const auto [begin, end] = points.Within(from, to);
    for (std::size_t i = begin; i < end; ++i) {
      if (!points.has(i)) continue;
      least = std::min(least, double{lines[l].values[i]});
      greatest = std::max(greatest, double{lines[l].values[i]});
    }
  }
  if (least > greatest) return {std::nan(""), std::nan("")};
  return {least, greatest};
}

/// The x range of all lines, hidden or not.
std::pair<double, double> XExtent(std::span<const PlotLine> lines, const PlotOptions& options) {
  double from = std::numeric_limits<double>::infinity();
  double to = -from;
  for (const PlotLine& line : lines) {
    const Points points{line, options};
    if (points.size() == 0) continue;
    from = std::min(from, points.x(0));
    to = std::max(to, points.x(points.size() - 1));
  }
  if (options.x == PlotX::kShare) return {0, 1};
  if (!(from < to)) return {options.x_first, options.x_first + options.x_step};
  return {from, to};
}

/// Where the vertical axis begins and ends, and how far apart its marks are.
struct YAxis {
  double from;
  double to;
  double step;
};

/// It begins and ends on marks, so that it does not tremble with the values.
YAxis YAxisOf(const PlotOptions& options, std::pair<double, double> extent, double wanted) {
  double from = options.from_zero ? std::min(0.0, extent.first) : extent.first;
  double to = std::isfinite(options.y_end) ? options.y_end : extent.second;
  if (!std::isfinite(from) || !std::isfinite(to)) return {0, 1, NiceStep(1, wanted)};
  const double least_range =
      options.unit == Unit::kShare || options.unit == Unit::kPlain ? 0.01 : 1;
  if (std::isfinite(options.y_end)) {
    from = std::min(from, to - least_range);
    const double step = NiceStep(to - from, wanted);
    return {std::floor(from / step) * step, to, step};
  }
  to = std::max(to, from + std::max(least_range, 1e-6 * std::abs(from)));
  to += 0.04 * (to - from);
  double step = NiceStep(to - from, wanted);
  if (options.unit == Unit::kCount) step = std::ceil(step);  // there is no half of a record
  return {std::floor(from / step) * step, std::ceil(to / step) * step, step};
}

/// A click on a name hides or shows its line. Returns the height that the legend took.
float DrawLegend(ImVec2 at, float width, std::span<const PlotLine> lines, const Theme& theme,
                 PlotState& state) {
  if (lines.size() < 2) return 0;
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float swatch = theme.px(10);
  const float row = ImGui::GetTextLineHeight() + theme.px(2);
  float x = at.x;
  float y = at.y;
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const PlotLine& line = lines[l];
    const std::string label = Fitted(line.label, std::min(theme.px(160), width));
    const float text_width = ImGui::CalcTextSize(label.c_str()).x;
    const float item = swatch + theme.px(5) + text_width;
    if (x > at.x && x + item > at.x + width) {
      x = at.x;
      y += row;
      // More rows would leave no room for the lines themselves.
      if (y >= at.y + 3 * row) return y - at.y;
    }
    ImGui::SetCursorScreenPos({x, y});
    ImGui::PushID(static_cast<int>(l));
    if (ImGui::InvisibleButton("legend", {item, row})) state.hidden ^= std::uint64_t{1} << (l % 64);
    const bool hovered = ImGui::IsItemHovered();
    ImGui::PopID();
    const bool hidden = IsHidden(state, l);
    const ImU32 color = hidden ? Faded(line.color, 0.25F) : line.color;
    const float middle = y + row / 2;
    draw.AddRectFilled({x, middle - swatch / 2}, {x + swatch, middle + swatch / 2}, color,
                       theme.px(2));
    draw.AddText({x + swatch + theme.px(5), y},
                 hidden ? Faded(theme.muted, 0.5F) : (hovered ? theme.ink : theme.muted),
                 label.c_str());
    if (hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    x += item + theme.px(14);
  }
  return y + row + theme.px(4) - at.y;
}

void DrawAxes(const View& view, const PlotOptions& options, const Theme& theme,
              std::span<const Mark> y_marks) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float line_height = ImGui::GetTextLineHeight();
  for (const Mark& mark : y_marks) {
    const float y = std::round(view.Y(mark.at));
    draw.AddLine({view.min.x, y}, {view.max.x, y}, theme.grid);
    const float width = ImGui::CalcTextSize(mark.text.c_str()).x;
    draw.AddText({view.min.x - width - theme.px(6), y - line_height / 2}, theme.muted,
                 mark.text.c_str());
  }
  float free_from = -1e9F;
  for (const Mark& mark : XMarks(options, theme, view)) {
    const float x = std::round(view.X(mark.at));
    const float width = ImGui::CalcTextSize(mark.text.c_str()).x;
    const float text_x = std::min(x - width / 2, view.max.x + theme.px(8) - width);
    if (text_x < free_from) continue;
    free_from = text_x + width + theme.px(8);
    draw.AddLine({x, view.min.y}, {x, view.max.y}, theme.grid);
    draw.AddText({text_x, view.max.y + theme.px(4)}, theme.muted, mark.text.c_str());
  }
  draw.AddLine({view.min.x, view.max.y}, {view.max.x, view.max.y}, theme.border);
}

/// The points of a line in view, thinned out to four a pixel column, with its gaps.
class LinePainter {
 public:
  LinePainter(const View& view, const PlotLine& line, const Theme& theme)
      : view_(view), line_(line), theme_(theme), draw_(*ImGui::GetWindowDrawList()) {}

  void Paint(const Points& points) {
    const auto [begin, end] = points.Within(view_.x_from, view_.x_to);
    std::size_t i = begin;
    while (i < end) {
      if (!points.has(i)) {
        ++i;
        continue;
      }
      if (!path_.empty() && i - last_ > line_.steps) Flush();
      // All that falls into one column: the first, least, greatest and last of them stay.
      const float x = std::floor(view_.X(points.x(i)));
      std::size_t least = i;
      std::size_t greatest = i;
      std::size_t last = i;
      std::size_t next = i + 1;
      for (; next < end && points.has(next) && std::floor(view_.X(points.x(next))) == x; ++next) {
        if (line_.values[next] < line_.values[least]) least = next;
        if (line_.values[next] > line_.values[greatest]) greatest = next;
        last = next;
      }
      Add(points, i);
      if (least < greatest) std::swap(least, greatest);
      if (greatest != i) Add(points, greatest);
      if (least != greatest && least != last) Add(points, least);
      if (last != i && last != greatest) Add(points, last);
      last_ = last;
      i = next;
    }
    Flush();
  }

 private:
  void Add(const Points& points, std::size_t i) {
    path_.push_back({view_.X(points.x(i)), view_.Y(double{line_.values[i]})});
  }

  void Flush() {
    if (path_.empty()) return;
    if (line_.filled) Fill();
    Stroke();
    // A single value between two gaps would be invisible as a line.
    if (line_.dots || path_.size() == 1) {
      for (const ImVec2 point : path_) draw_.AddCircleFilled(point, theme_.px(2.5F), line_.color);
    }
    path_.clear();
  }

  /// ImGui joins the parts of a polyline at half their angle, which thins out where a line turns
  /// back sharply: it is drawn anew from there.
  void Stroke() {
    std::size_t begin = 0;
    for (std::size_t i = 1; i < path_.size(); ++i) {
      if (i + 1 < path_.size() && !TurnsBack(path_[i - 1], path_[i], path_[i + 1])) continue;
      draw_.AddPolyline(&path_[begin], static_cast<int>(i - begin + 1), line_.color,
                        ImDrawFlags_None, theme_.px(2));
      begin = i;
    }
  }

  static bool TurnsBack(ImVec2 a, ImVec2 b, ImVec2 c) {
    return (b.x - a.x) * (c.x - b.x) + (b.y - a.y) * (c.y - b.y) < 0;
  }

  void Fill() {
    const ImU32 color = Faded(line_.color, 0.14F);
    // Softened edges would show as seams between the quads.
    const ImDrawListFlags flags = std::exchange(draw_.Flags, ImDrawListFlags_None);
    for (std::size_t i = 1; i < path_.size(); ++i) {
      draw_.AddQuadFilled(path_[i - 1], path_[i], {path_[i].x, view_.max.y},
                          {path_[i - 1].x, view_.max.y}, color);
    }
    draw_.Flags = flags;
  }

  const View& view_;
  const PlotLine& line_;
  const Theme& theme_;
  ImDrawList& draw_;
  std::vector<ImVec2> path_;
  std::size_t last_ = 0;  // the value that the path ends with
};

/// Zoom, pan, go back.
void Interact(const View& view, const PlotOptions& options, std::pair<double, double> all,
              PlotState& state) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool hovered = ImGui::IsItemHovered();
  double from = view.x_from;
  double to = view.x_to;
  if (hovered && io.MouseWheel != 0) {
    const double at = view.XAt(io.MousePos.x);
    const double factor = std::pow(0.8, io.MouseWheel);
    const double least = options.x == PlotX::kTime ? 5 * options.x_step : 0.02;
    if ((to - from) * factor < least && factor < 1) return;
    from = at - (at - from) * factor;
    to = at + (to - at) * factor;
  } else if (ImGui::IsItemActive() && io.MouseDelta.x != 0 && state.zoomed) {
    const double by = view.XAt(io.MousePos.x - io.MouseDelta.x) - view.XAt(io.MousePos.x);
    from += by;
    to += by;
  } else if (hovered && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    state.zoomed = false;
    return;
  } else {
    return;
  }
  const double range = std::min(to - from, all.second - all.first);
  from = std::clamp(from, all.first, all.second - range);
  state.zoomed = range < (all.second - all.first) * 0.999;
  state.from = from;
  state.to = from + range;
  state.follows = all.second - state.to < 0.01 * range;
}

/// The values under the pointer, beside a line through them.
void DrawReadout(const View& view, const PlotOptions& options, std::span<const PlotLine> lines,
                 const Theme& theme, const PlotState& state) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const double wanted = view.XAt(ImGui::GetIO().MousePos.x);
  // The point nearest to the pointer, of whichever line has one.
  double x = std::nan("");
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const Points points{lines[l], options};
    if (IsHidden(state, l) || points.size() == 0) continue;
    const std::size_t right = std::min(points.LowerBound(wanted), points.size() - 1);
    const std::size_t left = right > 0 ? right - 1 : 0;
    for (const std::size_t i : {left, right}) {
      if (!(std::abs(points.x(i) - wanted) >= std::abs(x - wanted))) x = points.x(i);
    }
  }
  if (!std::isfinite(x) || x < view.x_from || x > view.x_to) return;
  draw.AddLine({view.X(x), view.min.y}, {view.X(x), view.max.y}, Faded(theme.ink, 0.35F));

  ImGui::BeginTooltip();
  ImGui::TextUnformatted(XText(options, theme, x, view.x_to - view.x_from).c_str());
  for (std::size_t l = 0; l < lines.size(); ++l) {
    const Points points{lines[l], options};
    if (IsHidden(state, l) || points.size() == 0) continue;
    const double step = std::abs(options.x_step) / 2;
    std::size_t i = points.LowerBound(x - (lines[l].xs.empty() ? step : 0));
    for (std::size_t k = 1; k < lines[l].steps && i < points.size() && !points.has(i) && i > 0;
         ++k) {
      --i;
    }
    const bool there =
        i < points.size() && points.has(i) && (lines[l].xs.empty() || points.x(i) == x);
    if (there) {
      draw.AddCircleFilled({view.X(points.x(i)), view.Y(double{lines[l].values[i]})},
                           theme.px(3.5F), lines[l].color);
    }
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float side = theme.px(10);
    const float top = at.y + (ImGui::GetTextLineHeight() - side) / 2;
    ImGui::GetWindowDrawList()->AddRectFilled({at.x, top}, {at.x + side, top + side},
                                              lines[l].color, theme.px(2));
    ImGui::SetCursorScreenPos({at.x + side + theme.px(6), at.y});
    ImGui::TextUnformatted(
        fmt::format("{}: {}", Fitted(lines[l].label, theme.px(240)),
                    there ? Quantity(lines[l].values[i], options.unit) : std::string(kNothing))
            .c_str());
  }
  ImGui::EndTooltip();
}

void DrawDiagonal(const View& view, const Theme& theme) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 from = {view.X(0), view.Y(0)};
  const ImVec2 to = {view.X(1), view.Y(1)};
  constexpr int kDashes = 40;
  for (int i = 0; i < kDashes; i += 2) {
    const auto at = [&](int k) {
      const float share = static_cast<float>(k) / kDashes;
      return ImVec2{from.x + share * (to.x - from.x), from.y + share * (to.y - from.y)};
    };
    draw.AddLine(at(i), at(i + 1), theme.muted, theme.px(1));
  }
}

}  // namespace

double NiceStep(double range, double wanted) {
  const double raw = range / std::max(wanted, 1.0);
  const double power = std::pow(10, std::floor(std::log10(raw)));
  for (const double step : {1.0, 2.0, 2.5, 5.0}) {
    if (raw <= step * power * 1.0001) return step * power;
  }
  return 10 * power;
}

double Nines(double share) { return -std::log10(std::max(1 - share, 1e-9)); }

void DrawPlot(const char* id, ImVec2 size, const PlotOptions& options,
              std::span<const PlotLine> lines, const Theme& theme, PlotState& state) {
  // So small a plot shows nothing, and ImGui refuses an item without extent.
  if (size.x < theme.px(80) || size.y < theme.px(50)) return;
  ImGui::PushID(id);
  ImGui::PushFont(theme.small);
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const float legend = DrawLegend(corner, size.x, lines, theme, state);
  const float line_height = ImGui::GetTextLineHeight();

  const auto all = XExtent(lines, options);
  if (state.zoomed && state.follows) {
    state.from += all.second - state.to;
    state.to = all.second;
  }
  const bool zoomed = state.zoomed && state.from < all.second && state.to > all.first;
  View view{.min = {corner.x, corner.y + legend + line_height / 2},
            .max = {corner.x + size.x - theme.px(8), corner.y + size.y - line_height - theme.px(6)},
            .x_from = zoomed ? state.from : all.first,
            .x_to = zoomed ? state.to : all.second};
  const auto extent = Extent(lines, options, state, view.x_from, view.x_to);
  const double wanted = std::clamp((view.max.y - view.min.y) / theme.px(38), 1.0F, 8.0F);
  const YAxis axis = YAxisOf(options, extent, wanted);
  view.y_from = axis.from;
  view.y_to = axis.to;

  std::vector<Mark> y_marks;
  float gutter = theme.px(30);
  for (int i = 0; axis.from + i * axis.step <= axis.to + 1e-6 * axis.step; ++i) {
    const double at = axis.from + i * axis.step;
    y_marks.push_back(
        {at, AxisMark(std::abs(at) < 1e-9 * axis.step ? 0 : at, axis.step, options.unit)});
    gutter = std::max(gutter, ImGui::CalcTextSize(y_marks.back().text.c_str()).x + theme.px(8));
  }
  view.min.x += gutter;

  DrawAxes(view, options, theme, y_marks);
  ImGui::SetCursorScreenPos(view.min);
  ImGui::InvisibleButton("plot", {view.max.x - view.min.x, view.max.y - view.min.y});
  const bool hovered = ImGui::IsItemHovered();
  Interact(view, options, all, state);

  ImDrawList& draw = *ImGui::GetWindowDrawList();
  // A pixel more, so that a line along the edge keeps its thickness.
  draw.PushClipRect({view.min.x - 1, view.min.y - theme.px(3)},
                    {view.max.x + theme.px(3), view.max.y + theme.px(3)}, true);
  if (options.diagonal) DrawDiagonal(view, theme);
  for (std::size_t l = 0; l < lines.size(); ++l) {
    if (IsHidden(state, l)) continue;
    LinePainter(view, lines[l], theme).Paint({lines[l], options});
  }
  if (hovered) DrawReadout(view, options, lines, theme, state);
  draw.PopClipRect();
  if (!std::isfinite(extent.first)) {
    const char* text =
        state.hidden != 0 ? "all lines are hidden: click a name above" : options.empty;
    const ImVec2 extents = ImGui::CalcTextSize(text);
    draw.AddText(
        {(view.min.x + view.max.x - extents.x) / 2, (view.min.y + view.max.y - extents.y) / 2},
        theme.muted, text);
  }
  ImGui::SetCursorScreenPos(corner);
  ImGui::Dummy(size);
  ImGui::PopFont();
  ImGui::PopID();
}

}  // namespace marquee::viewer
