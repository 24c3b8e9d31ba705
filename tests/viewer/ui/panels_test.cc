// Every panel, with every kind of snapshot, at every size: it draws, and says what it should.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support/example_snapshots.h"
#include "tests/support/imgui_harness.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using testing_support::DrawnText;
using testing_support::ExampleSnapshot;
using testing_support::ExtremeSnapshot;
using testing_support::ImguiHarness;

struct Display {
  float width, height, scale;
};

std::string NameOf(Panel panel) { return kPanelNames[static_cast<std::size_t>(panel)]; }

class EveryPanel : public ::testing::TestWithParam<Panel> {
 protected:
  static std::vector<Display> Displays() {
    return {{1280, 800, 1}, {1920, 1080, 1}, {1920, 1080, 1.5F}, {1280, 800, 1.5F}, {640, 400, 1}};
  }
};

TEST_P(EveryPanel, DrawsWithinTheDisplay) {
  const auto example = SnapshotMessage::Make(ExampleSnapshot());
  for (const Display& display : Displays()) {
    for (const ThemeKind kind : {ThemeKind::kDark, ThemeKind::kLight}) {
      ImguiHarness harness({display.width, display.height}, display.scale, kind);
      harness.state().panel = GetParam();
      harness.Settle(example->view());
      EXPECT_EQ(harness.DrawnOutside(), "") << display.width << " x " << display.scale;
    }
  }
}

TEST_P(EveryPanel, CutsNoTextOff) {
  const auto example = SnapshotMessage::Make(ExampleSnapshot());
  for (const Display& display : Displays()) {
    if (display.width < 1000) continue;
    ImguiHarness harness({display.width, display.height}, display.scale);
    harness.state().panel = GetParam();
    harness.Settle(example->view());
    for (const DrawnText& text : harness.texts()) {
      EXPECT_FALSE(text.cut) << text.text << " at " << display.width << " x " << display.scale;
    }
  }
}

TEST_P(EveryPanel, BearsWhatNoRunShouldGive) {
  const auto extreme = SnapshotMessage::Make(ExtremeSnapshot());
  for (const Display& display : Displays()) {
    ImguiHarness harness({display.width, display.height}, display.scale);
    harness.state().panel = GetParam();
    harness.Settle(extreme->view());
    EXPECT_EQ(harness.DrawnOutside(), "") << display.width;
    for (float x = 5; x < display.width; x += display.width / 12) {
      for (float y = 5; y < display.height; y += display.height / 10) {
        ImGui::GetIO().MousePos = {x, y};
        harness.Frame(extreme->view());
      }
    }
    EXPECT_EQ(harness.DrawnOutside(), "") << display.width;
  }
}

TEST_P(EveryPanel, SaysWhatIsWaitedForAndWhatToDo) {
  const auto empty = SnapshotMessage::Make(EmptySnapshot());
  ImguiHarness harness;
  harness.state().panel = GetParam();
  harness.Settle(empty->view());
  EXPECT_EQ(harness.DrawnOutside(), "");
  const std::string wanted = GetParam() == Panel::kTroubles     ? "No dead letters"
                             : GetParam() == Panel::kBenchmarks ? "No records of benchmarks"
                                                                : "Nothing is open";
  EXPECT_THAT(harness.AllText(), HasSubstr(wanted));
}

TEST_P(EveryPanel, BearsClassesOfAnyNumber) {
  for (const std::size_t classes : {1U, 2U, 20U, 32U}) {
    const auto snapshot = SnapshotMessage::Make(ExampleSnapshot(classes));
    ImguiHarness harness;
    harness.state().panel = GetParam();
    harness.Settle(snapshot->view());
    EXPECT_EQ(harness.DrawnOutside(), "") << classes;
  }
}

TEST_P(EveryPanel, SameSnapshotSameFrame) {
  const auto example = SnapshotMessage::Make(ExampleSnapshot());
  ImguiHarness harness;
  harness.state().panel = GetParam();
  harness.Settle(example->view());
  const std::string before = harness.FrameBytes();
  harness.Frame(example->view());
  EXPECT_TRUE(before == harness.FrameBytes());
}

INSTANTIATE_TEST_SUITE_P(All, EveryPanel,
                         ::testing::Values(Panel::kOverview, Panel::kQuality, Panel::kPredictions,
                                           Panel::kParts, Panel::kLatency, Panel::kTroubles,
                                           Panel::kBenchmarks),
                         [](const auto& panel) { return NameOf(panel.param); });

/// What is drawn of `snapshot` on `panel`.
std::string TextOf(const wire::SnapshotT& snapshot, Panel panel, ImVec2 size = {1280, 800}) {
  const auto message = SnapshotMessage::Make(snapshot);
  ImguiHarness harness(size);
  harness.state().panel = panel;
  harness.Settle(message->view());
  return harness.AllText();
}

std::string TextOfPanel(Panel panel, ImVec2 size = {1280, 800}) {
  return TextOf(ExampleSnapshot(), panel, size);
}

void ExpectWords(const std::string& text, const std::vector<std::string>& all) {
  for (const std::string& words : all) EXPECT_THAT(text, HasSubstr(words));
}

TEST(Panels, TheBarSaysWhatIsShown) {
  ExpectWords(TextOfPanel(Panel::kOverview, {1920, 1080}),
              {"live", "Topic", "results on 127.0.0.1:9092", "run a8c40b6e", "model movies 1",
               "cross-validated F1 63.73"});
}

TEST(Panels, TheBarHasRoomForAllItsButtons) {
  auto snapshot = ExampleSnapshot();
  snapshot.source->kind = wire::SourceKind::EmbeddedRun;
  const auto message = SnapshotMessage::Make(snapshot);
  for (const Display& display : {Display{640, 400, 1}, {800, 600, 1}, {1280, 800, 2}}) {
    ImguiHarness harness({display.width, display.height}, display.scale);
    harness.Settle(message->view());
    EXPECT_EQ(harness.DrawnOutside(), "") << display.width;
    for (const char* button :
         {"Stop the run", "Open (O)", "Picture (P)", "Light (T)", "Help (?)"}) {
      EXPECT_TRUE(harness.Shows(button)) << button << " at " << display.width;
    }
  }
}

TEST(Panels, TheBarNamesAModelThatIsNotKnownByItsId) {
  auto snapshot = ExampleSnapshot();
  snapshot.model->name.clear();
  snapshot.model->version.clear();
  snapshot.model->id = "00000000deadbeef";
  snapshot.model->several = true;
  const auto message = SnapshotMessage::Make(snapshot);
  ImguiHarness harness({1920, 1080});
  harness.Settle(message->view());
  ExpectWords(harness.AllText(), {"model 00000000deadbeef (and others)"});
}

TEST(Panels, TheOverviewSaysThatARunIsWatchedFromItsMiddle) {
  auto snapshot = ExampleSnapshot();
  snapshot.run->lost = -1;
  snapshot.run->missing_messages = 0;
  snapshot.run->first_message = 4711;
  const auto message = SnapshotMessage::Make(snapshot);
  ImguiHarness harness({1280, 800});
  harness.Settle(message->view());
  EXPECT_EQ(harness.DrawnOutside(), "");
  ExpectWords(harness.AllText(), {"? / 50", "watched from the middle"});
}

TEST(Panels, Overview) {
  ExpectWords(TextOfPanel(Panel::kOverview),
              {"58.3 k", "9.21 M", "9.43 ms", "p99 38.7 ms", "0 / 50", "infer-b on beta is stall",
               "preprocess", "3 instances", "raw-data", "processed-data", "412 wait", "Throughput",
               "12:34:00"});
}

TEST(Panels, ThroughputOfARunThatIsOverIsTheWholeRuns) {
  auto snapshot = ExampleSnapshot();
  snapshot.source->state = wire::SourceState::Ended;
  const std::string text = TextOf(snapshot, Panel::kOverview);
  EXPECT_THAT(text, Not(HasSubstr("Throughput now")));
  EXPECT_THAT(text, HasSubstr("Throughput of the run\n60.1 k"));
}

TEST(Panels, Quality) {
  const auto snapshot = ExampleSnapshot();
  const wire::QualityT& quality = *snapshot.qualities[2];
  ExpectWords(TextOfPanel(Panel::kQuality),
              {"low", "Precision", "Macro-F1 " + Score(quality.macro_f1),
               Quantity(static_cast<double>(quality.confusion[1]), Unit::kCount),
               Exact(quality.classes[0].support()), "mean error 2.1 %", "the whole run"});
}

TEST(Panels, Predictions) {
  ExpectWords(TextOfPanel(Panel::kPredictions), {"150 of the latest 150 rows", "No row selected",
                                                 testing_support::ExampleTitle(149)});
}

TEST(Panels, Parts) {
  ExpectWords(TextOfPanel(Panel::kParts),
              {"3.10 ns", "107 ns", "173 ns", "encoder 37.8 %", "284 ns a row"});
}

TEST(Panels, Latency) {
  ExpectWords(TextOfPanel(Panel::kLatency),
              {"1.50 ms wait + 400 µs work", "half of them within 9.43 ms", "99.9 %"});
}

TEST(Panels, Troubles) {
  ExpectWords(
      TextOfPanel(Panel::kTroubles, {1920, 1080}),
      {"infer-b on beta", "stalled: 412 records wait", "2 of 7.54 k", "645 rows", "invalid_utf8",
       "movies.csv, record 119", "column id", "connection refused", "12:34:42"});
}

TEST(Panels, ServicesHaveTheirNamesWhereItIsNarrow) {
  const std::string narrow = TextOfPanel(Panel::kTroubles, {800, 600});
  ExpectWords(narrow, {"preprocess-a on beta", "running", "stalled: 412", "Failed commits"});
  EXPECT_THAT(narrow, Not(HasSubstr("Memory")));
  EXPECT_THAT(TextOfPanel(Panel::kTroubles), HasSubstr("Memory"));
}

TEST(Panels, TroublesOfAnotherDayHaveTheirDay) {
  auto snapshot = ExampleSnapshot();
  snapshot.taken_ns += 12 * 3600 * testing_support::kSecond;
  const std::string text = TextOf(snapshot, Panel::kTroubles, {1920, 1080});
  EXPECT_THAT(text, HasSubstr("03-01 12:34:42"));
  EXPECT_THAT(TextOfPanel(Panel::kTroubles), Not(HasSubstr("03-01")));
}

TEST(Panels, Benchmarks) {
  ExpectWords(TextOfPanel(Panel::kBenchmarks),
              {"commit deb5ffc81", "commit 76ad4367c", "1.70 M rows/s", "1.94 M rows/s", "1.14",
               "better", "worse", "same", "in one record only"});
}

TEST(Panels, FactsOfRecordsCanBeScrolled) {
  auto snapshot = ExampleSnapshot();
  snapshot.bench->left_facts.assign(12, "a fact");
  snapshot.bench->left_facts.push_back("the last fact");
  const auto message = SnapshotMessage::Make(snapshot);
  ImguiHarness harness({800, 600});
  harness.state().panel = Panel::kBenchmarks;
  harness.Settle(message->view());
  EXPECT_FALSE(harness.Shows("the last fact"));
  ASSERT_TRUE(harness.Hover(message->view(), "a fact"));
  harness.Wheel(message->view(), -20);
  EXPECT_TRUE(harness.Shows("the last fact"));
}

TEST(Panels, BenchmarksTellNothingFromAbsent) {
  auto snapshot = ExampleSnapshot();
  auto& rows = snapshot.bench->rows;
  rows.resize(2);
  rows[0]->left = 0;
  rows[0]->right = 12;
  rows[1]->left = 0;
  rows[1]->right = 0;
  const std::string text = TextOf(snapshot, Panel::kBenchmarks);
  ExpectWords(text, {"no ratio with 0", "same"});
  EXPECT_THAT(text, Not(HasSubstr("in one record only")));
}

TEST(Panels, F1SaysHowLongAPointIs) {
  const auto text = [](std::int64_t interval_ns, int timeline) {
    auto snapshot = ExampleSnapshot();
    snapshot.session->interval_ns = interval_ns;
    const auto message = SnapshotMessage::Make(snapshot);
    ImguiHarness harness;
    harness.state().panel = Panel::kQuality;
    harness.state().choices.timeline = timeline;
    harness.Settle(message->view());
    return harness.AllText();
  };
  using testing_support::kSecond;
  EXPECT_THAT(text(16 * kSecond, 0), HasSubstr("each point over 10 s"));
  EXPECT_THAT(text(16 * kSecond, 1), HasSubstr("each point over 16 s"));
  EXPECT_THAT(text(4 * kSecond, 1), HasSubstr("each point over 8.0 s"));
}

TEST(Panels, ServicesThatHaveStoppedAreNotWell) {
  auto snapshot = ExampleSnapshot();
  for (auto& service : snapshot.services) service->state = "running";
  EXPECT_THAT(TextOf(snapshot, Panel::kTroubles), HasSubstr("6 services, all well"));
  snapshot.services[0]->state = "stopped";
  EXPECT_THAT(TextOf(snapshot, Panel::kTroubles), HasSubstr("5 services, all well, 1 stopped"));
  for (auto& service : snapshot.services) service->state = "stopped";
  EXPECT_THAT(TextOf(snapshot, Panel::kTroubles), HasSubstr("6 services, stopped"));
}

/// The example with a second model, and with features that have moved.
wire::SnapshotT ChallengedSnapshot(double low, double high) {
  wire::SnapshotT snapshot = ExampleSnapshot();
  snapshot.challenger = std::make_unique<wire::ChallengerT>();
  *snapshot.challenger = {};
  snapshot.challenger->id = "0123456789abcdef";
  snapshot.challenger->rows = 36'467;
  snapshot.challenger->agreement = 0.931;
  snapshot.challenger->labelled = 3'697;
  snapshot.challenger->macro_f1 = 0.6435;
  snapshot.challenger->macro_f1_model = 0.6012;
  snapshot.challenger->difference = (low + high) / 2;
  snapshot.challenger->difference_low = low;
  snapshot.challenger->difference_high = high;
  for (const auto& [name, psi] : {std::pair("runtime", 0.04), {"year", 0.61}, {"votes", 0.12}}) {
    auto move = std::make_unique<wire::FeatureMoveT>();
    move->feature = name;
    move->psi = psi;
    snapshot.drift.push_back(std::move(move));
  }
  snapshot.drift_rows = 65'536;
  return snapshot;
}

TEST(Panels, QualityTellsOfAChallenger) {
  const auto text = [](double low, double high) {
    const auto snapshot = SnapshotMessage::Make(ChallengedSnapshot(low, high));
    ImguiHarness harness({1280, 800});
    harness.state().panel = Panel::kQuality;
    harness.Settle(snapshot->view());
    EXPECT_EQ(harness.DrawnOutside(), "");
    return harness.AllText();
  };
  ExpectWords(text(0.022, 0.062),
              {"Challenger", "0123456789abcdef", "3.70 k rows that neither", "64.35 against 60.12",
               "+4.20 (95 % interval +2.20 to +6.20), better", "93.1 % of the rows"});
  EXPECT_THAT(text(-0.062, -0.022), HasSubstr("worse"));
  EXPECT_THAT(text(-0.01, 0.02), HasSubstr("no clear difference"));
  EXPECT_THAT(TextOfPanel(Panel::kQuality), Not(HasSubstr("Challenger")));
}

TEST(Panels, PartsTellWhichFeaturesHaveMoved) {
  const auto snapshot = SnapshotMessage::Make(ChallengedSnapshot(0, 0));
  for (const ImVec2 size : {ImVec2(1280, 800), ImVec2(640, 400)}) {
    ImguiHarness harness(size);
    harness.state().panel = Panel::kParts;
    harness.Settle(snapshot->view());
    EXPECT_EQ(harness.DrawnOutside(), "");
    if (size.x < 1000) continue;
    const std::string text = harness.AllText();
    ExpectWords(text, {"Features against the training file", "year", "0.61"});
    EXPECT_LT(text.find("0.61"), text.find("0.12")) << "the farthest first";
    EXPECT_LT(text.find("0.12"), text.find("0.04"));
  }
}

}  // namespace
}  // namespace marquee::viewer
