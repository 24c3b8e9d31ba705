// Flipped and cut model files: refused, or harmless.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <iostream>
#include <span>

#include "model/synthetic.h"
#include "model/synthetic_binary.h"
#include "schemas/frame.h"
#include "tests/model/scoring.h"
#include "tests/support/seed.h"

namespace marquee::model {
namespace {

using testing_support::TestSeed;

/// A small file, so that much of it is structure.
std::vector<std::byte> SmallFile(Random& random) {
  SyntheticShape shape = RandomShape(random);
  shape.num_trees = 1 + random() % 4;
  shape.max_borders = std::min<std::size_t>(shape.max_borders, 12);
  shape.min_borders = std::min(shape.min_borders, shape.max_borders);
  shape.num_value_codes = std::min<std::size_t>(shape.num_value_codes, 6);
  shape.num_hot_codes = std::min<std::size_t>(shape.num_hot_codes, 4);
  shape.num_golden_rows = 1 + random() % 4;
  ModelParts parts = MakeSyntheticModel(shape, random);
  parts.training_ids.resize(4);
  return WriteModelFile(parts);
}

/// Likewise, of binary trees.
std::vector<std::byte> SmallBinaryFile(Random& random) {
  BinaryShape shape = RandomBinaryShape(random);
  shape.num_trees = 1 + random() % 4;
  shape.max_leaves = std::min<std::size_t>(shape.max_leaves, 9);
  shape.min_leaves = std::min(shape.min_leaves, shape.max_leaves);
  shape.num_golden_rows = 1 + random() % 4;
  ModelParts parts = MakeBinaryModel(shape, random);
  parts.training_ids.resize(4);
  return WriteModelFile(parts);
}

std::size_t PayloadBytes(const std::vector<std::byte>& file) {
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, file.data() + 8, sizeof(bytes));
  return bytes;
}

/// The frame of a payload: right length, right checksum, right padding.
std::vector<std::byte> Reframe(std::span<const std::byte> payload) {
  const auto header = EncodeFrameHeader(payload);
  std::vector<std::byte> file((kFrameHeaderBytes + payload.size() + 63) / 64 * 64);
  std::copy(header.begin(), header.end(), file.begin());
  std::copy(payload.begin(), payload.end(), file.begin() + kFrameHeaderBytes);
  return file;
}

void FlipBit(std::span<std::byte> bytes, std::size_t bit) {
  bytes[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
}

/// Damage a payload in one of several ways.
void Damage(std::vector<std::byte>& payload, Random& random) {
  switch (random() % 4) {
    case 0:
      FlipBit(payload, random() % (8 * payload.size()));
      return;
    case 1:
      for (int i = 0; i < 4; ++i) FlipBit(payload, random() % (8 * payload.size()));
      return;
    case 2:
      payload.resize(random() % payload.size());
      return;
    default: {
      // Whole words: offsets, lengths and floats that mean something else.
      const std::uint32_t words[] = {0,          1,          4,          0xff,       0xffff,
                                     0x7fffffff, 0x80000000, 0xffffffff, 0x7fc00000, 0x7f800000};
      const std::uint32_t word = words[random() % std::size(words)];
      std::memcpy(payload.data() + random() % (payload.size() / 4) * 4, &word, sizeof(word));
    }
  }
}

/// Rows for a model of which only the accessors are known.
RowsParts RowsFor(const Model& model, Random& random) {
  constexpr std::size_t kNumRows = 5;
  RowsParts rows;
  rows.num_rows = kNumRows;
  for (std::size_t i = 0; i < kNumRows * model.num_numeric(); ++i) {
    const float choices[] = {0.0f, 1e30f, -3.0f, std::numeric_limits<float>::quiet_NaN(),
                             std::numeric_limits<float>::infinity()};
    rows.numeric.push_back(choices[random() % std::size(choices)]);
  }
  for (std::size_t list = 0; list < model.num_lists(); ++list) {
    ListParts& items = rows.lists.emplace_back();
    items.lengths.assign(kNumRows, 2);
    for (std::size_t i = 0; i < 2 * kNumRows; ++i) {
      items.codes.push_back(static_cast<std::uint32_t>(random()));
    }
    for (const Encoding& encoding : model.encoder().encodings()) {
      if (!encoding.codes.empty()) items.codes[random() % items.codes.size()] = encoding.codes[0];
    }
  }
  return rows;
}

/// Use everything an accepted model offers.
void ExpectHarmless(const Model& model, Random& random) {
  const Scored scored = ScoreRows(model, RowsFor(model, random));
  for (const float score : scored.scores) EXPECT_TRUE(std::isfinite(score));
  for (const std::uint8_t decided : scored.classes) EXPECT_LT(decided, model.num_classes());
  for (const float probability : scored.probabilities) {
    EXPECT_TRUE(probability >= 0.0f && probability <= 1.0f) << probability;
  }
  EXPECT_FALSE(model.name().empty());
  EXPECT_FALSE(model.IsTrainingId(1) && model.num_training_ids() == 0);
  EXPECT_EQ(model.numeric_profiles().size(), model.num_numeric());
  for (const ListProfile& profile : model.list_profiles()) {
    EXPECT_EQ(profile.items.size(), profile.item_shares.size());
  }
}

void ExpectRefusedAsDamaged(const std::vector<std::byte>& file, const std::string& how) {
  const auto model = Model::FromBytes(file, "damaged.model");
  ASSERT_FALSE(model) << how;
  EXPECT_EQ(model.error().code(), StatusCode::kConfig) << how;
  EXPECT_THAT(model.error().message(), testing::StartsWith("damaged.model: ")) << how;
}

TEST(DamagedModelTest, IsRefusedOrHarmlessBehindARepairedChecksum) {
  Random random(TestSeed());
  std::size_t num_refused = 0;
  std::size_t num_accepted = 0;
  for (int file = 0; file < 120; ++file) {
    const std::vector<std::byte> good = file % 2 == 0 ? SmallFile(random) : SmallBinaryFile(random);
    ASSERT_TRUE(Model::FromBytes(good, "good.model"));
    const std::span<const std::byte> payload =
        std::span(good).subspan(kFrameHeaderBytes, PayloadBytes(good));
    for (int i = 0; i < 100; ++i) {
      std::vector<std::byte> damaged(payload.begin(), payload.end());
      Damage(damaged, random);
      const auto model = Model::FromBytes(Reframe(damaged), "damaged.model");
      if (model) {
        ++num_accepted;
        ExpectHarmless(**model, random);
        continue;
      }
      ++num_refused;
      EXPECT_EQ(model.error().code(), StatusCode::kConfig);
      EXPECT_THAT(model.error().message(), testing::StartsWith("damaged.model: "));
    }
  }
  std::cout << num_refused << " refused, " << num_accepted << " accepted and harmless\n";
  // Both ends of the sweep must have been reached, or it shows nothing.
  EXPECT_GT(num_refused, 1000u);
  EXPECT_GT(num_accepted, 100u);
}

TEST(DamagedModelTest, EveryFlippedBitIsRefusedByTheChecksum) {
  Random random(TestSeed());
  for (int file = 0; file < 3; ++file) {
    const std::vector<std::byte> good = SmallFile(random);
    for (std::size_t bit = 0; bit < 8 * good.size(); bit += 1 + bit / 2000) {
      std::vector<std::byte> damaged = good;
      FlipBit(damaged, bit);
      ExpectRefusedAsDamaged(damaged, "bit " + std::to_string(bit));
    }
  }
}

TEST(DamagedModelTest, EveryCutFileIsRefused) {
  Random random(TestSeed());
  const std::vector<std::byte> good = SmallFile(random);
  for (std::size_t size = 0; size < good.size(); ++size) {
    ExpectRefusedAsDamaged({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)},
                           "cut to " + std::to_string(size));
  }
}

}  // namespace
}  // namespace marquee::model
