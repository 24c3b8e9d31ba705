// tests/support/example_snapshots.h — snapshots with something of everything, the same in each run.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "schemas/snapshot_generated.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::testing_support {

inline constexpr std::int64_t kSecond = 1'000'000'000;
inline constexpr std::int64_t kMillisecond = 1'000'000;
/// When the example was taken: 2026-03-01 12:34:56 UTC.
inline constexpr std::int64_t kTaken = 1'772'368'496 * kSecond;

/// Numbers that look like chance, and are not.
class Dice {
 public:
  /// Between 0 and 1.
  double Roll() {
    state_ = state_ * 6'364'136'223'846'793'005U + 1'442'695'040'888'963'407U;
    return static_cast<double>(state_ >> 11) / 9'007'199'254'740'992.0;
  }
  double Between(double least, double most) { return least + (most - least) * Roll(); }

 private:
  std::uint64_t state_ = 42;
};

/// Titles made of common words: no real film's. Some are long, some not in Latin letters.
inline std::string ExampleTitle(std::size_t i) {
  const std::vector<std::string> first = {"The", "A", "Last", "My", "Second", "Quiet", "Paper"};
  const std::vector<std::string> second = {"Harbour", "Lantern", "Winter",  "Machine", "Letter",
                                           "Orchard", "Mirror",  "Station", "Summer",  "River"};
  const std::vector<std::string> third = {
      "of Glass", "at Noon", "Returns", "and the Sea", "II", "in Berlin", "", "", ""};
  switch (i % 23) {
    case 4:
      return "夏の手紙";  // summer's letter
    case 9:
      return "Тихая станция";  // quiet station
    case 14:
      return "Η θάλασσα";  // the sea
    case 19:
      return "A Very Long and Winding Title That Nobody Could Ever Read Aloud in One Breath, Part "
             "3";
    default:
      break;
  }
  std::string title = first[i * 5 % first.size()] + " " + second[i * 7 % second.size()];
  const std::string& end = third[i * 11 % third.size()];
  return end.empty() ? title : title + " " + end;
}

inline std::unique_ptr<wire::QualityT> ExampleQuality(std::uint32_t window_s,
                                                      std::vector<std::uint64_t> confusion,
                                                      std::size_t n) {
  auto quality = std::make_unique<wire::QualityT>();
  quality->window_s = window_s;
  std::uint64_t hits = 0;
  double sum = 0;
  for (std::size_t c = 0; c < n; ++c) {
    std::uint64_t truth = 0;
    std::uint64_t predicted = 0;
    for (std::size_t o = 0; o < n; ++o) {
      truth += confusion[c * n + o];
      predicted += confusion[o * n + c];
      quality->rows += confusion[c * n + o];
    }
    const auto hit = static_cast<double>(confusion[c * n + c]);
    hits += confusion[c * n + c];
    const double precision = predicted > 0 ? hit / static_cast<double>(predicted) : 0;
    const double recall = truth > 0 ? hit / static_cast<double>(truth) : 0;
    const double f1 = precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
    sum += f1;
    quality->classes.emplace_back(precision, recall, f1, truth);
  }
  quality->macro_f1 = n > 0 ? sum / static_cast<double>(n) : 0;
  quality->accuracy =
      quality->rows > 0 ? static_cast<double>(hits) / static_cast<double>(quality->rows) : 0;
  quality->confusion = std::move(confusion);
  return quality;
}

inline void AddSeries(wire::TimelineT& timeline, wire::SeriesKind kind, std::size_t index,
                      std::vector<float> values) {
  auto series = std::make_unique<wire::SeriesT>();
  series->kind = kind;
  series->index = static_cast<std::uint8_t>(index);
  series->values = std::move(values);
  timeline.series.push_back(std::move(series));
}

/// Lines over `count` intervals; a third before the end nothing was measured for a while.
inline std::unique_ptr<wire::TimelineT> ExampleTimeline(std::int64_t interval_ns, std::size_t count,
                                                        std::size_t classes) {
  auto timeline = std::make_unique<wire::TimelineT>();
  timeline->end_ns = kTaken;
  timeline->interval_ns = interval_ns;
  Dice dice;
  const auto line = [&](double level, double swing, double noise) {
    std::vector<float> values(count);
    for (std::size_t i = 0; i < count; ++i) {
      const double x = static_cast<double>(i) / static_cast<double>(count);
      values[i] = static_cast<float>(level * (1 + swing * std::sin(9 * x)) *
                                     (1 + noise * (dice.Roll() - 0.5)));
      if (i > count * 6 / 10 && i < count * 66 / 100) {
        values[i] = std::numeric_limits<float>::quiet_NaN();
      }
    }
    return values;
  };
  for (std::size_t stage = 1; stage <= 4; ++stage) {
    const auto level = 61'000 - 900 * static_cast<double>(stage);
    AddSeries(*timeline, wire::SeriesKind::RowsPerSecond, stage, line(level, 0.06, 0.05));
    if (stage == 1) continue;
    AddSeries(*timeline, wire::SeriesKind::Lag, stage,
              line(stage == 3 ? 420 : 60, stage == 3 ? 0.8 : 0.3, 0.4));
  }
  AddSeries(*timeline, wire::SeriesKind::MacroF1, 0, line(0.61, 0.015, 0.01));
  for (std::size_t c = 0; c < classes; ++c) {
    AddSeries(*timeline, wire::SeriesKind::ClassF1, c,
              line(0.55 + 0.05 * static_cast<double>(c % 4), 0.02, 0.02));
  }
  AddSeries(*timeline, wire::SeriesKind::LatencyP50Ns, 0, line(9.4e6, 0.2, 0.2));
  AddSeries(*timeline, wire::SeriesKind::LatencyP99Ns, 0, line(38e6, 0.35, 0.5));
  AddSeries(*timeline, wire::SeriesKind::PartNsPerRow, 0, line(3.1, 0.02, 0.1));
  AddSeries(*timeline, wire::SeriesKind::PartNsPerRow, 1, line(107, 0.03, 0.1));
  AddSeries(*timeline, wire::SeriesKind::PartNsPerRow, 2, line(173, 0.03, 0.1));
  AddSeries(*timeline, wire::SeriesKind::DeadPerSecond, 0, line(2.2, 0.9, 0.9));
  return timeline;
}

inline std::unique_ptr<wire::RowT> ExampleRow(std::size_t i, std::size_t classes, Dice& dice) {
  auto row = std::make_unique<wire::RowT>();
  row->number = 1000 + i;
  row->id = static_cast<std::int64_t>(100'000 + i * 37);
  row->title = ExampleTitle(i);
  row->labelled = i % 3 != 1;
  row->seen = i % 11 == 0;
  row->predicted_class = static_cast<std::uint8_t>(i * 5 % classes);
  const bool mistake = i % 4 == 3;
  // A row that is not labelled has no target, or one that does not count, with its class.
  const bool has_target = row->labelled || i % 2 == 0;
  row->target_class =
      has_target ? static_cast<std::uint8_t>((row->predicted_class + (mistake ? 1 : 0)) % classes)
                 : std::uint8_t{255};
  row->target = has_target ? 5.5F + static_cast<float>(row->target_class) * 0.9F
                           : std::numeric_limits<float>::quiet_NaN();
  row->score = static_cast<float>(5.4 + row->predicted_class + dice.Between(-0.4, 0.4));
  const double certain = dice.Between(0.45, 0.92);
  for (std::size_t c = 0; c < classes; ++c) {
    const double rest = classes > 1 ? (1 - certain) / static_cast<double>(classes - 1) : 0;
    row->probabilities.push_back(static_cast<float>(c == row->predicted_class ? certain : rest));
  }
  row->sequence = 2400 + i / 50;
  row->ordinal = static_cast<std::uint32_t>(i % 50);
  row->record = 120'000 + i + 1;
  row->partition = static_cast<std::int32_t>(row->sequence % 3);
  row->offset = static_cast<std::int64_t>(800 + i / 50);
  row->arrived_ns = kTaken - static_cast<std::int64_t>(150 - i) * 20 * kMillisecond;
  std::int64_t at = row->arrived_ns - 11 * kMillisecond;
  for (std::uint64_t stage = 1; stage <= 4; ++stage) {
    const auto wait = static_cast<std::int64_t>(dice.Between(0.4e6, 2.4e6));
    const auto busy = static_cast<std::int64_t>(dice.Between(0.1e6, 0.5e6));
    row->hops.emplace_back(at, at + wait, at + wait + busy, stage);
    at += wait + busy;
  }
  return row;
}

inline void AddStages(wire::SnapshotT& snapshot) {
  for (std::size_t i = 1; i <= 4; ++i) {
    auto stage = std::make_unique<wire::StageT>();
    const auto number = static_cast<double>(i);
    stage->id = static_cast<wire::StageId>(i);
    stage->rows_per_s = 61'300 - 740 * number;
    stage->instances = i == 2 ? 3 : 1;
    stage->lag = i == 1 ? -1 : (i == 3 ? 412 : 57);
    stage->busy_ns_per_row = i == 4 ? 29 : 311 + 6 * number;
    stage->wait_p50_ns = static_cast<std::uint64_t>(1.1e6 + 0.4e6 * number);
    stage->wait_p99_ns = static_cast<std::uint64_t>(6e6 + 3e6 * number);
    stage->busy_p50_ns = static_cast<std::uint64_t>(0.3e6 + 0.1e6 * number);
    stage->busy_p99_ns = static_cast<std::uint64_t>(1.3e6 + 0.2e6 * number);
    snapshot.stages.push_back(std::move(stage));
  }
}

inline void AddServices(wire::SnapshotT& snapshot) {
  const std::vector<std::string> stages = {"produce",    "preprocess", "preprocess",
                                           "preprocess", "infer",      "infer"};
  const std::vector<std::string> names = {"produce-a",    "preprocess-a", "preprocess-b",
                                          "preprocess-c", "infer-a",      "infer-b"};
  for (std::size_t i = 0; i < stages.size(); ++i) {
    auto service = std::make_unique<wire::ServiceT>();
    service->stage = stages[i];
    service->instance = names[i];
    service->host = i % 2 == 0 ? "alpha" : "beta";
    service->state = i == 5 ? "stalled" : "running";
    if (i == 5) service->reason = "412 records wait, and none came for 14 s";
    service->age_ns = 400 * kMillisecond;
    service->uptime_ns = static_cast<std::int64_t>(754 + 61 * i) * kSecond;
    service->rows_in = 9'000'000 + 1000 * i;
    service->rows_out = 9'000'000 + 900 * i;
    service->rows_per_s = i == 5 ? 0 : 20'400 + 800 * static_cast<double>(i);
    service->bytes_per_s = 2.1e6 * static_cast<double>(1 + i);
    service->lag = i == 0 ? -1 : (i == 5 ? 412 : 19);
    service->cpu_share = i == 5 ? 0.004 : 0.31 + 0.03 * static_cast<double>(i);
    service->rss_bytes = 41'000'000 + 3'000'000 * i;
    service->commits = 7'540;
    service->commit_failures = i == 3 ? 2 : 0;
    service->rebalances = i == 0 ? 0 : 3;
    service->stalls = i == 5 ? 1 : 0;
    snapshot.services.push_back(std::move(service));
  }
}

inline void AddDeadLetters(wire::SnapshotT& snapshot) {
  const std::vector<std::string> reasons = {"field_count", "invalid_utf8", "id_not_a_number",
                                            "nul_byte"};
  const std::vector<std::string> messages = {"24 columns expected, 17 found",
                                             "byte 0xff at position 41 is no UTF-8",
                                             "\"tt00x\" is no number", "a NUL byte at position 3"};
  for (std::size_t i = 0; i < reasons.size(); ++i) {
    auto reason = std::make_unique<wire::ReasonCountT>();
    reason->reason = reasons[i];
    reason->rows = 310 / (i + 1);
    snapshot.reasons.push_back(std::move(reason));
  }
  for (std::size_t i = 0; i < 18; ++i) {
    auto letter = std::make_unique<wire::DeadLetterT>();
    letter->time_ns = kTaken - static_cast<std::int64_t>(18 - i) * 3 * kSecond;
    letter->reason = reasons[i % 4];
    letter->stage = "produce";
    letter->source = "movies.csv";
    letter->record = 119'000 + 61 * i;
    if (i % 4 == 2) letter->column = "id";
    letter->message = messages[i % 4];
    letter->partition = static_cast<std::int32_t>(i % 3);
    letter->offset = static_cast<std::int64_t>(40 + i);
    snapshot.dead_letters.push_back(std::move(letter));
  }
  const auto event = [&](std::int64_t ago_s, wire::Severity severity, const char* source,
                         const char* text) {
    auto it = std::make_unique<wire::EventT>();
    it->time_ns = kTaken - ago_s * kSecond;
    it->severity = severity;
    it->source = source;
    it->text = text;
    snapshot.events.push_back(std::move(it));
  };
  event(312, wire::Severity::Info, "viewer", "following topic results, partitions 0 to 2");
  event(300, wire::Severity::Info, "infer-a", "running: model movies 1 with engine oblivious");
  event(221, wire::Severity::Info, "preprocess-c", "rebalance: partition 2 assigned");
  event(220, wire::Severity::Warning, "preprocess-c",
        "commit failed: the group is rebalancing; its offsets were committed by the next one");
  event(96, wire::Severity::Error, "infer-b", "broker 127.0.0.1:9094: connection refused");
  event(14, wire::Severity::Warning, "infer-b",
        "stalled: 412 records wait, and none came for 14 s");
}

inline std::unique_ptr<wire::BenchComparisonT> ExampleBench() {
  auto bench = std::make_unique<wire::BenchComparisonT>();
  bench->left = "micro.json, commit deb5ffc81";
  bench->right = "micro.json, commit 76ad4367c";
  bench->left_facts = {"2026-03-01 10:12 UTC, real rows", "an example's CPU, 2 cores, avx512",
                       "g++ 12.2.0, preset bench"};
  bench->right_facts = {"2026-03-01 11:40 UTC, real rows", "an example's CPU, 2 cores, avx512",
                        "g++ 12.2.0, preset bench"};
  const auto row = [&](const char* name, const char* unit, bool higher, double left, double right) {
    auto it = std::make_unique<wire::BenchRowT>();
    it->name = name;
    it->unit = unit;
    it->higher_is_better = higher;
    it->left = left;
    it->right = right;
    bench->rows.push_back(std::move(it));
  };
  const double none = std::numeric_limits<double>::quiet_NaN();
  row("offline, 2 threads", "rows/s", true, 1'700'000, 1'940'000);
  row("offline, 1 thread", "rows/s", true, 952'000, 961'000);
  row("paced 10000 rows/s, p99", "ms", false, 5.51, 7.02);
  row("BM_Csv_Fields/avx512/rows:4096", "items/s", true, 5'190'000, 5'210'000);
  row("BM_ScoreTrees/avx512/rows:512", "items/s", true, 7'980'000, 4'010'000);
  row("CatBoost, 254 borders/Marquee avx512/512", "ns/row", false, 174, 149);
  row("BM_Engine_New/rows:512", "items/s", true, none, 5'150'000);
  return bench;
}

/// A run over Kafka in full swing, with `classes` classes and a little of every trouble.
inline wire::SnapshotT ExampleSnapshot(std::size_t classes = 3) {
  wire::SnapshotT snapshot = viewer::EmptySnapshot();
  snapshot.number = 77;
  snapshot.taken_ns = kTaken;
  snapshot.source->kind = wire::SourceKind::Topic;
  snapshot.source->state = wire::SourceState::Live;
  snapshot.source->name = "results on 127.0.0.1:9092";
  snapshot.source->progress = std::numeric_limits<float>::quiet_NaN();

  wire::RunT& run = *snapshot.run;
  run.id = "019ca9b1f6707b3c9d2e51f7a8c40b6e";
  run.rows = 9'214'450;
  run.labelled = 4'607'991;
  run.seen = 3'690'112;
  run.made_up = run.rows;
  run.dead = 645;
  run.messages = 184'301;
  run.expected_messages = 240'000;
  run.missing_messages = 0;
  run.lost = 0;
  run.duplicated_rows = 50;
  run.seconds = 153.4;
  run.rows_per_s = 60'068;
  run.rows_per_s_now = 58'340;
  run.bytes_per_s_now = 6.1e6;
  run.latency_p50_ns = 9'430'000;
  run.latency_p99_ns = 38'700'000;
  run.latency_max_ns = 412'000'000;

  snapshot.model->name = "movies";
  snapshot.model->version = "1";
  snapshot.model->id = "7c1d90aa35e2f418";
  snapshot.model->cross_validated_f1 = 0.6373;
  const std::vector<std::string> names = {"low", "mid", "high"};
  for (std::size_t c = 0; c < classes; ++c) {
    snapshot.model->class_names.push_back(classes == 3 ? names[c] : "class " + std::to_string(c));
  }

  Dice dice;
  snapshot.qualities.clear();
  for (const std::uint32_t window_s : {10U, 60U, 0U}) {
    const double size = window_s == 0 ? 1e5 : 4e3 * window_s / 10;
    std::vector<std::uint64_t> confusion(classes * classes);
    for (std::size_t r = 0; r < classes; ++r) {
      for (std::size_t c = 0; c < classes; ++c) {
        const auto off = static_cast<double>(r > c ? r - c : c - r);
        confusion[r * classes + c] =
            static_cast<std::uint64_t>(size * std::exp(-1.1 * off) * dice.Between(0.7, 1.1));
      }
    }
    snapshot.qualities.push_back(ExampleQuality(window_s, confusion, classes));
  }
  for (std::size_t c = 0; c < classes; ++c) {
    auto calibration = std::make_unique<wire::CalibrationT>();
    for (std::size_t i = 0; i < 10; ++i) {
      const double p = (static_cast<double>(i) + 0.5) / 10;
      calibration->points.emplace_back(i == 9 && c == 1 ? 0 : 1000 - 80 * i, p,
                                       std::min(1.0, p * dice.Between(0.85, 1.1)));
    }
    snapshot.calibration.push_back(std::move(calibration));
  }
  snapshot.expected_calibration_error = 0.021;

  for (std::size_t i = 0; i < 150; ++i) snapshot.rows.push_back(ExampleRow(i, classes, dice));
  const auto part = [&](const char* name, double ns, double share) {
    auto it = std::make_unique<wire::PartT>();
    it->name = name;
    it->ns_per_row = ns;
    it->p50_ns = 0.96 * ns;
    it->p99_ns = 1.7 * ns;
    it->share = share;
    snapshot.parts.push_back(std::move(it));
  };
  part("scaler", 3.1, 0.011);
  part("encoder", 107.2, 0.378);
  part("classifier", 173.4, 0.611);
  AddStages(snapshot);
  AddServices(snapshot);
  snapshot.recent = ExampleTimeline(kSecond, 300, classes);
  snapshot.session = ExampleTimeline(18 * kSecond, 600, classes);
  for (const double share : {0.0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
    const double nines = -std::log10(1 - share);
    snapshot.latency_curve.emplace_back(share,
                                        static_cast<std::uint64_t>(5.1e6 * std::exp(0.95 * nines)));
  }
  AddDeadLetters(snapshot);
  snapshot.bench = ExampleBench();
  return snapshot;
}

/// What no run should give, and the interface must bear: enormous, absent and senseless values.
inline wire::SnapshotT ExtremeSnapshot() {
  wire::SnapshotT snapshot = ExampleSnapshot(20);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  const auto most = std::numeric_limits<std::uint64_t>::max();
  const std::string endless(500, 'W');
  snapshot.source->name = endless;
  snapshot.source->message = endless;
  snapshot.source->state = wire::SourceState::Failed;
  snapshot.run->rows = most;
  snapshot.run->rows_per_s_now = 1e300;
  snapshot.run->rows_per_s = inf;
  snapshot.run->seconds = nan;
  snapshot.run->latency_p99_ns = most;
  snapshot.run->lost = std::numeric_limits<std::int64_t>::max();
  snapshot.run->dead = most;
  for (auto& name : snapshot.model->class_names) name = "##" + endless + "%s" + name;
  snapshot.model->version = endless;
  for (auto& quality : snapshot.qualities) {
    quality->macro_f1 = nan;
    for (auto& count : quality->confusion) count = most;
  }
  for (auto& row : snapshot.rows) {
    row->title = "%n##" + endless;
    row->target = std::numeric_limits<float>::infinity();
    row->score = -std::numeric_limits<float>::max();
    for (float& p : row->probabilities) p = std::numeric_limits<float>::quiet_NaN();
    row->arrived_ns = std::numeric_limits<std::int64_t>::min();
  }
  for (auto& series : snapshot.recent->series) {
    for (std::size_t i = 0; i < series->values.size(); ++i) {
      series->values[i] =
          i % 3 == 0 ? std::numeric_limits<float>::max() : -std::numeric_limits<float>::infinity();
    }
  }
  for (auto& service : snapshot.services) {
    service->instance = endless;
    service->reason = endless;
    service->cpu_share = inf;
    service->rows_per_s = nan;
    service->rss_bytes = most;
    service->uptime_ns = -1;
  }
  for (auto& part : snapshot.parts) {
    part->ns_per_row = inf;
    part->share = nan;
  }
  for (auto& stage : snapshot.stages) {
    stage->rows_per_s = nan;
    stage->wait_p99_ns = most;
    stage->lag = std::numeric_limits<std::int64_t>::max();
  }
  for (auto& letter : snapshot.dead_letters) letter->message = endless;
  for (auto& event : snapshot.events) event->text = "%s" + endless;
  for (auto& row : snapshot.bench->rows) {
    row->name = endless;
    row->left = 0;
    row->right = -inf;
  }
  return snapshot;
}

/// Add a table to a list of them.
template <class Table>
Table& AddTo(std::vector<std::unique_ptr<Table>>& tables) {
  tables.push_back(std::make_unique<Table>());
  return *tables.back();
}

/// A snapshot in which every table holds something, and no more than that.
inline wire::SnapshotT SmallSnapshot() {
  wire::SnapshotT snapshot = viewer::EmptySnapshot();
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
    AddTo(snapshot.calibration).points.assign(10, wire::CalibrationPoint(3, 0.5, 0.25));
  }
  wire::RowT& row = AddTo(snapshot.rows);
  row.title = "Toy \xFF Story";
  row.target = std::numeric_limits<float>::quiet_NaN();
  row.target_class = 255;
  row.predicted_class = 1;
  row.probabilities = {0.25F, 0.75F};
  row.hops.emplace_back(1, 2, 3, 2);
  AddTo(snapshot.parts).name = "scaler";
  AddTo(snapshot.stages).id = wire::StageId::Infer;
  AddTo(snapshot.services).instance = "infer-a";
  for (wire::TimelineT* timeline : {snapshot.recent.get(), snapshot.session.get()}) {
    timeline->interval_ns = 500'000'000;
    for (const auto kind : {wire::SeriesKind::Lag, wire::SeriesKind::MacroF1}) {
      wire::SeriesT& series = AddTo(timeline->series);
      series.kind = kind;
      series.values = {1.5F, std::numeric_limits<float>::quiet_NaN()};
    }
  }
  snapshot.latency_curve.emplace_back(0.5, 1000);
  AddTo(snapshot.reasons).reason = "invalid_utf8";
  AddTo(snapshot.dead_letters).reason = "id_absent";
  AddTo(snapshot.events).text = "partitions assigned";
  snapshot.bench = std::make_unique<wire::BenchComparisonT>();
  snapshot.bench->left = "a.json";
  AddTo(snapshot.bench->rows).name = "offline";
  return snapshot;
}

}  // namespace marquee::testing_support
