// Encoding list features: each kind on its own, and all of a model's.
#include <numeric>
#include <string>

#include "bench/micro/for_each_isa.h"
#include "bench/micro/movies_data.h"
#include "kernels/encode.h"
#include "model/model.h"

namespace marquee::bench {
namespace {

using kernels::ListView;
using model::CodeTableStorage;
using model::Encoding;
using model::EncodingKind;

/// The data's lists, cut into batches of equal size.
std::vector<std::vector<ListView>> Batches(std::size_t batch) {
  const std::vector<model::ListParts>& lists = Movies().rows.lists;
  std::vector<std::size_t> first_code(lists.size(), 0);
  std::vector<std::vector<ListView>> batches;
  for (std::size_t first = 0; first + batch <= kNumRows; first += batch) {
    std::vector<ListView>& views = batches.emplace_back();
    for (std::size_t i = 0; i < lists.size(); ++i) {
      const auto lengths = std::span(lists[i].lengths).subspan(first, batch);
      const std::size_t num_codes = std::accumulate(lengths.begin(), lengths.end(), std::size_t{0});
      views.push_back({lengths, std::span(lists[i].codes).subspan(first_code[i], num_codes)});
      first_code[i] += num_codes;
    }
  }
  return batches;
}

/// An encoder with one encoding of this kind over the model's 10,000 codes (18 if hot), or with the
/// model's own.
struct Case {
  model::ModelParts parts;
  model::Encoder encoder;
  std::vector<float> expected;
};

Case MakeCase(std::vector<model::EncodingParts> encodings) {
  Case made;
  made.parts.encodings = std::move(encodings);
  for (const model::EncodingParts& from : made.parts.encodings) {
    Encoding encoding;
    encoding.kind = from.kind;
    encoding.lists = from.lists;
    encoding.codes = from.codes;
    encoding.values = from.values;
    encoding.unknown = from.unknown;
    encoding.base = from.base;
    encoding.other = from.other;
    if (!made.encoder.Append(std::move(encoding), 0)) return {};
  }
  made.expected = model::NaiveColumns(made.parts, Movies().rows);
  return made;
}

Case OneOf(EncodingKind kind) {
  for (model::EncodingParts encoding : Movies().parts.encodings) {
    const bool is_hot = encoding.kind == EncodingKind::kHot;
    if (is_hot != (kind == EncodingKind::kHot)) continue;
    if (kind != EncodingKind::kLinearScore) encoding.lists.resize(1);
    encoding.kind = kind;
    return MakeCase({encoding});
  }
  return {};
}

void Run(benchmark::State& state, const Case& what) {
  const auto& encodings = what.encoder.encodings();
  if (encodings.empty()) {
    state.SkipWithError("the encoder can't be made");
    return;
  }
  const std::size_t num_columns = encodings.back().first_column + encodings.back().num_columns;
  std::vector<float> out(num_columns * kNumRows);
  what.encoder.Apply(Batches(kNumRows)[0], kNumRows, {out.data(), kNumRows});
  if (!SameBits(out, what.expected)) {
    state.SkipWithError("the columns differ from the format's definition");
    return;
  }
  const auto batch = static_cast<std::size_t>(state.range(0));
  const auto batches = Batches(batch);
  std::size_t next = 0;
  for (auto _ : state) {
    what.encoder.Apply(batches[next], batch, {out.data(), batch});
    benchmark::DoNotOptimize(out.data());
    benchmark::ClobberMemory();
    if (++next == batches.size()) next = 0;
  }
  CountRows(state, batch);
}

void BM_Encode_Hot(benchmark::State& state) {
  static const Case what = OneOf(EncodingKind::kHot);
  Run(state, what);
}
void BM_Encode_TargetMean(benchmark::State& state) {
  static const Case what = OneOf(EncodingKind::kTargetMean);
  Run(state, what);
}
void BM_Encode_TargetMax(benchmark::State& state) {
  static const Case what = OneOf(EncodingKind::kTargetMax);
  Run(state, what);
}

BENCHMARK(BM_Encode_Hot)->ArgName("rows")->ArgsProduct({kBatches});
BENCHMARK(BM_Encode_TargetMean)->ArgName("rows")->ArgsProduct({kBatches});
BENCHMARK(BM_Encode_TargetMax)->ArgName("rows")->ArgsProduct({kBatches});

const auto kSetBatches = [](benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgName("rows")->ArgsProduct({kBatches});
};
const bool kRegistered = RegisterForEachIsa(
                             "BM_Encode_LinearScore",
                             [](benchmark::State& state) {
                               static const Case what = OneOf(EncodingKind::kLinearScore);
                               Run(state, what);
                             },
                             kSetBatches) &&
                         RegisterForEachIsa(
                             "BM_Encode_Movies",
                             [](benchmark::State& state) {
                               static const Case what = MakeCase(Movies().parts.encodings);
                               Run(state, what);
                             },
                             kSetBatches);

}  // namespace
}  // namespace marquee::bench
