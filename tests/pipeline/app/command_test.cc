#include "pipeline/app/command.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>

#include "model/model.h"
#include "model/parts.h"
#include "model/synthetic.h"
#include "pipeline/stages/feature_spec.h"

namespace marquee {
namespace {

using testing::HasSubstr;

/// A small model that claims to be fitted on the movies' features.
model::ModelParts MoviesModel(const model::SyntheticShape& changed) {
  model::Random random(1);
  model::ModelParts parts = model::MakeSyntheticModel(changed, random);
  parts.feature_spec = MoviesSpec().Hash();
  parts.feature_spec_text = MoviesSpec().CanonicalText();
  if (parts.class_names.size() == MoviesSpec().target.class_names.size()) {
    parts.class_names = MoviesSpec().target.class_names;
  }
  return parts;
}

model::SyntheticShape SmallMoviesShape() {
  model::SyntheticShape shape = model::MoviesShape();
  shape.num_trees = 3;
  shape.num_golden_rows = 4;
  return shape;
}

Status Require(const model::ModelParts& parts) {
  const auto model = model::Model::FromBytes(model::WriteModelFile(parts), "other.model");
  EXPECT_TRUE(model) << model.error().message();
  return model ? RequireModelFits(**model, MoviesSpec()) : Status();
}

void ExpectRefused(const model::ModelParts& parts) {
  const Status status = Require(parts);
  EXPECT_EQ(status.code(), StatusCode::kConfig);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("other.model: the model's features or classes are not those of its own"));
}

TEST(RequireModelFitsTest, AcceptsAModelOfTheSpec) {
  const Status status = Require(MoviesModel(SmallMoviesShape()));
  EXPECT_TRUE(status.ok()) << status.message();
}

TEST(RequireModelFitsTest, RefusesAModelOfAnotherSpec) {
  model::Random random(1);
  EXPECT_EQ(Require(model::MakeSyntheticModel(SmallMoviesShape(), random)).code(),
            StatusCode::kConfig);
}

TEST(RequireModelFitsTest, RefusesAModelWhoseCountsAreNotItsSpecs) {
  for (const int change : {-1, 1}) {
    model::SyntheticShape shape = SmallMoviesShape();
    shape.num_numeric += static_cast<std::size_t>(change);
    ExpectRefused(MoviesModel(shape));
    shape = SmallMoviesShape();
    shape.num_classes += static_cast<std::size_t>(change);
    ExpectRefused(MoviesModel(shape));
  }
  model::SyntheticShape shape = SmallMoviesShape();
  ++shape.num_lists;
  ExpectRefused(MoviesModel(shape));
}

TEST(RequireModelFitsTest, RefusesAModelWhoseClassesAreNotItsSpecs) {
  model::ModelParts parts = MoviesModel(SmallMoviesShape());
  std::swap(parts.class_names.front(), parts.class_names.back());
  ExpectRefused(parts);
}

}  // namespace
}  // namespace marquee
