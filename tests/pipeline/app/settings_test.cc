#include "pipeline/app/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::HasSubstr;

/// A program with one command of three settings.
class SettingsTest : public testing::Test {
 protected:
  SettingsTest() {
    command_ = app_.add_subcommand("run");
    command_->add_option("--config")->envname("MARQUEE_CONFIG");
    AddSetting(*command_, "--batch-rows", rows_, "rows");
    AddSetting(*command_, "--data-url", url_, "url");
    AddSwitch(*command_, "--json", json_, "json");
    for (const char* name :
         {"MARQUEE_BATCH_ROWS", "MARQUEE_DATA_URL", "MARQUEE_JSON", "MARQUEE_CONFIG"}) {
      unsetenv(name);
    }
  }

  Status Parse(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"marquee", "run"});
    std::vector<const char*> argv;
    for (const std::string& argument : arguments) argv.push_back(argument.c_str());
    const int argc = static_cast<int>(argv.size());
    MARQUEE_RETURN_IF_ERROR(ApplyConfigFile(app_, argc, argv.data()));
    app_.parse(argc, const_cast<char**>(argv.data()));
    TakeEnvironment(app_);
    return {};
  }

  testing_support::TempDir dir_;
  CLI::App app_;
  CLI::App* command_;
  int rows_ = 512;
  std::string url_;
  bool json_ = false;
};

TEST_F(SettingsTest, DefaultsStand) {
  ASSERT_TRUE(Parse({}).ok());
  EXPECT_EQ(rows_, 512);
  EXPECT_EQ(EffectiveConfig(*command_),
            "# config is not set\nbatch_rows = 512\n# data_url is not set\njson = false\n");
}

TEST_F(SettingsTest, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const std::string config =
      dir_.Write("marquee.toml", "batch_rows = 1\ndata_url = \"file\"\njson = true\n");
  setenv("MARQUEE_BATCH_ROWS", "2", 1);
  ASSERT_TRUE(Parse({"--config", config}).ok());
  EXPECT_EQ(rows_, 2);
  EXPECT_EQ(url_, "file");
  EXPECT_TRUE(json_);
  ASSERT_TRUE(Parse({"--batch-rows=3", "--config=" + config}).ok());
  EXPECT_EQ(rows_, 3);
}

TEST_F(SettingsTest, TheEffectiveConfigurationIsAConfigurationFile) {
  ASSERT_TRUE(Parse({"--batch-rows", "7", "--data-url", "a \"b\" \\c", "--json"}).ok());
  const std::string config = dir_.Write("again.toml", EffectiveConfig(*command_));
  rows_ = 0;
  url_.clear();
  json_ = false;
  const Status status = Parse({"--config", config});
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(rows_, 7);
  EXPECT_EQ(url_, "a \"b\" \\c");
  EXPECT_TRUE(json_);
}

TEST_F(SettingsTest, ABadValueOfTheEnvironmentIsNoDefault) {
  command_->get_option("--batch-rows")->check(CLI::Range(1, 4096));
  setenv("MARQUEE_BATCH_ROWS", "0", 1);
  EXPECT_THROW((void)Parse({}), CLI::ValidationError);
}

TEST_F(SettingsTest, WhatIsWrongInAFileIsNamed) {
  const auto message = [this](const std::string& content) {
    const std::string path = dir_.Write("bad.toml", content);
    const Status status = Parse({"--config", path});
    EXPECT_EQ(status.code(), StatusCode::kConfig) << content;
    return std::string(status.message());
  };
  EXPECT_THAT(message("batch_rows = 1\nbatch_row = 1\n"),
              HasSubstr("line 2: there is no setting 'batch_row'"));
  EXPECT_THAT(message("batch_rows = [1]\n"), HasSubstr("'batch_rows' must be a text, a number"));
  EXPECT_THAT(message("batch_rows = \n"), HasSubstr("bad.toml, line 1"));
  EXPECT_EQ(Parse({"--config", dir_.File("none.toml")}).code(), StatusCode::kConfig);
  EXPECT_EQ(Parse({"--config", dir_.path().string()}).code(), StatusCode::kConfig);
}

}  // namespace
}  // namespace marquee
