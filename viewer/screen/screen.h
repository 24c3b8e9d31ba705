// viewer/screen/screen.h — what the window and the page do alike: start here.
//
// Keeps what is shown and what a person chose, knows when a frame is due, and draws it. Where
// snapshots come from, and what becomes of files, is its owner's.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "viewer/data/snapshot_message.h"
#include "viewer/screen/fonts.h"
#include "viewer/screen/gl.h"
#include "viewer/screen/surface.h"
#include "viewer/ui/viewer.h"

namespace marquee::viewer {

/// How everything looks, as the person chose.
struct Look {
  ThemeKind theme = ThemeKind::kDark;
  float scale = 0;  ///< 0 = the screen's
};

/// Threads: one.
class Screen {
 public:
  using Clock = std::chrono::steady_clock;

  /// `surface` outlives it.
  Screen(Surface& surface, FontFiles fonts, Look look, ViewerState state);

  const Look& look() const { return look_; }
  ViewerState& state() { return state_; }
  const wire::Snapshot& snapshot() const { return shown_->view(); }

  /// Show this from the next frame on; nothing happens if it is shown already.
  void SetSnapshot(std::shared_ptr<const SnapshotMessage> message);
  /// Show a line over everything for some seconds.
  void Tell(std::string notice);
  /// Draw anew, whatever has or has not changed.
  void Redraw();
  /// Have one more font for letters that the others lack.
  void AddFont(FontFile file);
  /// The letters that none of the fonts has.
  std::vector<ImWchar> LackingLetters() const { return fonts_.Lacking(theme_); }
  /// Make the fonts with all letters seen so far, at once.
  void BuildFonts();

  /// For how long nothing is to be drawn if nothing comes; 0 = a frame is due.
  Clock::duration Rest();

  /// Draw a frame. What was asked for and concerns looks alone is done; the rest is returned. A
  /// picture that was asked for is there as a file to be saved.
  Intents Draw();

  /// When the last frame was begun.
  Clock::time_point drawn_at() const { return drawn_at_; }
  /// When the fonts were made.
  Clock::time_point fonts_at() const { return fonts_at_; }

 private:
  void UpdateLook();
  /// Note the letters of what was typed and of what lies in folders.
  void NoteState();
  float scale() const { return look_.scale > 0 ? look_.scale : surface_.screen_scale(); }

  Surface& surface_;
  Look look_;
  ViewerState state_;
  Theme theme_;
  Fonts fonts_;
  std::shared_ptr<const SnapshotMessage> shown_ = SnapshotMessage::Make(EmptySnapshot());
  int frames_due_ = 0;
  Clock::time_point drawn_at_;
  Clock::time_point fonts_at_;
  bool fonts_stale_ = false;
  Clock::time_point notice_until_;
};

}  // namespace marquee::viewer
