// Files of other libraries with flipped bits, moved numbers and cut ends: refused, or harmless.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <iostream>
#include <random>

#include "tests/model/import/catboost_file.h"
#include "tests/model/import/fixtures.h"
#include "tests/model/scoring.h"
#include "tests/support/seed.h"

namespace marquee::model {
namespace {

using Random = std::mt19937_64;

/// Damage a file in one of several ways.
void Damage(std::string& bytes, Random& random) {
  const std::size_t place = random() % bytes.size();
  switch (random() % 5) {
    case 0:
      bytes[place] = static_cast<char>(bytes[place] ^ 1 << random() % 8);
      return;
    case 1:  // in text files, another number or another end of one
      bytes[place] = "0123456789-.,[]{}\" \n"[random() % 20];
      return;
    case 2:
      bytes.resize(place);
      return;
    case 3:
      bytes.erase(place, 1 + random() % 8);
      return;
    default:
      bytes.insert(place, bytes.substr(random() % bytes.size(), 1 + random() % 40));
  }
}

/// Use what was accepted: a wrong index would be found by the sanitizers, or by the model's loader.
void ExpectHarmless(const Forest& forest) {
  std::vector<std::string> classes;
  for (std::size_t k = 0; k < std::max<std::size_t>(forest.num_classes(), 2); ++k) {
    classes.push_back(std::to_string(k));
  }
  Forest unnamed = forest;
  unnamed.feature_names.clear();
  unnamed.class_names.clear();
  AttachOptions options;
  options.features = kColumns;
  options.features.resize(std::max(forest.num_features, kColumns.size()), "none");
  const auto base = Base(classes);
  const auto attached = AttachForest(unnamed, *base, options);
  if (!attached) return;  // a feature that is no column
  const auto probe = Probe(*attached);
  if (!probe) return;  // numbers too large for a model file
  for (const float score : probe->scores) EXPECT_TRUE(std::isfinite(score));
  EXPECT_TRUE(FinishModel(*attached, *probe, probe->scores));
}

TEST(DamagedImportTest, IsRefusedOrHarmless) {
  Random random(testing_support::TestSeed());
  std::vector<std::string> files = {WriteCatboost({})};
  for (const std::string_view name : kFixtures) files.push_back(Fixture(name));
  std::string ubjson;
  nlohmann::json::to_ubjson(nlohmann::json::parse(Fixture("xgboost_softprob.json")), ubjson, true,
                            true);
  files.push_back(ubjson);
  std::size_t num_refused = 0;
  std::size_t num_accepted = 0;
  for (const std::string& good : files) {
    ASSERT_TRUE(ReadForest(good));
    for (int i = 0; i < 300; ++i) {
      std::string damaged = good;
      Damage(damaged, random);
      const auto forest = ReadForest(damaged);
      if (forest) {
        ++num_accepted;
        ExpectHarmless(*forest);
        continue;
      }
      ++num_refused;
      EXPECT_EQ(forest.error().code(), StatusCode::kConfig);
      EXPECT_FALSE(forest.error().message().empty());
    }
  }
  std::cout << num_refused << " refused, " << num_accepted << " accepted and harmless\n";
  // Both ends of the sweep must have been reached, or it shows nothing.
  EXPECT_GT(num_refused, 500u);
  EXPECT_GT(num_accepted, 100u);
}

TEST(DamagedImportTest, EveryCutFileIsRefused) {
  for (const std::string_view name : kFixtures) {
    const std::string good = Fixture(name);
    // LightGBM's trees end before its file does.
    std::size_t end = std::min(good.find("end of trees"), good.find_last_not_of("\n") + 1);
    for (std::size_t size = 0; size < end; size += 1 + size / 200) {
      EXPECT_FALSE(ReadForest(good.substr(0, size))) << name << " cut to " << size;
    }
  }
}

}  // namespace
}  // namespace marquee::model
