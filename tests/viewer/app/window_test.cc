// The program's loop, its pictures, and the screen that it draws on, in a hidden window.
#include "viewer/app/window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <ios>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "tests/support/example_snapshots.h"
#include "tests/support/png.h"
#include "tests/support/temp_dir.h"
#include "viewer/app/app.h"
#include "viewer/app/system_fonts.h"
#include "viewer/screen/screen.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::ExampleSnapshot;
using testing_support::ReadFile;
using testing_support::ReadPng;
using testing_support::TempDir;

/// Publishes the example, and then does what else it was told to.
class ExampleSource final : public FeedSource {
 public:
  explicit ExampleSource(std::function<void()> then) : then_(std::move(then)) {}

  wire::SourceT Describe() const override { return {}; }
  Status Run(FeedPort& port) override {
    wire::SnapshotT snapshot = ExampleSnapshot();
    port.Publish(snapshot);
    then_();
    return {};
  }

 private:
  std::function<void()> then_;
};

FeedOpener OpenerOfExample(std::function<void()> then = [] {}) {
  return [then](const OpenRequest&, std::function<void()> on_publish) {
    return std::make_unique<Feed>(std::make_unique<ExampleSource>(then), std::move(on_publish));
  };
}

/// Ask this process to end, as soon as it listens.
void AskToEnd() {
  struct sigaction now = {};
  do {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    sigaction(SIGTERM, nullptr, &now);
  } while (now.sa_handler == SIG_DFL);
  kill(getpid(), SIGTERM);
}

TEST(App, TakesPicturesOfPanelsAndEnds) {
  const TempDir folder;
  const std::string overview = folder.File("overview.png");
  const std::string latency = folder.File("latency.png");
  const Status status = RunApp({.opener = OpenerOfExample(),
                                .source = OpenRequest{},
                                .width = 800,
                                .height = 600,
                                .shots = {{Panel::kOverview, overview}, {Panel::kLatency, latency}},
                                .shots_after_s = 0});
  ASSERT_TRUE(status.ok()) << status.message();
  const std::optional<Pixels> first = ReadPng(overview);
  const std::optional<Pixels> second = ReadPng(latency);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->width, 800);
  EXPECT_EQ(first->height, 600);
  EXPECT_NE(first->rgb, second->rgb);
}

TEST(App, APictureThatCannotBeWrittenIsSaid) {
  const Status status = RunApp({.opener = OpenerOfExample(),
                                .source = OpenRequest{},
                                .shots = {{Panel::kOverview, "/no/such/folder/a.png"}},
                                .shots_after_s = 0});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/no/such/folder/a.png"));
}

TEST(App, EndsInOrderWhenItIsAskedTo) {
  const TempDir folder;
  setenv("XDG_CONFIG_HOME", folder.path().c_str(), 1);
  const Status status = RunApp({.opener = OpenerOfExample(AskToEnd),
                                .source = OpenRequest{.kind = OpenRequest::Kind::kBenchRecords},
                                .brokers = "a:1,b:2",
                                .theme = ThemeKind::kLight,
                                .width = 900,
                                .height = 700});
  unsetenv("XDG_CONFIG_HOME");
  ASSERT_TRUE(status.ok()) << status.message();
  const std::string remembered = ReadFile(folder.File("marquee/viewer.toml"));
  for (const char* words : {"theme = 'light'", "width = 900", "panel = 'benchmarks'", "a:1,b:2"}) {
    EXPECT_THAT(remembered, HasSubstr(words));
  }
}

class ScreenInWindow : public ::testing::Test {
 protected:
  void SetUp() override {
    Result<Window> window = Window::Open({.hidden = true, .vsync = false});
    ASSERT_TRUE(window) << window.error().message();
    window_.emplace(*std::move(window));
    screen_.emplace(*window_, FindFonts(), Look{}, ViewerState{});
    DrawAll();
  }
  void TearDown() override { screen_.reset(); }

  /// Draw as long as frames are due. Returns how many were.
  int DrawAll() {
    int frames = 0;
    for (; frames < 50 && screen_->Rest() == Screen::Clock::duration::zero(); ++frames) {
      screen_->Draw();
    }
    return frames;
  }

  std::optional<Window> window_;
  std::optional<Screen> screen_;
};

TEST_F(ScreenInWindow, DrawsWhenSomethingIsNewAndRestsOtherwise) {
  EXPECT_EQ(DrawAll(), 0);
  const auto message = SnapshotMessage::Make(ExampleSnapshot());
  screen_->SetSnapshot(message);
  EXPECT_GT(DrawAll(), 0);
  screen_->SetSnapshot(message);
  EXPECT_EQ(DrawAll(), 0);
  screen_->Redraw();
  EXPECT_GT(DrawAll(), 0);
  screen_->Tell("Saved.");
  EXPECT_GT(DrawAll(), 0);
  EXPECT_EQ(screen_->state().notice, "Saved.");
  // It is taken away some seconds later.
  EXPECT_LE(screen_->Rest(), std::chrono::seconds(6));
}

constexpr const char* kNoFonts =
    "skipped: no fonts (Debian packages fonts-open-sans, fonts-dejavu-core, fonts-droid-fallback)";

/// Is this letter among those that the last frame drew?
bool Drawn(const ImFont& font, ImWchar letter) {
  const ImFontGlyph* glyph = font.FindGlyphNoFallback(letter);
  if (glyph == nullptr) return false;
  const ImDrawData& data = *ImGui::GetDrawData();
  for (int l = 0; l < data.CmdListsCount; ++l) {
    for (const ImDrawVert& vertex : data.CmdLists[l]->VtxBuffer) {
      if (vertex.uv.x == glyph->U0 && vertex.uv.y == glyph->V0) return true;
    }
  }
  return false;
}

TEST_F(ScreenInWindow, TitlesHaveTheirLetters) {
  if (FindFonts().others.empty()) GTEST_SKIP() << kNoFonts;
  screen_->state().panel = Panel::kPredictions;
  screen_->SetSnapshot(SnapshotMessage::Make(ExampleSnapshot()));
  screen_->BuildFonts();
  DrawAll();
  EXPECT_THAT(screen_->LackingLetters(), IsEmpty());
  // 夏の手紙, Тихая станция, Η θάλασσα
  for (const ImWchar letter : {0x590f, 0x306e, 0x0422, 0x044f, 0x03b8, 0x03ac}) {
    EXPECT_TRUE(Drawn(*ImGui::GetIO().Fonts->Fonts[0], letter)) << std::hex << letter;
  }
}

TEST_F(ScreenInWindow, FoldersHaveTheirLetters) {
  if (FindFonts().others.empty()) GTEST_SKIP() << kNoFonts;
  OpenState& open = screen_->state().open;
  open.visible = true;
  open.kind = static_cast<int>(OpenRequest::Kind::kRecording);
  open.listing = {.folder = "/фильмы", .entries = {{"映画", true, 0}}, .problem = ""};
  screen_->Redraw();
  DrawAll();
  screen_->BuildFonts();
  DrawAll();
  for (const ImWchar letter : {0x0444, 0x6620}) {
    EXPECT_TRUE(Drawn(*ImGui::GetIO().Fonts->Fonts[0], letter)) << std::hex << letter;
  }
}

}  // namespace
}  // namespace marquee::viewer
