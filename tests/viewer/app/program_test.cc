// marquee-viewer as its users run it, where there is no display.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <string>

#include "tests/support/run_program.h"

namespace marquee::viewer {
namespace {

using ::testing::HasSubstr;
using testing_support::Outcome;
using testing_support::TempDir;

Outcome RunViewer(const std::string& arguments) {
  const TempDir folder;
  return testing_support::RunProgram(folder, MARQUEE_VIEWER " " + arguments,
                                     "-u DISPLAY -u WAYLAND_DISPLAY XDG_CONFIG_HOME=.");
}

TEST(ViewerProgram, WithoutADisplayItSaysInOneLineWhatToDo) {
  const Outcome outcome = RunViewer("--generate 10");
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err, HasSubstr("no display can be opened"));
  EXPECT_THAT(outcome.err, HasSubstr("marquee-viewer --headless"));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(ViewerProgram, HeadlessPrintsWhatAPanelWouldShow) {
  const Outcome outcome = RunViewer("--headless --json --generate 3000");
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  // A line a second; the last one is of the run's end.
  const std::string lines = outcome.out.substr(0, outcome.out.find_last_not_of('\n') + 1);
  const auto json = nlohmann::json::parse(lines.substr(lines.rfind('\n') + 1), nullptr, false);
  ASSERT_TRUE(json.is_object()) << outcome.out;
  EXPECT_EQ(json["run"]["rows"], 3000);
  EXPECT_EQ(json["qualities"].size(), 3U);
}

TEST(ViewerProgram, WrongUsageIsSaid) {
  EXPECT_EQ(RunViewer("--no-such-flag").exit_code, 2);
  EXPECT_EQ(RunViewer("--theme pink").exit_code, 2);
  EXPECT_EQ(RunViewer("a.marquee --compare b.json").exit_code, 2);
  const Outcome panel = RunViewer("--shot cellar:x.png");
  EXPECT_EQ(panel.exit_code, 2);
  EXPECT_THAT(panel.err, HasSubstr("overview quality predictions"));
  EXPECT_EQ(RunViewer("--size 12x9").exit_code, 2);
  EXPECT_EQ(RunViewer("--once").exit_code, 2);
}

TEST(ViewerProgram, AFileThatIsNotThereIsSaid) {
  const Outcome outcome = RunViewer("--headless no-such-file.marquee");
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("no-such-file.marquee"));
}

TEST(ViewerProgram, HelpAndVersion) {
  const Outcome help = RunViewer("--help");
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_THAT(help.out, HasSubstr("--headless"));
  EXPECT_THAT(RunViewer("--version").out, HasSubstr("marquee-viewer 0."));
}

}  // namespace
}  // namespace marquee::viewer
