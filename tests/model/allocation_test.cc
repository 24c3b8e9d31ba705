// Scoring must not allocate: a batch comes every few hundred microseconds, from many threads.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "model/synthetic.h"
#include "tests/model/scoring.h"

namespace {

std::atomic<std::size_t> num_allocations{0};

}  // namespace

// All other forms of new end in this one; std::aligned_alloc, behind AlignedBuffer, is not counted
// and not called here. Not inlined: GCC would see free() take what operator new gave, and warn.
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++num_allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace marquee::model {
namespace {

TEST(AllocationTest, ScoringDoesNotAllocate) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    Random random(seed);
    const ModelParts parts = MakeSyntheticModel(RandomShape(random), random);
    const auto loaded = LoadParts(parts);
    ASSERT_TRUE(loaded) << loaded.error().message();
    const Model& model = **loaded;
    const RowsParts rows = MakeSyntheticRows(parts, 600, random);
    // One pass fills all buffers at the right sizes.
    Scored out = ScoreRows(model, rows);
    std::vector<std::span<const float>> numeric;
    for (std::size_t c = 0; c < model.num_numeric(); ++c) {
      numeric.push_back(std::span(rows.numeric).subspan(c * rows.num_rows, rows.num_rows));
    }
    std::vector<ListView> lists;
    for (const ListParts& list : rows.lists) lists.push_back(list.view());
    const auto engine = MakeEngine(model);
    ASSERT_TRUE(engine) << engine.error().message();
    EngineScratch scratch = (*engine)->MakeScratch();

    const std::size_t before = num_allocations;
    model.scaler().Apply(numeric, rows.num_rows, {out.columns.data(), rows.num_rows});
    model.encoder().Apply(lists, rows.num_rows, {out.columns.data(), rows.num_rows});
    (*engine)->Score({out.columns.data(), rows.num_rows}, rows.num_rows, out.scores, scratch);
    model.classifier().Decide(out.scores, rows.num_rows, out.classes, out.score, out.probabilities);
    const bool seen = model.IsTrainingId(603);
    EXPECT_EQ(num_allocations, before) << "seed " << seed;
    EXPECT_FALSE(seen);
  }
  EXPECT_GT(num_allocations, 1000u);  // the counter does count
}

}  // namespace
}  // namespace marquee::model
