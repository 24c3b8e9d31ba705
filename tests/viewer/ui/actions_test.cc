// What a person does with keyboard and mouse, and what comes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/example_snapshots.h"
#include "tests/support/imgui_harness.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::DrawnText;
using testing_support::ExampleSnapshot;
using testing_support::ImguiHarness;

class Actions : public ::testing::Test {
 protected:
  const wire::Snapshot& view() const { return message_->view(); }
  /// Take another snapshot from now on.
  void Take(const wire::SnapshotT& snapshot) { message_ = SnapshotMessage::Make(snapshot); }
  void Show(Panel panel) {
    harness_.state().panel = panel;
    harness_.Settle(view());
  }
  /// Click the dialog's first button, whose name other things have too: it is left of Cancel.
  void Confirm() {
    const DrawnText* cancel = harness_.Find("Cancel");
    ASSERT_NE(cancel, nullptr);
    harness_.ClickAt(view(), {cancel->min.x - 80, (cancel->min.y + cancel->max.y) / 2});
  }

  std::shared_ptr<const SnapshotMessage> message_ = SnapshotMessage::Make(ExampleSnapshot());
  ImguiHarness harness_;
};

TEST_F(Actions, TabsAndDigitsChooseThePanel) {
  ASSERT_TRUE(harness_.Click(view(), "Quality"));
  EXPECT_EQ(harness_.state().panel, Panel::kQuality);
  harness_.Type(view(), "5");
  EXPECT_EQ(harness_.state().panel, Panel::kLatency);
}

TEST_F(Actions, HelpCoversThePanelsUntilItIsClosed) {
  harness_.Type(view(), "?");
  EXPECT_TRUE(harness_.Shows("only mistakes"));
  // Under it, no shortcut works.
  harness_.Type(view(), "3");
  EXPECT_EQ(harness_.state().panel, Panel::kOverview);
  harness_.PressKey(view(), ImGuiKey_Escape);
  EXPECT_FALSE(harness_.Shows("only mistakes"));
  EXPECT_FALSE(harness_.state().help);
}

TEST_F(Actions, WhoOnlyWatchesIsOfferedNothingThatSteers) {
  harness_.state().watching = true;
  wire::SnapshotT snapshot = ExampleSnapshot();
  snapshot.source->kind = wire::SourceKind::Recording;
  Take(snapshot);
  harness_.Type(view(), "o");
  harness_.Type(view(), " ");
  EXPECT_FALSE(harness_.state().open.visible);
  EXPECT_FALSE(harness_.intents().pause.has_value());
  EXPECT_FALSE(harness_.Shows("Open (O)"));
  EXPECT_FALSE(harness_.Shows("(Space)"));
  EXPECT_TRUE(harness_.Shows("Help (?)"));
  harness_.Type(view(), "?");
  EXPECT_TRUE(harness_.Shows("only mistakes"));
  EXPECT_FALSE(harness_.Shows("Ctrl+Q"));
}

TEST_F(Actions, ThemeIsAskedFor) {
  ASSERT_TRUE(harness_.Click(view(), "Light (T)"));
  EXPECT_EQ(harness_.intents().theme, ThemeKind::kLight);
  harness_.SetTheme(ThemeKind::kLight);
  harness_.Type(view(), "t");
  EXPECT_EQ(harness_.intents().theme, ThemeKind::kDark);
}

TEST_F(Actions, PictureAndScaleAreAskedFor) {
  harness_.Type(view(), "p+");
  EXPECT_TRUE(harness_.intents().save_picture);
  EXPECT_FLOAT_EQ(harness_.intents().scale.value_or(0), 1.1F);
}

TEST_F(Actions, WindowOfQuality) {
  Show(Panel::kQuality);
  ASSERT_TRUE(harness_.Click(view(), "1 min"));
  EXPECT_EQ(harness_.state().choices.quality_window, 1);
  EXPECT_THAT(harness_.AllText(), HasSubstr("last 1 min"));
  harness_.Type(view(), "w");
  EXPECT_THAT(harness_.AllText(), HasSubstr("the whole run"));
}

TEST_F(Actions, OnlyMistakesAreShown) {
  Show(Panel::kPredictions);
  ASSERT_TRUE(harness_.Click(view(), "Only mistakes"));
  const PredictionsState& state = harness_.state().predictions;
  EXPECT_GT(state.shown.size(), 0U);
  EXPECT_LT(state.shown.size(), 150U);
  for (const std::size_t i : state.shown) EXPECT_TRUE(IsMistake(state.rows[i]));
  harness_.Type(view(), "m");
  EXPECT_EQ(state.shown.size(), 150U);
}

TEST_F(Actions, TextTypedIntoTheSearchIsNoShortcut) {
  Show(Panel::kPredictions);
  harness_.Type(view(), "/");
  harness_.Type(view(), "lantern");
  EXPECT_EQ(harness_.state().predictions.filter.text, "lantern");
  EXPECT_FALSE(harness_.intents().theme.has_value());
  EXPECT_GT(harness_.state().predictions.shown.size(), 0U);
  EXPECT_LT(harness_.state().predictions.shown.size(), 150U);
  EXPECT_THAT(harness_.AllText(), HasSubstr("Lantern"));
  EXPECT_THAT(harness_.AllText(), Not(HasSubstr("Orchard")));
  ASSERT_TRUE(harness_.Click(view(), "Show all"));
  EXPECT_EQ(harness_.state().predictions.shown.size(), 150U);
}

TEST_F(Actions, ClassChoiceFilters) {
  Show(Panel::kPredictions);
  ASSERT_TRUE(harness_.Click(view(), "any prediction"));
  // The rows below the list hold the same word: it is the last, for the list is drawn over them.
  const DrawnText* choice = nullptr;
  for (const DrawnText& text : harness_.texts()) {
    if (text.text == "high") choice = &text;
  }
  ASSERT_NE(choice, nullptr);
  harness_.ClickAt(view(), choice->min);
  const PredictionsState& state = harness_.state().predictions;
  EXPECT_EQ(state.filter.predicted_class, 2);
  EXPECT_GT(state.shown.size(), 0U);
  for (const std::size_t i : state.shown) EXPECT_EQ(state.rows[i].predicted_class, 2);
}

TEST_F(Actions, HeadingsSort) {
  Show(Panel::kPredictions);
  ASSERT_TRUE(harness_.Click(view(), "Rating"));
  const PredictionsState& state = harness_.state().predictions;
  EXPECT_EQ(state.order, RowOrder::kTarget);
  EXPECT_FALSE(state.descending);
  EXPECT_LT(state.rows[state.shown[0]].target, state.rows[state.shown[90]].target);
  ASSERT_TRUE(harness_.Click(view(), "Rating"));
  EXPECT_TRUE(state.descending);
  EXPECT_GT(state.rows[state.shown[0]].target, state.rows[state.shown[90]].target);
  ASSERT_TRUE(harness_.Click(view(), "Rating"));
  EXPECT_EQ(state.order, RowOrder::kNumber);
}

TEST_F(Actions, FrozenRowsStay) {
  Show(Panel::kPredictions);
  ASSERT_TRUE(harness_.Click(view(), "Freeze (F)"));
  auto newer = ExampleSnapshot();
  newer.number = 78;
  for (auto& row : newer.rows) {
    row->number += 1000;
    row->title = "Something New";
  }
  Take(newer);
  harness_.Settle(view());
  EXPECT_THAT(harness_.AllText(), HasSubstr("frozen"));
  EXPECT_THAT(harness_.AllText(), Not(HasSubstr("Something New")));
  harness_.Type(view(), "f");
  EXPECT_THAT(harness_.AllText(), HasSubstr("Something New"));
}

TEST_F(Actions, FrozenRowsKeepTheRunTheyAreOf) {
  Show(Panel::kPredictions);
  const std::string run = view().run()->id()->str();
  ASSERT_TRUE(harness_.Click(view(), testing_support::ExampleTitle(149)));
  harness_.Type(view(), "f");
  auto newer = ExampleSnapshot();
  newer.number = 78;
  newer.run->id = "another";
  Take(newer);
  harness_.Settle(view());
  harness_.Type(view(), "c");
  EXPECT_THAT(harness_.intents().copy.value_or(""), HasSubstr(run));
  EXPECT_THAT(harness_.AllText(), HasSubstr("Its origin"));
  harness_.Type(view(), "f");
  EXPECT_FALSE(harness_.state().predictions.selected.has_value()) << "it is none of this run";
  ASSERT_TRUE(harness_.Click(view(), "Export CSV"));
  EXPECT_THAT(harness_.intents().save.value().bytes, HasSubstr("another"));
}

TEST_F(Actions, SelectedRowShowsItsWayAndIsCopied) {
  Show(Panel::kPredictions);
  const std::string title = testing_support::ExampleTitle(149);
  ASSERT_TRUE(harness_.Click(view(), title));
  const auto& selected = harness_.state().predictions.selected;
  ASSERT_TRUE(selected.has_value());
  EXPECT_EQ(selected->number, 1149U);
  for (const char* words : {"Its way", "preprocess", "partition 2, offset 802", "Record"}) {
    EXPECT_THAT(harness_.AllText(), HasSubstr(words));
  }
  harness_.Type(view(), "c");
  ASSERT_TRUE(harness_.intents().copy.has_value());
  EXPECT_THAT(*harness_.intents().copy, HasSubstr("105513," + title));
  harness_.PressKey(view(), ImGuiKey_DownArrow);
  EXPECT_EQ(selected->number, 1148U);
  harness_.PressKey(view(), ImGuiKey_UpArrow);
  EXPECT_EQ(selected->number, 1149U);
}

TEST_F(Actions, TheSelectedRowStaysInView) {
  auto snapshot = ExampleSnapshot();
  for (auto& row : snapshot.rows) row->title = "Film " + std::to_string(row->number);
  Take(snapshot);
  Show(Panel::kPredictions);
  // In the table and in the details.
  const auto shown = [&](const std::string& title) {
    const auto is_title = [&](const DrawnText& text) { return text.text == title; };
    return std::count_if(harness_.texts().begin(), harness_.texts().end(), is_title);
  };
  ASSERT_TRUE(harness_.Click(view(), "Film 1149"));
  for (int i = 0; i < 60; ++i) harness_.PressKey(view(), ImGuiKey_DownArrow);
  EXPECT_EQ(shown("Film 1089"), 2);
  for (int i = 0; i < 55; ++i) harness_.PressKey(view(), ImGuiKey_UpArrow);
  EXPECT_EQ(shown("Film 1144"), 2);
}

TEST_F(Actions, AHiddenColumnStaysHidden) {
  Show(Panel::kPredictions);
  ASSERT_TRUE(harness_.Shows("Score"));
  const DrawnText* heading = harness_.Find("Score");
  harness_.ClickAt(view(), heading->min, ImGuiMouseButton_Right);
  // The menu is drawn over the headings.
  const DrawnText* choice = nullptr;
  for (const DrawnText& text : harness_.texts()) {
    if (text.text == "Score") choice = &text;
  }
  ASSERT_NE(choice, nullptr);
  harness_.ClickAt(view(), choice->min);
  // Elsewhere, so that the menu goes.
  harness_.ClickAt(view(), {1200, 780});
  EXPECT_FALSE(harness_.Shows("Score"));
  EXPECT_TRUE(harness_.Shows("Rating"));
}

TEST_F(Actions, KeysUnderADialogAreNotThePanels) {
  Show(Panel::kPredictions);
  harness_.Type(view(), "o");
  harness_.Type(view(), "f");
  EXPECT_FALSE(harness_.state().predictions.frozen);
  harness_.PressKey(view(), ImGuiKey_Escape);
  harness_.Type(view(), "f");
  EXPECT_TRUE(harness_.state().predictions.frozen);
}

TEST_F(Actions, CsvHoldsTheShownRowsInTheirOrder) {
  Show(Panel::kPredictions);
  harness_.state().predictions.filter.only_mistakes = true;
  ASSERT_TRUE(harness_.Click(view(), "Export CSV"));
  ASSERT_TRUE(harness_.intents().save.has_value());
  const std::string& csv = harness_.intents().save->bytes;
  EXPECT_EQ(csv.substr(0, csv.find('\n')),
            "id,title,target,class,predicted,score,p_low,p_mid,p_high,seen,run,sequence,ordinal,"
            "record,partition,offset,arrived_ns");
  const auto lines = static_cast<std::size_t>(std::count(csv.begin(), csv.end(), '\n'));
  EXPECT_EQ(lines, 1 + harness_.state().predictions.shown.size());
  // A title with a comma is quoted.
  EXPECT_THAT(RowsAsCsv(harness_.state().predictions.class_names, "run",
                        harness_.state().predictions.rows, {19}),
              HasSubstr("\"A Very Long and Winding Title That Nobody Could Ever Read Aloud in One "
                        "Breath, Part 3\""));
}

TEST_F(Actions, FrozenRowsKeepTheNamesOfTheirClasses) {
  Show(Panel::kPredictions);
  harness_.Type(view(), "f");
  auto newer = ExampleSnapshot(2);
  newer.number = 78;
  newer.run->id = "another";
  Take(newer);
  harness_.Settle(view());
  EXPECT_TRUE(harness_.Shows("high"));
  EXPECT_FALSE(harness_.Shows("class 1"));
  ASSERT_TRUE(harness_.Click(view(), "Export CSV"));
  EXPECT_THAT(harness_.intents().save.value().bytes, HasSubstr(",p_low,p_mid,p_high,"));
  harness_.Type(view(), "f");
  ASSERT_TRUE(harness_.Click(view(), "Export CSV"));
  EXPECT_THAT(harness_.intents().save.value().bytes, HasSubstr(",p_class 0,p_class 1,seen"));
}

TEST(RowsAsCsv, QuotesWhatNeedsIt) {
  wire::RowT row;
  row.id = 7;
  row.labelled = true;
  row.probabilities = {0.25F, 0.75F};
  const auto csv = [&](std::string title) {
    row.title = std::move(title);
    return RowsAsCsv(std::vector<std::string>{"a,b", "-c"}, "run", {row}, {0});
  };
  EXPECT_THAT(csv("plain"), HasSubstr(",\"p_a,b\",p_-c,"));
  EXPECT_THAT(csv("plain"), HasSubstr("7,plain,0,\"a,b\",\"a,b\",0,0.25,0.75,"));
  EXPECT_THAT(csv("He said \"no\""), HasSubstr("7,\"He said \"\"no\"\"\",0"));
  // A spreadsheet would take these for formulas.
  EXPECT_THAT(csv("=1+1"), HasSubstr("7,'=1+1,0"));
  EXPECT_THAT(csv("@Home, Alone"), HasSubstr("7,\"'@Home, Alone\",0"));
  EXPECT_THAT(csv("-30-"), HasSubstr("7,'-30-,0"));
}

TEST_F(Actions, CellOfTheConfusionMatrixFiltersThePredictions) {
  Show(Panel::kQuality);
  const auto& quality = *view().qualities()->Get(2);
  const std::string count =
      Quantity(static_cast<double>(quality.confusion()->Get(3)), Unit::kCount);
  ASSERT_TRUE(harness_.Hover(view(), count));
  EXPECT_THAT(harness_.AllText(), HasSubstr("rows are mid, predicted low"));
  ASSERT_TRUE(harness_.Click(view(), count));
  EXPECT_EQ(harness_.state().panel, Panel::kPredictions);
  const PredictionsState& state = harness_.state().predictions;
  EXPECT_EQ(state.filter,
            (RowFilter{.target_class = 1, .predicted_class = 0, .only_unseen = true}));
  harness_.Settle(view());
  EXPECT_GT(state.shown.size(), 0U);
  for (const std::size_t i : state.shown) {
    EXPECT_TRUE(state.rows[i].labelled) << i;
    EXPECT_FALSE(state.rows[i].seen) << i;
  }
  ASSERT_TRUE(harness_.Click(view(), "Show all"));
  EXPECT_EQ(state.shown.size(), 150U);
}

TEST_F(Actions, ARatingThatDoesNotCountIsShownNotCalledAbsent) {
  Show(Panel::kPredictions);
  harness_.state().predictions.selected.emplace();
  view().rows()->Get(148)->UnPackTo(&*harness_.state().predictions.selected);
  harness_.Settle(view());
  EXPECT_THAT(harness_.AllText(), HasSubstr("7.3, of too few votes"));
  view().rows()->Get(145)->UnPackTo(&*harness_.state().predictions.selected);
  harness_.Settle(view());
  EXPECT_THAT(harness_.AllText(), Not(HasSubstr("too few votes")));
}

TEST_F(Actions, SharesOfTheRowInTheConfusionMatrix) {
  Show(Panel::kQuality);
  ASSERT_TRUE(harness_.Click(view(), "Row %"));
  EXPECT_EQ(harness_.state().quality.shares, 1);
  const auto& confusion = *view().qualities()->Get(2)->confusion();
  const auto sum = static_cast<double>(confusion.Get(0) + confusion.Get(1) + confusion.Get(2));
  const double share = static_cast<double>(confusion.Get(0)) / sum;
  EXPECT_TRUE(harness_.Shows(Quantity(share, Unit::kShare)));
}

TEST_F(Actions, SplitterMovesWhatLiesBesideIt) {
  Show(Panel::kPredictions);
  const float before = harness_.state().predictions.left;
  const float length = 1280 - 20 - 8;
  const float x = 10 + before * length + 4;
  harness_.Drag(view(), {x, 500}, {x - 100, 500});
  EXPECT_NEAR(harness_.state().predictions.left, before - 100 / length, 0.002F);
  // It cannot be pushed off the display.
  harness_.Drag(view(), {x - 100, 500}, {2000, 500});
  EXPECT_LT(harness_.state().predictions.left, 0.8F);
}

TEST_F(Actions, RecordingIsSteered) {
  auto recording = ExampleSnapshot();
  recording.source->kind = wire::SourceKind::Recording;
  recording.source->length_ns = 100 * testing_support::kSecond;
  recording.source->position_ns = 20 * testing_support::kSecond;
  recording.source->speed = 1;
  Take(recording);
  ASSERT_TRUE(harness_.Click(view(), "Pause (Space)"));
  EXPECT_EQ(harness_.intents().pause, true);
  ASSERT_TRUE(harness_.Click(view(), "1 ×"));
  ASSERT_TRUE(harness_.Click(view(), "100 ×"));
  EXPECT_EQ(harness_.intents().speed, 100.0);
  const DrawnText* text = harness_.Find("20 s of 1 min 40 s");
  ASSERT_NE(text, nullptr);
  harness_.ClickAt(view(), {700, (text->min.y + text->max.y) / 2});
  ASSERT_TRUE(harness_.intents().seek_ns.has_value());
  EXPECT_GT(*harness_.intents().seek_ns, 20 * testing_support::kSecond);
  EXPECT_LT(*harness_.intents().seek_ns, 80 * testing_support::kSecond);

  recording.source->state = wire::SourceState::Paused;
  Take(recording);
  harness_.Type(view(), " ");
  EXPECT_EQ(harness_.intents().pause, false);

  recording.source->state = wire::SourceState::Ended;
  Take(recording);
  ASSERT_TRUE(harness_.Click(view(), "Again (Space)"));
  EXPECT_EQ(harness_.intents().seek_ns, 0);
}

TEST_F(Actions, OnlyARecordingIsPaused) {
  harness_.Type(view(), " ");
  EXPECT_FALSE(harness_.intents().pause.has_value());
}

TEST_F(Actions, ARunInThisProcessIsStopped) {
  EXPECT_FALSE(harness_.Click(view(), "Stop the run")) << "of services over Kafka";
  auto snapshot = ExampleSnapshot();
  snapshot.source->kind = wire::SourceKind::EmbeddedRun;
  snapshot.source->progress = 0.4F;
  Take(snapshot);
  ASSERT_TRUE(harness_.Click(view(), "Stop the run"));
  EXPECT_TRUE(harness_.intents().stop);
  harness_.state().watching = true;
  harness_.Settle(view());
  EXPECT_FALSE(harness_.Shows("Stop the run"));
  harness_.state().watching = false;
  snapshot.source->state = wire::SourceState::Ended;
  Take(snapshot);
  harness_.Settle(view());
  EXPECT_FALSE(harness_.Shows("Stop the run"));
}

TEST_F(Actions, OpenDialogAsksForATopic) {
  harness_.Type(view(), "o");
  ASSERT_TRUE(harness_.Shows("Brokers"));
  ASSERT_TRUE(harness_.Click(view(), "An hour ago"));
  SetText(harness_.state().open.brokers, "a:1,b:2");
  Confirm();
  ASSERT_TRUE(harness_.intents().open.has_value());
  EXPECT_EQ(harness_.intents().open->kind, OpenRequest::Kind::kTopic);
  EXPECT_EQ(harness_.intents().open->brokers, "a:1,b:2");
  EXPECT_EQ(harness_.intents().open->from, "-1h");
  EXPECT_FALSE(harness_.state().open.visible);
}

TEST_F(Actions, OpenDialogRunsAChosenFile) {
  harness_.Type(view(), "o");
  ASSERT_TRUE(harness_.Click(view(), "Run a file"));
  EXPECT_EQ(harness_.intents().list_folder, ".");
  harness_.state().open.listing = {
      .folder = "/data", .entries = {{"old", true, 0}, {"movies.csv", false, 12'345'678}}};
  ASSERT_TRUE(harness_.Click(view(), "old/"));
  EXPECT_EQ(harness_.intents().list_folder, "/data/old");
  EXPECT_TRUE(harness_.Shows("12.3 MB"));
  ASSERT_TRUE(harness_.Click(view(), "movies.csv"));
  // The hint of the empty field names such a file too; the list is below it.
  const DrawnText* size = harness_.Find("12.3 MB");
  ASSERT_NE(size, nullptr);
  harness_.ClickAt(view(), {size->min.x, (size->min.y + size->max.y) / 2});
  EXPECT_STREQ(harness_.state().open.file.data(), "/data/movies.csv");
  Confirm();
  ASSERT_TRUE(harness_.intents().open.has_value());
  EXPECT_EQ(harness_.intents().open->kind, OpenRequest::Kind::kEmbeddedRun);
  EXPECT_EQ(harness_.intents().open->file, "/data/movies.csv");
}

TEST_F(Actions, EventsThatMerelyInformCanBeHidden) {
  Show(Panel::kTroubles);
  EXPECT_TRUE(harness_.Shows("following topic results"));
  ASSERT_TRUE(harness_.Click(view(), "Only troubles"));
  EXPECT_FALSE(harness_.Shows("following topic results"));
  EXPECT_TRUE(harness_.Shows("connection refused"));
}

TEST_F(Actions, TextThatIsCutOffHasATip) {
  Show(Panel::kTroubles);
  auto snapshot = ExampleSnapshot();
  snapshot.dead_letters.back()->message = "begins " + std::string(100, 'm') + " ends";
  Take(snapshot);
  harness_.Settle(view());
  ASSERT_FALSE(harness_.Shows("ends"));
  ASSERT_TRUE(harness_.Hover(view(), "begins"));
  EXPECT_TRUE(harness_.Shows("ends"));
}

TEST_F(Actions, OnlyChangesOfBenchmarks) {
  Show(Panel::kBenchmarks);
  EXPECT_TRUE(harness_.Shows("offline, 1 thread"));
  ASSERT_TRUE(harness_.Click(view(), "Only what differs"));
  EXPECT_FALSE(harness_.Shows("offline, 1 thread"));
  EXPECT_TRUE(harness_.Shows("offline, 2 threads"));
}

TEST_F(Actions, AnotherSourceForgetsTheSelectionAndKeepsTheOrder) {
  Show(Panel::kPredictions);
  ASSERT_TRUE(harness_.Click(view(), "Rating"));
  const PredictionsState& state = harness_.state().predictions;
  ASSERT_TRUE(harness_.Click(view(), state.rows[state.shown[0]].title));
  ASSERT_TRUE(harness_.state().predictions.selected.has_value());
  ForgetSource(harness_.state());
  EXPECT_FALSE(harness_.state().predictions.selected.has_value());
  EXPECT_EQ(harness_.state().predictions.order, RowOrder::kTarget);
  harness_.Settle(view());
  EXPECT_EQ(harness_.state().predictions.shown.size(), 150U);
}

}  // namespace
}  // namespace marquee::viewer
