#include "viewer/ui/filter_rows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace marquee::viewer {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

wire::RowT Row(std::uint64_t number, const char* title, int truth, int predicted, float p) {
  wire::RowT row;
  row.number = number;
  row.id = static_cast<std::int64_t>(100 + number);
  row.title = title;
  row.labelled = truth >= 0;
  row.target_class = static_cast<std::uint8_t>(truth >= 0 ? truth : 255);
  row.target = truth >= 0 ? 5.0F + static_cast<float>(truth) : std::nanf("");
  row.predicted_class = static_cast<std::uint8_t>(predicted);
  row.probabilities = {0, 0, 0};
  row.probabilities[static_cast<std::size_t>(predicted)] = p;
  return row;
}

/// A row whose rating is of too few votes: it has a class, and no truth.
wire::RowT UncountedRow(std::uint64_t number, int truth, int predicted) {
  wire::RowT row = Row(number, "Uncounted", truth, predicted, 0.8F);
  row.labelled = false;
  return row;
}

std::vector<wire::RowT> Rows() {
  return {Row(1, "Quiet Harbour", 0, 0, 0.9F), Row(2, "Тихая станция", 1, 2, 0.5F),
          Row(3, "harbour II", -1, 1, 0.7F), Row(4, "Winter", 2, 2, 0.6F)};
}

std::vector<std::size_t> Filtered(const RowFilter& filter) {
  return FilterRows(Rows(), filter, RowOrder::kNumber, true);
}

TEST(FilterRows, TheNewestComeFirst) { EXPECT_THAT(Filtered({}), ElementsAre(3, 2, 1, 0)); }

TEST(FilterRows, OnlyMistakesLeavesOutWhatHasNoTarget) {
  EXPECT_THAT(Filtered({.only_mistakes = true}), ElementsAre(1));
}

TEST(FilterRows, TextIsFoundInTitlesWhateverTheCase) {
  EXPECT_THAT(Filtered({.text = "HARBOUR"}), ElementsAre(2, 0));
  EXPECT_THAT(Filtered({.text = "станция"}), ElementsAre(1));
  EXPECT_THAT(Filtered({.text = "104"}), ElementsAre(3));
  EXPECT_THAT(Filtered({.text = "no such film"}), IsEmpty());
}

TEST(FilterRows, ClassesOfTruthAndPrediction) {
  EXPECT_THAT(Filtered({.predicted_class = 2}), ElementsAre(3, 1));
  EXPECT_THAT(Filtered({.target_class = 1, .predicted_class = 2}), ElementsAre(1));
  EXPECT_THAT(Filtered({.target_class = 0, .predicted_class = 2}), IsEmpty());
}

TEST(FilterRows, WhatDoesNotCountHasNoTruth) {
  std::vector<wire::RowT> rows = Rows();
  rows.push_back(UncountedRow(5, 2, 2));
  rows.push_back(UncountedRow(6, 1, 2));
  const auto filtered = [&](const RowFilter& filter) {
    return FilterRows(rows, filter, RowOrder::kNumber, true);
  };
  EXPECT_THAT(filtered({.target_class = 2}), ElementsAre(3));
  EXPECT_THAT(filtered({.target_class = 1, .predicted_class = 2}), ElementsAre(1));
  EXPECT_THAT(filtered({.only_mistakes = true}), ElementsAre(1));
  EXPECT_THAT(FilterRows(rows, {}, RowOrder::kTruth, true), ElementsAre(3, 1, 0, 5, 4, 2));
}

TEST(FilterRows, WhatTheModelHasSeenIsLeftOut) {
  std::vector<wire::RowT> rows = Rows();
  rows[1].seen = true;
  EXPECT_THAT(FilterRows(rows, {.only_unseen = true}, RowOrder::kNumber, true),
              ElementsAre(3, 2, 0));
}

TEST(FilterRows, SortsByEachColumnWithAbsentTargetsLast) {
  const auto sorted = [](RowOrder order, bool descending) {
    return FilterRows(Rows(), {}, order, descending);
  };
  EXPECT_THAT(sorted(RowOrder::kTarget, false), ElementsAre(0, 1, 3, 2));
  EXPECT_THAT(sorted(RowOrder::kTarget, true), ElementsAre(3, 1, 0, 2));
  EXPECT_THAT(sorted(RowOrder::kTruth, true), ElementsAre(3, 1, 0, 2));
  EXPECT_THAT(sorted(RowOrder::kTitle, false), ElementsAre(0, 3, 2, 1));
  EXPECT_THAT(sorted(RowOrder::kConfidence, true), ElementsAre(0, 2, 3, 1));
  // Equal ones keep the newest first.
  EXPECT_THAT(sorted(RowOrder::kPrediction, true), ElementsAre(3, 1, 2, 0));
}

}  // namespace
}  // namespace marquee::viewer
