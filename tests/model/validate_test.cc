// Everything that a well-formed model with a right checksum may get wrong: refused, with the
// field's name.
#include "model/validate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <string>

#include "model/synthetic.h"
#include "tests/model/scoring.h"

namespace marquee::model {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

/// One way to spoil a model, and what the refusal must name.
struct Refusal {
  const char* name;
  void (*spoil)(ModelParts&);
  const char* named;
};

void PrintTo(const Refusal& refusal, std::ostream* out) { *out << refusal.name; }

/// An ordinal model that has everything: 4 numeric features, 3 lists, one encoding of each kind,
/// borders in every column.
ModelParts ValidModel() {
  SyntheticShape shape;
  shape.num_numeric = 4;
  shape.num_lists = 3;
  shape.encodings = {EncodingKind::kHot, EncodingKind::kLinearScore, EncodingKind::kTargetMean,
                     EncodingKind::kTargetMax, EncodingKind::kTargetMin};
  shape.min_depth = 2;
  shape.max_depth = 6;
  shape.min_borders = 3;
  shape.max_borders = 20;
  Random random(3);
  return MakeSyntheticModel(shape, random);
}

ModelParts ValidSoftmaxModel() {
  SyntheticShape shape;
  shape.classifier = ClassifierKind::kSoftmax;
  Random random(4);
  return MakeSyntheticModel(shape, random);
}

const Refusal kRefusals[] = {
    {"Newer", [](ModelParts& m) { m.format_version = 2; }, "made by a newer Marquee"},
    {"NoVersion", [](ModelParts& m) { m.format_version = 0; }, "format_version is 0"},
    {"NoName", [](ModelParts& m) { m.name.clear(); }, "name is empty"},
    {"NameNotUtf8", [](ModelParts& m) { m.name = "\xff"; }, "name is not printable UTF-8"},
    {"NameWithEscape", [](ModelParts& m) { m.name = "\x1b[2J"; }, "name is not printable"},
    {"NameWithC1Control",
     [](ModelParts& m) {
       m.name =
           "\xc2\x9b"
           "2J";
     },
     "name is not printable"},
    {"NameTooLong", [](ModelParts& m) { m.name.assign(513, 'x'); }, "name has 513 bytes"},
    {"NoModelVersion", [](ModelParts& m) { m.version.clear(); }, "version is empty"},
    {"SpecTextChanged", [](ModelParts& m) { m.feature_spec_text += "x"; }, "feature_spec is"},
    {"SpecHashChanged", [](ModelParts& m) { ++m.feature_spec; }, "feature_spec is"},
    {"NoSpec", [](ModelParts& m) { m.feature_spec_text.clear(); }, "feature_spec_text"},
    {"SpecWithControl", [](ModelParts& m) { m.feature_spec_text = "\a"; }, "feature_spec_text"},
    {"OneClass", [](ModelParts& m) { m.class_names.resize(1); }, "class_names has 1 entries"},
    {"ClassTwice", [](ModelParts& m) { m.class_names[2] = "class 0"; }, "class_names[2] repeats"},
    {"ClassEmpty", [](ModelParts& m) { m.class_names[1].clear(); }, "class_names[1] is empty"},
    {"MoreClassesThanCuts", [](ModelParts& m) { m.class_names.push_back("x"); },
     "classifier.cutpoints has 2 entries instead of 3"},
    {"ColumnMissing", [](ModelParts& m) { m.column_names.pop_back(); }, "column_names has"},
    {"NoColumns", [](ModelParts& m) { m.column_names.clear(); }, "column_names has 0 entries"},
    {"TooManyColumns",
     [](ModelParts& m) {
       for (int i = 0; i < 256; ++i) m.column_names.push_back("more " + std::to_string(i));
     },
     "column_names has 2"},
    {"ColumnTwice", [](ModelParts& m) { m.column_names[1] = m.column_names[0]; },
     "column_names[1]"},
    {"MeanNan", [](ModelParts& m) { m.mean[1] = kNan; }, "scaler.mean[1] is nan"},
    {"InvStdInfinite", [](ModelParts& m) { m.inv_std[2] = kInfinity; }, "scaler.inv_std[2] is inf"},
    {"InvStdZero", [](ModelParts& m) { m.inv_std[3] = 0; }, "scaler.inv_std[3]"},
    {"InvStdMissing", [](ModelParts& m) { m.inv_std.pop_back(); }, "scaler.inv_std has 3 entries"},
    {"EncodingKind", [](ModelParts& m) { m.encodings[1].kind = EncodingKind{5}; },
     "encodings[1].kind is 5"},
    {"EncodingName", [](ModelParts& m) { m.encodings[1].name = "\n"; }, "encodings[1].name"},
    {"EncodingList", [](ModelParts& m) { m.encodings[1].lists[2] = 3; },
     "encodings[1].lists[2] is 3"},
    {"EncodingListTwice", [](ModelParts& m) { m.encodings[1].lists[2] = m.encodings[1].lists[0]; },
     "encodings[1].lists[2] repeats list"},
    {"EncodingTooManyLists", [](ModelParts& m) { m.encodings[1].lists.assign(100'000, 0); },
     "encodings[1].lists has 100000 entries, but the model has 3 list features"},
    {"EncodingNoList", [](ModelParts& m) { m.encodings[0].lists.clear(); }, "encodings[0].lists"},
    {"MeanOfTwoLists",
     [](ModelParts& m) {
       m.encodings[2].lists = {0, 1};
     },
     "encodings[2].lists"},
    {"CodeTwice", [](ModelParts& m) { m.encodings[3].codes[1] = m.encodings[3].codes[0]; },
     "encodings[3].codes holds code"},
    {"HotWithoutCodes", [](ModelParts& m) { m.encodings[0].codes.clear(); }, "encodings[0].codes"},
    {"HotWithValues", [](ModelParts& m) { m.encodings[0].values = {1}; }, "encodings[0].values"},
    {"OtherWhereNotHot", [](ModelParts& m) { m.encodings[2].other = true; }, "encodings[2].other"},
    {"ValueMissing", [](ModelParts& m) { m.encodings[4].values.pop_back(); },
     "encodings[4].values has 49 entries instead of 50"},
    {"ValueNan", [](ModelParts& m) { m.encodings[4].values[7] = kNan; }, "encodings[4].values[7]"},
    {"UnknownInfinite", [](ModelParts& m) { m.encodings[1].unknown = kInfinity; },
     "encodings[1].unknown"},
    {"BaseNan", [](ModelParts& m) { m.encodings[1].base = kNan; }, "encodings[1].base"},
    {"CodesCollide",
     [](ModelParts& m) {
       // The inverse of the look-up table's multiplier, times 1, 2, 3, …: one place for all.
       for (std::uint32_t i = 1; i <= 1000; ++i) m.encodings[1].codes.push_back(i * 244002641u);
       m.encodings[1].values.resize(m.encodings[1].codes.size());
     },
     "encodings[1].codes collide"},
    {"TooManyCodes",
     [](ModelParts& m) {
       m.encodings[1].codes.resize(kMaxCodes + 1);
       m.encodings[1].values.resize(kMaxCodes + 1);
     },
     "encodings[1].codes has 1048577 entries"},
    {"TooManyCodesInAll",
     [](ModelParts& m) {
       for (std::size_t i = 1; i < 5; ++i) {  // a quarter each, and those of encoding 0
         m.encodings[i].codes.resize(kMaxTotalCodes / 4);
         m.encodings[i].values.resize(kMaxTotalCodes / 4);
         std::iota(m.encodings[i].codes.begin(), m.encodings[i].codes.end(), 0u);
       }
     },
     "encodings[4].codes brings the codes of all encodings to 4194309"},
    {"ClassifierKind", [](ModelParts& m) { m.classifier = ClassifierKind{4}; },
     "classifier.kind is 4"},
    {"OrdinalWithTwoScores", [](ModelParts& m) { m.trees.num_scores = 2; },
     "classifier.trees.num_scores is 2 instead of 1"},
    {"NoScores", [](ModelParts& m) { m.trees.num_scores = 0; }, "classifier.trees.num_scores is 0"},
    {"CutpointsDescend", [](ModelParts& m) { std::swap(m.cutpoints[0], m.cutpoints[1]); },
     "classifier.cutpoints[1]"},
    {"CutpointsEqual", [](ModelParts& m) { m.cutpoints[1] = m.cutpoints[0]; },
     "classifier.cutpoints[1]"},
    {"CutpointNan", [](ModelParts& m) { m.cutpoints[0] = kNan; }, "classifier.cutpoints[0]"},
    {"SlopeZero", [](ModelParts& m) { m.logistic_slope = 0; }, "classifier.logistic_slope is 0"},
    {"SlopeInfinite", [](ModelParts& m) { m.logistic_slope = kInfinity; },
     "classifier.logistic_slope"},
    {"SlopeNan", [](ModelParts& m) { m.logistic_slope = kNan; }, "classifier.logistic_slope"},
    {"OffsetsDescend", [](ModelParts& m) { m.logistic_offsets[1] = m.logistic_offsets[0] - 1; },
     "classifier.logistic_offsets[1]"},
    {"OffsetMissing", [](ModelParts& m) { m.logistic_offsets.pop_back(); },
     "classifier.logistic_offsets has 1 entries"},
    {"TieOrderOfOneScore",
     [](ModelParts& m) {
       m.tie_order = {0, 1, 2};
     },
     "classifier.tie_order has 3 entries instead of 0"},
    {"BorderCountMissing", [](ModelParts& m) { m.trees.border_counts.pop_back(); },
     "classifier.trees.border_counts has"},
    {"BorderCount255", [](ModelParts& m) { m.trees.border_counts[2] = 255; },
     "classifier.trees.border_counts[2] is 255"},
    {"BorderCountWrong", [](ModelParts& m) { --m.trees.border_counts[2]; },
     "classifier.trees.borders has"},
    {"NanAboveMissing", [](ModelParts& m) { m.trees.nan_above.pop_back(); },
     "classifier.trees.nan_above has"},
    {"NanAbove2", [](ModelParts& m) { m.trees.nan_above[5] = 2; }, "classifier.trees.nan_above[5]"},
    {"BordersDescend", [](ModelParts& m) { std::swap(m.trees.borders[0], m.trees.borders[1]); },
     "classifier.trees.borders (column 0, from 0)[1]"},
    {"BorderInfinite", [](ModelParts& m) { m.trees.borders.back() = kInfinity; },
     "classifier.trees.borders (column"},
    {"NoTrees",
     [](ModelParts& m) {
       m.trees.depths.clear();
       m.trees.split_features.clear();
       m.trees.split_borders.clear();
       m.trees.leaves.clear();
     },
     "classifier.trees.depths is empty"},
    {"TooManyTrees", [](ModelParts& m) { m.trees.depths.resize(kMaxTrees + 1); },
     "classifier.trees.depths has 65537 entries"},
    {"TooDeep", [](ModelParts& m) { m.trees.depths[4] = 9; }, "classifier.trees.depths[4] is 9"},
    {"DepthWrong", [](ModelParts& m) { m.trees.depths[4] ^= 1; },
     "classifier.trees.split_features has"},
    {"SplitFeatureMissing", [](ModelParts& m) { m.trees.split_features.pop_back(); },
     "classifier.trees.split_features has"},
    {"SplitBorderMissing", [](ModelParts& m) { m.trees.split_borders.pop_back(); },
     "classifier.trees.split_borders has"},
    {"SplitFeatureOut", [](ModelParts& m) { m.trees.split_features[6] = 200; },
     "classifier.trees.split_features[6] is 200"},
    {"SplitBorderOut", [](ModelParts& m) { m.trees.split_borders[6] = 20; },
     "classifier.trees.split_borders[6] is 20"},
    {"LeafMissing", [](ModelParts& m) { m.trees.leaves.pop_back(); },
     "classifier.trees.leaves has"},
    {"LeafNan", [](ModelParts& m) { m.trees.leaves[9] = kNan; },
     "classifier.trees.leaves[9] is nan"},
    {"LeavesOverflow", [](ModelParts& m) { m.trees.leaves[9] = 1e38f; },
     "classifier.trees.leaves may sum up to"},
    {"ScaleInfinite", [](ModelParts& m) { m.trees.scale = kInfinity; }, "classifier.trees.scale"},
    {"ScaleOverflows", [](ModelParts& m) { m.trees.scale = 1e38f; },
     "classifier.trees.leaves may sum up to"},
    {"BiasMissing", [](ModelParts& m) { m.trees.bias.clear(); }, "classifier.trees.bias has 0"},
    {"BiasNan", [](ModelParts& m) { m.trees.bias[0] = kNan; }, "classifier.trees.bias[0]"},
    {"BiasOverflows", [](ModelParts& m) { m.trees.bias[0] = 3e38f; }, "classifier.trees.bias[0]"},
    {"Sha256Short", [](ModelParts& m) { m.training_sha256.pop_back(); }, "training_sha256"},
    {"Sha256NotHex", [](ModelParts& m) { m.training_sha256[5] = 'g'; }, "training_sha256"},
    {"IdsDescend", [](ModelParts& m) { std::swap(m.training_ids[4], m.training_ids[5]); },
     "training_ids[5]"},
    {"IdTwice", [](ModelParts& m) { m.training_ids[5] = m.training_ids[4]; }, "training_ids[5]"},
    {"FigureNan", [](ModelParts& m) { m.quality[0].mean = std::nan(""); }, "quality[0]"},
    {"FigureSpread", [](ModelParts& m) { m.quality[0].std = -1; }, "quality[0]"},
    {"FigureName", [](ModelParts& m) { m.quality[0].name.clear(); }, "quality[0].name"},
    {"NoGoldenRows",
     [](ModelParts& m) {
       m.golden = {};
       m.golden.rows.lists.resize(3);
     },
     "golden.num_rows is 0"},
    {"GoldenRowsWrong", [](ModelParts& m) { ++m.golden.rows.num_rows; }, "golden.numeric has"},
    {"TooManyGoldenRows", [](ModelParts& m) { m.golden.rows.num_rows = 8193; },
     "golden.num_rows is 8193"},
    {"GoldenRowsTimesTrees",
     [](ModelParts& m) {
       m.golden.rows.num_rows = 8192;
       const std::size_t more = 32'769 - m.trees.depths.size();  // trees of one leaf
       m.trees.depths.resize(32'769);
       m.trees.leaves.resize(m.trees.leaves.size() + more);
     },
     "golden.num_rows is 8192, times 32769 steps through the trees"},
    {"GoldenValueMissing", [](ModelParts& m) { m.golden.rows.numeric.pop_back(); },
     "golden.numeric has"},
    {"GoldenListMissing", [](ModelParts& m) { m.golden.rows.lists.pop_back(); },
     "golden.lists has 2 entries instead of 3"},
    {"GoldenLengthMissing", [](ModelParts& m) { m.golden.rows.lists[1].lengths.pop_back(); },
     "golden.lists[1].lengths has"},
    {"GoldenLengthOut", [](ModelParts& m) { m.golden.rows.lists[1].lengths[3] = 1025; },
     "golden.lists[1].lengths[3] is 1025"},
    {"GoldenCodesWrong", [](ModelParts& m) { m.golden.rows.lists[2].codes.push_back(1); },
     "golden.lists[2].codes has"},
    {"GoldenScoreMissing", [](ModelParts& m) { m.golden.scores.pop_back(); }, "golden.scores has"},
    {"GoldenScoreNan", [](ModelParts& m) { m.golden.scores[2] = kNan; }, "golden.scores[2]"},
    {"GoldenScoreOther", [](ModelParts& m) { m.golden.scores[2] += 1; }, "golden.scores[2]"},
    {"BoundNegative", [](ModelParts& m) { m.golden.bound = -1e-6f; }, "golden.bound"},
    {"BoundNan", [](ModelParts& m) { m.golden.bound = kNan; }, "golden.bound is nan"},
    {"BoundLax", [](ModelParts& m) { m.golden.bound = 0.1f; }, "golden.bound is 0.1"},
    {"ProfileMissing", [](ModelParts& m) { m.numeric_profiles.pop_back(); },
     "numeric_profiles has"},
    {"QuantileNan", [](ModelParts& m) { m.numeric_profiles[2].quantiles[1] = kNan; },
     "numeric_profiles[2].quantiles[1]"},
    {"QuantilesDescend", [](ModelParts& m) { m.numeric_profiles[2].quantiles[1] = 9; },
     "numeric_profiles[2].quantiles does not ascend"},
    {"OneQuantile", [](ModelParts& m) { m.numeric_profiles[2].quantiles.resize(1); },
     "numeric_profiles[2].quantiles has 1"},
    {"MissingShare", [](ModelParts& m) { m.numeric_profiles[0].missing_share = 1.5f; },
     "numeric_profiles[0].missing_share is 1.5"},
    {"LengthShareNan", [](ModelParts& m) { m.list_profiles[1].length_shares[0] = kNan; },
     "list_profiles[1].length_shares[0]"},
    {"LengthSharesSum", [](ModelParts& m) { m.list_profiles[1].length_shares[0] = 0.5f; },
     "list_profiles[1].length_shares sums to 1.25"},
    {"NoLengthShares", [](ModelParts& m) { m.list_profiles[1].length_shares.clear(); },
     "list_profiles[1].length_shares has 0"},
    {"ItemShareMissing", [](ModelParts& m) { m.list_profiles[0].item_shares.pop_back(); },
     "list_profiles[0].item_shares has"},
    {"ItemShareNegative", [](ModelParts& m) { m.list_profiles[0].item_shares[1] = -0.1f; },
     "list_profiles[0].item_shares[1]"},
    {"ItemSharesAscend", [](ModelParts& m) { m.list_profiles[0].item_shares[1] = 0.6f; },
     "list_profiles[0].item_shares does not descend"},
    {"ItemTwice", [](ModelParts& m) { m.list_profiles[0].items[1] = "Drama"; },
     "list_profiles[0].items[1]"},
    {"ItemNotPrintable", [](ModelParts& m) { m.list_profiles[0].items[1] = "a\tb"; },
     "list_profiles[0].items[1]"},
};

class RefusalTest : public testing::TestWithParam<Refusal> {};

TEST_P(RefusalTest, NamesTheFileAndTheField) {
  ModelParts parts = ValidModel();
  GetParam().spoil(parts);
  const auto model = LoadParts(parts);
  ASSERT_FALSE(model);
  EXPECT_EQ(model.error().code(), StatusCode::kConfig);
  EXPECT_THAT(model.error().message(), testing::StartsWith("test.model: "));
  EXPECT_THAT(model.error().message(), testing::HasSubstr(GetParam().named));
  // And what to do about it.
  EXPECT_THAT(model.error().message(), testing::AnyOf(testing::HasSubstr("./run train"),
                                                      testing::HasSubstr("update Marquee")));
}

INSTANTIATE_TEST_SUITE_P(All, RefusalTest, testing::ValuesIn(kRefusals),
                         [](const auto& test) { return test.param.name; });

TEST(ValidateTest, AcceptsTheModelThatTheRefusalsSpoil) {
  const auto model = LoadParts(ValidModel());
  EXPECT_TRUE(model) << model.error().message();
}

TEST(ValidateTest, RefusesSoftmaxWithTooFewScoresOrWithCutpoints) {
  ModelParts parts = ValidSoftmaxModel();
  ASSERT_TRUE(LoadParts(parts)) << LoadParts(parts).error().message();
  parts.cutpoints = {1.0f};
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.cutpoints has 1 entries instead of 0"));
  parts.cutpoints.clear();
  parts.trees.num_scores = 2;
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.trees.num_scores is 2 instead of 3"));
}

TEST(ValidateTest, AnOrderOfTiesHasEachClassOnce) {
  ModelParts parts = ValidSoftmaxModel();
  parts.tie_order = {2, 0, 1};
  EXPECT_TRUE(LoadParts(parts));
  parts.tie_order = {2, 0, 2};
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.tie_order[2] is 2: each of 3 classes is there once"));
  parts.tie_order = {0, 3, 1};
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.tie_order[1] is 3"));
  parts.tie_order = {0, 1};
  EXPECT_THAT(LoadParts(parts).error().message(),
              testing::HasSubstr("classifier.tie_order has 2 entries instead of 3"));
}

TEST(ValidateTest, AcceptsEveryShape) {
  for (std::uint64_t seed = 1000; seed < 1200; ++seed) {
    Random random(seed);
    const auto model = LoadParts(MakeSyntheticModel(RandomShape(random), random));
    ASSERT_TRUE(model) << "seed " << seed << ": " << model.error().message();
  }
}

}  // namespace
}  // namespace marquee::model
