#include "model/synthetic.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <string>
#include <utility>

#include "model/synthetic_draw.h"

namespace marquee::model {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

std::vector<float> AscendingFloats(Random& random, std::size_t count, float low, float high) {
  std::set<float> values;
  while (values.size() < count) values.insert(Uniform(random, low, high) + 0.0f);
  return {values.begin(), values.end()};
}

std::vector<std::uint32_t> UniqueCodes(Random& random, std::size_t count) {
  // Code 0 is an item like any other, and the one the look-up tables treat apart: have it often.
  std::set<std::uint32_t> codes;
  if (count > 0 && Below(random, 2) == 0) codes.insert(0);
  while (codes.size() < count) codes.insert(static_cast<std::uint32_t>(random()));
  std::vector<std::uint32_t> shuffled(codes.begin(), codes.end());
  Shuffle(random, shuffled);
  return shuffled;
}

EncodingParts MakeEncoding(const SyntheticShape& shape, std::size_t number, Random& random) {
  EncodingParts encoding;
  encoding.name = fmt::format("encoding {}", number);
  encoding.kind = shape.encodings[number];
  encoding.lists = {static_cast<std::uint8_t>(number % shape.num_lists)};
  if (encoding.kind == EncodingKind::kHot) {
    encoding.codes = UniqueCodes(random, shape.num_hot_codes);
    encoding.other = Below(random, 2) == 1;
    return encoding;
  }
  if (encoding.kind == EncodingKind::kLinearScore) {
    encoding.lists.resize(shape.num_lists);
    std::iota(encoding.lists.begin(), encoding.lists.end(), std::uint8_t{0});
    Shuffle(random, encoding.lists);
  }
  encoding.codes = UniqueCodes(random, shape.num_value_codes);
  for (std::size_t i = 0; i < encoding.codes.size(); ++i) {
    encoding.values.push_back(Uniform(random, -1, 1));
  }
  encoding.unknown = Uniform(random, -1, 1);
  encoding.base = Uniform(random, -1, 1);
  return encoding;
}

void MakeColumns(const SyntheticShape& shape, ModelParts& parts, Random& random) {
  for (std::size_t i = 0; i < shape.num_numeric; ++i) {
    parts.column_names.push_back(fmt::format("numeric {}", i));
    parts.mean.push_back(Uniform(random, -100, 100));
    parts.inv_std.push_back(Uniform(random, 0.01f, 10));
  }
  for (std::size_t i = 0; i < shape.encodings.size(); ++i) {
    parts.encodings.push_back(MakeEncoding(shape, i, random));
    for (std::size_t c = 0; c < parts.encodings.back().num_columns(); ++c) {
      parts.column_names.push_back(fmt::format("encoding {}, column {}", i, c));
    }
  }
}

void MakeBorders(const SyntheticShape& shape, std::size_t num_columns, TreesParts& trees,
                 Random& random) {
  for (std::size_t c = 0; c < num_columns; ++c) {
    const std::size_t count = Between(random, shape.min_borders, shape.max_borders);
    const auto borders = AscendingFloats(random, count, -2, 2);
    trees.border_counts.push_back(static_cast<std::uint8_t>(count));
    trees.nan_above.push_back(static_cast<std::uint8_t>(Below(random, 2)));
    trees.borders.insert(trees.borders.end(), borders.begin(), borders.end());
  }
}

void MakeTrees(const SyntheticShape& shape, TreesParts& trees, Random& random) {
  std::vector<std::uint8_t> splittable;
  for (std::size_t c = 0; c < trees.border_counts.size(); ++c) {
    if (trees.border_counts[c] > 0) splittable.push_back(static_cast<std::uint8_t>(c));
  }
  for (std::size_t tree = 0; tree < shape.num_trees; ++tree) {
    const std::size_t depth =
        splittable.empty() ? 0 : Between(random, shape.min_depth, shape.max_depth);
    trees.depths.push_back(static_cast<std::uint8_t>(depth));
    for (std::size_t level = 0; level < depth; ++level) {
      const std::uint8_t column = Pick(random, splittable);
      trees.split_features.push_back(column);
      trees.split_borders.push_back(
          static_cast<std::uint8_t>(Below(random, trees.border_counts[column])));
    }
    for (std::size_t i = 0; i < (std::size_t{1} << depth) * trees.num_scores; ++i) {
      trees.leaves.push_back(Uniform(random, -0.1f, 0.1f));
    }
  }
  trees.scale = Uniform(random, 0.5f, 2);
  for (std::size_t s = 0; s < trees.num_scores; ++s) trees.bias.push_back(Uniform(random, -1, 1));
}

void MakeClassifier(const SyntheticShape& shape, ModelParts& parts, Random& random) {
  parts.classifier = shape.classifier;
  for (std::size_t k = 0; k < shape.num_classes; ++k) {
    parts.class_names.push_back(fmt::format("class {}", k));
  }
  if (shape.classifier == ClassifierKind::kSoftmax) {
    parts.trees.num_scores = static_cast<std::uint16_t>(shape.num_classes);
    return;
  }
  parts.cutpoints = AscendingFloats(random, shape.num_classes - 1, -1, 1);
  parts.logistic_offsets = AscendingFloats(random, shape.num_classes - 1, -3, 3);
  parts.logistic_slope = Uniform(random, 0.5f, 4);
}

void MakeProvenance(const SyntheticShape& shape, ModelParts& parts, Random& random) {
  parts.name = "synthetic";
  parts.version = "1.0.0";
  parts.feature_spec_text =
      fmt::format("{} numeric\n{} lists\n", shape.num_numeric, shape.num_lists);
  parts.feature_spec = XXH3_64bits(parts.feature_spec_text.data(), parts.feature_spec_text.size());
  parts.training_sha256 = std::string(64, 'a');
  std::set<std::uint64_t> ids;
  for (std::size_t i = 0; i < 100; ++i) ids.insert(random());
  parts.training_ids.assign(ids.begin(), ids.end());
  parts.quality = {{"macro_f1", 0.64, 0.008, 25}};
  parts.numeric_profiles.assign(shape.num_numeric, {{-1.0f, 0.0f, 2.5f}, 0.1f});
  parts.list_profiles.assign(shape.num_lists, {{0.25f, 0.75f}, {"Drama", "Pathé"}, {0.5f, 0.25f}});
}

float NumericValue(const ModelParts& parts, std::size_t column, std::size_t first_border,
                   Random& random) {
  const std::size_t count = parts.trees.border_counts[column];
  const std::size_t what = Below(random, 8);
  if (what == 0) return SpecialValue(random);
  const float mean = parts.mean[column];
  if (what < 4 || count == 0) return mean + Uniform(random, -3, 3) / parts.inv_std[column];
  const float border = parts.trees.borders[first_border + Below(random, count)];
  const float at = mean + border / parts.inv_std[column];
  const std::size_t side = Below(random, 3);
  return side == 0 ? at : std::nextafter(at, side == 1 ? kInfinity : -kInfinity);
}

ListParts MakeList(const ModelParts& parts, std::size_t number, std::size_t num_rows,
                   Random& random) {
  std::vector<std::uint32_t> known;
  for (const EncodingParts& encoding : parts.encodings) {
    if (std::find(encoding.lists.begin(), encoding.lists.end(), number) == encoding.lists.end()) {
      continue;
    }
    known.insert(known.end(), encoding.codes.begin(), encoding.codes.end());
  }
  ListParts list;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t length = Below(random, 4) == 0 ? 0 : Between(random, 1, 6);
    list.lengths.push_back(static_cast<std::uint16_t>(length));
    for (std::size_t i = 0; i < length; ++i) {
      const std::size_t what = Below(random, 8);
      if (what == 0) {
        list.codes.push_back(0);
      } else if (what == 1 && i > 0) {
        list.codes.push_back(list.codes.back());
      } else if (what < 4 || known.empty()) {
        list.codes.push_back(static_cast<std::uint32_t>(random()));
      } else {
        list.codes.push_back(Pick(random, known));
      }
    }
  }
  return list;
}

/// The items of one row of a list.
std::vector<std::uint32_t> ItemsOf(const ListParts& list, std::size_t row) {
  const auto begin =
      list.codes.begin() +
      std::accumulate(list.lengths.begin(), list.lengths.begin() + row, std::ptrdiff_t{0});
  return {begin, begin + list.lengths[row]};
}

float NaiveValue(const EncodingParts& encoding, std::uint32_t item) {
  const auto found = std::find(encoding.codes.begin(), encoding.codes.end(), item);
  if (found == encoding.codes.end()) return encoding.unknown;
  return encoding.values[static_cast<std::size_t>(found - encoding.codes.begin())];
}

/// Column `c` of an encoding for one row.
float NaiveCell(const EncodingParts& encoding, const RowsParts& rows, std::size_t row,
                std::size_t c) {
  std::vector<std::uint32_t> items;
  for (const std::size_t list : encoding.lists) {
    const auto more = ItemsOf(rows.lists[list], row);
    items.insert(items.end(), more.begin(), more.end());
  }
  if (encoding.kind == EncodingKind::kHot) {
    const auto holds = [&](std::uint32_t code) {
      return std::find(items.begin(), items.end(), code) != items.end();
    };
    if (c < encoding.codes.size()) return holds(encoding.codes[c]) ? 1.0f : 0.0f;
    return std::any_of(encoding.codes.begin(), encoding.codes.end(), holds) ? 0.0f : 1.0f;
  }
  std::vector<float> values;
  for (const std::uint32_t item : items) values.push_back(NaiveValue(encoding, item));
  if (encoding.kind == EncodingKind::kLinearScore) {
    return std::accumulate(values.begin(), values.end(), encoding.base);
  }
  if (values.empty()) return encoding.base;
  if (encoding.kind == EncodingKind::kTargetMax)
    return *std::max_element(values.begin(), values.end());
  if (encoding.kind == EncodingKind::kTargetMin)
    return *std::min_element(values.begin(), values.end());
  return std::accumulate(values.begin(), values.end(), 0.0f) / static_cast<float>(values.size());
}

}  // namespace

SyntheticShape RandomShape(Random& random) {
  SyntheticShape shape;
  shape.num_lists = Below(random, 4);
  shape.num_numeric = shape.num_lists == 0 ? Between(random, 1, 20) : Below(random, 20);
  const std::size_t num_encodings =
      shape.num_lists == 0 ? 0 : Between(random, shape.num_numeric == 0 ? 1 : 0, 6);
  shape.encodings.clear();
  for (std::size_t i = 0; i < num_encodings; ++i) {
    shape.encodings.push_back(static_cast<EncodingKind>(Below(random, 5)));
  }
  shape.num_hot_codes = Between(random, 1, 30);
  shape.num_value_codes = Below(random, 60);
  shape.classifier = static_cast<ClassifierKind>(Below(random, 2));
  shape.num_classes = Between(random, 2, 5);
  shape.num_trees = Between(random, 1, 30);
  shape.min_depth = Below(random, 9);
  shape.max_depth = Between(random, shape.min_depth, 8);
  const std::size_t borders = Below(random, 4);
  shape.max_borders = borders == 0 ? 0 : Between(random, 1, 254);
  shape.min_borders = borders == 1 ? shape.max_borders : 0;
  return shape;
}

SyntheticShape MoviesShape() {
  SyntheticShape shape;
  shape.num_numeric = 14;
  shape.num_lists = 8;
  shape.encodings = {EncodingKind::kHot, EncodingKind::kHot, EncodingKind::kLinearScore};
  shape.num_hot_codes = 18;
  shape.num_value_codes = 10000;
  shape.num_trees = 600;
  shape.min_depth = 6;
  shape.max_depth = 6;
  shape.min_borders = 1;
  return shape;
}

ModelParts MakeSyntheticModel(const SyntheticShape& shape, Random& random) {
  ModelParts parts;
  MakeProvenance(shape, parts, random);
  MakeClassifier(shape, parts, random);
  MakeColumns(shape, parts, random);
  MakeBorders(shape, parts.column_names.size(), parts.trees, random);
  MakeTrees(shape, parts.trees, random);
  parts.golden.rows = MakeSyntheticRows(parts, shape.num_golden_rows, random);
  parts.golden.scores =
      NaiveScores(parts.trees, NaiveColumns(parts, parts.golden.rows), shape.num_golden_rows);
  return parts;
}

RowsParts MakeSyntheticRows(const ModelParts& parts, std::size_t num_rows, Random& random) {
  RowsParts rows;
  rows.num_rows = num_rows;
  std::size_t first_border = 0;
  for (std::size_t c = 0; c < parts.mean.size(); ++c) {
    for (std::size_t row = 0; row < num_rows; ++row) {
      rows.numeric.push_back(NumericValue(parts, c, first_border, random));
    }
    first_border += parts.trees.border_counts[c];
  }
  for (std::size_t list = 0; list < parts.list_profiles.size(); ++list) {
    rows.lists.push_back(MakeList(parts, list, num_rows, random));
  }
  return rows;
}

RowsParts SliceRows(const RowsParts& rows, std::size_t first, std::size_t num_rows) {
  RowsParts slice;
  slice.num_rows = num_rows;
  for (std::size_t begin = first; begin < rows.numeric.size(); begin += rows.num_rows) {
    slice.numeric.insert(slice.numeric.end(), rows.numeric.begin() + begin,
                         rows.numeric.begin() + begin + num_rows);
  }
  for (const ListParts& list : rows.lists) {
    ListParts part;
    for (std::size_t row = first; row < first + num_rows; ++row) {
      const auto items = ItemsOf(list, row);
      part.lengths.push_back(list.lengths[row]);
      part.codes.insert(part.codes.end(), items.begin(), items.end());
    }
    slice.lists.push_back(std::move(part));
  }
  return slice;
}

std::vector<float> NaiveColumns(const ModelParts& parts, const RowsParts& rows) {
  std::vector<float> columns;
  for (std::size_t c = 0; c < parts.mean.size(); ++c) {
    for (std::size_t row = 0; row < rows.num_rows; ++row) {
      const float centred = rows.numeric[c * rows.num_rows + row] - parts.mean[c];
      columns.push_back(centred * parts.inv_std[c]);
    }
  }
  for (const EncodingParts& encoding : parts.encodings) {
    for (std::size_t c = 0; c < encoding.num_columns(); ++c) {
      for (std::size_t row = 0; row < rows.num_rows; ++row) {
        columns.push_back(NaiveCell(encoding, rows, row, c));
      }
    }
  }
  return columns;
}

std::vector<float> NaiveScores(const TreesParts& trees, const std::vector<float>& columns,
                               std::size_t num_rows) {
  std::vector<std::size_t> first_border = {0};
  for (const std::size_t count : trees.border_counts) {
    first_border.push_back(first_border.back() + count);
  }
  std::vector<float> scores;
  for (std::size_t row = 0; row < num_rows; ++row) {
    std::vector<float> sums(trees.num_scores, 0.0f);
    std::size_t split = 0;
    std::size_t first_leaf = 0;
    for (const std::size_t depth : trees.depths) {
      std::size_t leaf = 0;
      for (std::size_t level = 0; level < depth; ++level, ++split) {
        const std::size_t column = trees.split_features[split];
        const float value = columns[column * num_rows + row];
        const float border = trees.borders[first_border[column] + trees.split_borders[split]];
        const bool is_above = std::isnan(value) ? trees.nan_above[column] != 0 : value > border;
        if (is_above) leaf += std::size_t{1} << level;
      }
      for (std::size_t s = 0; s < trees.num_scores; ++s) {
        sums[s] += trees.leaves[first_leaf + leaf * trees.num_scores + s];
      }
      first_leaf += (std::size_t{1} << depth) * trees.num_scores;
    }
    for (std::size_t s = 0; s < trees.num_scores; ++s) {
      const float scaled = sums[s] * trees.scale;
      scores.push_back(scaled + trees.bias[s]);
    }
  }
  return scores;
}

}  // namespace marquee::model
