// tests/model/import/crafted.h — fixtures changed by hand, which must be refused.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/model/import/fixtures.h"

namespace marquee::model {

inline void ExpectRefused(std::string_view bytes, std::string_view problem, std::string_view how) {
  const auto forest = ReadForest(bytes);
  ASSERT_FALSE(forest) << how;
  EXPECT_EQ(forest.error().code(), StatusCode::kConfig) << how;
  EXPECT_THAT(forest.error().message(), testing::HasSubstr(std::string(problem))) << how;
}

/// A fixture in which one text stands for another.
struct Change {
  std::string_view fixture;
  std::string_view from;
  std::string_view to;
  std::string_view problem;
};

inline void ExpectAllRefused(const std::vector<Change>& changes) {
  for (const Change& change : changes) {
    std::string text = Fixture(change.fixture);
    const std::size_t place = text.find(change.from);
    ASSERT_NE(place, std::string::npos) << change.from;
    text.replace(place, change.from.size(), change.to);
    ExpectRefused(text, change.problem, change.to);
  }
}

inline constexpr std::string_view kSoftprob = "xgboost_softprob.json";
inline constexpr std::string_view kCategories = "xgboost_categories.json";
inline constexpr std::string_view kVector = "xgboost_vector.json";
inline constexpr std::string_view kMulticlass = "lightgbm_multiclass.txt";
inline constexpr std::string_view kSymmetric = "catboost_symmetric.json";
inline constexpr std::string_view kNested = "catboost_nested.json";
inline constexpr std::string_view kForest = "sklearn_forest.json";

}  // namespace marquee::model
