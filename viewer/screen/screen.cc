#include "viewer/screen/screen.h"

#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <utility>

#include "viewer/screen/png.h"

namespace marquee::viewer {
namespace {

/// ImGui needs them to settle what input has changed.
constexpr int kFramesAfterInput = 3;
constexpr std::chrono::seconds kNoticeTime{6};
/// A cursor in a text field blinks.
constexpr std::chrono::milliseconds kBlinkTime{250};
/// New letters come with most snapshots of a new source: gather them.
constexpr std::chrono::seconds kFontsTime{1};

int UtcOffset() {
  const std::time_t now = std::time(nullptr);
  std::tm local = {};
  return localtime_r(&now, &local) == nullptr ? 0 : static_cast<int>(local.tm_gmtoff);
}

}  // namespace

Screen::Screen(Surface& surface, FontFiles fonts, Look look, ViewerState state)
    : surface_(surface), look_(look), state_(std::move(state)), fonts_(std::move(fonts)) {
  UpdateLook();
}

void Screen::SetSnapshot(std::shared_ptr<const SnapshotMessage> message) {
  if (message == shown_) return;
  shown_ = std::move(message);
  fonts_stale_ |= fonts_.Note(shown_->view());
  frames_due_ = std::max(frames_due_, 1);
}

void Screen::Tell(std::string notice) {
  state_.notice = std::move(notice);
  notice_until_ = Clock::now() + kNoticeTime;
  Redraw();
}

void Screen::Redraw() { frames_due_ = kFramesAfterInput; }

void Screen::UpdateLook() {
  theme_ = MakeTheme(look_.theme, scale());
  theme_.utc_offset_s = UtcOffset();
  ApplyTheme(theme_, ImGui::GetStyle());
  BuildFonts();
}

void Screen::AddFont(FontFile file) {
  fonts_.Add(std::move(file));
  BuildFonts();
}

void Screen::BuildFonts() {
  fonts_.Note(shown_->view());
  fonts_.Build(theme_);
  UploadGlFonts();
  fonts_stale_ = false;
  fonts_at_ = Clock::now();
  Redraw();
}

void Screen::NoteState() {
  fonts_stale_ |= fonts_.Note(state_.notice);
  fonts_stale_ |= fonts_.Note(state_.predictions.search.data());
  fonts_stale_ |= fonts_.Note(state_.benchmarks.search.data());
  const OpenState& open = state_.open;
  if (!open.visible) return;
  for (const OpenState::Text* text : {&open.file, &open.second_file, &open.topic_prefix}) {
    fonts_stale_ |= fonts_.Note(text->data());
  }
  fonts_stale_ |= fonts_.Note(open.listing.folder);
  for (const FolderListing::Entry& entry : open.listing.entries) {
    fonts_stale_ |= fonts_.Note(entry.name);
  }
}

Screen::Clock::duration Screen::Rest() {
  if (surface_.TakeInput()) Redraw();
  if (frames_due_ > 0) return Clock::duration::zero();
  Clock::time_point due = Clock::time_point::max();
  if (!state_.notice.empty()) due = std::min(due, notice_until_);
  if (ImGui::GetIO().WantTextInput) due = std::min(due, drawn_at_ + kBlinkTime);
  // Letters wait for their fonts.
  if (fonts_stale_) due = std::min(due, fonts_at_ + kFontsTime);
  const auto now = Clock::now();
  return due <= now ? Clock::duration::zero() : due - now;
}

Intents Screen::Draw() {
  drawn_at_ = Clock::now();
  frames_due_ = std::max(frames_due_ - 1, 0);
  // The window may have come to another screen, or summer time may have ended.
  if (theme_.scale != scale()) UpdateLook();
  theme_.utc_offset_s = UtcOffset();
  if (fonts_stale_ && drawn_at_ - fonts_at_ >= kFontsTime) BuildFonts();
  if (drawn_at_ >= notice_until_) state_.notice.clear();
  surface_.BeginFrame();
  Intents intents = DrawViewer(shown_->view(), theme_, state_);
  NoteState();
  DrawGlFrame(theme_.background);
  if (intents.save_picture) {
    intents.save = SaveRequest{
        .name = fmt::format("marquee-{}.png", kPanelNames[static_cast<std::size_t>(state_.panel)]),
        .bytes = EncodePng(ReadGlPixels(state_.panel_min, state_.panel_size))};
  }
  surface_.Show();
  if (intents.copy) {
    ImGui::SetClipboardText(intents.copy->c_str());
    Tell("Copied.");
  }
  if (intents.theme) look_.theme = *intents.theme;
  if (intents.scale) look_.scale = *intents.scale;
  if (intents.theme || intents.scale) UpdateLook();
  return intents;
}

}  // namespace marquee::viewer
