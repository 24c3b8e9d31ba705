// viewer/ui/predictions.h — the latest rows: what was predicted, what is true, and where a row came
// from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/snapshot_generated.h"
#include "viewer/ui/filter_rows.h"
#include "viewer/ui/intents.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct PredictionsState {
  RowFilter filter;
  RowOrder order = RowOrder::kNumber;
  bool descending = true;
  /// Keep these rows, whatever comes.
  bool frozen = false;
  float left = 0.68F;
  /// Stays, even if the row has left the latest ones.
  std::optional<wire::RowT> selected;
  bool focus_search = false;
  bool scroll_to_selected = false;

  // Made from a snapshot and the choices above, when either changes.
  std::string run;  ///< that `rows` and `selected` are of: frozen ones outlive their run
  std::vector<std::string> class_names;  ///< of that run
  std::vector<wire::RowT> rows;
  std::vector<std::size_t> shown;
  std::int64_t taken_ns = -1;
  std::uint64_t number = 0;
  RowFilter shown_filter;
  RowOrder shown_order = RowOrder::kNumber;
  bool shown_descending = true;
  std::array<char, 128> search{};
};

void DrawPredictions(const wire::Snapshot& snapshot, const Theme& theme, PredictionsState& state,
                     Intents& intents);

/// Show, of the latest rows, those alone that a confusion matrix counts in this cell.
void ShowOnly(int target_class, int predicted_class, PredictionsState& state);

/// The rows of a run, whose classes have these names, as CSV with a header: what is shown and where
/// it came from.
std::string RowsAsCsv(std::span<const std::string> class_names, std::string_view run,
                      const std::vector<wire::RowT>& rows, const std::vector<std::size_t>& shown);

}  // namespace marquee::viewer
