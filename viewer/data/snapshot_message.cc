#include "viewer/data/snapshot_message.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>

#include "schemas/message.h"
#include "schemas/wire_span.h"

namespace marquee::viewer {
namespace {

// Over 10 s, 60 s and the whole run.
constexpr std::size_t kQualities = 3;
constexpr std::size_t kCalibrationPoints = 10;
// There are fewer stages, parts, reasons, kinds of series and percentiles: room for more to come.
constexpr std::size_t kMaxFew = 256;

template <class T>
Status CheckSize(const T* vector, std::size_t most, std::string_view what) {
  const std::size_t size = vector == nullptr ? 0 : vector->size();
  if (size <= most) return {};
  return Status::Data(fmt::format("{} {}; a snapshot has at most {}", size, what, most));
}

/// Of a vector of structs or wide numbers, which the verifier does not align.
template <class T>
Status CheckExact(const T* vector, std::size_t size, std::string_view what) {
  if (!LiesAligned(vector)) return Status::Data(fmt::format("{} do not lie aligned", what));
  if (vector->size() == size) return {};
  return Status::Data(fmt::format("{} {} where there must be {}", vector->size(), what, size));
}

Status CheckEnum(int value, int most, std::string_view what) {
  if (value >= 0 && value <= most) return {};
  return Status::Data(fmt::format("unknown {} {}", what, value));
}

template <class Enum>
Status CheckEnum(Enum value, std::string_view what) {
  return CheckEnum(static_cast<int>(value), static_cast<int>(Enum::MAX), what);
}

Status CheckQualities(const wire::Snapshot& snapshot, std::size_t classes) {
  if (snapshot.qualities()->size() != kQualities) return Status::Data("not three qualities");
  for (const wire::Quality* quality : *snapshot.qualities()) {
    MARQUEE_RETURN_IF_ERROR(CheckExact(quality->classes(), classes, "qualities of classes"));
    MARQUEE_RETURN_IF_ERROR(CheckExact(quality->confusion(), classes * classes, "confusions"));
  }
  if (snapshot.calibration()->size() != classes) {
    return Status::Data("not one calibration for each class");
  }
  for (const wire::Calibration* calibration : *snapshot.calibration()) {
    MARQUEE_RETURN_IF_ERROR(
        CheckExact(calibration->points(), kCalibrationPoints, "points of calibration"));
  }
  return {};
}

Status CheckRows(const wire::Snapshot& snapshot, std::size_t classes) {
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.rows(), kMaxRows, "rows"));
  for (const wire::Row* row : *snapshot.rows()) {
    MARQUEE_RETURN_IF_ERROR(CheckExact(row->probabilities(), classes, "probabilities"));
    if (row->predicted_class() >= classes ||
        (row->target_class() >= classes && row->target_class() != 255)) {
      return Status::Data(fmt::format("row {}: a class is out of range", row->number()));
    }
    if (row->hops() == nullptr) continue;
    MARQUEE_RETURN_IF_ERROR(CheckSize(row->hops(), kMaxFew, "hops"));
    if (!LiesAligned(row->hops())) return Status::Data("hops do not lie aligned");
    for (const wire::Hop* hop : *row->hops()) {
      if (hop->stage() > static_cast<std::uint64_t>(wire::StageId::MAX)) {
        return Status::Data(fmt::format("unknown stage {}", hop->stage()));
      }
    }
  }
  return {};
}

Status CheckTimeline(const wire::Timeline& timeline, std::string_view what) {
  MARQUEE_RETURN_IF_ERROR(CheckSize(timeline.series(), kMaxFew, "series"));
  if (timeline.series()->size() == 0) return {};
  const std::size_t intervals = timeline.series()->Get(0)->values()->size();
  if (intervals > kMaxIntervals || timeline.interval_ns() <= 0) {
    return Status::Data(
        fmt::format("{}: {} intervals of {} ns", what, intervals, timeline.interval_ns()));
  }
  for (const wire::Series* series : *timeline.series()) {
    MARQUEE_RETURN_IF_ERROR(CheckEnum(series->kind(), "kind of series"));
    MARQUEE_RETURN_IF_ERROR(CheckExact(series->values(), intervals, "values"));
  }
  return {};
}

Status CheckLists(const wire::Snapshot& snapshot) {
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.parts(), kMaxFew, "parts"));
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.stages(), kMaxFew, "stages"));
  for (const wire::Stage* stage : *snapshot.stages()) {
    MARQUEE_RETURN_IF_ERROR(CheckEnum(stage->id(), "stage"));
  }
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.services(), kMaxServices, "services"));
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.latency_curve(), kMaxFew, "percentiles"));
  if (!LiesAligned(snapshot.latency_curve())) {
    return Status::Data("percentiles do not lie aligned");
  }
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.reasons(), kMaxFew, "reasons"));
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.dead_letters(), kMaxDeadLetters, "dead letters"));
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.events(), kMaxEvents, "events"));
  for (const wire::Event* event : *snapshot.events()) {
    MARQUEE_RETURN_IF_ERROR(CheckEnum(event->severity(), "severity"));
  }
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.drift(), kMaxFeatures, "features"));
  if (snapshot.bench() == nullptr) return {};
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.bench()->left_facts(), kMaxFew, "facts"));
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.bench()->right_facts(), kMaxFew, "facts"));
  return CheckSize(snapshot.bench()->rows(), kMaxBenchRows, "results of benchmarks");
}

Status Check(const wire::Snapshot& snapshot) {
  MARQUEE_RETURN_IF_ERROR(CheckEnum(snapshot.source()->kind(), "kind of source"));
  MARQUEE_RETURN_IF_ERROR(CheckEnum(snapshot.source()->state(), "state of a source"));
  const std::size_t classes = snapshot.model()->class_names()->size();
  MARQUEE_RETURN_IF_ERROR(CheckSize(snapshot.model()->class_names(), kMaxClasses, "classes"));
  MARQUEE_RETURN_IF_ERROR(CheckQualities(snapshot, classes));
  MARQUEE_RETURN_IF_ERROR(CheckRows(snapshot, classes));
  MARQUEE_RETURN_IF_ERROR(CheckTimeline(*snapshot.recent(), "recent"));
  MARQUEE_RETURN_IF_ERROR(CheckTimeline(*snapshot.session(), "session"));
  return CheckLists(snapshot);
}

}  // namespace

SnapshotMessage::SnapshotMessage(std::span<const std::byte> bytes)
    : buffer_(bytes.size()), size_(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), buffer_.data());
}

Result<std::shared_ptr<const SnapshotMessage>> SnapshotMessage::Verify(
    std::span<const std::byte> bytes) {
  if (bytes.size() > kMaxMessageBytes) {
    return Status::Data(
        fmt::format("a snapshot of {} bytes; they are at most {}", bytes.size(), kMaxMessageBytes));
  }
  std::shared_ptr<const SnapshotMessage> message(new SnapshotMessage(bytes));
  MARQUEE_RETURN_IF_ERROR(
      VerifyStructure(message->bytes(), wire::VerifySnapshotBuffer, "Snapshot"));
  MARQUEE_RETURN_IF_ERROR(Check(message->view()).WithContext("Snapshot"));
  return message;
}

std::shared_ptr<const SnapshotMessage> SnapshotMessage::Make(const wire::SnapshotT& snapshot) {
  flatbuffers::FlatBufferBuilder builder(128 << 10);
  builder.Finish(wire::CreateSnapshot(builder, &snapshot), wire::SnapshotIdentifier());
  return std::shared_ptr<const SnapshotMessage>(
      new SnapshotMessage(std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()))));
}

wire::SnapshotT EmptySnapshot() {
  wire::SnapshotT snapshot;
  snapshot.source = std::make_unique<wire::SourceT>();
  snapshot.run = std::make_unique<wire::RunT>();
  snapshot.run->lost = -1;
  snapshot.model = std::make_unique<wire::ModelInfoT>();
  for (const std::uint32_t window_s : {10U, 60U, 0U}) {
    snapshot.qualities.push_back(std::make_unique<wire::QualityT>());
    snapshot.qualities.back()->window_s = window_s;
  }
  snapshot.recent = std::make_unique<wire::TimelineT>();
  snapshot.session = std::make_unique<wire::TimelineT>();
  return snapshot;
}

}  // namespace marquee::viewer
