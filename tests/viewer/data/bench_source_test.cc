#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/temp_dir.h"
#include "tests/support/wait_for_snapshot.h"
#include "viewer/data/open.h"

namespace marquee::viewer {
namespace {

using testing::HasSubstr;

constexpr std::string_view kRecord = R"({"schema": 1, "kind": "embedded", "command": "./run bench",
  "environment": {"git": "0123456789abcdef", "uncommitted_changes": true, "cpu": "Fast", "cores": 2,
                  "isa": "avx2", "libraries": {"TBB": "2021"}},
  "settings": {"data": "real"},
  "results": [{"name": "offline", "unit": "rows/s", "value": 100.5},
              {"name": "latency", "unit": "ms", "value": 7}]})";
constexpr std::string_view kOther = R"({"schema": 1, "kind": "embedded", "command": "c",
  "environment": {}, "results": [{"name": "latency", "unit": "ms", "value": 8},
                                 {"name": "new", "unit": "items/s", "value": 9}]})";

class BenchSourceTest : public testing::Test {
 protected:
  std::shared_ptr<const SnapshotMessage> Show(const std::string& left, const std::string& right) {
    const auto path = [this](const std::string& name) {
      return name.empty() ? std::string() : dir_.File(name);
    };
    feed_ = ShowBench({.left = path(left), .right = path(right)}, {});
    return marquee::testing_support::WaitForSnapshot(*feed_, [](const wire::Snapshot& s) {
      return s.source()->state() != wire::SourceState::Waiting;
    });
  }

  marquee::testing_support::TempDir dir_;
  std::unique_ptr<Feed> feed_;
};

TEST_F(BenchSourceTest, TwoRecordsStandSideBySide) {
  dir_.Write("a.json", kRecord);
  dir_.Write("b.json", kOther);
  const auto message = Show("a.json", "b.json");
  EXPECT_TRUE(SnapshotMessage::Verify(message->bytes()));
  ASSERT_NE(message->view().bench(), nullptr);
  const wire::BenchComparison& bench = *message->view().bench();
  ASSERT_EQ(bench.rows()->size(), 3U);
  const auto row = [&bench](unsigned i) { return bench.rows()->Get(i); };
  EXPECT_EQ(row(0)->name()->str(), "offline");
  EXPECT_EQ(row(0)->left(), 100.5);
  EXPECT_TRUE(std::isnan(row(0)->right()));
  EXPECT_TRUE(row(0)->higher_is_better());
  EXPECT_EQ(row(1)->left(), 7);
  EXPECT_EQ(row(1)->right(), 8);
  EXPECT_FALSE(row(1)->higher_is_better());
  EXPECT_TRUE(std::isnan(row(2)->left()));
  EXPECT_EQ(row(2)->right(), 9);
  std::string facts;
  for (const auto* fact : *bench.left_facts()) facts += fact->str() + "\n";
  EXPECT_THAT(facts, HasSubstr("commit: 012345678 and changes\n"));
  EXPECT_THAT(facts, HasSubstr("CPU: Fast, 2 cores, avx2\n"));
  EXPECT_THAT(facts, HasSubstr("libraries: TBB 2021\n"));
}

TEST_F(BenchSourceTest, OneRecordAloneAndNoRecordAtAll) {
  dir_.Write("a.json", kRecord);
  const auto alone = Show("a.json", "");
  ASSERT_NE(alone->view().bench(), nullptr);
  EXPECT_EQ(alone->view().bench()->rows()->size(), 2U);
  dir_.Write("text", "hello");
  dir_.Write("old.json", R"({"schema": 0})");
  dir_.Write("odd.json", R"({"schema": 1, "environment": {}, "results": [{"value": "many"}]})");
  for (const char* name : {"text", "old.json", "odd.json", "none"}) {
    const auto failed = Show("a.json", name);
    EXPECT_EQ(failed->view().source()->state(), wire::SourceState::Failed) << name;
    EXPECT_THAT(failed->view().source()->message()->str(), HasSubstr(name));
  }
}

}  // namespace
}  // namespace marquee::viewer
