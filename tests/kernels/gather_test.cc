#include "kernels/gather.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/isa.h"
#include "tests/kernels/scoped_isa.h"
#include "tests/support/seed.h"

namespace marquee::kernels {
namespace {

/// Fields of a few rows, in memory that ends kGatherBytes behind the last one's start or, if it is
/// longer, with it.
struct Rows {
  std::vector<char> text;
  std::vector<std::string_view> fields;
  std::size_t num_columns = 1;

  explicit Rows(std::mt19937_64& random) : num_columns(1 + random() % 4) {
    const std::size_t num_rows = random() % 20;
    std::vector<std::size_t> sizes;
    std::size_t total = 0;
    for (std::size_t i = 0; i < num_rows * num_columns; ++i) {
      // Now around a block's size, now longer, often short.
      const std::size_t size = random() % 3 == 0   ? kGatherBytes - 2 + random() % 5
                               : random() % 4 == 0 ? random() % 400
                                                   : random() % 8;
      sizes.push_back(size);
      total += size;
    }
    const std::size_t last = sizes.empty() ? 0 : sizes.back();
    text.resize(total - last + std::max(last, kGatherBytes));
    for (char& c : text) c = static_cast<char>(random());
    std::size_t begin = 0;
    for (const std::size_t size : sizes) {
      fields.emplace_back(text.data() + begin, size);
      begin += size;
    }
  }

  std::string Column(std::size_t column) const {
    std::string bytes;
    for (std::size_t i = column; i < fields.size(); i += num_columns) bytes += fields[i];
    return bytes;
  }
};

std::string_view Text(const std::vector<std::uint8_t>& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

TEST(GatherTest, BringsAColumnsFieldsTogether) {
  const std::uint64_t seed = testing_support::TestSeed();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937_64 random(seed);
  for (int round = 0; round < 5'000; ++round) {
    const Rows rows(random);
    for (std::size_t column = 0; column < rows.num_columns && !rows.fields.empty(); ++column) {
      const std::string expected = rows.Column(column);
      const auto fields = std::span(rows.fields).subspan(column);
      std::vector<std::uint8_t> out(expected.size());
      GatherFieldsReference(fields, rows.num_columns, out);
      ASSERT_EQ(Text(out), expected);
      for (const Isa isa : SupportedIsas()) {
        const ScopedIsa scoped(isa);
        for (const bool padded : {false, true}) {
          std::fill(out.begin(), out.end(), std::uint8_t{0});
          GatherFields(fields, rows.num_columns, padded, out);
          ASSERT_EQ(Text(out), expected) << IsaName(isa) << " padded: " << padded;
        }
      }
    }
  }
}

TEST(GatherTest, WithoutPaddingNothingIsReadBehindAField) {
  // A sanitizer would see it.
  const std::vector<char> text(5, 'x');
  const std::vector<std::string_view> fields(1, std::string_view(text.data(), text.size()));
  std::vector<std::uint8_t> out(5);
  GatherFields(fields, 1, false, out);
  EXPECT_EQ(Text(out), "xxxxx");
}

}  // namespace
}  // namespace marquee::kernels
