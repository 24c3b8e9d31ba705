#include "pipeline/app/results_follower.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/result_messages.h"

namespace marquee {
namespace {

using testing::HasSubstr;

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kOpenedMs = 1'000'000'000'000;

/// A run of which the id says that it began at this Unix time.
RunId RunOf(std::uint64_t start_ms) {
  return {.high = start_ms << 16 | 0x7000, .low = 0x8000000000000000};
}

class ResultsFollowerTest : public testing::Test {
 protected:
  /// Have the follower take a record with one row of a run; returns the run that gave way, if one
  /// did.
  std::unique_ptr<RunResults> Take(RunId run, std::uint64_t sequence = 0,
                                   std::int64_t timestamp_ms = kOpenedMs + 5,
                                   std::int64_t received_ms = kOpenedMs) {
    BatchInfo info{.run = run, .sequence = sequence, .num_ordinals = 1};
    info.AddHop(wire::StageId::Infer, received_ms * kMs, received_ms * kMs, received_ms * kMs);
    testing_support::WriteResultBatch({{.ordinal = 0}}, info, message_);
    return TakeBytes(message_.bytes(), timestamp_ms);
  }

  std::unique_ptr<RunResults> TakeBytes(std::span<const std::byte> bytes,
                                        std::int64_t timestamp_ms = kOpenedMs + 5) {
    // At an odd address, as from Kafka.
    odd_.assign(1, std::byte{0});
    odd_.insert(odd_.end(), bytes.begin(), bytes.end());
    return follower_->Take({.partition = 2,
                            .offset = 34,
                            .timestamp_ms = timestamp_ms,
                            .value = std::span(odd_).subspan(1),
                            .headers = {}},
                           (kOpenedMs + 10) * kMs);
  }

  void Follow(WantedRun wanted) {
    follower_.emplace("results", wanted, /*num_classes=*/4, kOpenedMs * kMs);
  }

  Message message_;
  std::vector<std::byte> odd_;
  std::optional<ResultsFollower> follower_;
};

TEST_F(ResultsFollowerTest, FollowsTheRunThatWasAskedForAndNoOther) {
  Follow({.run = RunOf(2000)});
  EXPECT_EQ(follower_->results()->records(), 0U) << "known before its first result";
  EXPECT_EQ(Take(RunOf(3000)), nullptr);
  EXPECT_EQ(Take(RunOf(2000)), nullptr);
  EXPECT_EQ(Take(RunOf(1000)), nullptr);
  EXPECT_EQ(follower_->results()->tracker().run(), RunOf(2000));
  EXPECT_EQ(follower_->results()->records(), 1U) << "of three classes where four were expected";
  EXPECT_EQ(follower_->unreadable(), 0U);
}

TEST_F(ResultsFollowerTest, GoesOnWithANewerRunAndNeverBack) {
  Follow({.then_newer = true});
  EXPECT_EQ(follower_->results(), nullptr);
  EXPECT_EQ(Take(RunOf(2000)), nullptr);
  EXPECT_EQ(Take(RunOf(2000), 1), nullptr);
  EXPECT_EQ(Take(RunOf(1000)), nullptr);
  const auto before = Take(RunOf(3000));
  ASSERT_NE(before, nullptr);
  EXPECT_EQ(before->tracker().run(), RunOf(2000));
  EXPECT_EQ(before->records(), 2U);
  EXPECT_EQ(Take(RunOf(2000), 2), nullptr);
  EXPECT_EQ(follower_->results()->tracker().run(), RunOf(3000));
  EXPECT_EQ(follower_->results()->records(), 1U);
}

TEST_F(ResultsFollowerTest, ARunWhoseIdTellsNoTimeBeganWithItsFirstRow) {
  const RunId json{.high = 1, .low = 2};
  Follow({.then_newer = true});
  Take(RunOf(2000));
  EXPECT_EQ(Take(json, 0, kOpenedMs, /*received_ms=*/1999), nullptr);
  EXPECT_EQ(follower_->results()->tracker().run(), RunOf(2000));
  EXPECT_NE(Take(json, 1, kOpenedMs, /*received_ms=*/2001), nullptr);
  EXPECT_EQ(follower_->results()->tracker().run(), json);
  EXPECT_NE(Take(RunOf(2002)), nullptr);
  EXPECT_EQ(Take(json, 2, kOpenedMs, /*received_ms=*/9000), nullptr) << "it gave way once";
}

TEST_F(ResultsFollowerTest, RowsWrittenBeforeTheReaderCameArrivedThen) {
  Follow({.run = RunOf(2000)});
  Take(RunOf(2000), 0, /*timestamp_ms=*/kOpenedMs - 100, /*received_ms=*/kOpenedMs - 103);
  EXPECT_EQ(follower_->results()->evaluation().latency().max_ns(), 3U * kMs);
  Take(RunOf(2000), 1, /*timestamp_ms=*/kOpenedMs + 5, /*received_ms=*/kOpenedMs);
  EXPECT_EQ(follower_->results()->evaluation().latency().max_ns(), 10U * kMs);
}

TEST_F(ResultsFollowerTest, RecordsThatAreNoResultsAreCountedAndNamed) {
  Follow({.run = RunOf(2000)});
  const auto take_text = [this](std::string_view text) {
    TakeBytes(std::as_bytes(std::span(text)));
    return follower_->TakeComplaint();
  };
  EXPECT_THAT(take_text(R"({"id":1})"), HasSubstr("infer with --output batches"));
  EXPECT_THAT(take_text("noise"), HasSubstr("topic results, partition 2, offset 34: "));
  EXPECT_THAT(take_text(""), HasSubstr("not a ResultBatch"));
  EXPECT_THAT(take_text(std::string(1'000'000, 'x')), HasSubstr("at most 900000"));
  EXPECT_EQ(follower_->TakeComplaint(), "");
  TakeBytes({});
  TakeBytes({});
  EXPECT_THAT(follower_->TakeComplaint(), HasSubstr("and 1 more"));
  EXPECT_EQ(follower_->unreadable(), 6U);
  Take(RunOf(2000));
  Take(RunOf(2000), std::uint64_t{1} << 62);
  EXPECT_THAT(follower_->TakeComplaint(), HasSubstr("absurd"));
  EXPECT_EQ(follower_->results()->refused(), 1U);
  EXPECT_EQ(follower_->results()->records(), 1U);
}

}  // namespace
}  // namespace marquee
