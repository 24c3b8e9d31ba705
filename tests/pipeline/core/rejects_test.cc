#include "pipeline/core/rejects.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/example_messages.h"

namespace marquee {
namespace {

/// A dead letter as whoever reads its file gets it.
class Letter {
 public:
  explicit Letter(std::span<const std::byte> bytes) { testing_support::Receive(bytes, message_); }
  Result<RawBatchView> View() const { return RawBatchView::Verify(message_.bytes()); }

 private:
  Message message_;
};

TEST(RejectsTest, ARejectedRowKeepsItsFieldsAndItsPlace) {
  Message message;
  testing_support::WriteExampleRawBatch(message);
  Rejects rejects("movies.csv");
  rejects.AddRow(RawBatchView::Own(message), 2,
                 {.reason = wire::RejectReason::IdAbsent,
                  .stage = wire::StageId::Preprocess,
                  .record = 3587,
                  .column = "id",
                  .message = "the row has no id; give it one"});
  ASSERT_EQ(rejects.size(), 1U);
  EXPECT_EQ(rejects.count(wire::RejectReason::IdAbsent), 1U);
  const Letter letter(rejects.message(0));
  const auto view = letter.View();
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->num_rows(), 1U);
  EXPECT_EQ(view->column(0).bytes, "-1");
  EXPECT_EQ(view->column(2).name, "overview");
  EXPECT_EQ(view->column(2).bytes, "x,y");
  EXPECT_EQ(view->ordinal(0), 2);
  EXPECT_EQ(view->info().sequence, 7U);
  ASSERT_NE(view->reject(), nullptr);
  EXPECT_EQ(view->reject()->record(), 3587U);
  EXPECT_EQ(view->reject()->column()->str(), "id");
  EXPECT_EQ(view->reject()->source()->str(), "movies.csv");
}

TEST(RejectsTest, AnUnsplittableRecordKeepsItsHeadLengthAndHash) {
  Rejects rejects("movies.csv");
  const std::string record(100'000, 'x');
  rejects.AddRecord(testing_support::ExampleInfo(3), 1, record, record.size(), 42,
                    {.reason = wire::RejectReason::RecordTooLarge,
                     .stage = wire::StageId::Produce,
                     .record = 9,
                     .column = "",
                     .message = "too large"});
  const Letter letter(rejects.message(0));
  const auto view = letter.View();
  ASSERT_TRUE(view) << view.error().message();
  EXPECT_EQ(view->num_rows(), 0U);
  EXPECT_EQ(view->reject()->original()->size(), kMaxOriginalBytes);
  EXPECT_EQ(view->reject()->record_bytes(), 100'000U);
  EXPECT_EQ(view->reject()->record_xxh3(), 42U);
}

TEST(RejectsTest, ClearForgets) {
  Rejects rejects("movies.csv");
  for (int i = 0; i < 2; ++i) {
    rejects.AddRecord(testing_support::ExampleInfo(3), 0, "a", 1, 1,
                      {.reason = wire::RejectReason::FieldCount,
                       .stage = wire::StageId::Produce,
                       .record = 1,
                       .column = "",
                       .message = ""});
  }
  EXPECT_EQ(rejects.count(wire::RejectReason::FieldCount), 2U);
  rejects.Clear();
  EXPECT_EQ(rejects.size(), 0U);
  EXPECT_EQ(rejects.count(wire::RejectReason::FieldCount), 0U);
}

}  // namespace
}  // namespace marquee
