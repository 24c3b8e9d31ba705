#include "model/import/probe_rows.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <random>
#include <set>

#include "model/validate.h"

namespace marquee::model {
namespace {

constexpr std::size_t kRows = 1024;
constexpr std::uint64_t kSeed = 20171;
constexpr std::size_t kMaxItems = 6;
/// Finite, for libraries refuse what is not: zeros, what LightGBM takes for zero and not, extremes.
constexpr std::array kOdd = {0.0f,   -0.0f, 1e-35f, -1e-35f, 2e-35f,
                             1e-45f, 1.0f,  -1.0f,  1e30f,   -1e30f};
/// Whole numbers, for libraries differ in fractions below 0: README.md.
constexpr std::array kOddCategories = {-0.0f,       -1.0f, -2.0f, 16777215.0f,
                                       16777216.0f, 1e30f, -1e30f};

using Random = std::mt19937_64;

/// A number in [0, 1), the same with every library: distributions of std:: are not.
double Share(Random& random) { return static_cast<double>(random() >> 11) * 0x1p-53; }

float Beside(float value, float direction) {
  constexpr float kLargest = std::numeric_limits<float>::max();
  return std::clamp(std::nextafter(value, direction), -kLargest, kLargest);
}

/// What the splits ask of a column.
struct Column {
  std::vector<float> thresholds;
  /// Above all categories that it asks for; 0 if it asks for none.
  std::size_t end_category = 0;
};

std::vector<Column> ColumnsOf(const Forest& forest, const AttachedModel& attached) {
  std::vector<std::set<float>> thresholds(attached.parts.column_names.size());
  std::vector<Column> columns(thresholds.size());
  for (const Tree& tree : forest.trees) {
    for (const Split& split : tree.splits) {
      const std::size_t c = attached.columns[split.feature];
      if (!split.categories.empty()) {
        columns[c].end_category = std::max(columns[c].end_category, 32 * split.categories.size());
      } else if (std::isfinite(split.threshold)) {
        thresholds[c].insert(split.threshold);
      }
    }
  }
  for (std::size_t c = 0; c < columns.size(); ++c) {
    columns[c].thresholds.assign(thresholds[c].begin(), thresholds[c].end());
  }
  return columns;
}

/// A category that the splits ask for, or a number that is none.
float DrawCategory(const Column& column, bool cut, double share, Random& random) {
  if (share < 0.12) return kOddCategories[random() % kOddCategories.size()];
  const auto category = static_cast<float>(random() % (column.end_category + 2));
  return cut && share < 0.2 ? category + 0.5f : category;
}

float DrawNumber(const Column& column, const Forest& forest, Random& random) {
  const double share = Share(random);
  if (forest.takes_missing && share < 0.08) return std::numeric_limits<float>::quiet_NaN();
  if (column.end_category > 0) return DrawCategory(column, forest.cuts_categories, share, random);
  if (share < 0.12) return kOdd[random() % kOdd.size()];
  if (column.thresholds.empty()) return static_cast<float>(10 * Share(random) - 5);
  const float threshold = column.thresholds[random() % column.thresholds.size()];
  if (share < 0.3) return threshold;
  if (share < 0.4) return Beside(threshold, std::numeric_limits<float>::max());
  if (share < 0.5) return Beside(threshold, -std::numeric_limits<float>::max());
  const float other = column.thresholds[random() % column.thresholds.size()];
  return threshold / 2 + other / 2;
}

/// Items of one list: mostly such that an encoding of it knows, as different from 0 as can be.
ListParts DrawList(std::uint8_t list, const ModelParts& parts, std::size_t num_rows,
                   Random& random) {
  std::vector<std::uint32_t> known;
  for (const EncodingParts& encoding : parts.encodings) {
    if (std::find(encoding.lists.begin(), encoding.lists.end(), list) == encoding.lists.end()) {
      continue;
    }
    known.insert(known.end(), encoding.codes.begin(), encoding.codes.end());
  }
  ListParts drawn;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t length = random() % (kMaxItems + 1);
    drawn.lengths.push_back(static_cast<std::uint16_t>(length));
    for (std::size_t i = 0; i < length; ++i) {
      const bool unknown = known.empty() || Share(random) < 0.15;
      drawn.codes.push_back(unknown ? static_cast<std::uint32_t>(random())
                                    : known[random() % known.size()]);
    }
  }
  return drawn;
}

/// So many that the loader's limit on their work is kept.
std::size_t CountRows(const Forest& forest) {
  std::size_t work = 0;
  for (const Tree& tree : forest.trees) {
    work += std::max<std::size_t>(tree.depth, 1) + (tree.target ? 1 : forest.num_scores);
    if (forest.symmetric) work += forest.num_scores;
  }
  return std::clamp<std::size_t>(kMaxGoldenWork / std::max<std::size_t>(work, 1), 1, kRows);
}

}  // namespace

RowsParts MakeProbeRows(const Forest& forest, const AttachedModel& attached) {
  Random random(kSeed);
  const ModelParts& parts = attached.parts;
  RowsParts rows;
  rows.num_rows = CountRows(forest);
  const std::vector<Column> columns = ColumnsOf(forest, attached);
  for (std::size_t c = 0; c < parts.mean.size(); ++c) {
    for (std::size_t row = 0; row < rows.num_rows; ++row) {
      const float number = DrawNumber(columns[c], forest, random);
      rows.numeric.push_back(number / parts.inv_std[c] + parts.mean[c]);
    }
  }
  for (std::size_t list = 0; list < parts.list_profiles.size(); ++list) {
    rows.lists.push_back(DrawList(static_cast<std::uint8_t>(list), parts, rows.num_rows, random));
  }
  return rows;
}

}  // namespace marquee::model
