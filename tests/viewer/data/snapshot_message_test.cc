#include "viewer/data/snapshot_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "tests/support/example_snapshots.h"
#include "viewer/data/snapshot_json.h"

namespace marquee::viewer {
namespace {

using marquee::testing_support::AddTo;
using marquee::testing_support::SmallSnapshot;
using testing::HasSubstr;

/// Why the bytes of a snapshot that `change` was done to are refused; empty = they are not.
std::string Refusal(const std::function<void(wire::SnapshotT&)>& change) {
  wire::SnapshotT snapshot = SmallSnapshot();
  change(snapshot);
  const auto verified = SnapshotMessage::Verify(SnapshotMessage::Make(snapshot)->bytes());
  return std::string(verified.error().message());
}

TEST(SnapshotMessageTest, WhatIsMadeIsVerifiedAndSaysTheSame) {
  for (const wire::SnapshotT& snapshot : {EmptySnapshot(), SmallSnapshot()}) {
    const auto made = SnapshotMessage::Make(snapshot);
    const auto verified = SnapshotMessage::Verify(made->bytes());
    ASSERT_TRUE(verified) << verified.error().message();
    EXPECT_EQ(SnapshotLine((*verified)->view()), SnapshotLine(made->view()));
  }
}

TEST(SnapshotMessageTest, WhatReadersRelyOnIsChecked) {
  using wire::SnapshotT;
  EXPECT_EQ(Refusal([](SnapshotT&) {}), "");
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.qualities.pop_back(); }), HasSubstr("three qualities"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.qualities[1]->confusion.pop_back(); }),
              HasSubstr("3 confusions where there must be 4"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.qualities[2]->classes.pop_back(); }),
              HasSubstr("1 qualities of classes"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.calibration.pop_back(); }), HasSubstr("calibration"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.calibration[0]->points.pop_back(); }),
              HasSubstr("9 points of calibration"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.rows[0]->probabilities.push_back(0); }),
              HasSubstr("3 probabilities"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.rows[0]->predicted_class = 2; }),
              HasSubstr("out of range"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.rows[0]->target_class = 2; }),
              HasSubstr("out of range"));
  EXPECT_THAT(Refusal([](SnapshotT& s) {
                s.rows[0]->hops[0] = {1, 2, 3, 99};
              }),
              HasSubstr("unknown stage 99"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.model->class_names.resize(33); }),
              HasSubstr("33 classes"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.recent->series[1]->values.push_back(1); }),
              HasSubstr("3 values where there must be 2"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.session->interval_ns = 0; }), HasSubstr("session"));
  EXPECT_THAT(Refusal([](SnapshotT& s) {
                for (const auto& series : s.session->series) series->values.resize(601);
              }),
              HasSubstr("601 intervals"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.source->state = static_cast<wire::SourceState>(77); }),
              HasSubstr("unknown state of a source 77"));
  EXPECT_THAT(Refusal([](SnapshotT& s) { s.events[0]->severity = static_cast<wire::Severity>(9); }),
              HasSubstr("severity 9"));
  EXPECT_THAT(Refusal([](SnapshotT& s) {
                while (s.events.size() <= kMaxEvents) AddTo(s.events);
              }),
              HasSubstr("257 events"));
  EXPECT_THAT(Refusal([](SnapshotT& s) {
                while (s.services.size() <= kMaxServices) AddTo(s.services);
              }),
              HasSubstr("65 services"));
}

TEST(SnapshotMessageTest, CutBytesAreRefused) {
  const auto made = SnapshotMessage::Make(SmallSnapshot());
  for (std::size_t size = 0; size < made->bytes().size(); ++size) {
    const auto verified = SnapshotMessage::Verify(made->bytes().first(size));
    // Behind the last table lie only the file's own padding bytes, if any.
    EXPECT_TRUE(!verified || size + 8 >= made->bytes().size()) << size;
  }
  EXPECT_FALSE(SnapshotMessage::Verify(std::vector<std::byte>(1'000'000)));
}

TEST(SnapshotMessageTest, DamagedBytesAreRefusedOrCanBeRead) {
  const auto made = SnapshotMessage::Make(SmallSnapshot());
  std::vector<std::byte> bytes(made->bytes().begin(), made->bytes().end());
  std::size_t refused = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    for (const int flip : {0x01, 0x80, 0xFF}) {
      bytes[i] ^= static_cast<std::byte>(flip);
      if (const auto verified = SnapshotMessage::Verify(bytes)) {
        EXPECT_FALSE(SnapshotLine((*verified)->view()).empty());  // sanitizers watch this
      } else {
        ++refused;
      }
      bytes[i] ^= static_cast<std::byte>(flip);
    }
  }
  EXPECT_GT(refused, bytes.size() / 4);
}

}  // namespace
}  // namespace marquee::viewer
