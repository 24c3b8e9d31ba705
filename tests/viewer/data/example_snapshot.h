// tests/viewer/data/example_snapshot.h — a snapshot in which every table holds something.
#pragma once

#include <limits>
#include <memory>

#include "viewer/data/snapshot_message.h"

namespace marquee::viewer::testing_support {

template <class Table>
Table& Add(std::vector<std::unique_ptr<Table>>& tables) {
  tables.push_back(std::make_unique<Table>());
  return *tables.back();
}

inline wire::SnapshotT ExampleSnapshot() {
  wire::SnapshotT snapshot = EmptySnapshot();
  snapshot.taken_ns = 1'700'000'000'000'000'000;
  snapshot.source->kind = wire::SourceKind::Topic;
  snapshot.source->state = wire::SourceState::Live;
  snapshot.source->name = "results";
  snapshot.source->progress = std::numeric_limits<float>::quiet_NaN();
  snapshot.run->id = "0123";
  snapshot.run->rows = 7;
  snapshot.model->class_names = {"low", "high"};
  for (const auto& quality : snapshot.qualities) {
    quality->classes.assign(2, wire::ClassQuality(0.25, 0.5, 0.75, 4));
    quality->confusion = {1, 2, 3, 4};
  }
  for (int i = 0; i < 2; ++i) {
    Add(snapshot.calibration).points.assign(10, wire::CalibrationPoint(3, 0.5, 0.25));
  }
  wire::RowT& row = Add(snapshot.rows);
  row.title = "Toy \xFF Story";
  row.target = std::numeric_limits<float>::quiet_NaN();
  row.target_class = 255;
  row.predicted_class = 1;
  row.probabilities = {0.25F, 0.75F};
  row.hops.emplace_back(1, 2, 3, 2);
  Add(snapshot.parts).name = "scaler";
  Add(snapshot.stages).id = wire::StageId::Infer;
  Add(snapshot.services).instance = "infer-a";
  for (wire::TimelineT* timeline : {snapshot.recent.get(), snapshot.session.get()}) {
    timeline->interval_ns = 500'000'000;
    for (const auto kind : {wire::SeriesKind::Lag, wire::SeriesKind::MacroF1}) {
      wire::SeriesT& series = Add(timeline->series);
      series.kind = kind;
      series.values = {1.5F, std::numeric_limits<float>::quiet_NaN()};
    }
  }
  snapshot.latency_curve.emplace_back(0.5, 1000);
  Add(snapshot.reasons).reason = "invalid_utf8";
  Add(snapshot.dead_letters).reason = "id_absent";
  Add(snapshot.events).text = "partitions assigned";
  snapshot.bench = std::make_unique<wire::BenchComparisonT>();
  snapshot.bench->left = "a.json";
  Add(snapshot.bench->rows).name = "offline";
  return snapshot;
}

}  // namespace marquee::viewer::testing_support
