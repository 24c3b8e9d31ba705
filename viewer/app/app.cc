#include "viewer/app/app.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <ctime>
#include <thread>
#include <utility>

#include "pipeline/app/stop_signal.h"
#include "viewer/app/folder.h"
#include "viewer/app/picture.h"

namespace marquee::viewer {
namespace {

using Clock = std::chrono::steady_clock;

/// More frames a second than this nobody sees.
constexpr std::chrono::microseconds kFrameTime{16'667};
/// ImGui needs them to settle what input has changed.
constexpr int kFramesAfterInput = 3;
/// So often a loop that sleeps looks whether it was asked to end.
constexpr double kLongestWait = 0.5;
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

class App {
 public:
  App(const AppOptions& options, Window window, Remembered remembered, ViewerState state)
      : options_(options),
        window_(std::move(window)),
        remembered_(remembered),
        state_(std::move(state)),
        fonts_(FindFonts()) {
    if (options.theme) remembered_.theme = *options.theme;
    if (options.scale > 0) remembered_.scale = options.scale;
    if (options.source) {
      Open(*options.source);
    } else {
      state_.open.visible = true;
    }
    SetTheme();
  }

  /// Until the window is closed, or the program is asked to end.
  Status Run() {
    const StopSignal stop;
    while (!window_.should_close() && !stop.requested()) MARQUEE_RETURN_IF_ERROR(Step());
    window_.Size(remembered_.width, remembered_.height);
    const std::string path = RememberedPath();
    return path.empty() ? Status() : Remember(path, remembered_, state_);
  }

  Status TakeShots() {
    const StopSignal stop;
    std::optional<Clock::time_point> since;
    while (!IsReady(since) && !stop.requested()) MARQUEE_RETURN_IF_ERROR(Step());
    SelectRow();
    for (const Shot& shot : options_.shots) {
      state_.panel = shot.panel;
      // Once more when all letters are there.
      for (int i = 0; i < kFramesAfterInput; ++i) MARQUEE_RETURN_IF_ERROR(Frame());
      RebuildFonts();
      for (int i = 0; i < kFramesAfterInput; ++i) MARQUEE_RETURN_IF_ERROR(Frame());
      MARQUEE_RETURN_IF_ERROR(
          WritePng(shot.path, window_.Read({0, 0}, ImGui::GetIO().DisplaySize)));
    }
    return {};
  }

  Status Measure() {
    const StopSignal stop;
    std::optional<Clock::time_point> since;
    while (!IsReady(since) && !stop.requested()) MARQUEE_RETURN_IF_ERROR(Step());
    meter_.emplace();
    while (meter_->seconds() < options_.measure_s && !stop.requested()) {
      MARQUEE_RETURN_IF_ERROR(Step());
    }
    fmt::print("{}\n", meter_->Json());
    return {};
  }

 private:
  /// One frame if there is a reason for it; else a sleep until there may be one.
  Status Step() {
    window_.Poll();
    TakeDroppedFiles();
    if (window_.TakeInput()) frames_due_ = kFramesAfterInput;
    if (feed_ != nullptr) {
      auto latest = feed_->Latest();
      if (latest != shown_) {
        shown_ = std::move(latest);
        fonts_stale_ |= fonts_.Note(shown_->view());
        frames_due_ = std::max(frames_due_, 1);
      }
    }
    const auto now = Clock::now();
    if (!state_.notice.empty() && now >= notice_until_) {
      state_.notice.clear();
      frames_due_ = std::max(frames_due_, 1);
    }
    const bool blinks = ImGui::GetIO().WantTextInput && now - drawn_at_ >= kBlinkTime;
    // Letters wait for their fonts.
    if (blinks || (fonts_stale_ && now - fonts_at_ >= kFontsTime)) {
      frames_due_ = std::max(frames_due_, 1);
    }
    if (frames_due_ == 0) {
      window_.Wait(ImGui::GetIO().WantTextInput || fonts_stale_ ? kLongestWait / 2 : kLongestWait);
      return {};
    }
    std::this_thread::sleep_until(drawn_at_ + kFrameTime);
    --frames_due_;
    return Frame();
  }

  Status Frame() {
    drawn_at_ = Clock::now();
    if (fonts_stale_ && drawn_at_ - fonts_at_ >= kFontsTime) RebuildFonts();
    const auto began = Clock::now();
    window_.BeginFrame();
    const Intents intents = DrawViewer(shown_->view(), theme_, state_);
    window_.EndFrame(theme_.background);
    if (intents.save_picture) SavePicture();
    window_.Show();
    if (meter_) meter_->AddFrame(Clock::now() - began);
    Apply(intents);
    return {};
  }

  void Apply(const Intents& intents) {
    if (feed_ != nullptr) {
      if (intents.pause) feed_->SetPaused(*intents.pause);
      if (intents.seek_ns) feed_->Seek(*intents.seek_ns);
      if (intents.speed) feed_->SetSpeed(*intents.speed);
    }
    if (intents.open) Open(*intents.open);
    if (intents.list_folder) {
      state_.open.listing = ListFolder(*intents.list_folder);
      frames_due_ = kFramesAfterInput;
    }
    if (intents.copy) {
      ImGui::SetClipboardText(intents.copy->c_str());
      Tell("Copied.");
    }
    if (intents.save) {
      const std::string path = FreePath(intents.save->name);
      TellOf(SaveText(path, intents.save->text), path);
    }
    if (intents.theme) remembered_.theme = *intents.theme;
    if (intents.scale) remembered_.scale = *intents.scale;
    if (intents.theme || intents.scale) SetTheme();
  }

  void Open(const OpenRequest& request) {
    // The old one ends first: two runs at once would take each other's cores.
    feed_.reset();
    feed_ = options_.opener(request, &Window::Wake);
    shown_ = feed_->Latest();
    ForgetSource(state_);
    if (request.kind == OpenRequest::Kind::kBenchRecords) state_.panel = Panel::kBenchmarks;
    frames_due_ = kFramesAfterInput;
  }

  void TakeDroppedFiles() {
    const std::vector<std::string> files = window_.TakeDroppedFiles();
    if (files.empty()) return;
    using Kind = OpenRequest::Kind;
    const std::string& file = files.front();
    Kind kind = Kind::kRecording;
    if (file.ends_with(".csv") || file.ends_with(".csv.gz")) kind = Kind::kEmbeddedRun;
    if (file.ends_with(".json")) kind = Kind::kBenchRecords;
    state_.open.visible = true;
    state_.open.kind = static_cast<int>(kind);
    SetText(state_.open.file, file);
    SetText(state_.open.second_file, files.size() > 1 ? files[1] : "");
  }

  void SavePicture() {
    const std::string path = FreePath(
        fmt::format("marquee-{}.png", kPanelNames[static_cast<std::size_t>(state_.panel)]));
    TellOf(WritePng(path, window_.Read(state_.panel_min, state_.panel_size)), path);
  }

  void TellOf(const Status& saved, const std::string& path) {
    Tell(saved.ok() ? fmt::format("Saved as {}", path) : std::string(saved.message()));
  }

  void Tell(std::string notice) {
    state_.notice = std::move(notice);
    notice_until_ = Clock::now() + kNoticeTime;
    frames_due_ = kFramesAfterInput;
  }

  void SetTheme() {
    const float scale = remembered_.scale > 0 ? remembered_.scale : window_.screen_scale();
    theme_ = MakeTheme(remembered_.theme, scale);
    theme_.utc_offset_s = UtcOffset();
    ApplyTheme(theme_, ImGui::GetStyle());
    RebuildFonts();
    frames_due_ = kFramesAfterInput;
  }

  void RebuildFonts() {
    fonts_.Note(shown_->view());
    fonts_.Build(theme_);
    window_.UploadFonts();
    fonts_stale_ = false;
    fonts_at_ = Clock::now();
  }

  /// So that a picture shows a row's way too: the newest that has a target.
  void SelectRow() {
    for (const wire::Row* row : *shown_->view().rows()) {
      if (row->labelled()) row->UnPackTo(&state_.predictions.selected.emplace());
    }
  }

  /// Is there something to see, and has it been there for long enough?
  bool IsReady(std::optional<Clock::time_point>& since) const {
    const wire::Snapshot& snapshot = shown_->view();
    const wire::SourceState source = snapshot.source()->state();
    if (source == wire::SourceState::Ended || source == wire::SourceState::Failed) return true;
    if (feed_ == nullptr || snapshot.bench() != nullptr) return true;
    if (snapshot.run()->rows() == 0) return false;
    const auto now = Clock::now();
    if (!since) since = now;
    return std::chrono::duration<double>(now - *since).count() >= options_.shots_after_s;
  }

  const AppOptions& options_;
  Window window_;
  Remembered remembered_;
  ViewerState state_;
  Theme theme_;
  Fonts fonts_;
  std::shared_ptr<const SnapshotMessage> shown_ = SnapshotMessage::Make(EmptySnapshot());
  int frames_due_ = kFramesAfterInput;
  Clock::time_point drawn_at_;
  Clock::time_point fonts_at_;
  bool fonts_stale_ = false;
  Clock::time_point notice_until_;
  std::optional<Meter> meter_;
  std::unique_ptr<Feed> feed_;  // ends before the window that it wakes
};

}  // namespace

Status RunApp(const AppOptions& options) {
  Remembered remembered;
  ViewerState state;
  const bool alone = options.shots.empty() && options.measure_s == 0;
  // Pictures and measurements are the same whoever makes them.
  if (alone) Recall(RememberedPath(), remembered, state);
  if (options.width > 0) remembered.width = options.width;
  if (options.height > 0) remembered.height = options.height;
  MARQUEE_ASSIGN_OR_RETURN(Window window, Window::Open({.width = remembered.width,
                                                        .height = remembered.height,
                                                        .hidden = !options.shots.empty(),
                                                        .vsync = alone}));
  App app(options, std::move(window), remembered, std::move(state));
  if (!options.shots.empty()) return app.TakeShots();
  if (options.measure_s > 0) return app.Measure();
  return app.Run();
}

}  // namespace marquee::viewer
