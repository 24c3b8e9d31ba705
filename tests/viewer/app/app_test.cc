// What the window's program does beside drawing: remembering, listing, saving, fonts.
#include <fmt/core.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>

#include "tests/support/example_snapshots.h"
#include "tests/support/temp_dir.h"
#include "viewer/app/folder.h"
#include "viewer/app/measure.h"
#include "viewer/app/remembered.h"
#include "viewer/app/system_fonts.h"
#include "viewer/app/window.h"
#include "viewer/screen/fonts.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing_support::ReadFile;
using testing_support::TempDir;

TEST(Remembered, ComesBackAsItWas) {
  const TempDir folder;
  const std::string path = folder.File("a/b/viewer.toml");
  ViewerState state;
  state.panel = Panel::kLatency;
  state.choices = {.quality_window = 1, .timeline = 1};
  state.predictions.left = 0.6F;
  SetText(state.open.brokers, "a:1,\"b\":2");
  const Remembered remembered{{ThemeKind::kLight, 1.5F}, 1400, 900};
  ASSERT_TRUE(Remember(path, remembered, state).ok());
  EXPECT_FALSE(std::filesystem::exists(path + ".new"));

  ViewerState again;
  Remembered same;
  Recall(path, same, again);
  EXPECT_EQ(same.look.theme, ThemeKind::kLight);
  EXPECT_FLOAT_EQ(same.look.scale, 1.5F);
  EXPECT_EQ(same.width, 1400);
  EXPECT_EQ(same.height, 900);
  EXPECT_EQ(again.panel, Panel::kLatency);
  EXPECT_EQ(again.choices.quality_window, 1);
  EXPECT_EQ(again.choices.timeline, 1);
  EXPECT_FLOAT_EQ(again.predictions.left, 0.6F);
  EXPECT_STREQ(again.open.brokers.data(), "a:1,\"b\":2");
}

TEST(Remembered, SenselessValuesAreLeftOut) {
  const TempDir folder;
  const std::string path = folder.File("viewer.toml");
  std::ofstream(path) << "width = -5\nscale = nan\npanel = \"cellar\"\nquality_window = 77\n"
                         "theme = 3\nheight = 500\noverview_left = 12.0\n";
  ViewerState state;
  Remembered remembered;
  Recall(path, remembered, state);
  EXPECT_EQ(remembered.width, 1280);
  EXPECT_EQ(remembered.height, 500);
  EXPECT_EQ(remembered.look.scale, 0);
  EXPECT_EQ(remembered.look.theme, ThemeKind::kDark);
  EXPECT_EQ(state.panel, Panel::kOverview);
  EXPECT_EQ(state.choices.quality_window, 2);
  EXPECT_FLOAT_EQ(state.overview.left, 0.5F);

  std::ofstream(path) << "this is no TOML [[[";
  Recall(path, remembered, state);
  EXPECT_EQ(remembered.height, 500);
}

TEST(Remembered, AFolderThatCannotBeMadeIsSaid) {
  const Status status = Remember("/proc/none/viewer.toml", {}, {});
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("/proc/none/viewer.toml"));
}

TEST(Folder, ListsFoldersFirst) {
  const TempDir folder;
  std::filesystem::create_directory(folder.File("zoo"));
  std::ofstream(folder.File("movies.csv")) << "12345";
  std::ofstream(folder.File(".hidden")) << "1";
  const FolderListing listing = ListFolder(folder.path().string());
  ASSERT_EQ(listing.entries.size(), 2U);
  EXPECT_EQ(listing.entries[0].name, "zoo");
  EXPECT_TRUE(listing.entries[0].is_folder);
  EXPECT_EQ(listing.entries[1].name, "movies.csv");
  EXPECT_EQ(listing.entries[1].bytes, 5U);
  EXPECT_THAT(listing.problem, IsEmpty());
}

TEST(Folder, OfTooManyEntriesTheFirstAreListed) {
  const TempDir folder;
  for (int i = 0; i < 2010; ++i) std::ofstream(folder.File(fmt::format("{:05}", 9999 - i)));
  const FolderListing listing = ListFolder(folder.path().string());
  ASSERT_EQ(listing.entries.size(), 2000U);
  EXPECT_EQ(listing.entries[0].name, "07990");
  EXPECT_THAT(listing.problem, HasSubstr("The first 2000 of 2010"));
}

TEST(Folder, OneThatIsNotThereIsAProblemNotAnEnd) {
  const FolderListing listing = ListFolder("/no/such/folder");
  EXPECT_THAT(listing.entries, IsEmpty());
  EXPECT_THAT(listing.problem, HasSubstr("/no/such/folder"));
}

TEST(Folder, AFileThatCannotBeSavedIsSaid) {
  const Status status = SaveFile("/no/such/folder/a.png", "bytes");
  ASSERT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("/no/such/folder/a.png: No such file or directory"));
}

TEST(Folder, SavingOverwritesNothing) {
  const TempDir folder;
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(folder.path());
  const std::string first = FreePath("rows.csv");
  ASSERT_TRUE(SaveFile(first, "one").ok());
  const std::string second = FreePath("rows.csv");
  ASSERT_TRUE(SaveFile(second, "two").ok());
  std::filesystem::current_path(before);
  EXPECT_NE(first, second);
  EXPECT_THAT(second, HasSubstr("rows-2.csv"));
  EXPECT_EQ(ReadFile(first), "one");
  EXPECT_EQ(ReadFile(second), "two");
}

TEST(Fonts, LettersOfTitlesAreNotedOnce) {
  Fonts fonts({});
  EXPECT_FALSE(fonts.Note("Latin letters, é too"));
  EXPECT_TRUE(fonts.Note("Тихая"));
  EXPECT_FALSE(fonts.Note("хая"));
  EXPECT_TRUE(fonts.Note("夏"));
  // What is no UTF-8 must not be read beyond its end.
  fonts.Note("\xe5\x8f");
  fonts.Note("\xff\xff");
}

TEST(Fonts, LettersOfAllTextsAreNoted) {
  const wire::SnapshotT example = testing_support::ExampleSnapshot();
  const auto changed = [&](const auto& change) {
    wire::SnapshotT snapshot = example;
    change(snapshot);
    Fonts fonts({});
    fonts.Note(SnapshotMessage::Make(example)->view());
    return fonts.Note(SnapshotMessage::Make(snapshot)->view());
  };
  EXPECT_FALSE(changed([](wire::SnapshotT&) {}));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.rows[7]->title = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.model->name = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.model->class_names[1] = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.source->message = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.services[2]->host = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.dead_letters[1]->source = "鬼.csv"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.events[1]->text = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.bench->left_facts[1] = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) { s.bench->rows[1]->name = "鬼"; }));
  EXPECT_TRUE(changed([](wire::SnapshotT& s) {
    s.drift.push_back(std::make_unique<wire::FeatureMoveT>());
    s.drift.back()->feature = "鬼";
  }));
}

TEST(Fonts, BuildsWithoutFilesAndWithWhatIsThere) {
  ImGui::CreateContext();
  Theme theme = MakeTheme(ThemeKind::kDark, 1);
  Fonts none({});
  none.Note("夏");
  none.Build(theme);
  EXPECT_NE(theme.text, nullptr);
  EXPECT_TRUE(ImGui::GetIO().Fonts->IsBuilt());

  const FontFiles files = FindFonts();
  const bool found = !files.empty();
  Fonts system(files);
  // Letters that no font has: of a private area.
  system.Note("Тихая станция \xee\x80\x80 夏の手紙");
  system.Build(theme);
  EXPECT_TRUE(ImGui::GetIO().Fonts->IsBuilt());
  if (found) {
    EXPECT_NE(theme.text->FindGlyphNoFallback(0x0422), nullptr);
    EXPECT_EQ(theme.text->FindGlyphNoFallback(0xe000), nullptr);
    EXPECT_THAT(system.Lacking(theme), ::testing::Contains(0xe000));
    EXPECT_THAT(system.Lacking(theme), ::testing::Not(::testing::Contains(0x0422)));
  }
  ImGui::DestroyContext();
}

TEST(Fonts, ThatThereAreNoneIsSaid) {
  EXPECT_THAT(AdviceOn(FindFonts({"/no/such/folder"})), HasSubstr("fonts-droid-fallback"));
  EXPECT_THAT(AdviceOn({.text = FontFile(1, 'x'), .bold = {}, .others = {}}), IsEmpty());
}

TEST(Fonts, AFileThatIsNoFontIsLeftOut) {
  const TempDir folder;
  std::ofstream(folder.File("OpenSans-Regular.ttf")) << std::string(5000, 'x');
  EXPECT_TRUE(FindFonts({folder.path().string()}).empty());
  EXPECT_TRUE(FindFonts({"/no/such/folder"}).empty());
}

TEST(Window, ScalesOnceWhereTheSystemScalesTheFrame) {
  EXPECT_FLOAT_EQ(DrawnScale(1, 1280, 1280), 1);
  // X11: the window has the screen's fine pixels.
  EXPECT_FLOAT_EQ(DrawnScale(2, 2560, 2560), 2);
  // Wayland: it has plain ones, and its frame twice as many.
  EXPECT_FLOAT_EQ(DrawnScale(2, 1280, 2560), 1);
  EXPECT_FLOAT_EQ(DrawnScale(1.5F, 853, 1280), 1) << "853.33 pixels are none";
  EXPECT_FLOAT_EQ(DrawnScale(1.5F, 0, 0), 1.5F);
}

TEST(Meter, TellsPercentilesOfFrames) {
  using std::chrono::milliseconds;
  Meter meter;
  for (int i = 1; i <= 100; ++i) meter.AddFrame(milliseconds(i));
  const std::string json = meter.Json();
  EXPECT_THAT(json, HasSubstr("\"frames\":100"));
  EXPECT_THAT(json, HasSubstr("\"frame_ms_p50\":51.000"));
  EXPECT_THAT(json, HasSubstr("\"frame_ms_p99\":100.000"));
}

}  // namespace
}  // namespace marquee::viewer
