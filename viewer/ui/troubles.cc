#include "viewer/ui/troubles.h"

#include <fmt/core.h>

#include <array>
#include <string>
#include <vector>

#include "viewer/ui/format.h"
#include "viewer/ui/plot_shapes.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

constexpr ImGuiTableFlags kListFlags =
    ImGuiTableFlags_ScrollY | ImGuiTableFlags_RowBg | ImGuiTableFlags_NoBordersInBody;

struct Head {
  const char* name;
  float width;  ///< at scale 1; below 0 = takes a share of what is left
  bool right = false;
  bool in_wide_list = false;  ///< left out where the room is needed for the others
};

bool BeginList(const char* id, std::span<const Head> heads, const Theme& theme) {
  const float room = ImGui::GetContentRegionAvail().x;
  if (!ImGui::BeginTable(id, static_cast<int>(heads.size()), kListFlags,
                         ImGui::GetContentRegionAvail())) {
    return false;
  }
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const Head& head : heads) {
    ImGuiTableColumnFlags flags =
        head.width > 0 ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch;
    if (head.in_wide_list && room < theme.px(960)) flags |= ImGuiTableColumnFlags_Disabled;
    ImGui::TableSetupColumn(head.name, flags, head.width > 0 ? theme.px(head.width) : -head.width);
  }
  ImGui::TableNextRow(ImGuiTableRowFlags_Headers);
  for (const Head& head : heads) {
    ImGui::TableNextColumn();
    const std::string name = Fitted(head.name, ImGui::GetContentRegionAvail().x);
    head.right ? RightText(theme.muted, name) : ColoredText(theme.muted, name);
  }
  return true;
}

void TextCell(std::string_view text, ImU32 color) {
  ImGui::TableNextColumn();
  FittedText(color, text);
}

void NumberCell(const std::string& text, ImU32 color) {
  ImGui::TableNextColumn();
  RightText(color, text);
}

/// Of a column of such times, at scale 1: the oldest one, which is the first, has a day if any has.
float MomentWidth(const std::string& oldest) { return oldest.size() > 8 ? 116 : 66; }

void DrawServices(const wire::Snapshot& snapshot, const Theme& theme) {
  if (snapshot.services()->size() == 0) {
    DrawNothingYet("No service has told of itself",
                   "Each service of the pipeline writes to the topic status once a second.", theme);
    return;
  }
  constexpr std::array<Head, 10> kHeads = {{{"Service", -1.2F},
                                            {"State", -1.6F},
                                            {"Up", 80, true, true},
                                            {"Rows/s", 62, true},
                                            {"Written", 82, true, true},
                                            {"Lag", 62, true},
                                            {"CPU", 56, true},
                                            {"Memory", 70, true, true},
                                            {"Failed commits", 106, true},
                                            {"Rebalances, stalls", 130, true, true}}};
  if (!BeginList("services", kHeads, theme)) return;
  for (const wire::Service* service : *snapshot.services()) {
    const Health health = HealthOfService(*service);
    const auto seconds = static_cast<double>(service->uptime_ns()) / 1e9;
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    DrawHealthSign(health, theme);
    ImGui::SameLine(0, theme.px(4));
    FittedText(theme.ink, ServiceName(*service));
    const std::string state =
        TextOf(service->reason()).empty()
            ? service->state()->str()
            : fmt::format("{}: {}", TextOf(service->state()), TextOf(service->reason()));
    TextCell(state, health == Health::kGood ? theme.ink : HealthColor(health, theme));
    NumberCell(Stretch(seconds), theme.muted);
    NumberCell(Quantity(service->rows_per_s(), Unit::kCount), theme.ink);
    NumberCell(Quantity(service->bytes_per_s(), Unit::kBytesPerSecond), theme.muted);
    NumberCell(
        service->lag() < 0 ? kNothing : Quantity(static_cast<double>(service->lag()), Unit::kCount),
        theme.ink);
    NumberCell(Quantity(service->cpu_share(), Unit::kShare), theme.ink);
    NumberCell(Quantity(static_cast<double>(service->rss_bytes()), Unit::kBytes), theme.muted);
    NumberCell(fmt::format("{} of {}", service->commit_failures() + service->transactions_aborted(),
                           Quantity(static_cast<double>(service->commits()), Unit::kCount)),
               service->commit_failures() > 0 ? theme.warning : theme.muted);
    NumberCell(fmt::format("{}, {}", service->rebalances(), service->stalls()),
               service->stalls() > 0 ? theme.warning : theme.muted);
  }
  ImGui::EndTable();
}

void DrawReasons(const wire::Snapshot& snapshot, const wire::Timeline& timeline, const Theme& theme,
                 PlotState& state) {
  std::vector<Bar> bars;
  for (const wire::ReasonCount* reason : *snapshot.reasons()) {
    bars.push_back({reason->reason()->str(), static_cast<double>(reason->rows()), theme.line(1),
                    Exact(reason->rows())});
  }
  const ImVec2 room = ImGui::GetContentRegionAvail();
  if (bars.empty()) {
    DrawNothingYet("No dead letters", "Every row could be used so far.", theme);
    return;
  }
  const float wanted = (ImGui::GetTextLineHeight() + theme.px(6)) * static_cast<float>(bars.size());
  DrawBars({room.x, std::min(wanted, room.y * 0.6F)}, bars, theme);
  ImGui::Dummy({0, theme.px(6)});
  const std::array<PlotLine, 1> lines = {
      PlotLine{.label = "dead letters",
               .color = theme.line(1),
               .values = FindSeries(timeline, wire::SeriesKind::DeadPerSecond),
               .filled = true}};
  DrawPlot("dead", ImGui::GetContentRegionAvail(), OverTime(snapshot, timeline, Unit::kCount),
           lines, theme, state);
}

void DrawDeadLetters(const wire::Snapshot& snapshot, const Theme& theme) {
  const auto& letters = *snapshot.dead_letters();
  if (letters.size() == 0) {
    DrawNothingYet("No dead letters",
                   "A row that cannot be used comes here, with the reason and where it was.",
                   theme);
    return;
  }
  const auto moment = [&](std::int64_t ns) {
    return Moment(ns, snapshot.taken_ns(), theme.utc_offset_s);
  };
  const std::array<Head, 4> heads = {{{"Time", MomentWidth(moment(letters.Get(0)->time_ns()))},
                                      {"Reason", -1},
                                      {"Where", -1.3F},
                                      {"What it says", -1.3F}}};
  if (!BeginList("letters", heads, theme)) return;
  for (unsigned i = letters.size(); i-- > 0;) {
    const wire::DeadLetter& letter = *letters.Get(i);
    ImGui::TableNextRow();
    TextCell(moment(letter.time_ns()), theme.muted);
    TextCell(TextOf(letter.reason()), theme.ink);
    std::string where = fmt::format("{}, record {}", TextOf(letter.source()), letter.record());
    if (!TextOf(letter.column()).empty()) {
      where += fmt::format(", column {}", TextOf(letter.column()));
    }
    TextCell(where, theme.ink);
    TextCell(TextOf(letter.message()), theme.muted);
  }
  ImGui::EndTable();
}

Health HealthOf(wire::Severity severity) {
  switch (severity) {
    case wire::Severity::Error:
      return Health::kBad;
    case wire::Severity::Warning:
      return Health::kWarning;
    case wire::Severity::Info:
      break;
  }
  return Health::kUnknown;
}

void DrawEvents(const wire::Snapshot& snapshot, const Theme& theme, bool& only_troubles) {
  const char* label = "Only troubles";
  const float width = ImGui::CalcTextSize(label).x + ImGui::GetFrameHeight() + theme.px(6);
  ImGui::SameLine(ImGui::GetContentRegionMax().x - width);
  ImGui::SetCursorPosY(ImGui::GetStyle().WindowPadding.y - theme.px(3));
  ImGui::Checkbox(label, &only_troubles);
  const auto& events = *snapshot.events();
  if (events.size() == 0) {
    DrawNothingYet("Nothing has happened", "Rebalances, stalls and errors will be told here.",
                   theme);
    return;
  }
  const auto moment = [&](std::int64_t ns) {
    return Moment(ns, snapshot.taken_ns(), theme.utc_offset_s);
  };
  const std::array<Head, 3> heads = {
      {{"Time", 20 + MomentWidth(moment(events.Get(0)->time_ns()))}, {"Who", 110}, {"What", -1}}};
  if (!BeginList("events", heads, theme)) return;
  for (unsigned i = events.size(); i-- > 0;) {
    const wire::Event& event = *events.Get(i);
    if (only_troubles && event.severity() == wire::Severity::Info) continue;
    const Health health = HealthOf(event.severity());
    ImGui::TableNextRow();
    ImGui::TableNextColumn();
    DrawHealthSign(health, theme);
    ImGui::SameLine(0, theme.px(4));
    ColoredText(theme.muted, moment(event.time_ns()));
    TextCell(TextOf(event.source()), theme.muted);
    TextCell(TextOf(event.text()), theme.ink);
  }
  ImGui::EndTable();
}

}  // namespace

void DrawTroubles(const wire::Snapshot& snapshot, const Choices& choices, const Theme& theme,
                  TroublesState& state) {
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float bar = SplitterWidth(theme);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
  // Only what runs over Kafka has services.
  if (snapshot.source()->kind() == wire::SourceKind::Topic) {
    BeginCard("services", {0, (room.y - bar) * state.top}, "Services", JudgeServices(snapshot).text,
              theme);
    ImGui::Dummy({0, theme.px(4)});
    DrawServices(snapshot, theme);
    EndCard();
    DrawSplitter("top|bottom", false, state.top, room.y - bar, theme.px(110), theme);
  }

  const float left = (room.x - bar) * state.left;
  ImGui::BeginChild("left", {left, 0}, false, ImGuiWindowFlags_NoScrollbar);
  const float height = ImGui::GetContentRegionAvail().y;
  BeginCard("reasons", {0, (height - bar) * state.letters}, "Dead letters",
            fmt::format("{} of the run, why, and how many a second", Rows(snapshot.run()->dead())),
            theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawReasons(snapshot, choices.Timeline(snapshot), theme, state.dead);
  EndCard();
  DrawSplitter("reasons|letters", false, state.letters, height - bar, theme.px(90), theme);
  BeginCard("letters", {0, 0}, "The last dead letters",
            "`marquee dead-letters show` prints the rows, `replay` puts them back", theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawDeadLetters(snapshot, theme);
  EndCard();
  ImGui::EndChild();
  ImGui::SameLine(0, 0);
  DrawSplitter("left|right", true, state.left, room.x - bar, theme.px(300), theme);
  ImGui::SameLine(0, 0);
  BeginCard("events", {0, 0}, "Events", "newest first", theme);
  DrawEvents(snapshot, theme, state.only_troubles);
  EndCard();
  ImGui::PopStyleVar();
}

}  // namespace marquee::viewer
