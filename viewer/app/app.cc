#include "viewer/app/app.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "pipeline/app/stop_signal.h"
#include "viewer/app/folder.h"
#include "viewer/app/measure.h"
#include "viewer/app/remembered.h"
#include "viewer/app/system_fonts.h"
#include "viewer/app/window.h"
#include "viewer/screen/png.h"
#include "viewer/screen/screen.h"

namespace marquee::viewer {
namespace {

using Clock = Screen::Clock;

/// More frames a second than this nobody sees.
constexpr std::chrono::microseconds kFrameTime{16'667};
/// Frames until a picture shows all that has changed.
constexpr int kFramesToSettle = 3;
/// So often a loop that sleeps looks whether it was asked to end.
constexpr std::chrono::milliseconds kLongestWait{500};

class App {
 public:
  App(const AppOptions& options, Window window, FontFiles fonts, Remembered remembered,
      ViewerState state)
      : options_(options),
        window_(std::move(window)),
        remembered_(remembered),
        screen_(window_, std::move(fonts), remembered.look, std::move(state)) {
    if (options.source) {
      Open(*options.source);
    } else {
      screen_.state().open.visible = true;
    }
  }

  /// Until the window is closed, or the program is asked to end.
  Status Run() {
    const StopSignal stop;
    while (!window_.should_close() && !stop.requested()) Step();
    remembered_.look = screen_.look();
    window_.Size(remembered_.width, remembered_.height);
    const std::string path = RememberedPath();
    return path.empty() ? Status() : Remember(path, remembered_, screen_.state());
  }

  Status TakeShots() {
    const StopSignal stop;
    std::optional<Clock::time_point> since;
    while (!IsReady(since) && !stop.requested()) Step();
    SelectRow();
    for (const Shot& shot : options_.shots) {
      screen_.state().panel = shot.panel;
      // Once more when all letters are there.
      for (int i = 0; i < kFramesToSettle; ++i) Frame();
      screen_.BuildFonts();
      for (int i = 0; i < kFramesToSettle; ++i) Frame();
      MARQUEE_RETURN_IF_ERROR(
          SaveFile(shot.path, EncodePng(ReadGlPixels({0, 0}, ImGui::GetIO().DisplaySize))));
    }
    return {};
  }

  Status Measure() {
    const StopSignal stop;
    std::optional<Clock::time_point> since;
    while (!IsReady(since) && !stop.requested()) Step();
    meter_.emplace();
    while (meter_->seconds() < options_.measure_s && !stop.requested()) Step();
    fmt::print("{}\n", meter_->Json());
    return {};
  }

 private:
  /// One frame if there is a reason for it; else a sleep until there may be one.
  void Step() {
    window_.Poll();
    TakeDroppedFiles();
    std::erase_if(left_, [](const auto& feed) { return feed->has_ended(); });
    if (feed_ != nullptr) screen_.SetSnapshot(feed_->Latest());
    const auto rest = std::min<Clock::duration>(screen_.Rest(), kLongestWait);
    if (rest > Clock::duration::zero()) {
      window_.Wait(std::chrono::duration<double>(rest).count());
      return;
    }
    std::this_thread::sleep_until(screen_.drawn_at() + kFrameTime);
    Frame();
  }

  void Frame() {
    const auto began = Clock::now();
    const Intents intents = screen_.Draw();
    if (meter_) meter_->AddFrame(Clock::now() - began);
    Apply(intents);
  }

  void Apply(const Intents& intents) {
    if (feed_ != nullptr) {
      if (intents.pause) feed_->SetPaused(*intents.pause);
      if (intents.seek_ns) feed_->Seek(*intents.seek_ns);
      if (intents.speed) feed_->SetSpeed(*intents.speed);
      if (intents.stop) feed_->Stop();
    }
    if (intents.open) Open(*intents.open);
    if (intents.list_folder) {
      screen_.state().open.listing = ListFolder(*intents.list_folder);
      screen_.Redraw();
    }
    if (intents.save) {
      const std::string path = FreePath(intents.save->name);
      const Status saved = SaveFile(path, intents.save->bytes);
      screen_.Tell(saved.ok() ? fmt::format("Saved as {}", path) : std::string(saved.message()));
    }
  }

  void Open(const OpenRequest& request) {
    // Two runs at once would take each other's cores. Yet nobody waits for the old one's end: brokers
    // may be slow to answer it.
    if (feed_ != nullptr) {
      feed_->Stop();
      left_.push_back(std::move(feed_));
    }
    feed_ = options_.opener(request, &Window::Wake);
    screen_.SetSnapshot(feed_->Latest());
    ForgetSource(screen_.state());
    if (request.kind == OpenRequest::Kind::kBenchRecords) {
      screen_.state().panel = Panel::kBenchmarks;
    }
    screen_.Redraw();
  }

  void TakeDroppedFiles() {
    const std::vector<std::string> files = window_.TakeDroppedFiles();
    if (files.empty()) return;
    using Kind = OpenRequest::Kind;
    const std::string& file = files.front();
    Kind kind = Kind::kRecording;
    if (file.ends_with(".csv") || file.ends_with(".csv.gz")) kind = Kind::kEmbeddedRun;
    if (file.ends_with(".json")) kind = Kind::kBenchRecords;
    OpenState& dialog = screen_.state().open;
    dialog.visible = true;
    dialog.kind = static_cast<int>(kind);
    SetText(dialog.file, file);
    SetText(dialog.second_file, files.size() > 1 ? files[1] : "");
  }

  /// So that a picture shows a row's way too: the newest that has a target.
  void SelectRow() {
    for (const wire::Row* row : *screen_.snapshot().rows()) {
      if (row->labelled()) row->UnPackTo(&screen_.state().predictions.selected.emplace());
    }
  }

  /// Is there something to see, and has it been there for long enough?
  bool IsReady(std::optional<Clock::time_point>& since) const {
    const wire::Snapshot& snapshot = screen_.snapshot();
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
  Screen screen_;
  std::optional<Meter> meter_;
  // Feeds end before the window that they wake.
  std::vector<std::unique_ptr<Feed>> left_;  // asked to end
  std::unique_ptr<Feed> feed_;
};

}  // namespace

Status RunApp(const AppOptions& options) {
  Remembered remembered;
  ViewerState state;
  const bool alone = options.shots.empty() && options.measure_s == 0;
  // Pictures and measurements are the same whoever makes them.
  if (alone) Recall(RememberedPath(), remembered, state);
  if (!options.brokers.empty()) SetText(state.open.brokers, options.brokers);
  if (!options.topic_prefix.empty()) SetText(state.open.topic_prefix, options.topic_prefix);
  if (options.theme) remembered.look.theme = *options.theme;
  if (options.scale > 0) remembered.look.scale = options.scale;
  if (options.width > 0) remembered.width = options.width;
  if (options.height > 0) remembered.height = options.height;
  MARQUEE_ASSIGN_OR_RETURN(Window window, Window::Open({.width = remembered.width,
                                                        .height = remembered.height,
                                                        .hidden = !options.shots.empty(),
                                                        .vsync = alone}));
  FontFiles fonts = FindFonts();
  if (const std::string advice = AdviceOn(fonts); !advice.empty())
    fmt::print(stderr, "marquee-viewer: {}\n", advice);
  App app(options, std::move(window), std::move(fonts), remembered, std::move(state));
  if (!options.shots.empty()) return app.TakeShots();
  if (options.measure_s > 0) return app.Measure();
  return app.Run();
}

}  // namespace marquee::viewer
