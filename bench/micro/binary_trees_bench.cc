// Scoring binary trees of any shape: the engine "general" with its binning, over shapes that the
// libraries make.
#include <array>
#include <memory>

#include "bench/micro/for_each_isa.h"
#include "bench/micro/measure.h"
#include "model/model.h"
#include "model/synthetic_binary.h"

namespace marquee::bench {
namespace {

struct NamedShape {
  const char* name;
  model::BinaryShape shape;
};

model::BinaryShape Shape(std::size_t num_trees, std::size_t leaves, bool balanced) {
  model::BinaryShape shape;
  shape.num_columns = 60;
  shape.num_trees = num_trees;
  shape.min_leaves = shape.max_leaves = leaves;
  shape.balanced = balanced;
  shape.num_thresholds = 250;
  return shape;
}

model::BinaryShape InF64(model::BinaryShape shape) {
  shape.in_f64 = true;
  return shape;
}

model::BinaryShape Categorical(model::BinaryShape shape) {
  shape.categorical_of_8 = 4;
  return shape;
}

const std::array<NamedShape, 7> kShapes = {
    {{"Depth6", Shape(500, 64, true)},
     {"Depth8", Shape(500, 256, true)},
     {"Leaves31", Shape(500, 31, false)},
     {"Leaves31F64", InF64(Shape(500, 31, false))},
     {"Leaves31Categorical", Categorical(Shape(500, 31, false))},
     {"Leaves255", Shape(500, 255, false)},
     {"Leaves2000", Shape(100, 2000, false)}}};

/// A model and rows of one shape.
struct Data {
  std::shared_ptr<const model::Model> model;
  std::vector<float> columns;
  std::vector<float> scores;  // by the format's definition
};

const Data& DataOf(std::size_t shape) {
  static std::array<std::unique_ptr<Data>, kShapes.size()> all;
  if (all[shape] == nullptr) {
    model::Random random(20261122);
    const model::ModelParts parts = model::MakeBinaryModel(kShapes[shape].shape, random);
    auto loaded = model::Model::FromBytes(model::WriteModelFile(parts), "synthetic");
    auto data = std::make_unique<Data>();
    data->model = loaded ? *loaded : nullptr;
    data->columns = model::MakeBinaryColumns(parts, kNumRows, random);
    data->scores = model::NaiveBinaryScores(*parts.binary_trees, data->columns, kNumRows);
    all[shape] = std::move(data);
  }
  return *all[shape];
}

void RunEngine(benchmark::State& state, std::size_t shape) {
  const Data& data = DataOf(shape);
  if (data.model == nullptr) {
    state.SkipWithError("the synthetic model is refused");
    return;
  }
  const auto engine = model::MakeEngine(*data.model, "general");
  if (!engine) {
    state.SkipWithError("the engine does not take the model");
    return;
  }
  model::EngineScratch scratch = (*engine)->MakeScratch();
  const auto batch = static_cast<std::size_t>(state.range(0));
  std::vector<float> scores(kNumRows);
  const auto score = [&](std::size_t first) {
    (*engine)->Score({data.columns.data() + first, kNumRows}, batch,
                     std::span(scores).subspan(first, batch), scratch);
  };
  for (std::size_t first = 0; first + batch <= kNumRows; first += batch) score(first);
  const std::size_t whole = kNumRows / batch * batch;
  if (!SameBits(std::span(scores).first(whole), std::span(data.scores).first(whole))) {
    state.SkipWithError("the scores differ from the format's definition");
    return;
  }
  std::size_t first = 0;
  for (auto _ : state) {
    score(first);
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
    first = NextBatch(first, batch);
  }
  CountRows(state, batch);
  state.counters["per_tree_and_row"] =
      benchmark::Counter(static_cast<double>(state.iterations()) *
                             static_cast<double>(batch * data.model->num_trees()),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

const bool kRegistered = [] {
  bool all = true;
  for (std::size_t shape = 0; shape < kShapes.size(); ++shape) {
    all &= RegisterForEachIsa(
        fmt::format("BM_Engine_General/{}", kShapes[shape].name),
        [shape](benchmark::State& state) { RunEngine(state, shape); },
        [](benchmark::internal::Benchmark* benchmark) {
          benchmark->ArgName("rows")->ArgsProduct({{1, 16, 64, 512, 4096}});
        });
  }
  return all;
}();

}  // namespace
}  // namespace marquee::bench
