#include "viewer/ui/filter_rows.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace marquee::viewer {
namespace {

char Lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

bool Passes(const wire::RowT& row, const RowFilter& filter) {
  if (filter.only_mistakes && !IsMistake(row)) return false;
  if (filter.only_unseen && row.seen) return false;
  // A row of too few votes has a class too, which is no truth.
  if (filter.target_class != kAnyClass &&
      (!row.labelled || row.target_class != filter.target_class)) {
    return false;
  }
  if (filter.predicted_class != kAnyClass && row.predicted_class != filter.predicted_class) {
    return false;
  }
  return filter.text.empty() || Contains(row.title, filter.text) ||
         fmt::format("{}", row.id) == filter.text;
}

/// What rows are sorted by, but for their titles.
double SortKey(const wire::RowT& row, RowOrder order) {
  switch (order) {
    case RowOrder::kNumber:
    case RowOrder::kTitle:
      break;
    case RowOrder::kTarget:
      return double{row.target};
    case RowOrder::kTruth:
      return row.labelled ? static_cast<double>(row.target_class) : std::nan("");
    case RowOrder::kPrediction:
      return static_cast<double>(row.predicted_class);
    case RowOrder::kConfidence:
      return double{Confidence(row)};
    case RowOrder::kScore:
      return double{row.score};
    case RowOrder::kArrived:
      return static_cast<double>(row.arrived_ns);
  }
  return static_cast<double>(row.number);
}

}  // namespace

bool Contains(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return Lower(a) == Lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

bool IsMistake(const wire::RowT& row) {
  return row.labelled && row.target_class != row.predicted_class;
}

float Confidence(const wire::RowT& row) {
  return row.predicted_class < row.probabilities.size() ? row.probabilities[row.predicted_class]
                                                        : std::numeric_limits<float>::quiet_NaN();
}

std::vector<std::size_t> FilterRows(const std::vector<wire::RowT>& rows, const RowFilter& filter,
                                    RowOrder order, bool descending) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = rows.size(); i-- > 0;) {
    if (Passes(rows[i], filter)) chosen.push_back(i);
  }
  std::stable_sort(chosen.begin(), chosen.end(), [&](std::size_t a, std::size_t b) {
    if (order == RowOrder::kTitle) {
      return descending ? rows[b].title < rows[a].title : rows[a].title < rows[b].title;
    }
    const double left = SortKey(rows[a], order);
    const double right = SortKey(rows[b], order);
    if (std::isnan(left) || std::isnan(right)) return !std::isnan(left) && std::isnan(right);
    return descending ? right < left : left < right;
  });
  return chosen;
}

}  // namespace marquee::viewer
