#include "viewer/data/snapshot_json.h"

#include <cmath>
#include <cstdint>
#include <string_view>

#include "schemas/batch_info.h"
#include "schemas/wire_span.h"

namespace marquee::viewer {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN and no infinity.
template <class Float>
Json Number(Float value) {
  return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json Text(const flatbuffers::String* text) {
  return text == nullptr ? Json(nullptr) : Json(TextOf(text));
}

/// `convert` of each element; an absent vector is empty.
template <class Vector, class Convert>
Json Each(const Vector* vector, const Convert& convert) {
  Json array = Json::array();
  if (vector == nullptr) return array;
  for (const auto& element : *vector) array.push_back(convert(element));
  return array;
}

Json Texts(const flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>* texts) {
  return Each(texts, [](const flatbuffers::String* text) { return Text(text); });
}

template <class Float>
Json Numbers(const flatbuffers::Vector<Float>* values) {
  return Each(values, [](Float value) { return Number(value); });
}

Json SourceJson(const wire::Source& source) {
  return {{"kind", wire::EnumNameSourceKind(source.kind())},
          {"state", wire::EnumNameSourceState(source.state())},
          {"name", Text(source.name())},
          {"message", Text(source.message())},
          {"progress", Number(source.progress())},
          {"length_ns", source.length_ns()},
          {"position_ns", source.position_ns()},
          {"speed", Number(source.speed())}};
}

Json RunJson(const wire::Run& run) {
  return {{"id", Text(run.id())},
          {"rows", run.rows()},
          {"labelled", run.labelled()},
          {"seen", run.seen()},
          {"made_up", run.made_up()},
          {"dead", run.dead()},
          {"messages", run.messages()},
          {"expected_messages", run.expected_messages()},
          {"missing_messages", run.missing_messages()},
          {"lost", run.lost()},
          {"duplicated_rows", run.duplicated_rows()},
          {"complete", run.complete()},
          {"seconds", Number(run.seconds())},
          {"rows_per_s", Number(run.rows_per_s())},
          {"rows_per_s_now", Number(run.rows_per_s_now())},
          {"bytes_per_s_now", Number(run.bytes_per_s_now())},
          {"latency_p50_ns", run.latency_p50_ns()},
          {"latency_p99_ns", run.latency_p99_ns()},
          {"latency_max_ns", run.latency_max_ns()},
          {"unreadable", run.unreadable()},
          {"first_message", run.first_message()}};
}

Json ModelJson(const wire::ModelInfo& model) {
  return {{"name", Text(model.name())}, {"version", Text(model.version())},
          {"id", Text(model.id())},     {"cross_validated_f1", Number(model.cross_validated_f1())},
          {"several", model.several()}, {"class_names", Texts(model.class_names())}};
}

Json ChallengerJson(const wire::Challenger* challenger) {
  if (challenger == nullptr) return nullptr;
  return {{"id", Text(challenger->id())},
          {"several", challenger->several()},
          {"rows", challenger->rows()},
          {"agreement", Number(challenger->agreement())},
          {"labelled", challenger->labelled()},
          {"macro_f1", Number(challenger->macro_f1())},
          {"macro_f1_model", Number(challenger->macro_f1_model())},
          {"difference", Number(challenger->difference())},
          {"difference_low", Number(challenger->difference_low())},
          {"difference_high", Number(challenger->difference_high())}};
}

Json QualityJson(const wire::Quality* quality) {
  const auto class_json = [](const wire::ClassQuality* figures) {
    return Json{{"precision", Number(figures->precision())},
                {"recall", Number(figures->recall())},
                {"f1", Number(figures->f1())},
                {"support", figures->support()}};
  };
  return {{"window_s", quality->window_s()},
          {"rows", quality->rows()},
          {"macro_f1", Number(quality->macro_f1())},
          {"accuracy", Number(quality->accuracy())},
          {"classes", Each(quality->classes(), class_json)},
          {"confusion", SpanOf(quality->confusion())}};
}

Json CalibrationJson(const wire::Calibration* calibration) {
  const auto point_json = [](const wire::CalibrationPoint* point) {
    return Json{{"rows", point->rows()},
                {"mean_probability", Number(point->mean_probability())},
                {"observed_share", Number(point->observed_share())}};
  };
  return {{"points", Each(calibration->points(), point_json)}};
}

Json HopJson(const wire::Hop* hop) {
  return {{"stage", StageName(static_cast<wire::StageId>(hop->stage()))},
          {"received_ns", hop->received_ns()},
          {"started_ns", hop->started_ns()},
          {"finished_ns", hop->finished_ns()}};
}

Json RowJson(const wire::Row* row) {
  return {{"number", row->number()},
          {"id", row->id()},
          {"title", Text(row->title())},
          {"target", Number(row->target())},
          {"target_class", row->target_class()},
          {"labelled", row->labelled()},
          {"seen", row->seen()},
          {"predicted_class", row->predicted_class()},
          {"score", Number(row->score())},
          {"probabilities", Numbers(row->probabilities())},
          {"sequence", row->sequence()},
          {"ordinal", row->ordinal()},
          {"record", row->record()},
          {"partition", row->partition()},
          {"offset", row->offset()},
          {"arrived_ns", row->arrived_ns()},
          {"hops", Each(row->hops(), HopJson)}};
}

Json PartJson(const wire::Part* part) {
  return {{"name", Text(part->name())},
          {"ns_per_row", Number(part->ns_per_row())},
          {"p50_ns", Number(part->p50_ns())},
          {"p99_ns", Number(part->p99_ns())},
          {"share", Number(part->share())}};
}

Json StageJson(const wire::Stage* stage) {
  return {{"id", StageName(stage->id())},
          {"rows_per_s", Number(stage->rows_per_s())},
          {"instances", stage->instances()},
          {"lag", stage->lag()},
          {"busy_ns_per_row", Number(stage->busy_ns_per_row())},
          {"wait_p50_ns", stage->wait_p50_ns()},
          {"wait_p99_ns", stage->wait_p99_ns()},
          {"busy_p50_ns", stage->busy_p50_ns()},
          {"busy_p99_ns", stage->busy_p99_ns()}};
}

Json ServiceJson(const wire::Service* service) {
  return {{"stage", Text(service->stage())},
          {"instance", Text(service->instance())},
          {"host", Text(service->host())},
          {"state", Text(service->state())},
          {"reason", Text(service->reason())},
          {"age_ns", service->age_ns()},
          {"uptime_ns", service->uptime_ns()},
          {"rows_in", service->rows_in()},
          {"rows_out", service->rows_out()},
          {"rows_per_s", Number(service->rows_per_s())},
          {"bytes_per_s", Number(service->bytes_per_s())},
          {"lag", service->lag()},
          {"cpu_share", Number(service->cpu_share())},
          {"rss_bytes", service->rss_bytes()},
          {"commits", service->commits()},
          {"commit_failures", service->commit_failures()},
          {"transactions_aborted", service->transactions_aborted()},
          {"rebalances", service->rebalances()},
          {"stalls", service->stalls()}};
}

Json TimelineJson(const wire::Timeline& timeline) {
  const auto series_json = [](const wire::Series* series) {
    return Json{{"kind", wire::EnumNameSeriesKind(series->kind())},
                {"index", series->index()},
                {"values", Numbers(series->values())}};
  };
  return {{"end_ns", timeline.end_ns()},
          {"interval_ns", timeline.interval_ns()},
          {"series", Each(timeline.series(), series_json)}};
}

Json EventJson(const wire::Event* event) {
  return {{"time_ns", event->time_ns()},
          {"severity", wire::EnumNameSeverity(event->severity())},
          {"source", Text(event->source())},
          {"text", Text(event->text())}};
}

Json DeadLetterJson(const wire::DeadLetter* letter) {
  return {{"time_ns", letter->time_ns()},       {"reason", Text(letter->reason())},
          {"stage", Text(letter->stage())},     {"source", Text(letter->source())},
          {"record", letter->record()},         {"column", Text(letter->column())},
          {"message", Text(letter->message())}, {"partition", letter->partition()},
          {"offset", letter->offset()}};
}

Json BenchJson(const wire::BenchComparison* bench) {
  if (bench == nullptr) return nullptr;
  const auto row_json = [](const wire::BenchRow* row) {
    return Json{{"name", Text(row->name())},
                {"unit", Text(row->unit())},
                {"higher_is_better", row->higher_is_better()},
                {"left", Number(row->left())},
                {"right", Number(row->right())}};
  };
  return {{"left", Text(bench->left())},
          {"right", Text(bench->right())},
          {"left_facts", Texts(bench->left_facts())},
          {"right_facts", Texts(bench->right_facts())},
          {"rows", Each(bench->rows(), row_json)}};
}

}  // namespace

Json SnapshotJson(const wire::Snapshot& snapshot) {
  const auto percentile_json = [](const wire::PercentilePoint* point) {
    return Json{{"share", Number(point->share())}, {"ns", point->ns()}};
  };
  const auto drift_json = [](const wire::FeatureMove* move) {
    return Json{{"feature", Text(move->feature())}, {"psi", Number(move->psi())}};
  };
  const auto reason_json = [](const wire::ReasonCount* reason) {
    return Json{{"reason", Text(reason->reason())}, {"rows", reason->rows()}};
  };
  return {{"number", snapshot.number()},
          {"taken_ns", snapshot.taken_ns()},
          {"source", SourceJson(*snapshot.source())},
          {"run", RunJson(*snapshot.run())},
          {"model", ModelJson(*snapshot.model())},
          {"qualities", Each(snapshot.qualities(), QualityJson)},
          {"calibration", Each(snapshot.calibration(), CalibrationJson)},
          {"expected_calibration_error", Number(snapshot.expected_calibration_error())},
          {"rows", Each(snapshot.rows(), RowJson)},
          {"parts", Each(snapshot.parts(), PartJson)},
          {"stages", Each(snapshot.stages(), StageJson)},
          {"services", Each(snapshot.services(), ServiceJson)},
          {"recent", TimelineJson(*snapshot.recent())},
          {"session", TimelineJson(*snapshot.session())},
          {"latency_curve", Each(snapshot.latency_curve(), percentile_json)},
          {"reasons", Each(snapshot.reasons(), reason_json)},
          {"dead_letters", Each(snapshot.dead_letters(), DeadLetterJson)},
          {"events", Each(snapshot.events(), EventJson)},
          {"bench", BenchJson(snapshot.bench())},
          {"challenger", ChallengerJson(snapshot.challenger())},
          {"drift", Each(snapshot.drift(), drift_json)},
          {"drift_rows", snapshot.drift_rows()}};
}

std::string SnapshotLine(const wire::Snapshot& snapshot) {
  return SnapshotJson(snapshot).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace marquee::viewer
