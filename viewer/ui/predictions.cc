#include "viewer/ui/predictions.h"

#include <fmt/core.h>
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "viewer/ui/format.h"
#include "viewer/ui/plot_shapes.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

/// Take over the snapshot's rows unless they are frozen, and choose among them; nothing if neither
/// has changed.
void Refresh(const wire::Snapshot& snapshot, PredictionsState& state) {
  const bool newer = state.taken_ns != snapshot.taken_ns() || state.number != snapshot.number();
  const bool take = newer && !state.frozen;
  if (take) {
    const std::string_view run = TextOf(snapshot.run()->id());
    if (!state.run.empty() && state.run != run) state.selected.reset();
    state.run = run;
    state.class_names.clear();
    for (const auto* name : *snapshot.model()->class_names()) {
      state.class_names.push_back(name->str());
    }
    state.rows.clear();
    for (const wire::Row* row : *snapshot.rows()) row->UnPackTo(&state.rows.emplace_back());
    state.taken_ns = snapshot.taken_ns();
    state.number = snapshot.number();
  }
  state.filter.text = state.search.data();
  if (!take && state.filter == state.shown_filter && state.order == state.shown_order &&
      state.descending == state.shown_descending) {
    return;
  }
  state.shown = FilterRows(state.rows, state.filter, state.order, state.descending);
  state.shown_filter = state.filter;
  state.shown_order = state.order;
  state.shown_descending = state.descending;
}

/// Go on in the same line if there is room for `width` more.
void SameLineIfFits(float width, const Theme& theme) {
  const float end = ImGui::GetItemRectMax().x + theme.px(8) + width;
  if (end <= ImGui::GetWindowPos().x + ImGui::GetContentRegionMax().x) ImGui::SameLine();
}

void DrawClassChoice(const char* id, const char* all, std::span<const std::string> class_names,
                     int& chosen, const Theme& theme) {
  const float width = theme.px(150);
  SameLineIfFits(width, theme);
  ImGui::SetNextItemWidth(width);
  const std::string shown =
      chosen == kAnyClass ? all : ClassName(class_names, static_cast<std::size_t>(chosen));
  if (!ImGui::BeginCombo(id, shown.c_str())) return;
  if (ImGui::Selectable(all, chosen == kAnyClass)) chosen = kAnyClass;
  for (std::size_t c = 0; c < class_names.size(); ++c) {
    ImGui::PushID(static_cast<int>(c));
    if (ImGui::Selectable(class_names[c].c_str(), chosen == static_cast<int>(c))) {
      chosen = static_cast<int>(c);
    }
    ImGui::PopID();
  }
  ImGui::EndCombo();
}

bool FittingButton(const char* label, const Theme& theme) {
  SameLineIfFits(ImGui::CalcTextSize(label).x + 2 * ImGui::GetStyle().FramePadding.x, theme);
  return ImGui::Button(label);
}

void DrawFilters(const Theme& theme, PredictionsState& state, Intents& intents) {
  ImGui::SetNextItemWidth(theme.px(210));
  if (state.focus_search) ImGui::SetKeyboardFocusHere();
  state.focus_search = false;
  ImGui::InputTextWithHint("##search", "title or id  ( / )", state.search.data(),
                           state.search.size());
  DrawClassChoice("##truth", "any truth", state.class_names, state.filter.target_class, theme);
  DrawClassChoice("##prediction", "any prediction", state.class_names, state.filter.predicted_class,
                  theme);
  SameLineIfFits(ImGui::CalcTextSize("Only mistakes").x + ImGui::GetFrameHeight(), theme);
  ImGui::Checkbox("Only mistakes", &state.filter.only_mistakes);
  SameLineIfFits(ImGui::CalcTextSize("Only unseen").x + ImGui::GetFrameHeight(), theme);
  ImGui::Checkbox("Only unseen", &state.filter.only_unseen);
  if (ImGui::IsItemHovered()) DrawTip("Leave out the rows that the model has seen in training.");
  if (FittingButton(state.frozen ? "Go on (F)" : "Freeze (F)", theme)) state.frozen = !state.frozen;
  if (state.filter != RowFilter{} && FittingButton("Show all", theme)) {
    state.filter = {};
    state.search = {};
  }
  if (FittingButton("Export CSV", theme)) {
    intents.save = SaveRequest{"marquee-rows.csv",
                               RowsAsCsv(state.class_names, state.run, state.rows, state.shown)};
  }
  const std::string count = fmt::format("{} of the latest {} rows{}", state.shown.size(),
                                        state.rows.size(), state.frozen ? ", frozen" : "");
  SameLineIfFits(ImGui::CalcTextSize(count.c_str()).x, theme);
  ImGui::AlignTextToFramePadding();
  ColoredText(state.frozen ? theme.warning : theme.muted, count);
}

struct Column {
  const char* name;
  RowOrder order;
  float width;  ///< at scale 1; 0 = takes what is left
  bool in_wide_table = false;
};

constexpr std::array<Column, 7> kColumns = {{{"Title", RowOrder::kTitle, 0},
                                             {"Rating", RowOrder::kTarget, 60, true},
                                             {"Truth", RowOrder::kTruth, 80},
                                             {"Predicted", RowOrder::kPrediction, 105},
                                             {"Probabilities", RowOrder::kConfidence, 165},
                                             {"Score", RowOrder::kScore, 60, true},
                                             {"Time", RowOrder::kArrived, 80, true}}};

/// Take over the order that a click on a heading chose.
void TakeOrder(PredictionsState& state) {
  const ImGuiTableSortSpecs* specs = ImGui::TableGetSortSpecs();
  if (specs == nullptr) return;
  if (specs->SpecsCount == 0) {
    // No heading: the newest come first.
    state.order = RowOrder::kNumber;
    state.descending = true;
    return;
  }
  const int column = specs->Specs[0].ColumnIndex;
  state.order = kColumns[static_cast<std::size_t>(column)].order;
  state.descending = specs->Specs[0].SortDirection == ImGuiSortDirection_Descending;
}

/// A tick for a hit, a cross for a mistake.
void DrawMark(bool hit, const Theme& theme) {
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const float line = ImGui::GetTextLineHeight();
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const ImVec2 c = {at.x + line * 0.4F, at.y + line * 0.5F};
  const float r = line * 0.24F;
  const float thickness = theme.px(2);
  if (hit) {
    const std::array<ImVec2, 3> tick = {
        ImVec2{c.x - r, c.y}, {c.x - r * 0.2F, c.y + r * 0.8F}, {c.x + r, c.y - r * 0.8F}};
    draw.AddPolyline(tick.data(), 3, theme.good, ImDrawFlags_None, thickness);
  } else {
    draw.AddLine({c.x - r, c.y - r}, {c.x + r, c.y + r}, theme.bad, thickness);
    draw.AddLine({c.x - r, c.y + r}, {c.x + r, c.y - r}, theme.bad, thickness);
  }
  ImGui::Dummy({line, line});
}

void DrawProbabilities(const wire::RowT& row, const Theme& theme) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  const std::string text = Quantity(double{Confidence(row)}, Unit::kShare);
  const float width =
      ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize("100.0 %").x - theme.px(8);
  std::vector<ImU32> colors;
  for (std::size_t c = 0; c < row.probabilities.size(); ++c) {
    colors.push_back(c == row.predicted_class ? theme.line(c) : Faded(theme.line(c), 0.4F));
  }
  DrawShares({at.x, at.y + line * 0.2F}, {std::max(1.0F, width), line * 0.65F}, row.probabilities,
             colors, theme);
  RightText(theme.muted, text);
}

void DrawRow(const wire::RowT& row, const Theme& theme, PredictionsState& state) {
  ImGui::TableNextRow();
  ImGui::TableNextColumn();
  const bool selected = state.selected && state.selected->number == row.number;
  ImGui::PushID(static_cast<int>(row.number));
  // The text is drawn apart: a title may hold what ImGui takes for part of a name ("##").
  const ImVec2 at = ImGui::GetCursorPos();
  if (ImGui::Selectable("##row", selected, ImGuiSelectableFlags_SpanAllColumns)) {
    state.selected = row;
  }
  ImGui::SetCursorPos(at);
  const std::string& title = row.title;
  if (title.empty()) {
    ColoredText(theme.muted, "(no title)");
  } else {
    FittedText(theme.ink, title);
  }
  ImGui::PopID();

  ImGui::TableNextColumn();
  RightText(theme.ink, std::isfinite(row.target) ? fmt::format("{:.1f}", row.target) : kNothing);
  ImGui::TableNextColumn();
  if (row.labelled) {
    FittedText(theme.ink, ClassName(state.class_names, row.target_class));
  } else {
    ColoredText(theme.muted, "unknown");
  }
  ImGui::TableNextColumn();
  if (row.labelled) {
    DrawMark(!IsMistake(row), theme);
    ImGui::SameLine(0, theme.px(2));
  } else {
    ImGui::Dummy({ImGui::GetTextLineHeight(), 0});
    ImGui::SameLine(0, theme.px(2));
  }
  FittedText(theme.ink, ClassName(state.class_names, row.predicted_class));
  ImGui::TableNextColumn();
  DrawProbabilities(row, theme);
  ImGui::TableNextColumn();
  RightText(theme.ink, std::isfinite(row.score) ? fmt::format("{:.2f}", row.score) : kNothing);
  ImGui::TableNextColumn();
  RightText(theme.muted, TimeOfDay(row.arrived_ns, theme.utc_offset_s));
}

/// Where the row is among those that are shown; their number if it is none of them.
std::size_t PlaceOf(const wire::RowT& row, const PredictionsState& state) {
  const auto it = std::find_if(state.shown.begin(), state.shown.end(),
                               [&](std::size_t i) { return state.rows[i].number == row.number; });
  return static_cast<std::size_t>(it - state.shown.begin());
}

/// Scroll the table, whose heading is as high as a row, as little as brings the row into view.
void ScrollToSelected(float row_height, const PredictionsState& state) {
  const float top = row_height * static_cast<float>(PlaceOf(*state.selected, state));
  const float room = ImGui::GetWindowHeight() - row_height;
  if (top < ImGui::GetScrollY()) ImGui::SetScrollY(top);
  if (top + row_height > ImGui::GetScrollY() + room) ImGui::SetScrollY(top + row_height - room);
}

void DrawTable(const Theme& theme, PredictionsState& state) {
  constexpr ImGuiTableFlags kFlags = ImGuiTableFlags_ScrollY | ImGuiTableFlags_Sortable |
                                     ImGuiTableFlags_SortTristate | ImGuiTableFlags_RowBg |
                                     ImGuiTableFlags_BordersInnerH | ImGuiTableFlags_Resizable |
                                     ImGuiTableFlags_Hideable | ImGuiTableFlags_NoBordersInBody;
  const float room = ImGui::GetContentRegionAvail().x;
  if (!ImGui::BeginTable("rows", kColumns.size(), kFlags, ImGui::GetContentRegionAvail())) return;
  ImGui::TableSetupScrollFreeze(0, 1);
  for (const Column& column : kColumns) {
    ImGuiTableColumnFlags flags =
        column.width > 0 ? ImGuiTableColumnFlags_WidthFixed : ImGuiTableColumnFlags_WidthStretch;
    // Where it is narrow, titles need the room more.
    if (column.in_wide_table && room <= theme.px(690)) flags |= ImGuiTableColumnFlags_Disabled;
    ImGui::TableSetupColumn(column.name, flags, column.width > 0 ? theme.px(column.width) : 1.0F);
  }
  ImGui::PushStyleColor(ImGuiCol_Text, theme.muted);
  ImGui::TableHeadersRow();
  ImGui::PopStyleColor();
  TakeOrder(state);
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(state.shown.size()));
  while (clipper.Step()) {
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      DrawRow(state.rows[state.shown[static_cast<std::size_t>(i)]], theme, state);
    }
  }
  if (std::exchange(state.scroll_to_selected, false)) ScrollToSelected(clipper.ItemsHeight, state);
  ImGui::EndTable();
}

std::string RatingText(std::span<const std::string> class_names, const wire::RowT& row) {
  if (!std::isfinite(row.target)) return "none";
  if (!row.labelled) return fmt::format("{:.1f}, of too few votes: it does not count", row.target);
  return fmt::format("{:.1f}, class {}", row.target, ClassName(class_names, row.target_class));
}

/// The way of the row's batch: where it waited, and where it was worked on.
void DrawHops(const wire::RowT& row, const Theme& theme) {
  std::vector<std::string> names;
  std::vector<std::string> texts;
  std::vector<Span> spans;
  if (row.hops.empty()) return;
  const std::int64_t start = row.hops.front().received_ns();
  // Unsigned, for clocks that are absurd: there it may wrap.
  const auto since = [start](std::int64_t ns) {
    return static_cast<double>(static_cast<std::int64_t>(static_cast<std::uint64_t>(ns) -
                                                         static_cast<std::uint64_t>(start)));
  };
  double waits_since = 0;
  for (const wire::Hop& hop : row.hops) {
    const auto stage = static_cast<wire::StageId>(hop.stage());
    const std::size_t r = names.size();
    const std::string wait = Quantity(since(hop.started_ns()) - waits_since, Unit::kNanoseconds);
    const std::string busy =
        Quantity(since(hop.finished_ns()) - since(hop.started_ns()), Unit::kNanoseconds);
    names.emplace_back(StageName(stage));
    texts.push_back(busy);
    spans.push_back({r, waits_since, since(hop.started_ns()), Faded(theme.stage(stage), 0.4F),
                     fmt::format("{}: waited {}", names.back(), wait)});
    spans.push_back({r, since(hop.started_ns()), since(hop.finished_ns()), theme.stage(stage),
                     fmt::format("{}: worked on for {}", names.back(), busy)});
    waits_since = since(hop.finished_ns());
  }
  const double arrived = since(row.arrived_ns);
  ImGui::PushFont(theme.bold);
  ImGui::TextUnformatted("Its way");
  ImGui::PopFont();
  ImGui::SameLine(0, theme.px(8));
  ColoredText(theme.muted, Quantity(arrived, Unit::kNanoseconds) + " from source to viewer");
  ImGui::PushFont(theme.small);
  DrawSpans({ImGui::GetContentRegionAvail().x, theme.px(34) * static_cast<float>(names.size())},
            names, spans, texts, theme);
  ImGui::PopFont();
}

void DrawDetails(const Theme& theme, PredictionsState& state, Intents& intents) {
  if (!state.selected) {
    DrawNothingYet("No row selected", "Click one to see where it came from and how long it took.",
                   theme);
    return;
  }
  const wire::RowT& row = *state.selected;
  ImGui::PushFont(theme.bold);
  ImGui::PushTextWrapPos(0);
  ColoredText(theme.ink, row.title.empty() ? "(no title)" : row.title);
  ImGui::PopTextWrapPos();
  ImGui::PopFont();
  ImGui::Dummy({0, theme.px(2)});
  const float names = theme.px(92);
  const auto fact = [&](const char* name, const std::string& value) {
    DrawFact(name, value, names, theme);
  };
  fact("Id", fmt::format("{}", row.id));
  fact("Rating", RatingText(state.class_names, row));
  fact("Predicted", fmt::format("{} (score {:.2f})",
                                ClassName(state.class_names, row.predicted_class), row.score));
  if (row.seen) fact("Training", "the model has seen this row: it does not count");
  ImGui::Dummy({0, theme.px(4)});
  std::vector<Bar> bars;
  for (std::size_t c = 0; c < row.probabilities.size(); ++c) {
    const double p = double{row.probabilities[c]};
    bars.push_back({ClassName(state.class_names, c), p, theme.line(c), Quantity(p, Unit::kShare)});
  }
  const float line = ImGui::GetTextLineHeight() + theme.px(6);
  DrawBars({ImGui::GetContentRegionAvail().x, line * static_cast<float>(bars.size())}, bars, theme);
  ImGui::Dummy({0, theme.px(4)});
  DrawHops(row, theme);
  ImGui::Dummy({0, theme.px(4)});
  ImGui::PushFont(theme.bold);
  ImGui::TextUnformatted("Its origin");
  ImGui::PopFont();
  fact("Run", state.run);
  fact("Batch, row", fmt::format("{}, {}", Exact(row.sequence), row.ordinal));
  fact("Record", Exact(row.record) + " of the source");
  if (row.offset >= 0) {
    fact("In results", fmt::format("partition {}, offset {}", row.partition,
                                   Exact(static_cast<std::uint64_t>(row.offset))));
  }
  fact("Arrived", fmt::format("{} {}", Day(row.arrived_ns, theme.utc_offset_s),
                              TimeOfDay(row.arrived_ns, theme.utc_offset_s, true)));
  ImGui::Dummy({0, theme.px(4)});
  if (ImGui::Button("Copy (C)")) intents.copy = RowsAsCsv(state.class_names, state.run, {row}, {0});
  ImGui::SameLine();
  if (ImGui::Button("Close")) state.selected.reset();
}

/// The row before or behind the selected one.
void MoveSelection(int by, PredictionsState& state) {
  if (!state.selected || state.shown.empty()) return;
  const auto last = static_cast<std::ptrdiff_t>(state.shown.size()) - 1;
  const auto place = static_cast<std::ptrdiff_t>(PlaceOf(*state.selected, state));
  const std::ptrdiff_t next = place > last ? 0 : std::clamp(place + by, std::ptrdiff_t{0}, last);
  state.selected = state.rows[state.shown[static_cast<std::size_t>(next)]];
  state.scroll_to_selected = true;
}

void TakeKeys(PredictionsState& state, Intents& intents) {
  // Under a dialog or an open list, keys are not meant for this panel.
  if (ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopup)) return;
  if (Typed('f')) state.frozen = !state.frozen;
  if (Typed('m')) state.filter.only_mistakes = !state.filter.only_mistakes;
  if (Typed('/')) state.focus_search = true;
  if (Typed('c') && state.selected) {
    intents.copy = RowsAsCsv(state.class_names, state.run, {*state.selected}, {0});
  }
  if (ImGui::GetIO().WantTextInput) return;
  if (Pressed(ImGuiKey_DownArrow)) MoveSelection(1, state);
  if (Pressed(ImGuiKey_UpArrow)) MoveSelection(-1, state);
}

/// A field of CSV. A spreadsheet takes a cell that begins with = + - or @ for a formula, which may
/// send the others anywhere, and titles come from whoever fills the topic: such a cell gets an
/// apostrophe before it. Programs get every letter as it is, from `marquee score`.
std::string Quoted(std::string_view text) {
  std::string cell(text);
  if (!text.empty() && std::string_view("=+-@\t\r").find(text[0]) != std::string_view::npos) {
    cell.insert(0, 1, '\'');
  }
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string quoted = "\"";
  for (const char letter : cell) {
    if (letter == '"') quoted += '"';
    quoted += letter;
  }
  return quoted + '"';
}

}  // namespace

std::string RowsAsCsv(std::span<const std::string> class_names, std::string_view run,
                      const std::vector<wire::RowT>& rows, const std::vector<std::size_t>& shown) {
  std::string csv = "id,title,target,class,predicted,score";
  for (const std::string& name : class_names) csv += "," + Quoted("p_" + name);
  csv += ",seen,run,sequence,ordinal,record,partition,offset,arrived_ns\n";
  for (const std::size_t i : shown) {
    const wire::RowT& row = rows[i];
    csv += fmt::format("{},{},", row.id, Quoted(row.title));
    if (std::isfinite(row.target)) csv += fmt::format("{}", row.target);
    csv += ',';
    if (row.labelled) csv += Quoted(ClassName(class_names, row.target_class));
    csv += fmt::format(",{},{}", Quoted(ClassName(class_names, row.predicted_class)), row.score);
    for (const float p : row.probabilities) csv += fmt::format(",{}", p);
    csv += fmt::format(",{},{},{},{},{},{},{},{}\n", row.seen ? 1 : 0, run, row.sequence,
                       row.ordinal, row.record, row.partition, row.offset, row.arrived_ns);
  }
  return csv;
}

void ShowOnly(int target_class, int predicted_class, PredictionsState& state) {
  state.filter = {
      .target_class = target_class, .predicted_class = predicted_class, .only_unseen = true};
  state.search = {};
}

void DrawPredictions(const wire::Snapshot& snapshot, const Theme& theme, PredictionsState& state,
                     Intents& intents) {
  if (!HasRun(snapshot) && state.rows.empty()) {
    DrawWaiting(snapshot, theme);
    return;
  }
  TakeKeys(state, intents);
  DrawFilters(theme, state, intents);
  Refresh(snapshot, state);
  const ImVec2 room = ImGui::GetContentRegionAvail();
  const float bar = SplitterWidth(theme);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {0, 0});
  BeginCard("table", {(room.x - bar) * state.left, 0}, "", "", theme);
  if (state.shown.empty()) {
    DrawNothingYet("No row passes",
                   "None of the latest rows fits what is chosen above; Show all takes it back.",
                   theme);
  } else {
    DrawTable(theme, state);
  }
  EndCard();
  ImGui::SameLine(0, 0);
  DrawSplitter("table|details", true, state.left, room.x - bar, theme.px(280), theme);
  ImGui::SameLine(0, 0);
  BeginCard("details", {0, 0}, "", "", theme);
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, {theme.px(8), theme.px(4)});
  ImGui::BeginChild("scrolled");
  DrawDetails(theme, state, intents);
  ImGui::EndChild();
  ImGui::PopStyleVar();
  EndCard();
  ImGui::PopStyleVar();
}

}  // namespace marquee::viewer
