#include "viewer/data/timeline.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace marquee::viewer {
namespace {

constexpr float kNothing = std::numeric_limits<float>::quiet_NaN();
constexpr std::int64_t kSecondNs = 1'000'000'000;

constexpr auto kEvaluate = static_cast<std::size_t>(wire::StageId::Evaluate);
// Stages that read a topic of the pipeline.
constexpr std::array kLaggingStages = {wire::StageId::Preprocess, wire::StageId::Infer};

/// The values of the next series of `timeline`, reusing its memory.
class SeriesWriter {
 public:
  SeriesWriter(wire::TimelineT& timeline, std::size_t intervals)
      : timeline_(timeline), intervals_(intervals) {}

  std::vector<float>& Next(wire::SeriesKind kind, std::size_t index) {
    if (next_ == timeline_.series.size()) {
      timeline_.series.push_back(std::make_unique<wire::SeriesT>());
    }
    wire::SeriesT& series = *timeline_.series[next_++];
    series.kind = kind;
    series.index = static_cast<std::uint8_t>(index);
    series.values.assign(intervals_, kNothing);
    return series.values;
  }

  /// There are no more.
  void Finish() { timeline_.series.resize(next_); }

 private:
  wire::TimelineT& timeline_;
  std::size_t intervals_;
  std::size_t next_ = 0;
};

}  // namespace

void Timeline::Interval::Merge(const Interval& later) {
  for (std::size_t stage = 0; stage < kNumStages; ++stage) {
    stage_rows[stage] += later.stage_rows[stage];
    stage_measured[stage] = stage_measured[stage] || later.stage_measured[stage];
    lag[stage] = std::max(lag[stage], later.lag[stage]);
  }
  rows += later.rows;
  bytes += later.bytes;
  dead += later.dead;
  for (std::size_t part = 0; part < kNumParts; ++part) part_ns[part] += later.part_ns[part];
  latency.Merge(later.latency);
  percentiles_known = false;
}

Timeline::Timeline(Keep keep, std::int64_t interval_ns, std::size_t max_intervals,
                   std::size_t num_classes)
    : keep_(keep),
      interval_ns_(interval_ns),
      num_classes_(num_classes),
      intervals_(max_intervals),
      confusions_(max_intervals * num_classes * num_classes) {}

std::span<std::uint64_t> Timeline::ConfusionAt(std::int64_t number) {
  const std::size_t cells = num_classes_ * num_classes_;
  return std::span(confusions_).subspan(IndexOf(number) * cells, cells);
}

void Timeline::Clear(std::int64_t number) {
  At(number) = Interval();
  std::ranges::fill(ConfusionAt(number), std::uint64_t{0});
}

std::int64_t Timeline::NumberOf(std::int64_t time_ns) const {
  return std::max<std::int64_t>(time_ns - start_ns_, 0) / interval_ns_;
}

bool Timeline::IsKept(std::int64_t time_ns) const {
  return time_ns >= start_ns_ && NumberOf(time_ns) >= oldest();
}

std::int64_t Timeline::oldest() const {
  return std::max<std::int64_t>(0, newest_ + 1 - static_cast<std::int64_t>(intervals_.size()));
}

void Timeline::Double() {
  for (std::int64_t to = 0; to * 2 <= newest_; ++to) {
    const std::int64_t from = to * 2;
    if (from != to) {
      At(to) = At(from);
      std::ranges::copy(ConfusionAt(from), ConfusionAt(to).begin());
    }
    if (from == newest_) continue;
    At(to).Merge(At(from + 1));
    const auto later = ConfusionAt(from + 1);
    const auto merged = ConfusionAt(to);
    for (std::size_t i = 0; i < merged.size(); ++i) merged[i] += later[i];
  }
  for (std::int64_t number = newest_ / 2 + 1; number <= newest_; ++number) Clear(number);
  newest_ /= 2;
  interval_ns_ *= 2;
}

void Timeline::Advance(std::int64_t time_ns) {
  if (!started_) {
    started_ = true;
    start_ns_ = time_ns;
    return;
  }
  const auto size = static_cast<std::int64_t>(intervals_.size());
  if (keep_ == Keep::kAll) {
    while (NumberOf(time_ns) >= size) Double();
  }
  const std::int64_t number = NumberOf(time_ns);
  if (number <= newest_) return;
  for (std::int64_t next = std::max(newest_ + 1, number + 1 - size); next <= number; ++next) {
    Clear(next);
  }
  newest_ = number;
}

void Timeline::AddBatch(std::int64_t time_ns, const BatchSums& sums) {
  Advance(time_ns);
  if (!IsKept(time_ns)) return;
  const std::int64_t number = NumberOf(time_ns);
  Interval& interval = At(number);
  interval.rows += sums.rows;
  interval.bytes += sums.bytes;
  interval.dead += sums.dead;
  for (std::size_t part = 0; part < kNumParts; ++part) {
    interval.part_ns[part] += sums.part_ns[part];
  }
  if (sums.latency_ns >= 0 && sums.rows > 0) {
    interval.latency.Add(sums.latency_ns, sums.rows);
    interval.percentiles_known = false;
  }
  const auto confusion = ConfusionAt(number);
  for (std::size_t i = 0; i < sums.confusion.size(); ++i) confusion[i] += sums.confusion[i];
}

void Timeline::AddStageRows(wire::StageId stage, std::int64_t from_ns, std::int64_t to_ns,
                            double rows) {
  Advance(to_ns);
  if (!IsKept(to_ns)) return;
  const auto index = static_cast<std::size_t>(stage);
  const auto length_ns = static_cast<double>(to_ns - from_ns);
  if (to_ns > from_ns && rows > 0) told_until_ns_[index] = std::max(told_until_ns_[index], to_ns);
  for (std::int64_t number = std::max(NumberOf(from_ns), oldest()); number <= NumberOf(to_ns);
       ++number) {
    const std::int64_t begin_ns = start_ns_ + number * interval_ns_;
    const auto inside_ns = static_cast<double>(std::max<std::int64_t>(
        0, std::min(to_ns, begin_ns + interval_ns_) - std::max(from_ns, begin_ns)));
    Interval& interval = At(number);
    interval.stage_measured[index] = true;
    interval.stage_rows[index] += length_ns > 0 ? rows * inside_ns / length_ns : rows;
  }
}

void Timeline::SetLag(wire::StageId stage, std::int64_t from_ns, std::int64_t to_ns,
                      std::int64_t lag) {
  Advance(to_ns);
  if (!IsKept(to_ns)) return;
  for (std::int64_t number = std::max(NumberOf(from_ns), oldest()); number <= NumberOf(to_ns);
       ++number) {
    std::int64_t& most = At(number).lag[static_cast<std::size_t>(stage)];
    most = std::max(most, lag);
  }
}

void Timeline::BeginRun(std::int64_t now_ns) {
  Advance(now_ns);
  run_begin_ = newest_;
  const auto before = ConfusionAt(newest_);
  confusion_before_.assign(before.begin(), before.end());
}

ConfusionMatrix Timeline::Confusion(std::int64_t now_ns, std::int64_t window_ns) {
  ConfusionMatrix sum(num_classes_);
  Advance(now_ns);
  const std::int64_t end = NumberOf(now_ns) + 1;
  const std::int64_t first = std::max({end - window_ns / interval_ns_, run_begin_, oldest()});
  for (std::int64_t number = first; number < end; ++number) sum.Add(ConfusionAt(number));
  if (first == run_begin_ && first < end && !confusion_before_.empty()) {
    sum.Subtract(confusion_before_);
  }
  return sum;
}

Timeline::Rates Timeline::LastSecond(std::int64_t now_ns) {
  Advance(now_ns);
  Rates rates;
  const std::int64_t end = NumberOf(now_ns);
  for (std::int64_t number = std::max(end - kSecondNs / interval_ns_, oldest()); number < end;
       ++number) {
    for (std::size_t stage = 0; stage < kNumStages; ++stage) {
      rates.rows[stage] += At(number).stage_rows[stage];
    }
    rates.bytes += static_cast<double>(At(number).bytes);
  }
  return rates;
}

void Timeline::Write(std::int64_t now_ns, bool with_last, wire::TimelineT& timeline) {
  Advance(now_ns);
  const std::int64_t first = oldest();
  const std::int64_t end = std::max(first, NumberOf(now_ns) + (with_last ? 1 : 0));
  timeline.interval_ns = interval_ns_;
  timeline.end_ns = start_ns_ + end * interval_ns_;
  std::vector<double> seconds(static_cast<std::size_t>(end - first),
                              static_cast<double>(interval_ns_) * 1e-9);
  if (with_last && !seconds.empty()) {
    // The last interval is not over: a rate is over what has passed of it, yet not over so little
    // that one batch would be a peak.
    const std::int64_t passed_ns = now_ns - (timeline.end_ns - interval_ns_);
    seconds.back() = static_cast<double>(std::max(passed_ns, interval_ns_ / 5)) * 1e-9;
  }
  WriteSums(seconds, first, end, timeline);
  WriteF1(first, end, timeline);
}

void Timeline::WriteSums(std::span<const double> seconds, std::int64_t first, std::int64_t end,
                         wire::TimelineT& timeline) {
  SeriesWriter writer(timeline, seconds.size());
  const auto write = [&](wire::SeriesKind kind, std::size_t index, const auto& value_of) {
    std::vector<float>& values = writer.Next(kind, index);
    for (std::int64_t number = first; number < end; ++number) {
      const auto i = static_cast<std::size_t>(number - first);
      values[i] = static_cast<float>(value_of(At(number), seconds[i]));
    }
  };
  for (const wire::StageId id : kMeasuredStages) {
    const auto stage = static_cast<std::size_t>(id);
    // The last thing told of a stage ends within an interval, whose rest would look like a fall.
    const std::int64_t last = NumberOf(told_until_ns_[stage]);
    const bool is_told = told_until_ns_[stage] > 0 && last >= first;
    const Interval* partly_told = is_told ? &At(last) : nullptr;
    write(wire::SeriesKind::RowsPerSecond, stage, [&](const Interval& interval, double s) {
      const bool known = interval.stage_measured[stage] && &interval != partly_told;
      return known ? interval.stage_rows[stage] / s : kNothing;
    });
  }
  for (const wire::StageId id : kLaggingStages) {
    const auto stage = static_cast<std::size_t>(id);
    write(wire::SeriesKind::Lag, stage, [stage](const Interval& interval, double) {
      return interval.lag[stage] < 0 ? kNothing : static_cast<float>(interval.lag[stage]);
    });
  }
  for (std::int64_t number = first; number < end; ++number) {
    Interval& interval = At(number);
    if (interval.percentiles_known) continue;
    interval.p50_ns = static_cast<float>(interval.latency.Percentile(0.5));
    interval.p99_ns = static_cast<float>(interval.latency.Percentile(0.99));
    interval.percentiles_known = true;
  }
  write(wire::SeriesKind::LatencyP50Ns, 0,
        [](const Interval& interval, double) { return interval.p50_ns; });
  write(wire::SeriesKind::LatencyP99Ns, 0,
        [](const Interval& interval, double) { return interval.p99_ns; });
  for (std::size_t part = 0; part < kNumParts; ++part) {
    write(wire::SeriesKind::PartNsPerRow, part, [part](const Interval& interval, double) {
      return interval.rows == 0
                 ? double{kNothing}
                 : static_cast<double>(interval.part_ns[part]) / static_cast<double>(interval.rows);
    });
  }
  write(wire::SeriesKind::DeadPerSecond, 0, [](const Interval& interval, double s) {
    return interval.stage_measured[kEvaluate] ? static_cast<double>(interval.dead) / s : kNothing;
  });
  writer.Next(wire::SeriesKind::MacroF1, 0);
  for (std::size_t c = 0; c < num_classes_; ++c) writer.Next(wire::SeriesKind::ClassF1, c);
  writer.Finish();
}

void Timeline::WriteF1(std::int64_t first, std::int64_t end, wire::TimelineT& timeline) {
  // The last series, as WriteSums has made room for them.
  const auto series = std::span(timeline.series).last(num_classes_ + 1);
  const std::int64_t window = std::max<std::int64_t>(1, kF1WindowNs / interval_ns_);
  ConfusionMatrix sum(num_classes_);
  for (std::int64_t number = first; number < end; ++number) {
    sum.Add(ConfusionAt(number));
    if (number - window >= first) sum.Subtract(ConfusionAt(number - window));
    if (sum.total() == 0) continue;
    const auto i = static_cast<std::size_t>(number - first);
    series[0]->values[i] = static_cast<float>(sum.MacroF1());
    for (std::size_t c = 0; c < num_classes_; ++c) {
      const ClassFigures figures = sum.ForClass(c);
      if (figures.support > 0) series[c + 1]->values[i] = static_cast<float>(figures.f1);
    }
  }
}

}  // namespace marquee::viewer
