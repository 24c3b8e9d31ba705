// viewer/ui/filter_rows.h — which of the latest rows the table shows, and in which order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schemas/snapshot_generated.h"

namespace marquee::viewer {

inline constexpr int kAnyClass = -1;

struct RowFilter {
  std::string text;  ///< in the title, upper and lower case of A to Z alike, or the whole id
  int target_class = kAnyClass;  ///< of labelled rows; of others the truth is not known
  int predicted_class = kAnyClass;
  bool only_mistakes = false;
  bool only_unseen = false;  ///< leave out what the model has seen in training

  bool operator==(const RowFilter&) const = default;
};

/// The columns that rows can be sorted by.
enum class RowOrder : std::uint8_t {
  kNumber,
  kTitle,
  kTarget,
  kTruth,
  kPrediction,
  kConfidence,
  kScore,
  kArrived
};

/// Does `text` hold `part`, upper and lower case of A to Z alike?
bool Contains(std::string_view text, std::string_view part);

/// Is the row labelled, and predicted as something else?
bool IsMistake(const wire::RowT& row);

/// The probability of the predicted class; NaN if there is none.
float Confidence(const wire::RowT& row);

/// The indexes of the rows that pass, in order; equal ones newest first, absent targets and truths
/// last.
std::vector<std::size_t> FilterRows(const std::vector<wire::RowT>& rows, const RowFilter& filter,
                                    RowOrder order, bool descending);

}  // namespace marquee::viewer
