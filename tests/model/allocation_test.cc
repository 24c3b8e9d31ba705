// Scoring must not allocate: a batch comes every few hundred microseconds, from many threads.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "model/synthetic.h"
#include "model/synthetic_binary.h"
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

/// Score rows of a model, the second time without an allocation.
void ExpectNoAllocation(const ModelParts& parts, const RowsParts& rows) {
  const auto loaded = LoadParts(parts);
  ASSERT_TRUE(loaded) << loaded.error().message();
  const Model& model = **loaded;
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
  EXPECT_EQ(num_allocations, before);
  EXPECT_FALSE(seen);
}

TEST(AllocationTest, ScoringDoesNotAllocate) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const ModelParts parts = MakeSyntheticModel(RandomShape(random), random);
    ExpectNoAllocation(parts, MakeSyntheticRows(parts, 600, random));
  }
  EXPECT_GT(num_allocations, 1000u);  // the counter does count
}

TEST(AllocationTest, ScoringBinaryTreesDoesNotAllocate) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Random random(seed);
    const ModelParts parts = MakeBinaryModel(RandomBinaryShape(random), random);
    RowsParts rows;
    rows.num_rows = 520;  // a block, and few
    rows.numeric = MakeBinaryColumns(parts, rows.num_rows, random);
    ExpectNoAllocation(parts, rows);
  }
}

}  // namespace
}  // namespace marquee::model
