#include "pipeline/dataset/locate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"

namespace marquee {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing_support::TempDir;

class LocateTest : public testing::Test {
 protected:
  LocateTest() {
    request_.directory = dir_.path();
    std::filesystem::create_directory(dir_.path() / "data");
  }

  /// Locate, which must work.
  DataChoice Locate() {
    auto choice = LocateData(request_);
    EXPECT_TRUE(choice) << choice.error().message();
    return choice ? *std::move(choice) : DataChoice{};
  }

  TempDir dir_;
  DataRequest request_;
};

TEST_F(LocateTest, FlagBeforeEnvironmentBeforeFolderBeforeDownloadBeforeGenerator) {
  request_.flag = "flag.csv";
  request_.environment = "environment.csv";
  request_.url = "https://example.org/movies.csv.gz";
  const std::string flag = dir_.Write("flag.csv", "");
  const std::string environment = dir_.Write("environment.csv", "");
  const std::string in_folder = dir_.Write("data/a.csv", "");

  DataChoice choice = Locate();
  EXPECT_EQ(choice.origin, DataOrigin::kFile);
  EXPECT_EQ(choice.location, flag);
  EXPECT_THAT(choice.reason, AllOf(HasSubstr(flag), HasSubstr("--data")));

  request_.flag.clear();
  choice = Locate();
  EXPECT_EQ(choice.origin, DataOrigin::kFile);
  EXPECT_EQ(choice.location, environment);
  EXPECT_THAT(choice.reason, HasSubstr("MARQUEE_DATA"));

  request_.environment.clear();
  choice = Locate();
  EXPECT_EQ(choice.origin, DataOrigin::kFile);
  EXPECT_EQ(choice.location, in_folder);
  EXPECT_THAT(choice.reason, HasSubstr("the first CSV in"));

  std::filesystem::remove(in_folder);
  choice = Locate();
  EXPECT_EQ(choice.origin, DataOrigin::kDownload);
  EXPECT_EQ(choice.location, request_.url);

  request_.url.clear();
  choice = Locate();
  EXPECT_EQ(choice.origin, DataOrigin::kGenerate);
  EXPECT_THAT(choice.reason, HasSubstr("SYNTHETIC"));

  std::filesystem::remove(dir_.path() / "data");
  EXPECT_EQ(Locate().origin, DataOrigin::kGenerate);
}

TEST_F(LocateTest, TakesTheFirstCsvByName) {
  dir_.Write("data/0.txt", "");
  dir_.Write("data/c.csv", "");
  const std::string first = dir_.Write("data/b.csv.gz", "");
  dir_.Write("data/a.csv.part", "");
  std::filesystem::create_directory(dir_.path() / "data" / "a.csv");
  EXPECT_EQ(Locate().location, first);
}

TEST_F(LocateTest, AbsolutePathsStand) {
  request_.flag = dir_.Write("a.csv", "");
  request_.directory = "/nowhere";
  EXPECT_EQ(Locate().location, request_.flag);
}

TEST_F(LocateTest, WhatIsNamedAndAbsentIsAnError) {
  dir_.Write("data/a.csv", "");
  request_.environment = "absent.csv";
  auto choice = LocateData(request_);
  ASSERT_FALSE(choice);
  EXPECT_EQ(choice.error().code(), StatusCode::kUnavailable);
  EXPECT_THAT(std::string(choice.error().message()),
              AllOf(HasSubstr("MARQUEE_DATA"), HasSubstr("absent.csv"), HasSubstr("no such file")));
  request_.flag = "data";
  choice = LocateData(request_);
  ASSERT_FALSE(choice);
  EXPECT_THAT(std::string(choice.error().message()),
              AllOf(HasSubstr("--data"), HasSubstr("is a directory")));
}

}  // namespace
}  // namespace marquee
