// tests/support/result_messages.h — ResultBatches as a test wants them.
#pragma once

#include <cstdlib>
#include <limits>
#include <vector>

#include "schemas/result_batch.h"

namespace marquee::testing_support {

/// A row of a ResultBatch.
struct ResultRow {
  std::uint16_t ordinal = 0;
  std::uint8_t truth = kNoClass;  ///< kNoClass = not labelled
  std::uint8_t predicted = 0;
  bool seen = false;
};

/// Write a ResultBatch of model 0x77 whose parts took 10, 20 and 30 ns a row; a predicted class has
/// probability 0.5.
inline void WriteResultBatch(const std::vector<ResultRow>& rows, const BatchInfo& info,
                             Message& message, std::uint32_t num_classes = 3,
                             std::uint64_t feature_spec = 0) {
  const std::size_t n = rows.size();
  std::vector<std::uint16_t> ordinals;
  std::vector<std::int64_t> ids;
  std::vector<float> target;
  std::vector<std::uint8_t> target_class;
  std::vector<std::uint8_t> labelled;
  std::vector<std::uint8_t> predicted;
  std::vector<std::uint8_t> seen;
  std::vector<float> probabilities(num_classes * n, 0.25F);
  for (std::size_t i = 0; i < n; ++i) {
    const bool known = rows[i].truth != kNoClass;
    ordinals.push_back(rows[i].ordinal);
    // Unsigned, for tests that give absurd sequences: there it may wrap.
    ids.push_back(static_cast<std::int64_t>(info.sequence * 1000 + rows[i].ordinal));
    target.push_back(known ? 5.5F + rows[i].truth : std::numeric_limits<float>::quiet_NaN());
    target_class.push_back(rows[i].truth);
    labelled.push_back(known ? 1 : 0);
    predicted.push_back(rows[i].predicted);
    seen.push_back(rows[i].seen ? 1 : 0);
    probabilities[rows[i].predicted * n + i] = 0.5F;
  }
  const std::vector<std::uint16_t> title_lengths(n);
  auto& builder = message.Begin();
  const RowColumns columns{.ordinals = ordinals,
                           .ids = ids,
                           .title_lengths = title_lengths,
                           .titles = "",
                           .target = target,
                           .target_class = target_class,
                           .labelled = labelled};
  const RowColumnOffsets o = CopyRowColumns(columns, n, message);
  const auto predicted_offset = message.Copy<std::uint8_t>(predicted, n);
  const auto scores_offset = message.Copy<float>(std::vector<float>(n, 6.0F), n);
  const auto probabilities_offset = message.Copy<float>(probabilities, n);
  const auto seen_offset = message.Copy<std::uint8_t>(seen, n);
  const auto wire_info = WriteBatchInfo(builder, info);
  const Status status = message.Finish(
      wire::CreateResultBatch(builder, wire_info, 0x77, static_cast<std::uint32_t>(n), num_classes,
                              o.ordinals, o.ids, o.title_lengths, o.title_bytes, o.target,
                              o.target_class, o.labelled, predicted_offset, scores_offset,
                              probabilities_offset, seen_offset, 10 * n, 20 * n, 30 * n,
                              /*challenger_id=*/0, 0, 0, 0, 0, 0, feature_spec),
      wire::ResultBatchIdentifier());
  if (!status.ok()) std::abort();
}

}  // namespace marquee::testing_support
