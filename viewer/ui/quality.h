// viewer/ui/quality.h — how good the predictions are: F1, confusion, balance, calibration.
#pragma once

#include <optional>

#include "schemas/snapshot_generated.h"
#include "viewer/ui/choices.h"
#include "viewer/ui/plot.h"
#include "viewer/ui/plot_shapes.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

struct QualityState {
  int shares = 0;  ///< 0 = the matrix shows counts, 1 = shares of the row
  float top = 0.5F;
  float left = 0.5F;
  PlotState f1;
  PlotState calibration;
};

/// Returns the cell of the confusion matrix that was clicked: truth and prediction.
std::optional<Cell> DrawQuality(const wire::Snapshot& snapshot, const Choices& choices,
                                const Theme& theme, QualityState& state);

}  // namespace marquee::viewer
