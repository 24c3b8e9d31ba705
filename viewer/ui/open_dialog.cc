#include "viewer/ui/open_dialog.h"

#include <fmt/core.h>
#include <imgui.h>

#include <algorithm>
#include <string_view>

#include "viewer/ui/format.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

using Kind = OpenRequest::Kind;

constexpr const char* kTitle = "Open";
constexpr std::array<const char*, 4> kFrom = {"", "beginning", "end", "-1h"};

void DrawField(const char* label, const char* hint, OpenState::Text& text, const Theme& theme) {
  ImGui::AlignTextToFramePadding();
  ColoredText(theme.muted, label);
  ImGui::SameLine(theme.px(150));
  ImGui::SetNextItemWidth(-1);
  ImGui::PushID(label);
  ImGui::InputTextWithHint("##text", hint, text.data(), text.size());
  ImGui::PopID();
}

/// The folder above; of "/" itself "/".
std::string Above(std::string_view folder) {
  const auto slash = folder.find_last_of('/');
  if (slash == std::string_view::npos || slash == 0) return "/";
  return std::string(folder.substr(0, slash));
}

std::string Inside(const std::string& folder, const std::string& name) {
  return fmt::format("{}{}{}", folder, folder.ends_with('/') ? "" : "/", name);
}

/// The files of a folder; a click chooses.
void DrawFiles(const Theme& theme, OpenState& state, Intents& intents) {
  const FolderListing& listing = state.listing;
  if (listing.folder.empty()) intents.list_folder = std::string(".");
  FittedText(theme.muted, listing.folder);
  if (!listing.problem.empty()) FittedText(theme.warning, listing.problem);
  ImGui::BeginChild("files", {0, -ImGui::GetFrameHeightWithSpacing() - theme.px(4)}, true);
  if (ImGui::Selectable("..")) intents.list_folder = Above(listing.folder);
  for (std::size_t i = 0; i < listing.entries.size(); ++i) {
    const FolderListing::Entry& entry = listing.entries[i];
    ImGui::PushID(static_cast<int>(i));
    const float at = ImGui::GetCursorPosX();
    const bool clicked = ImGui::Selectable("##entry");
    ImGui::SameLine(at);
    const std::string shown = fmt::format("{}{}", entry.name, entry.is_folder ? "/" : "");
    ColoredText(entry.is_folder ? theme.accent : theme.ink,
                Fitted(shown, ImGui::GetContentRegionAvail().x - theme.px(90)));
    if (!entry.is_folder) {
      ImGui::SameLine();
      RightText(theme.muted, Quantity(static_cast<double>(entry.bytes), Unit::kBytes));
    }
    ImGui::PopID();
    if (!clicked) continue;
    const std::string path = Inside(listing.folder, entry.name);
    if (entry.is_folder) {
      intents.list_folder = path;
    } else if (state.second && state.kind == static_cast<int>(Kind::kBenchRecords)) {
      SetText(state.second_file, path);
    } else {
      SetText(state.file, path);
      state.second = true;
    }
  }
  ImGui::EndChild();
}

void DrawTopic(const Theme& theme, OpenState& state) {
  DrawField("Brokers", "HOST:PORT,HOST:PORT", state.brokers, theme);
  DrawField("Topic prefix", "none", state.topic_prefix, theme);
  DrawField("Run", "the newest; else 32 hexadecimal digits", state.run_id, theme);
  ImGui::AlignTextToFramePadding();
  ColoredText(theme.muted, "From");
  ImGui::SameLine(theme.px(150));
  DrawChoice("from", {"Run's beginning", "Topic's beginning", "Now", "An hour ago"}, state.from,
             theme);
}

void Request(const OpenState& state, Intents& intents) {
  intents.open = OpenRequest{.kind = static_cast<Kind>(state.kind),
                             .brokers = state.brokers.data(),
                             .topic_prefix = state.topic_prefix.data(),
                             .run_id = state.run_id.data(),
                             .from = kFrom[static_cast<std::size_t>(state.from)],
                             .file = state.file.data(),
                             .second_file = state.second_file.data()};
}

void DrawContents(const Theme& theme, OpenState& state, Intents& intents) {
  DrawChoice("kind", {"Topic", "Recording", "Run a file", "Benchmarks"}, state.kind, theme);
  ImGui::Dummy({0, theme.px(4)});
  const Kind kind = static_cast<Kind>(state.kind);
  const char* button = "Open";
  bool ready = true;
  switch (kind) {
    case Kind::kTopic:
      ColoredText(theme.muted, "The results of services over Kafka, live; nothing is committed.");
      ImGui::Dummy({0, theme.px(4)});
      DrawTopic(theme, state);
      ImGui::Dummy({0, std::max(0.0F, ImGui::GetContentRegionAvail().y -
                                          ImGui::GetFrameHeightWithSpacing() - theme.px(4))});
      ready = state.brokers[0] != '\0';
      break;
    case Kind::kRecording:
      ColoredText(theme.muted, "A file of results, replayed as they once came.");
      DrawField("File", "results.marquee", state.file, theme);
      DrawFiles(theme, state, intents);
      ready = state.file[0] != '\0';
      break;
    case Kind::kEmbeddedRun:
      ColoredText(theme.muted,
                  "All stages in this process, without brokers. No file = generated rows.");
      DrawField("CSV file", "movies.csv or .csv.gz; empty = generated rows", state.file, theme);
      DrawFiles(theme, state, intents);
      button = "Run";
      break;
    case Kind::kBenchRecords:
      ColoredText(theme.muted, "One record of benchmarks, or two side by side.");
      DrawField("Record", "bench/results/micro.json", state.file, theme);
      DrawField("Beside it", "another one, or nothing", state.second_file, theme);
      DrawFiles(theme, state, intents);
      ready = state.file[0] != '\0';
      break;
  }
  ImGui::BeginDisabled(!ready);
  if (ImGui::Button(button, {theme.px(110), 0})) {
    Request(state, intents);
    ImGui::CloseCurrentPopup();
    state.visible = false;
  }
  ImGui::EndDisabled();
  ImGui::SameLine();
  if (ImGui::Button("Cancel", {theme.px(110), 0}) || Pressed(ImGuiKey_Escape)) {
    ImGui::CloseCurrentPopup();
    state.visible = false;
  }
}

}  // namespace

void SetText(OpenState::Text& field, const std::string& path) {
  field = {};
  std::copy_n(path.begin(), std::min(path.size(), field.size() - 1), field.begin());
}

void DrawOpenDialog(const Theme& theme, OpenState& state, Intents& intents) {
  if (!state.visible) return;
  if (!ImGui::IsPopupOpen(kTitle)) {
    ImGui::OpenPopup(kTitle);
    state.second = false;
  }
  const ImVec2 display = ImGui::GetIO().DisplaySize;
  const ImVec2 size = {std::min(theme.px(620), display.x - theme.px(20)),
                       std::min(theme.px(460), display.y - theme.px(20))};
  ImGui::SetNextWindowPos({(display.x - size.x) / 2, (display.y - size.y) / 2});
  ImGui::SetNextWindowSize(size);
  if (ImGui::BeginPopupModal(
          kTitle, nullptr,
          ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings)) {
    DrawContents(theme, state, intents);
    ImGui::EndPopup();
  }
}

}  // namespace marquee::viewer
