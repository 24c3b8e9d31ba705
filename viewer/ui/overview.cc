#include "viewer/ui/overview.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "viewer/ui/format.h"
#include "viewer/ui/latency.h"
#include "viewer/ui/parts.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

std::string RowsBelow(const wire::Run& run) {
  std::string text =
      fmt::format("{} labelled", Quantity(static_cast<double>(run.labelled()), Unit::kCount));
  if (run.made_up() > 0) {
    text += run.made_up() == run.rows()
                ? ", all generated"
                : fmt::format(", {} generated",
                              Quantity(static_cast<double>(run.made_up()), Unit::kCount));
  }
  return text;
}

Figure Delivery(const wire::Snapshot& snapshot, const Theme& theme) {
  const wire::Run& run = *snapshot.run();
  const bool ended = snapshot.source()->state() == wire::SourceState::Ended;
  Figure figure{.name = "Lost / twice",
                .below = run.complete() ? "every row accounted for"
                         : ended        ? "the run's end was not seen"
                                        : "the run is not over yet",
                .tip =
                    "Rows lost and rows that came more than once, told by run, sequence and "
                    "ordinal.\nWhat came twice is counted once. Of a run that is watched from its "
                    "middle, nobody can tell what is lost."};
  figure.value = run.lost() < 0 ? fmt::format("? / {}", run.duplicated_rows())
                                : fmt::format("{} / {}", run.lost(), run.duplicated_rows());
  if (run.lost() > 0) figure.color = theme.bad;
  if (run.lost() == 0 && run.complete()) figure.color = theme.good;
  if (run.missing_messages() > 0) {
    figure.below = fmt::format("{} {} not here yet", Exact(run.missing_messages()),
                               run.missing_messages() == 1 ? "message" : "messages");
  } else if (run.first_message() > 0) {
    figure.below = "watched from the middle";
  }
  return figure;
}

Figure WaitingFigure(const wire::Snapshot& snapshot, const Theme& theme) {
  double lag = 0;
  bool known = false;
  for (const wire::Stage* stage : *snapshot.stages()) {
    if (stage->lag() < 0) continue;
    lag += static_cast<double>(stage->lag());
    known = true;
  }
  const Verdict services = JudgeServices(snapshot);
  return {.name = "Waiting in topics",
          .value = known ? Quantity(lag, Unit::kCount) : kNothing,
          .unit = known ? "records" : "",
          .below = services.text,
          .color = services.health == Health::kBad ? theme.bad : 0,
          .tip = "Records that the stages have not read yet (lag), and how the services are."};
}

/// Without topics, nothing waits in them.
Figure DeadFigure(const wire::Run& run) {
  return {.name = "Dead letters",
          .value = Quantity(static_cast<double>(run.dead()), Unit::kCount),
          .unit = run.dead() == 1 ? "row" : "rows",
          .below = run.dead() == 0 ? "every row could be used" : "could not be used",
          .tip = "Rows that could not be used: see the panel Health & dead letters."};
}

void DrawFigures(const wire::Snapshot& snapshot, const Choices& choices, float height,
                 const Theme& theme) {
  const wire::Run& run = *snapshot.run();
  const wire::Quality& quality = choices.Quality(snapshot);
  const Unit ns = Unit::kNanoseconds;
  const auto latency = [&](std::uint64_t value) {
    return value == 0 ? std::string(kNothing) : Quantity(static_cast<double>(value), ns);
  };
  // The last snapshot of a run that is over still tells of its last second.
  const bool moves =
      snapshot.source()->state() == wire::SourceState::Live && run.rows_per_s_now() > 0;
  const double rate = moves ? run.rows_per_s_now() : run.rows_per_s();
  const std::array<Figure, 6> figures = {
      Figure{.name = moves ? "Throughput now" : "Throughput of the run",
             .value = Quantity(rate, Unit::kCount),
             .unit = "rows/s",
             .below = fmt::format("{} over the run of {}", Quantity(run.rows_per_s(), Unit::kCount),
                                  Stretch(run.seconds())),
             .color = theme.accent},
      Figure{.name = "Rows so far",
             .value = Quantity(static_cast<double>(run.rows()), Unit::kCount),
             .below = RowsBelow(run)},
      Figure{.name = "Macro-F1",
             .value = quality.rows() > 0 ? Score(quality.macro_f1()) : kNothing,
             .unit = quality.rows() > 0 ? "of 100" : "",
             .below = quality.rows() > 0 ? "over " + Rows(quality.rows()) + " not seen in training"
                                         : "no labelled rows in this window",
             .tip = "The mean of the classes' F1 over labelled rows that the model has not seen in "
                    "training."},
      Figure{.name = "Latency, median",
             .value = latency(run.latency_p50_ns()),
             .below = fmt::format("p99 {}, most {}", latency(run.latency_p99_ns()),
                                  latency(run.latency_max_ns())),
             .tip = "From a row's reception by the source to its result."},
      snapshot.source()->kind() == wire::SourceKind::Topic ? WaitingFigure(snapshot, theme)
                                                           : DeadFigure(run),
      Delivery(snapshot, theme)};
  const float gap = theme.px(8);
  const float width =
      (ImGui::GetContentRegionAvail().x - gap * (figures.size() - 1)) / figures.size();
  for (std::size_t i = 0; i < figures.size(); ++i) {
    if (i > 0) ImGui::SameLine(0, gap);
    DrawFigure(figures[i].name, {width, height}, figures[i], theme);
  }
}

/// What a stage reads from: the topic before it.
constexpr std::array<const char*, 4> kTopicBefore = {"", "raw-data", "processed-data", "results"};

void DrawArrow(ImVec2 from, float to_x, const char* topic, const std::string& lag, ImU32 color,
               const Theme& theme) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float head = theme.px(6);
  draw.AddLine(from, {to_x - head, from.y}, theme.muted, theme.px(1.5F));
  draw.AddTriangleFilled({to_x - head, from.y - head * 0.7F}, {to_x, from.y},
                         {to_x - head, from.y + head * 0.7F}, theme.muted);
  const float room = to_x - from.x;
  const float line = ImGui::GetTextLineHeight();
  const std::string name = Fitted(topic, room);
  const std::string text = Fitted(lag, room);
  const auto centred = [&](const std::string& t) {
    return from.x + (room - ImGui::CalcTextSize(t.c_str()).x) / 2;
  };
  draw.AddText({centred(name), from.y - line - theme.px(4)}, theme.muted, name.c_str());
  draw.AddText({centred(text), from.y + theme.px(4)}, color, text.c_str());
}

/// The stages as boxes, and between them the topics with what waits there.
void DrawFlow(const wire::Snapshot& snapshot, float height, const Theme& theme) {
  BeginCard("flow", {0, height}, "", "", theme);
  const auto& stages = *snapshot.stages();
  if (stages.size() == 0) {
    DrawNothingYet("No stage has told of itself yet", "", theme);
    EndCard();
    return;
  }
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImVec2 corner = ImGui::GetCursorScreenPos();
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const auto count = static_cast<float>(stages.size());
  const float arrow = std::min(theme.px(125), room.x * 0.11F);
  const float width = (room.x - arrow * (count - 1)) / count;
  float x = corner.x;
  for (unsigned i = 0; i < stages.size(); ++i) {
    const wire::Stage& stage = *stages.Get(i);
    const ImU32 color = theme.stage(stage.id());
    const ImVec2 end = {x + width, corner.y + room.y};
    draw.AddRectFilled({x, corner.y}, end, Mixed(theme.card, color, 0.10F), theme.px(6));
    draw.AddRectFilled({x, corner.y}, {x + theme.px(4), end.y}, color, theme.px(6),
                       ImDrawFlags_RoundCornersLeft);
    const float left = x + theme.px(14);
    const float inner = width - theme.px(22);
    ImGui::SetCursorScreenPos({left, corner.y + theme.px(8)});
    ImGui::BeginGroup();
    ImGui::PushFont(theme.bold);
    ImGui::TextUnformatted(Fitted(StageName(stage.id()), inner).c_str());
    ImGui::PopFont();
    ColoredText(theme.ink, Fitted(Quantity(stage.rows_per_s(), Unit::kRowsPerSecond), inner));
    std::string more;
    if (stage.busy_ns_per_row() > 0) {
      more = Quantity(stage.busy_ns_per_row(), Unit::kNanoseconds) + " a row";
    }
    if (stage.instances() > 0) {
      more += fmt::format("{}{} instance{}", more.empty() ? "" : ", ", stage.instances(),
                          stage.instances() == 1 ? "" : "s");
    }
    ImGui::PushFont(theme.small);
    ColoredText(theme.muted, Fitted(more, inner));
    ImGui::PopFont();
    ImGui::EndGroup();
    if (i + 1 < stages.size()) {
      const wire::Stage& next = *stages.Get(i + 1);
      const bool topic = snapshot.source()->kind() == wire::SourceKind::Topic;
      const auto to = static_cast<std::size_t>(next.id());
      const std::string lag =
          next.lag() < 0 ? "" : Quantity(static_cast<double>(next.lag()), Unit::kCount) + " wait";
      ImGui::PushFont(theme.small);
      DrawArrow({end.x + theme.px(6), corner.y + room.y / 2}, end.x + arrow - theme.px(4),
                topic && to >= 1 && to <= kTopicBefore.size() ? kTopicBefore[to - 1] : "",
                topic ? lag : "", theme.muted, theme);
      ImGui::PopFont();
    }
    x += width + arrow;
  }
  EndCard();
}

void DrawStages(const char* id, const wire::Timeline& timeline, wire::SeriesKind kind, Unit unit,
                const wire::Snapshot& snapshot, const Theme& theme, PlotState& state) {
  std::vector<PlotLine> lines;
  for (const wire::Stage* stage : *snapshot.stages()) {
    const auto values = FindSeries(timeline, kind, static_cast<std::size_t>(stage->id()));
    if (values.empty()) continue;
    // Services tell their lag once a second, and may be late.
    const std::int64_t told_each_ns = kind == wire::SeriesKind::Lag ? 3'000'000'000 : 0;
    lines.push_back({.label = std::string(StageName(stage->id())),
                     .color = theme.stage(stage->id()),
                     .values = values,
                     .steps = 1 + static_cast<std::size_t>(told_each_ns / timeline.interval_ns())});
  }
  DrawPlot(id, ImGui::GetContentRegionAvail(), OverTime(snapshot, timeline, unit), lines, theme,
           state);
}

void DrawQualityOverTime(const wire::Snapshot& snapshot, const wire::Timeline& timeline,
                         const Theme& theme, PlotState& state) {
  const std::array<PlotLine, 1> lines = {
      PlotLine{.label = "macro-F1",
               .color = theme.line(2),
               .values = FindSeries(timeline, wire::SeriesKind::MacroF1),
               .filled = true}};
  PlotOptions options = OverTime(snapshot, timeline, Unit::kShare);
  options.from_zero = false;
  options.empty = "no labelled rows yet";
  DrawPlot("f1", ImGui::GetContentRegionAvail(), options, lines, theme, state);
}

}  // namespace

void DrawOverview(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
                  OverviewState& state) {
  if (!HasRun(snapshot)) {
    DrawWaiting(snapshot, theme);
    return;
  }
  DrawFigures(snapshot, choices, theme.px(88), theme);
  DrawFlow(snapshot, theme.px(96), theme);

  const wire::Timeline& timeline = choices.Timeline(snapshot);
  const std::string span = choices.timeline == 0 ? "last five minutes" : "this session";
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float bar = SplitterWidth(theme);
  const float left = (room.x - bar) * state.left;
  const float right = room.x - bar - left;
  // Two rows of plots, or one where two would be too low to be read.
  const bool two_rows = room.y >= theme.px(330);
  const float top = two_rows ? (room.y - bar) * state.top : room.y;
  const float bottom = room.y - bar - top;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
  const auto card = [&](const char* id, ImVec2 size, const char* title, const std::string& note,
                        auto draw) {
    BeginCard(id, size, title, note, theme);
    ImGui::Dummy({0, theme.px(4)});
    draw();
    EndCard();
  };
  ImGui::BeginChild("left", {left, 0}, false, ImGuiWindowFlags_NoScrollbar);
  card("throughput", {0, top}, "Throughput", "rows a second of each stage, " + span, [&] {
    DrawStages("rows", timeline, wire::SeriesKind::RowsPerSecond, Unit::kRowsPerSecond, snapshot,
               theme, state.throughput);
  });
  if (two_rows) {
    DrawSplitter("rows|rows", false, state.top, room.y - bar, theme.px(110), theme);
    if (snapshot.source()->kind() == wire::SourceKind::Topic) {
      card("waiting", {0, bottom}, "Lag", "records waiting before each stage", [&] {
        DrawStages("lag", timeline, wire::SeriesKind::Lag, Unit::kCount, snapshot, theme,
                   state.lag);
      });
    } else {
      card("parts", {0, bottom}, "Time in the model", "a row in each of its parts",
           [&] { DrawPartsOverTime("parts", snapshot, timeline, theme, state.lag); });
    }
  }
  ImGui::EndChild();
  ImGui::SameLine(0, 0);
  DrawSplitter("left|right", true, state.left, room.x - bar, theme.px(240), theme);
  ImGui::SameLine(0, 0);
  ImGui::BeginChild("right", {right, 0}, false, ImGuiWindowFlags_NoScrollbar);
  card("quality", {0, top}, "Macro-F1", F1Note(timeline) + ", " + span,
       [&] { DrawQualityOverTime(snapshot, timeline, theme, state.quality); });
  if (two_rows) {
    DrawSplitter("rows|rows", false, state.top, room.y - bar, theme.px(110), theme);
    card("latency", {0, bottom}, "Latency", "from the source to the result",
         [&] { DrawLatencyOverTime("latency", snapshot, timeline, theme, state.latency); });
  }
  ImGui::EndChild();
  ImGui::PopStyleVar();
}

}  // namespace marquee::viewer
