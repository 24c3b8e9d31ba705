// tests/model/import/catboost_file.h — CatBoost's binary files, right or wrong in one place.
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "model/import/catboost_generated.h"

namespace marquee::model {

/// Two features, x > 1 and x > 2 of the first, x > 3 of the second; one symmetric tree of two levels.
struct CatboostFile {
  std::string format = "FlabuffersModel_v1";
  int num_scores = 1;
  std::vector<std::int32_t> splits = {1, 2};
  std::vector<std::int32_t> sizes = {2};
  std::vector<std::int32_t> starts = {0};
  std::vector<double> leaf_values = {0.5, 1.5, 2.5, 3.5};
  std::vector<wire::catboost::Step> steps;
  std::vector<std::uint32_t> node_values;
  std::vector<double> biases = {0.25};
  int num_ctrs = 0;
  int flat_index = 0;  // of the first feature
  std::string params = R"({"loss_function":{"type":"RMSE"}})";
  std::vector<std::string> part_names;
};

inline std::string WriteCatboost(const CatboostFile& file) {
  namespace fb = wire::catboost;
  flatbuffers::FlatBufferBuilder builder;
  const auto feature = [&builder](int index, int flat, std::vector<float> borders) {
    const auto offset = builder.CreateVector(borders);
    const auto name = builder.CreateString(index == 0 ? "a" : "b");
    return fb::CreateFloatFeature(builder, true, index, flat, offset, name,
                                  fb::NanTreatment::AsFalse);
  };
  const std::vector features = {feature(0, file.flat_index, {1.0f, 2.0f}), feature(1, 1, {3.0f})};
  std::vector<flatbuffers::Offset<fb::OtherFeature>> ctrs;
  for (int i = 0; i < file.num_ctrs; ++i) ctrs.push_back(fb::CreateOtherFeature(builder));
  const auto splits = builder.CreateVector(file.splits);
  const auto sizes = builder.CreateVector(file.sizes);
  const auto starts = builder.CreateVector(file.starts);
  const auto feature_list = builder.CreateVector(features);
  const auto ctr_list = builder.CreateVector(ctrs);
  const auto values = builder.CreateVector(file.leaf_values);
  const auto steps = builder.CreateVectorOfStructs(file.steps);
  const auto node_values = builder.CreateVector(file.node_values);
  const auto biases = builder.CreateVector(file.biases);
  fb::TreesBuilder trees(builder);
  trees.add_num_scores(file.num_scores);
  trees.add_splits(splits);
  trees.add_sizes(sizes);
  trees.add_starts(starts);
  trees.add_float_features(feature_list);
  trees.add_ctr_features(ctr_list);
  trees.add_leaf_values(values);
  trees.add_steps(steps);
  trees.add_node_values(node_values);
  trees.add_biases(biases);
  const auto trees_offset = trees.Finish();
  const auto key = builder.CreateString("params");
  const auto value = builder.CreateString(file.params);
  const auto info = builder.CreateVector(std::vector{fb::CreateInfo(builder, key, value)});
  const auto format = builder.CreateString(file.format);
  const auto parts = builder.CreateVectorOfStrings(file.part_names);
  builder.Finish(fb::CreateModel(builder, format, trees_offset, info, parts));
  std::string bytes = "CBM1";
  const std::uint32_t size = builder.GetSize();
  bytes.append(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes.append(reinterpret_cast<const char*>(builder.GetBufferPointer()), size);
  return bytes;
}

}  // namespace marquee::model
