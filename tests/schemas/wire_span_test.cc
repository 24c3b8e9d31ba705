#include "schemas/wire_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "schemas/feature_batch.h"

namespace marquee {
namespace {

TEST(WireSpanTest, ViewsWhatIsThere) {
  flatbuffers::FlatBufferBuilder builder;
  const auto text = builder.CreateString("Pathé");
  const auto numbers = builder.CreateVector(std::vector<std::uint32_t>{7, 0, 4'000'000'000u});
  EXPECT_THAT(SpanOf(flatbuffers::GetTemporaryPointer(builder, numbers)),
              testing::ElementsAre(7u, 0u, 4'000'000'000u));
  EXPECT_EQ(TextOf(flatbuffers::GetTemporaryPointer(builder, text)), "Pathé");
}

TEST(WireSpanTest, WhatIsAbsentIsEmpty) {
  EXPECT_TRUE(SpanOf<float>(nullptr).empty());
  EXPECT_TRUE(TextOf(nullptr).empty());
}

TEST(RowColumnsTest, IdsMustLieOnTheirBorder) {
  alignas(8) const std::array<std::uint32_t, 4> words = {};
  constexpr std::array<std::uint16_t, 1> kTitleLengths = {0};
  constexpr std::array<float, 1> kTarget = {0};
  constexpr std::array<std::uint8_t, 1> kByte = {0};
  RowColumns columns;
  columns.title_lengths = kTitleLengths;
  columns.target = kTarget;
  columns.target_class = kByte;
  columns.labelled = kByte;
  columns.ids = {reinterpret_cast<const std::int64_t*>(words.data()), 1};
  EXPECT_TRUE(CheckRowColumns(columns, 1).ok());
  columns.ids = {reinterpret_cast<const std::int64_t*>(words.data() + 1), 1};
  const Status status = CheckRowColumns(columns, 1);
  EXPECT_EQ(status.code(), StatusCode::kData);
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("'ids' does not lie"));
}

}  // namespace
}  // namespace marquee
