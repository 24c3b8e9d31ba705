#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/support/wait_for_snapshot.h"
#include "viewer/data/open.h"

namespace marquee::viewer {
namespace {

using marquee::testing_support::WaitForState;
using testing::HasSubstr;
using State = wire::SourceState;

TEST(RunSourceTest, GeneratedRowsAreScoredAndAllOfThemAreThere) {
  const auto feed = StartRun({.generated_rows = 3000, .repeat = 2}, {});
  const auto last = WaitForState(*feed, State::Ended);
  const wire::Snapshot& snapshot = last->view();
  EXPECT_TRUE(SnapshotMessage::Verify(last->bytes()));
  const wire::Run& run = *snapshot.run();
  EXPECT_EQ(run.rows(), 6000U);
  EXPECT_EQ(run.made_up(), 6000U);
  EXPECT_TRUE(run.complete());
  EXPECT_EQ(run.id()->size(), 32U);
  EXPECT_EQ(run.messages(), run.expected_messages());
  EXPECT_EQ(run.lost(), 0);
  EXPECT_EQ(snapshot.qualities()->Get(2)->rows(), run.labelled()) << "none was seen in training";
  EXPECT_GT(snapshot.qualities()->Get(2)->macro_f1(), 0.5);
  EXPECT_EQ(snapshot.model()->name()->str(), "movies");
  EXPECT_EQ(snapshot.rows()->size(), kMaxRows);
  EXPECT_EQ(snapshot.rows()->Get(kMaxRows - 1)->record(), 6000U) << "the last row is shown";
  EXPECT_EQ(snapshot.source()->progress(), 1);
  EXPECT_EQ(snapshot.stages()->size(), 4U);
  EXPECT_GT(snapshot.stages()->Get(2)->busy_ns_per_row(), 0);
  EXPECT_GT(snapshot.parts()->Get(2)->share(), 0);
}

TEST(RunSourceTest, ARunCanBeStopped) {
  const auto feed = StartRun({.generated_rows = 1000, .rate = 5000, .repeat = 1'000'000}, {});
  WaitForState(*feed, State::Live);
  feed->Stop();
  const auto last = WaitForState(*feed, State::Ended);
  EXPECT_FALSE(last->view().run()->complete());
  EXPECT_GT(last->view().run()->rows(), 0U);
  EXPECT_LT(last->view().run()->rows(), 100'000U);
}

TEST(RunSourceTest, DeadLettersAreShownAndAFileThatIsNoneFails) {
  const marquee::testing_support::TempDir dir;
  dir.Write("movies.csv",
            "id,title,vote_average,vote_count,status,release_date,revenue,runtime,adult,budget,"
            "imdb_id,original_language,original_title,overview,popularity,tagline,genres,"
            "production_companies,production_countries,spoken_languages,keywords\n"
            "1,Heat,7.7,1886,Released,1995-12-15,187436818,170,False,60000000,tt0113277,en,Heat,A "
            "thief,17.9,,\"Action, Crime\",Regency,United States of America,English,robbery\n"
            "nonsense\n");
  auto feed = StartRun({.data = dir.File("movies.csv"), .dead_letters = dir.File("dead")}, {});
  const auto last = WaitForState(*feed, State::Ended);
  EXPECT_EQ(last->view().run()->dead(), 1U);
  ASSERT_EQ(last->view().dead_letters()->size(), 1U);
  const wire::DeadLetter& letter = *last->view().dead_letters()->Get(0);
  EXPECT_EQ(letter.reason()->str(), "field_count");
  EXPECT_EQ(letter.stage()->str(), "produce");
  EXPECT_EQ(letter.record(), 2U);
  ASSERT_EQ(last->view().reasons()->size(), 1U);
  EXPECT_EQ(last->view().reasons()->Get(0)->rows(), 1U);

  feed = StartRun({.data = dir.File("none.csv")}, {});
  WaitForState(*feed, State::Failed);
  EXPECT_THAT(std::string(feed->status().message()), HasSubstr("none.csv"));
}

}  // namespace
}  // namespace marquee::viewer
