#include "viewer/data/headless.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/example_snapshots.h"
#include "tests/support/temp_dir.h"
#include "viewer/data/snapshot_json.h"

namespace marquee::viewer {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

/// Publishes the example with 1, 2, … rows.
class CountingSource final : public FeedSource {
 public:
  CountingSource(int count, Status end, wire::SourceKind kind)
      : count_(count), end_(std::move(end)), kind_(kind) {}

  wire::SourceT Describe() const override { return {}; }
  Status Run(FeedPort& port) override {
    wire::SnapshotT snapshot = marquee::testing_support::SmallSnapshot();
    snapshot.source->kind = kind_;
    snapshot.source->message = "catching up";
    for (int i = 1; i <= count_ && !port.stop_requested(); ++i) {
      snapshot.run->rows = static_cast<std::uint64_t>(i);
      if (i == count_ - 1) snapshot.source->message.clear();
      if (i == count_ && end_.ok()) snapshot.source->state = wire::SourceState::Ended;
      port.Publish(snapshot);
      port.WaitUntil(FeedPort::Clock::now() + 200ms);
    }
    return std::move(end_);
  }

 private:
  int count_;
  Status end_;
  wire::SourceKind kind_;
};

class HeadlessTest : public testing::Test {
 protected:
  std::vector<Json> Print(int count, Status end, bool once = false,
                          wire::SourceKind kind = wire::SourceKind::Topic) {
    Feed feed(std::make_unique<CountingSource>(count, std::move(end), kind), {});
    std::FILE* file = std::fopen(dir_.File("out").c_str(), "w");
    status_ = RunHeadless(feed, {.once = once, .output = file});
    std::fclose(file);
    std::istringstream lines(marquee::testing_support::ReadFile(dir_.File("out")));
    std::vector<Json> objects;
    for (std::string line; std::getline(lines, line);) objects.push_back(Json::parse(line));
    return objects;
  }

  marquee::testing_support::TempDir dir_;
  Status status_;
};

TEST_F(HeadlessTest, OneObjectASecondAndTheLastIsFinal) {
  const auto objects = Print(8, {});
  EXPECT_TRUE(status_.ok());
  ASSERT_GE(objects.size(), 2U);
  EXPECT_LE(objects.size(), 4U);
  EXPECT_EQ(objects.back().at("run").at("rows"), 8);
  EXPECT_EQ(objects.back().at("source").at("state"), "Ended");
}

TEST_F(HeadlessTest, OnceWaitsUntilWhatWasThereIsCounted) {
  const auto objects = Print(8, {}, /*once=*/true);
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_GE(objects[0].at("run").at("rows"), 7);
}

TEST_F(HeadlessTest, OnceWaitsForTheEndOfWhatHasOne) {
  for (const auto kind : {wire::SourceKind::Recording, wire::SourceKind::EmbeddedRun}) {
    const auto objects = Print(8, {}, /*once=*/true, kind);
    ASSERT_EQ(objects.size(), 1U);
    EXPECT_EQ(objects[0].at("run").at("rows"), 8);
  }
}

TEST_F(HeadlessTest, AFailureIsTheLastObjectAndTheStatus) {
  const auto objects = Print(1, Status::Config("no such model"));
  EXPECT_EQ(status_.code(), StatusCode::kConfig);
  EXPECT_EQ(objects.back().at("source").at("state"), "Failed");
  EXPECT_EQ(objects.back().at("source").at("message"), "no such model");
}

TEST(SnapshotJsonTest, EverythingIsInItAndWhatIsNoNumberIsNull) {
  const auto message = SnapshotMessage::Make(marquee::testing_support::SmallSnapshot());
  const Json json = Json::parse(SnapshotLine(message->view()));
  EXPECT_EQ(json.at("source").at("kind"), "Topic");
  EXPECT_TRUE(json.at("source").at("progress").is_null());
  EXPECT_EQ(json.at("qualities").at(2).at("confusion"), Json({1, 2, 3, 4}));
  EXPECT_EQ(json.at("rows").at(0).at("title"), "Toy \xEF\xBF\xBD Story");
  EXPECT_TRUE(json.at("rows").at(0).at("target").is_null());
  EXPECT_EQ(json.at("rows").at(0).at("hops").at(0).at("stage"), "preprocess");
  EXPECT_EQ(json.at("recent").at("series").at(0).at("values"), Json({1.5, nullptr}));
  EXPECT_EQ(json.at("bench").at("rows").at(0).at("name"), "offline");
  for (const char* key : {"calibration", "parts", "stages", "services", "latency_curve", "reasons",
                          "dead_letters", "events"}) {
    EXPECT_FALSE(json.at(key).empty()) << key;
  }
}

}  // namespace
}  // namespace marquee::viewer
