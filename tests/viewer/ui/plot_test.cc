#include "viewer/ui/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/example_snapshots.h"
#include "tests/support/imgui_harness.h"
#include "viewer/ui/snapshot_access.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using testing_support::ExampleSnapshot;
using testing_support::ImguiHarness;

/// How many vertices the plot of one line has, in the second frame (in the first, ImGui finds the
/// window's size).
int VerticesOf(const std::vector<float>& values, std::size_t steps = 1) {
  const ImguiHarness harness;
  const std::vector<PlotLine> lines = {
      {.label = "x", .color = ~0U, .values = values, .steps = steps}};
  PlotState state;
  int vertices = 0;
  for (int frame = 0; frame < 2; ++frame) {
    ImGui::NewFrame();
    ImGui::SetNextWindowSize({640, 300});
    ImGui::Begin("alone");
    const int before = ImGui::GetWindowDrawList()->VtxBuffer.Size;
    DrawPlot("plot", {600, 240}, {.y_end = 1000}, lines, harness.theme(), state);
    vertices = ImGui::GetWindowDrawList()->VtxBuffer.Size - before;
    ImGui::End();
    ImGui::Render();
  }
  return vertices;
}

TEST(Plot, VerticesAreBoundedByPixelsNotByValues) {
  const auto vertices = [](std::size_t count) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<float>(i * 7919 % 1000);
    return VerticesOf(values);
  };
  // Four points a column, of at most four vertices each.
  EXPECT_LT(vertices(1'000'000), 600 * 4 * 4);
  EXPECT_NEAR(vertices(1'000'000), vertices(500'000), 600);
}

TEST(Plot, SpikesSurviveThinningOut) {
  std::vector<float> flat(100'000, 1.0F);
  const int without = VerticesOf(flat);
  flat[54'321] = 900;
  // Two more points in the column of the spike.
  EXPECT_GT(VerticesOf(flat), without);
}

TEST(Plot, GapsAreNotBridged) {
  const float none = std::nanf("");
  const int whole = VerticesOf({1, 2, 3, 4, 5, 6});
  // Two lines of two points, without those between.
  const int gap = VerticesOf({1, 2, none, none, 5, 6});
  const int half = VerticesOf({none, none, none, none, 5, 6});
  EXPECT_LT(gap, whole);
  EXPECT_LT(half, gap);
  // A value alone is a dot, not nothing.
  EXPECT_GT(VerticesOf({none, none, 3, none, none, none}), half);
}

TEST(Plot, WhatIsToldLessOftenHasNoGapsBetween) {
  const float none = std::nanf("");
  const std::vector<float> sparse = {1, none, 3, none, 5, none, none, none, 9};
  // Dots are circles: many vertices each.
  EXPECT_LT(VerticesOf(sparse, 2), VerticesOf(sparse));
  EXPECT_GT(VerticesOf(sparse, 2), VerticesOf(sparse, 4));
}

class PlotOfExample : public ::testing::Test {
 protected:
  PlotOfExample() { harness_.Settle(view()); }
  const wire::Snapshot& view() const { return message_->view(); }
  /// A place in the plot under the title "Throughput".
  static ImVec2 Middle() { return {300, 420}; }

  std::shared_ptr<const SnapshotMessage> message_ = SnapshotMessage::Make(ExampleSnapshot());
  ImguiHarness harness_;
};

TEST_F(PlotOfExample, PointerReadsTheValues) {
  harness_.HoverAt(view(), Middle());
  EXPECT_THAT(harness_.AllText(), ::testing::ContainsRegex("\nproduce: [0-9.]+ k rows/s\n"));
}

TEST_F(PlotOfExample, MarksSayHowFarApartTheyAre) {
  for (const auto& [least, most] : {std::pair(0.568F, 0.579F), {0.5702F, 0.5719F}, {0.4F, 0.9F}}) {
    auto snapshot = ExampleSnapshot();
    for (auto& series : snapshot.recent->series) {
      if (series->kind != wire::SeriesKind::MacroF1) continue;
      for (std::size_t i = 0; i < series->values.size(); ++i) {
        series->values[i] = i % 2 == 0 ? least : most;
      }
    }
    message_ = SnapshotMessage::Make(snapshot);
    harness_.Settle(view());
    // No other plot of this panel has shares.
    std::vector<double> marks;
    for (const auto& text : harness_.texts()) {
      if (text.text.ends_with(" %")) marks.push_back(std::stod(text.text));
    }
    ASSERT_GE(marks.size(), 3U) << least;
    for (std::size_t i = 2; i < marks.size(); ++i) {
      EXPECT_NEAR(marks[i] - marks[i - 1], marks[1] - marks[0], 1e-9) << least;
    }
  }
}

TEST_F(PlotOfExample, NoMarkIsAPartOfARecord) {
  auto snapshot = ExampleSnapshot();
  for (auto& series : snapshot.recent->series) {
    if (series->kind == wire::SeriesKind::Lag) std::ranges::fill(series->values, 1.0F);
  }
  message_ = SnapshotMessage::Make(snapshot);
  harness_.Settle(view());
  EXPECT_THAT(harness_.AllText(), ::testing::AllOf(HasSubstr("\n1\n"), HasSubstr("\n2\n"),
                                                   ::testing::Not(HasSubstr("\n0.5\n"))));
}

TEST_F(PlotOfExample, WheelZoomsAndADoubleClickGoesBack) {
  harness_.HoverAt(view(), Middle());
  harness_.Wheel(view(), 3);
  const PlotState& state = harness_.state().overview.throughput;
  ASSERT_TRUE(state.zoomed);
  const double range = state.to - state.from;
  EXPECT_NEAR(range, 299 * std::pow(0.8, 3), 1);

  const double from = state.from;
  harness_.Drag(view(), Middle(), {Middle().x - 50, Middle().y});
  EXPECT_GT(state.from, from);
  EXPECT_NEAR(state.to - state.from, range, 0.01);

  ImGuiIO& io = ImGui::GetIO();
  io.MousePos = Middle();
  for (const bool down : {false, true, false, true, false}) {
    io.MouseDown[0] = down;
    harness_.Frame(view());
  }
  EXPECT_FALSE(state.zoomed);
}

TEST_F(PlotOfExample, ZoomOnTheEndGoesWithTime) {
  harness_.HoverAt(view(), {600, 420});
  harness_.Wheel(view(), 3);
  PlotState& state = harness_.state().overview.throughput;
  ASSERT_TRUE(state.zoomed);
  state.follows = true;
  const double range = state.to - state.from;
  auto later = ExampleSnapshot();
  later.recent->end_ns += 60 * testing_support::kSecond;
  later.taken_ns += 60 * testing_support::kSecond;
  message_ = SnapshotMessage::Make(later);
  harness_.Settle(view());
  EXPECT_NEAR(state.to, static_cast<double>(later.recent->end_ns) / 1e9, 0.01);
  EXPECT_NEAR(state.to - state.from, range, 0.01);
}

TEST_F(PlotOfExample, LongSessionsHaveDays) {
  using testing_support::kSecond;
  auto snapshot = ExampleSnapshot();
  // 600 intervals: twelve and a half days.
  snapshot.session->interval_ns = 1800 * kSecond;
  message_ = SnapshotMessage::Make(snapshot);
  harness_.state().choices.timeline = 1;
  harness_.Settle(view());
  EXPECT_FALSE(harness_.Shows("00:00:00"));
  EXPECT_TRUE(harness_.Shows("2026-02-24"));
  harness_.HoverAt(view(), Middle());
  EXPECT_THAT(harness_.AllText(), ::testing::ContainsRegex("2026-02-2. ..:..:..\n"));
}

TEST_F(PlotOfExample, TheLastPointIsNotInTheFuture) {
  using testing_support::kSecond;
  auto snapshot = ExampleSnapshot();
  // The last interval of 18 s has begun 5 s ago.
  snapshot.session->end_ns = snapshot.taken_ns + 13 * kSecond;
  message_ = SnapshotMessage::Make(snapshot);
  const auto seconds = [](std::int64_t ns) { return static_cast<double>(ns) / 1e9; };
  EXPECT_DOUBLE_EQ(OverTime(view(), *view().session(), Unit::kCount).x_last,
                   seconds(snapshot.taken_ns));
  // One that has ended before the snapshot was taken stays where it is.
  EXPECT_DOUBLE_EQ(OverTime(view(), *view().recent(), Unit::kCount).x_last,
                   seconds(snapshot.recent->end_ns));
  // What is drawn ends there.
  harness_.state().choices.timeline = 1;
  harness_.HoverAt(view(), Middle());
  harness_.Wheel(view(), -3);
  harness_.Wheel(view(), 1);
  EXPECT_LE(harness_.state().overview.throughput.to, seconds(snapshot.taken_ns));
}

TEST_F(PlotOfExample, NameOfTheLegendHidesItsLine) {
  // The stages' names stand in the flow, and then in the legend of the first plot.
  std::vector<const testing_support::DrawnText*> names;
  for (const auto& text : harness_.texts()) {
    if (text.text == "evaluate") names.push_back(&text);
  }
  ASSERT_GE(names.size(), 2U);
  const testing_support::DrawnText* name = names[1];
  const auto before = harness_.FrameBytes().size();
  harness_.ClickAt(view(), {name->min.x + 4, name->min.y + 4});
  EXPECT_EQ(harness_.state().overview.throughput.hidden, 1U << 3);
  EXPECT_LT(harness_.FrameBytes().size(), before);
}

TEST(Nines, OfShares) {
  EXPECT_DOUBLE_EQ(Nines(0), 0);
  EXPECT_NEAR(Nines(0.99), 2, 1e-12);
  EXPECT_TRUE(std::isfinite(Nines(1)));
}

}  // namespace
}  // namespace marquee::viewer
