// tests/support/feature_messages.h — FeatureBatches that look like a model's training file.
#pragma once

#include <cstdlib>
#include <limits>
#include <random>
#include <vector>

#include "model/model.h"
#include "schemas/feature_batch.h"

namespace marquee::testing_support {

/// One feature that is not as in training: only from the upper half of its values, none missing.
inline constexpr std::size_t kNothingMoved = std::numeric_limits<std::size_t>::max();

/// Write a batch whose numeric features are drawn from the model's profiles, but that of number
/// `moved`; its lists are empty, its rows not labelled, their ids go on from `first_id`.
inline void WriteFeatureBatch(const model::Model& model, std::uint32_t num_rows,
                              std::mt19937_64& random, Message& message,
                              std::size_t moved = kNothingMoved, std::int64_t first_id = 1) {
  auto& builder = message.Begin();
  std::uniform_real_distribution<float> uniform(0, 1);
  std::vector<std::int64_t> ids(num_rows);
  for (std::uint32_t row = 0; row < num_rows; ++row) ids[row] = first_id + row;
  const std::vector<std::uint16_t> no_lengths(num_rows);
  const std::vector<float> no_target(num_rows, std::numeric_limits<float>::quiet_NaN());
  const std::vector<std::uint8_t> no_class(num_rows, kNoClass);
  const std::vector<std::uint8_t> no(num_rows);
  const RowColumns rows{.ordinals = {},
                        .ids = ids,
                        .title_lengths = no_lengths,
                        .titles = "",
                        .target = no_target,
                        .target_class = no_class,
                        .labelled = no};
  const RowColumnOffsets o = CopyRowColumns(rows, num_rows, message);
  std::vector<flatbuffers::Offset<wire::NumericColumn>> numeric;
  for (std::size_t i = 0; i < model.num_numeric(); ++i) {
    const model::NumericProfile& profile = model.numeric_profiles()[i];
    std::vector<float> values(num_rows, std::numeric_limits<float>::quiet_NaN());
    for (float& value : values) {
      const bool missing = uniform(random) < profile.missing_share;
      if (profile.quantiles.empty() || (missing && i != moved)) continue;
      const float share = i == moved ? 0.5F + uniform(random) / 2 : uniform(random);
      const float at = share * static_cast<float>(profile.quantiles.size() - 1);
      const auto below = std::min(static_cast<std::size_t>(at), profile.quantiles.size() - 2);
      const float part = at - static_cast<float>(below);
      value = profile.quantiles[below] * (1 - part) + profile.quantiles[below + 1] * part;
    }
    numeric.push_back(wire::CreateNumericColumn(builder, message.Copy<float>(values, num_rows)));
  }
  std::vector<flatbuffers::Offset<wire::ListColumn>> lists;
  for (std::size_t i = 0; i < model.num_lists(); ++i) {
    const auto lengths = message.Copy<std::uint16_t>(no_lengths, num_rows);
    lists.push_back(
        wire::CreateListColumn(builder, lengths, builder.CreateVector<std::uint32_t>({})));
  }
  const auto numeric_offset = builder.CreateVector(numeric);
  const auto lists_offset = builder.CreateVector(lists);
  const BatchInfo info{.run = {1, 2}, .num_ordinals = num_rows};
  const auto wire_info = WriteBatchInfo(builder, info);
  const Status status = message.Finish(
      wire::CreateFeatureBatch(builder, wire_info, model.feature_spec(), num_rows, o.ordinals,
                               o.ids, o.title_lengths, o.title_bytes, o.target, o.target_class,
                               o.labelled, numeric_offset, lists_offset),
      wire::FeatureBatchIdentifier());
  if (!status.ok()) std::abort();
}

}  // namespace marquee::testing_support
