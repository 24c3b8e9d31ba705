#include "viewer/ui/top_bar.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "viewer/ui/format.h"
#include "viewer/ui/plot_shapes.h"
#include "viewer/ui/snapshot_access.h"
#include "viewer/ui/widgets.h"

namespace marquee::viewer {
namespace {

const char* KindName(wire::SourceKind kind) {
  switch (kind) {
    case wire::SourceKind::Topic:
      return "Topic";
    case wire::SourceKind::Recording:
      return "Recording";
    case wire::SourceKind::EmbeddedRun:
      return "Run in this process";
    case wire::SourceKind::BenchRecords:
      return "Benchmarks";
    case wire::SourceKind::None:
      break;
  }
  return "Marquee";
}

/// A word on a coloured ground, with the sign of its health before it.
void DrawPill(const Verdict& verdict, const Theme& theme) {
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float line = ImGui::GetTextLineHeight();
  const float width = line + theme.px(16) + ImGui::CalcTextSize(verdict.text.c_str()).x;
  const float height = ImGui::GetFrameHeight();
  ImDrawList& draw = *ImGui::GetWindowDrawList();
  const ImU32 color = HealthColor(verdict.health, theme);
  draw.AddRectFilled(at, {at.x + width, at.y + height}, Mixed(theme.card, color, 0.22F),
                     height / 2);
  const float top = at.y + (height - line) / 2;
  ImGui::SetCursorScreenPos({at.x + theme.px(5), top});
  DrawHealthSign(verdict.health, theme);
  draw.AddText({at.x + line + theme.px(7), top}, theme.ink, verdict.text.c_str());
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({width, height});
}

std::string RunText(const wire::Snapshot& snapshot) {
  const wire::Run& run = *snapshot.run();
  const wire::ModelInfo& model = *snapshot.model();
  std::string text;
  // The first digits are the time, the same for runs of one day: show the last ones.
  const std::string id = run.id()->str();
  if (!id.empty()) text = fmt::format("run {}", id.substr(id.size() > 8 ? id.size() - 8 : 0));
  // Of a model that the viewer does not have, only the id is known.
  const std::string name = TextOf(model.name()).empty() ? model.id()->str()
                                                        : fmt::format("{} {}", TextOf(model.name()),
                                                                      TextOf(model.version()));
  if (!name.empty()) {
    if (!text.empty()) text += "   ";
    text += fmt::format("model {}{}", name, model.several() ? " (and others)" : "");
  }
  if (model.cross_validated_f1() > 0) {
    text += fmt::format("   cross-validated F1 {}", Score(model.cross_validated_f1()));
  }
  return text;
}

float ButtonWidth(const char* label) {
  return ImGui::CalcTextSize(label).x + 2 * ImGui::GetStyle().FramePadding.x +
         ImGui::GetStyle().ItemSpacing.x;
}

constexpr std::array<double, 6> kSpeeds = {0.5, 1,   2,
                                           10,  100, std::numeric_limits<double>::infinity()};

std::string SpeedText(double speed) {
  return std::isfinite(speed) ? fmt::format("{:g} ×", speed) : "as fast as can be";
}

void DrawRecordingControls(const wire::Source& source, const Theme& theme, Intents& intents) {
  const char* label = "Pause (Space)";
  if (source.state() == wire::SourceState::Paused) label = "Play (Space)";
  if (source.state() == wire::SourceState::Ended) label = "Again (Space)";
  if (ImGui::Button(label, {ButtonWidth("Pause (Space)"), 0})) TogglePlayback(source, intents);
  ImGui::SameLine();
  ImGui::SetNextItemWidth(theme.px(140));
  const double speed = double{source.speed()};
  if (ImGui::BeginCombo("##speed", SpeedText(speed).c_str())) {
    for (const double choice : kSpeeds) {
      if (ImGui::Selectable(SpeedText(choice).c_str(), speed == choice)) intents.speed = choice;
    }
    ImGui::EndCombo();
  }
  ImGui::SameLine();
  const double length = static_cast<double>(source.length_ns()) / 1e9;
  const double position = static_cast<double>(source.position_ns()) / 1e9;
  const std::string text = fmt::format("{} of {}", Stretch(position), Stretch(length));
  const float width =
      ImGui::GetContentRegionAvail().x - ImGui::CalcTextSize(text.c_str()).x - theme.px(16);
  float share = length > 0 ? static_cast<float>(position / length) : 0;
  ImGui::SetNextItemWidth(std::max(width, theme.px(60)));
  if (ImGui::SliderFloat("##position", &share, 0, 1, "")) {
    intents.seek_ns = static_cast<std::int64_t>(double{share} * length * 1e9);
  }
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  ColoredText(theme.muted, text);
}

/// Is it a run in this process that is not over?
bool IsGoing(const wire::Source& source) {
  return source.kind() == wire::SourceKind::EmbeddedRun &&
         (source.state() == wire::SourceState::Waiting ||
          source.state() == wire::SourceState::Live);
}

void DrawProgress(float progress, const Theme& theme) {
  if (!(progress >= 0 && progress < 1)) return;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const std::array<float, 1> shares = {progress};
  const std::array<ImU32, 1> colors = {theme.accent};
  const ImVec2 size = {ImGui::GetContentRegionAvail().x, theme.px(4)};
  DrawShares(at, size, shares, colors, theme);
  ImGui::Dummy(size);
}

}  // namespace

TopBarActions DrawTopBar(const wire::Snapshot& snapshot, const Theme& theme, bool watching,
                         Intents& intents) {
  TopBarActions actions;
  const wire::Source& source = *snapshot.source();
  const bool dark = theme.kind == ThemeKind::kDark;
  const char* theme_label = dark ? "Light (T)" : "Dark (T)";
  const bool can_stop = !watching && IsGoing(source);
  const float buttons = (can_stop ? ButtonWidth("Stop the run") : 0) +
                        (watching ? 0 : ButtonWidth("Open (O)")) + ButtonWidth("Picture (P)") +
                        ButtonWidth(theme_label) + ButtonWidth("Help (?)");
  const float begin = ImGui::GetCursorPosX();
  // There is no space behind the last one.
  const float end = ImGui::GetContentRegionMax().x - buttons + ImGui::GetStyle().ItemSpacing.x;

  ImGui::BeginGroup();
  DrawPill(JudgeSource(snapshot), theme);
  ImGui::SameLine();
  ImGui::AlignTextToFramePadding();
  ColoredText(theme.muted, KindName(source.kind()));
  ImGui::SameLine();
  ImGui::PushFont(theme.bold);
  const float name_room = std::max(theme.px(60), (end - begin) * 0.5F);
  ColoredText(theme.ink, Fitted(TextOf(source.name()), name_room));
  ImGui::PopFont();
  ImGui::SameLine(0, theme.px(14));
  const std::string more =
      TextOf(source.message()).empty() ? RunText(snapshot) : source.message()->str();
  const float room = end - ImGui::GetCursorPosX() - theme.px(8);
  if (room > theme.px(40)) {
    ColoredText(TextOf(source.message()).empty() ? theme.muted : theme.warning, Fitted(more, room));
    if (ImGui::IsItemHovered()) {
      DrawTip(fmt::format("{}\nrun {}\nmodel {}", more, TextOf(snapshot.run()->id()),
                          TextOf(snapshot.model()->id())));
    }
  }
  ImGui::EndGroup();

  ImGui::SameLine(std::max(end, begin));
  if (can_stop) {
    intents.stop = ImGui::Button("Stop the run");
    ImGui::SameLine();
  }
  if (!watching) {
    actions.open = ImGui::Button("Open (O)");
    ImGui::SameLine();
  }
  intents.save_picture |= ImGui::Button("Picture (P)");
  ImGui::SameLine();
  if (ImGui::Button(theme_label)) intents.theme = dark ? ThemeKind::kLight : ThemeKind::kDark;
  ImGui::SameLine();
  actions.help = ImGui::Button("Help (?)");
  return actions;
}

void TogglePlayback(const wire::Source& source, Intents& intents) {
  if (source.kind() != wire::SourceKind::Recording) return;
  const bool ended = source.state() == wire::SourceState::Ended;
  if (ended) intents.seek_ns = 0;
  intents.pause = !ended && source.state() != wire::SourceState::Paused;
}

void DrawPlayback(const wire::Snapshot& snapshot, const Theme& theme, bool watching,
                  Intents& intents) {
  const wire::Source& source = *snapshot.source();
  const bool recording = source.kind() == wire::SourceKind::Recording;
  if (recording && !watching) {
    DrawRecordingControls(source, theme, intents);
  } else if (recording || (source.kind() == wire::SourceKind::EmbeddedRun &&
                           source.state() == wire::SourceState::Live)) {
    DrawProgress(source.progress(), theme);
  }
}

}  // namespace marquee::viewer
