// Pictures of the example, compared with those that a person has looked at. ImGui's built-in font and
// software OpenGL make them the same on every machine, but for a few shades along edges.
//
// After a change that is meant: look at the pictures that the failed test names, and copy them over.
#include <gtest/gtest.h>

#include <cstdlib>
#include <optional>
#include <string>

#include "tests/support/example_snapshots.h"
#include "tests/support/png.h"
#include "viewer/app/folder.h"
#include "viewer/app/window.h"
#include "viewer/screen/fonts.h"
#include "viewer/screen/gl.h"
#include "viewer/screen/png.h"
#include "viewer/ui/viewer.h"

namespace marquee::viewer {
namespace {

constexpr int kWidth = 1280;
constexpr int kHeight = 800;
/// Another Mesa may shade edges otherwise: so far may a colour be off, and so many pixels be more.
constexpr int kShade = 24;
constexpr double kShareOff = 0.002;

struct Case {
  Panel panel;
  ThemeKind theme;
  const char* name;
};

Pixels Draw(const Case& it) {
  Result<Window> window =
      Window::Open({.width = kWidth, .height = kHeight, .hidden = true, .vsync = false});
  if (!window) {
    ADD_FAILURE() << window.error().message();
    return {};
  }
  Theme theme = MakeTheme(it.theme, 1);
  ApplyTheme(theme, ImGui::GetStyle());
  Fonts({}).Build(theme);
  const auto snapshot = SnapshotMessage::Make(testing_support::ExampleSnapshot());
  ViewerState state;
  state.panel = it.panel;
  snapshot->view().rows()->Get(147)->UnPackTo(&state.predictions.selected.emplace());
  for (int frame = 0; frame < 4; ++frame) {
    window->BeginFrame();
    ImGui::GetIO().MousePos = {-1, -1};
    DrawViewer(snapshot->view(), theme, state);
    DrawGlFrame(theme.background);
  }
  return ReadGlPixels({0, 0}, {kWidth, kHeight});
}

/// The share of pixels that differ by more than a shade.
double ShareOff(const Pixels& a, const Pixels& b) {
  if (a.width != b.width || a.height != b.height) return 1;
  std::size_t off = 0;
  for (std::size_t i = 0; i < a.rgb.size(); i += 3) {
    bool differs = false;
    for (std::size_t c = i; c < i + 3; ++c) differs |= std::abs(a.rgb[c] - b.rgb[c]) > kShade;
    off += differs ? 1 : 0;
  }
  return static_cast<double>(off) / static_cast<double>(a.rgb.size() / 3);
}

class Pictures : public ::testing::TestWithParam<Case> {};

TEST_P(Pictures, AreAsExpected) {
  const Pixels actual = Draw(GetParam());
  ASSERT_FALSE(actual.rgb.empty());
  const std::string file = std::string("/") + GetParam().name + ".png";
  const std::optional<Pixels> expected = testing_support::ReadPng(MARQUEE_EXPECTED + file);
  const double off = expected ? ShareOff(actual, *expected) : 1;
  if (off <= kShareOff) return;
  const std::string kept = MARQUEE_ACTUAL + file;
  EXPECT_TRUE(SaveFile(kept, EncodePng(actual)).ok());
  FAIL() << 100 * off << " % of the pixels differ from " << MARQUEE_EXPECTED << file
         << "; the actual picture is " << kept;
}

INSTANTIATE_TEST_SUITE_P(
    All, Pictures,
    ::testing::Values(Case{Panel::kOverview, ThemeKind::kDark, "overview_dark"},
                      Case{Panel::kQuality, ThemeKind::kLight, "quality_light"},
                      Case{Panel::kPredictions, ThemeKind::kDark, "predictions_dark"}),
    [](const auto& it) { return std::string(it.param.name); });

}  // namespace
}  // namespace marquee::viewer
