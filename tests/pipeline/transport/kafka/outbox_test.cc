#include "pipeline/transport/kafka/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string_view>
#include <thread>

namespace marquee {
namespace {

using testing::Contains;
using testing::Key;
using testing::Not;
using testing::Pair;

std::span<const std::byte> Bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

std::string Text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(OutputGroupTest, KeepsMessagesApart) {
  OutputGroup group;
  group.Add(Topic::kResults, 2, Bytes("one"));
  group.AddDeadLetter(2, Bytes("dead"), {{"name", "value"}});
  group.Add(Topic::kResults, 1, Bytes(""));
  ASSERT_EQ(group.size(), 3U);
  EXPECT_EQ(Text(group.message(0)), "one");
  EXPECT_EQ(group.headers(0), nullptr);
  EXPECT_EQ(Text(group.message(1)), "dead");
  EXPECT_EQ(group.entry(1).topic, Topic::kDeadLetter);
  EXPECT_THAT(*group.headers(1), Contains(Pair("name", "value")));
  EXPECT_EQ(group.message(2).size(), 0U);
  EXPECT_EQ(group.entry(2).partition, 1);
}

TEST(OutputGroupTest, ARecycledOneIsEmpty) {
  Waker waker;
  Outbox outbox(waker, 100);
  auto group = outbox.NewGroup();
  group->AddDeadLetter(0, Bytes("dead"), {{"name", "value"}});
  group->records_in = group->rows_out = group->unreadable = group->busy_ns = group->tag = 7;
  group->rejects[1] = 7;
  outbox.Recycle(std::move(group));
  group = outbox.NewGroup();
  EXPECT_EQ(group->size(), 0U);
  EXPECT_EQ(group->num_bytes(), 0U);
  EXPECT_EQ(group->records_in + group->rows_out + group->unreadable + group->busy_ns + group->tag,
            0U);
  EXPECT_EQ(group->rejects[1], 0U);
}

TEST(OutboxTest, GivesGroupsInTheirOrder) {
  Waker waker;
  Outbox outbox(waker, 100);
  EXPECT_EQ(outbox.Pop(), nullptr);
  for (std::uint64_t tag = 1; tag <= 3; ++tag) {
    auto group = outbox.NewGroup();
    group->tag = tag;
    EXPECT_TRUE(outbox.Push(std::move(group)));
  }
  EXPECT_EQ(outbox.Pop()->tag, 1U);
  EXPECT_EQ(outbox.Pop()->tag, 2U);
  EXPECT_EQ(outbox.Pop()->tag, 3U);
  EXPECT_TRUE(outbox.empty());
}

TEST(OutboxTest, AFullOneHoldsTheSenderBackUntilThereIsRoom) {
  Waker waker;
  Outbox outbox(waker, 4);
  auto group = outbox.NewGroup();
  group->Add(Topic::kResults, 0, Bytes("12345"));
  outbox.Push(std::move(group));
  std::atomic<bool> pushed = false;
  std::thread sender([&] {
    EXPECT_TRUE(outbox.Push(outbox.NewGroup()));
    pushed = true;
  });
  // It cannot have been pushed before the first is popped, however the threads run.
  EXPECT_FALSE(pushed);
  EXPECT_NE(outbox.Pop(), nullptr);
  sender.join();
  EXPECT_TRUE(pushed);
}

TEST(OutboxTest, ClosingLetsWaitingSendersGo) {
  Waker waker;
  Outbox outbox(waker, 4);
  auto group = outbox.NewGroup();
  group->Add(Topic::kResults, 0, Bytes("12345"));
  outbox.Push(std::move(group));
  std::thread sender([&] { EXPECT_FALSE(outbox.Push(std::make_unique<OutputGroup>())); });
  outbox.Close();
  sender.join();
  EXPECT_TRUE(outbox.empty());
}

TEST(DeadLetterHeadersTest, NameTheInputAndTheRow) {
  const RecordHeaders headers = DeadLetterHeaders({.topic = "raw-data",
                                                   .partition = 2,
                                                   .offset = 99,
                                                   .stage = "preprocess",
                                                   .reason = "nul_byte",
                                                   .message = "why",
                                                   .has_origin = true,
                                                   .run = {.high = 1, .low = 2},
                                                   .sequence = 5,
                                                   .row = 17});
  EXPECT_THAT(headers, Contains(Pair("__connect.errors.topic", "raw-data")));
  EXPECT_THAT(headers, Contains(Pair("__connect.errors.partition", "2")));
  EXPECT_THAT(headers, Contains(Pair("__connect.errors.offset", "99")));
  EXPECT_THAT(headers, Contains(Pair("__connect.errors.stage", "preprocess")));
  EXPECT_THAT(headers, Contains(Pair("__connect.errors.exception.class.name", "nul_byte")));
  EXPECT_THAT(headers, Contains(Pair("__connect.errors.exception.message", "why")));
  EXPECT_THAT(headers, Contains(Pair("marquee.sequence", "5")));
  EXPECT_THAT(headers, Contains(Pair("marquee.row", "17")));
  EXPECT_THAT(headers, Contains(Pair("marquee.run", "00000000000000010000000000000002")));
}

TEST(DeadLetterHeadersTest, LeaveOutWhatIsNotKnown) {
  const RecordHeaders headers = DeadLetterHeaders({.stage = "produce", .reason = "field_count"});
  EXPECT_THAT(headers, Not(Contains(Key("__connect.errors.topic"))));
  EXPECT_THAT(headers, Not(Contains(Key("marquee.run"))));
}

}  // namespace
}  // namespace marquee
