#include "viewer/ui/help.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <span>

#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

struct Line {
  const char* key;  ///< empty = a heading
  const char* text;
  bool for_owner = false;  ///< means nothing to who only watches
};

constexpr auto kAnywhere =
    std::to_array<Line>({{"", "Everywhere"},
                         {"1 to 7", "the panels, from left to right"},
                         {"O", "open a topic, a recording, a run, benchmarks", true},
                         {"Space", "pause a recording, go on, or begin anew", true},
                         {"W", "F1 over ten seconds, a minute, the whole run"},
                         {"L", "lines over five minutes or the session"},
                         {"T", "light or dark"},
                         {"+  -  0", "larger, smaller, as at first"},
                         {"P", "save a picture of the panel"},
                         {"?", "this help"},
                         {"Ctrl+Q", "end", true}});
constexpr auto kInPanels =
    std::to_array<Line>({{"", "Plots"},
                         {"Pointer", "reads the values under it"},
                         {"Wheel, drag", "zoom and move; double click goes back"},
                         {"Name", "a click hides or shows its line"},
                         {"", "Predictions"},
                         {"/", "search titles; Enter ends"},
                         {"M", "only mistakes"},
                         {"F", "freeze the rows, and go on"},
                         {"Up, Down", "the next row"},
                         {"C", "copy the selected row"},
                         {"", "Words"},
                         {"F1", "harmonic mean of precision and recall"},
                         {"Macro-F1", "mean of the classes' F1"},
                         {"Lag", "records that a stage has not read yet"},
                         {"p99", "99 of 100 are not above"}});

void DrawLines(std::span<const Line> lines, bool watching, const Theme& theme) {
  for (const Line& line : lines) {
    if (watching && line.for_owner) continue;
    if (line.key[0] == '\0') {
      if (&line != &lines.front()) ImGui::Dummy({0, theme.px(6)});
      ImGui::PushFont(theme.bold);
      ImGui::TextUnformatted(line.text);
      ImGui::PopFont();
      continue;
    }
    DrawFact(line.key, line.text, theme.px(92), theme);
  }
}

}  // namespace

void DrawHelp(const Theme& theme, bool watching, bool& visible) {
  constexpr const char* kTitle = "Help";
  if (!visible) return;
  if (!ImGui::IsPopupOpen(kTitle)) ImGui::OpenPopup(kTitle);
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const ImVec2 size = {std::min(theme.px(840), display.x - theme.px(20)),
                       std::min(theme.px(440), display.y - theme.px(20))};
  ImGui::SetNextWindowPos({(display.x - size.x) / 2, (display.y - size.y) / 2});
  ImGui::SetNextWindowSize(size);
  if (!ImGui::BeginPopupModal(
          kTitle, nullptr,
          ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings)) {
    return;
  }
  ImGui::BeginChild("lines", {0, -ImGui::GetFrameHeightWithSpacing()});
  ImGui::Columns(2, nullptr, false);
  DrawLines(kAnywhere, watching, theme);
  ImGui::NextColumn();
  DrawLines(kInPanels, watching, theme);
  ImGui::Columns(1);
  ImGui::EndChild();
  if (ImGui::Button("Close (Esc)") || Pressed(ImGuiKey_Escape)) {
    visible = false;
    ImGui::CloseCurrentPopup();
  }
  ImGui::EndPopup();
}

}  // namespace marquee::viewer
