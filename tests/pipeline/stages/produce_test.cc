#include "pipeline/stages/produce.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/example_messages.h"

namespace marquee {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ProduceTest : public testing::Test {
 protected:
  RawBatchView Process(const std::vector<std::string>& records,
                       std::vector<ProducedColumn> columns = {{0}, {1}, {2}}) {
    texts_ = records;
    block_.Clear();
    block_.sequence = 4;
    block_.first_record = 100;
    for (const std::string& text : texts_) block_.records.push_back({.text = text});
    return Produce(std::move(columns));
  }

  RawBatchView Produce(std::vector<ProducedColumn> columns) {
    const ProduceStage stage({.high = 1, .low = 2}, {"id", "title", "overview"},
                             std::move(columns));
    rejects_.Clear();
    const Status status = stage.Process({block_, 5'000}, scratch_, output_, rejects_);
    EXPECT_TRUE(status.ok()) << status.message();
    testing_support::Receive(output_.bytes(), received_);
    const auto verified = RawBatchView::Verify(received_.bytes());
    EXPECT_TRUE(verified) << verified.error().message();
    return RawBatchView::Own(output_);
  }

  const wire::Reject& Letter(std::size_t index) {
    testing_support::Receive(rejects_.message(index), letter_);
    return *RawBatchView::Own(letter_).reject();
  }

  std::vector<std::string> texts_;
  RecordBlock block_;
  ProduceStage::Scratch scratch_;
  Rejects rejects_{"movies.csv"};
  Message output_;
  Message received_;
  Message letter_;
};

TEST_F(ProduceTest, FieldsAreSplitAndNotInterpreted) {
  const RawBatchView batch =
      Process({"1,Heat,plain", "2,\"Crouching, \"\"Hidden\"\"\",\"a\nb\"", ",,"});
  EXPECT_EQ(batch.num_rows(), 3U);
  EXPECT_EQ(batch.column(0).bytes, "12");
  EXPECT_EQ(batch.column(1).bytes, "HeatCrouching, \"Hidden\"");
  EXPECT_THAT(batch.column(1).lengths, ElementsAre(4, 19, 0));
  EXPECT_EQ(batch.column(2).bytes, "plaina\nb");
  EXPECT_EQ(batch.info().first_record, 100U);
  EXPECT_EQ(batch.info().num_ordinals, 3U);
  EXPECT_EQ(batch.info().hops[0].received_ns(), 5'000);
}

TEST_F(ProduceTest, OnlyTheChosenColumnsGoOut) {
  const RawBatchView batch =
      Process({"1,a,12345", "2,b,123"}, {{0}, {.index = 2, .lengths_only = true}});
  ASSERT_EQ(batch.num_columns(), 2U);
  EXPECT_EQ(batch.column(1).name, "overview");
  EXPECT_FALSE(batch.column(1).has_bytes());
  EXPECT_THAT(batch.column(1).lengths, ElementsAre(5, 3));
}

TEST_F(ProduceTest, RecordsThatAreNoRowsAreRejectedWithTheirBytes) {
  const std::string long_field(65'536, 'x');
  const RawBatchView batch = Process(
      {"1,a,b", "2,a", "3,a,b,c", "4," + long_field + ",b", "5,a," + std::string(65'535, 'y')});
  EXPECT_EQ(batch.num_rows(), 2U);
  EXPECT_EQ(batch.ordinal(1), 4);
  EXPECT_EQ(rejects_.count(wire::RejectReason::FieldCount), 2U);
  EXPECT_EQ(rejects_.count(wire::RejectReason::FieldTooLong), 1U);
  EXPECT_EQ(batch.info().num_rejects(), 3U);
  EXPECT_EQ(Letter(0).record(), 101U);
  EXPECT_THAT(Letter(0).message()->str(), HasSubstr("2 fields where the header has 3"));
  EXPECT_EQ(Letter(0).original()->size(), 3U);
  EXPECT_EQ(Letter(2).column()->str(), "title");
  EXPECT_EQ(Letter(2).original()->size(), kMaxOriginalBytes);
  EXPECT_EQ(Letter(2).record_bytes(), 65'540U);
}

TEST_F(ProduceTest, FlawedRecordsKeepWhatTheSourceFound) {
  texts_ = {"1,a,b", "2,\"open"};
  block_.first_record = 1;
  block_.records = {{.text = texts_[0]},
                    {.text = texts_[1], .flaw = wire::RejectReason::UnterminatedQuote}};
  block_.flawed = {{.index = 1, .bytes = 77, .xxh3 = 99}};
  const RawBatchView batch = Produce({{0}, {1}, {2}});
  EXPECT_EQ(batch.num_rows(), 1U);
  EXPECT_EQ(Letter(0).reason(), wire::RejectReason::UnterminatedQuote);
  EXPECT_EQ(Letter(0).record_bytes(), 77U);
  EXPECT_EQ(Letter(0).record_xxh3(), 99U);
}

TEST_F(ProduceTest, PaddedRecordsMakeTheSameMessage) {
  std::vector<std::string> records;
  for (std::size_t i = 0; i < 200; ++i) {
    records.push_back(std::to_string(i) + ",\"t \"\"" + std::string(i % 70, 't') + "\"," +
                      std::string(i, 'o'));
  }
  const auto columns_of = [](const RawBatchView& batch) {
    std::vector<std::string> bytes;
    for (std::size_t i = 0; i < 3; ++i) bytes.emplace_back(batch.column(i).bytes);
    return bytes;
  };
  const auto expected = columns_of(Process(records));
  std::vector<std::vector<char>> memory;
  for (const std::string& record : records) {
    memory.emplace_back(record.begin(), record.end()).resize(record.size() + kernels::kGatherBytes);
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    block_.records[i].text = {memory[i].data(), records[i].size()};
  }
  block_.padded = true;
  EXPECT_EQ(columns_of(Produce({{0}, {1}, {2}})), expected);
  EXPECT_EQ(expected[0].substr(0, 12), "012345678910");
}

TEST_F(ProduceTest, WhatIsNotSentMustBeTextAllTheSame) {
  const std::string nul("3,a\0b,c", 7);
  const RawBatchView batch =
      Process({"1,Path\xC3\xA9,c", "2,Path\xC3,c", nul, "\xC3,a,c", "5,a,\xC3"},
              {{0}, {.index = 2, .lengths_only = true}});
  // The id is sent whole, so preprocess looks at it.
  EXPECT_EQ(batch.column(0).bytes, "1\xC3");
  EXPECT_EQ(Letter(0).reason(), wire::RejectReason::InvalidUtf8);
  EXPECT_EQ(Letter(0).column()->str(), "title");
  EXPECT_EQ(Letter(1).reason(), wire::RejectReason::NulByte);
  EXPECT_EQ(Letter(2).column()->str(), "overview");
}

TEST_F(ProduceTest, ABlockWithoutRowsMakesAMessageAllTheSame) {
  const RawBatchView batch = Process({"1,a"});
  EXPECT_EQ(batch.num_rows(), 0U);
  EXPECT_EQ(batch.num_columns(), 3U);
  EXPECT_EQ(batch.info().num_rejects(), 1U);
}

}  // namespace
}  // namespace marquee
