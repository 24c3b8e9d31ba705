#include "pipeline/app/message_json.h"

#include <fmt/core.h>

#include <cmath>

#include "schemas/feature_batch.h"
#include "schemas/result_batch.h"
#include "schemas/service_status.h"
#include "schemas/service_status_generated.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

/// JSON has no NaN and no infinity: absent is null.
Json Number(float value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json InfoJson(const BatchInfo& info) {
  Json hops = Json::array();
  for (std::size_t i = 0; i < info.num_hops; ++i) {
    const wire::Hop& hop = info.hops[i];
    hops.push_back({{"stage", StageName(static_cast<wire::StageId>(hop.stage()))},
                    {"received_ns", hop.received_ns()},
                    {"started_ns", hop.started_ns()},
                    {"finished_ns", hop.finished_ns()}});
  }
  Json rejects = Json::object();
  for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
    if (info.rejects[reason] == 0) continue;
    rejects[std::string(RejectReasonName(static_cast<wire::RejectReason>(reason)))] =
        info.rejects[reason];
  }
  Json json = {{"run", info.run.ToString()},        {"sequence", info.sequence},
               {"first_record", info.first_record}, {"num_ordinals", info.num_ordinals},
               {"rejects", std::move(rejects)},     {"hops", std::move(hops)}};
  if (info.parent) {
    json["parent"] = {{"topic", info.parent->topic},
                      {"partition", info.parent->partition},
                      {"offset", info.parent->offset}};
  }
  if (info.totals) {
    json["totals"] = {{"messages", info.totals->messages},
                      {"records", info.totals->records},
                      {"rejected", info.totals->rejected}};
  }
  return json;
}

/// Steps through elements that lie end to end.
class Cursor {
 public:
  std::size_t Advance(std::size_t length) {
    const std::size_t begin = position_;
    position_ += length;
    return begin;
  }

 private:
  std::size_t position_ = 0;
};

Json RawRows(const RawBatchView& batch) {
  Json rows = Json::array();
  for (std::size_t row = 0; row < batch.num_rows(); ++row) {
    rows.push_back({{"ordinal", batch.ordinal(row)}, {"fields", Json::object()}});
  }
  for (std::size_t index = 0; index < batch.num_columns(); ++index) {
    const RawColumnView column = batch.column(index);
    Cursor cursor;
    for (std::size_t row = 0; row < batch.num_rows(); ++row) {
      const std::size_t length = column.lengths[row];
      // A second column of the same name gets its number behind it.
      std::string name(column.name);
      if (rows[row]["fields"].contains(name)) name += fmt::format("#{}", index);
      Json& field = rows[row]["fields"][name];
      const std::size_t begin = cursor.Advance(length);
      if (column.has_bytes()) {
        field = column.bytes.substr(begin, length);
      } else {
        field = {{"bytes", length}};
      }
    }
  }
  return rows;
}

/// The columns that FeatureBatch and ResultBatch share, as rows.
Json SharedRows(const RowColumns& columns, std::size_t num_rows) {
  Json rows = Json::array();
  Cursor titles;
  for (std::size_t row = 0; row < num_rows; ++row) {
    const std::size_t length = columns.title_lengths[row];
    rows.push_back(
        {{"ordinal", columns.ordinals.empty() ? row : columns.ordinals[row]},
         {"id", columns.ids[row]},
         {"title", columns.titles.substr(titles.Advance(length), length)},
         {"target", Number(columns.target[row])},
         {"target_class",
          columns.target_class[row] == kNoClass ? Json(nullptr) : Json(columns.target_class[row])},
         {"labelled", columns.labelled[row] != 0}});
  }
  return rows;
}

Json FeatureRows(const FeatureBatchView& batch) {
  Json rows = SharedRows(batch.rows(), batch.num_rows());
  std::vector<Cursor> cursors(batch.num_lists());
  for (std::size_t row = 0; row < batch.num_rows(); ++row) {
    Json numeric = Json::array();
    for (std::size_t i = 0; i < batch.num_numeric(); ++i)
      numeric.push_back(Number(batch.numeric(i)[row]));
    Json lists = Json::array();
    for (std::size_t i = 0; i < batch.num_lists(); ++i) {
      const std::size_t length = batch.list_lengths(i)[row];
      lists.push_back(batch.list_codes(i).subspan(cursors[i].Advance(length), length));
    }
    rows[row]["numeric"] = std::move(numeric);
    rows[row]["lists"] = std::move(lists);
  }
  return rows;
}

Json ResultRows(const ResultBatchView& batch) {
  Json rows = SharedRows(batch.rows(), batch.num_rows());
  const auto challenger = batch.challenger();
  for (std::size_t row = 0; row < batch.num_rows(); ++row) {
    Json probabilities = Json::array();
    for (std::size_t c = 0; c < batch.num_classes(); ++c) {
      probabilities.push_back(Number(batch.probability(c)[row]));
    }
    rows[row]["predicted_class"] = batch.predicted_class()[row];
    rows[row]["score"] = Number(batch.score()[row]);
    rows[row]["probabilities"] = std::move(probabilities);
    rows[row]["seen"] = batch.seen()[row] != 0;
    if (!challenger) continue;
    rows[row]["challenger_class"] = challenger->predicted_class[row];
    rows[row]["challenger_score"] = Number(challenger->score[row]);
  }
  return rows;
}

Json StatusJson(const ServiceStatus& status) {
  Json dead_letters = Json::object();
  for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
    if (status.dead_letters[reason] == 0) continue;
    dead_letters[std::string(RejectReasonName(static_cast<wire::RejectReason>(reason)))] =
        status.dead_letters[reason];
  }
  Json lags = Json::array();
  for (const PartitionLag& lag : status.lags) {
    lags.push_back({{"partition", lag.partition},
                    {"position", lag.position},
                    {"lag", lag.lag < 0 ? Json(nullptr) : Json(lag.lag)}});
  }
  Json events = Json::array();
  for (const ServiceEvent& event : status.events) {
    events.push_back({{"time_ns", event.time_ns}, {"text", event.text}});
  }
  Json json = {{"type", "Status"},
               {"stage", status.stage},
               {"instance", status.instance},
               {"host", status.host},
               {"pid", status.pid},
               {"started_ns", status.started_ns},
               {"time_ns", status.time_ns},
               {"state", ServiceStateName(status.state)},
               {"ready", status.is_ready()},
               {"not_ready_reason", status.not_ready_reason},
               {"messages_in", status.messages_in},
               {"rows_in", status.rows_in},
               {"bytes_in", status.bytes_in},
               {"messages_out", status.messages_out},
               {"rows_out", status.rows_out},
               {"bytes_out", status.bytes_out},
               {"dead_letters", std::move(dead_letters)},
               {"unreadable_messages", status.unreadable_messages},
               {"epochs", status.epochs},
               {"commits", status.commits},
               {"commit_failures", status.commit_failures},
               {"transactions_aborted", status.transactions_aborted},
               {"rebalances", status.rebalances},
               {"stalls", status.stalls},
               {"busy_ns", status.busy_ns},
               {"cpu_ns", status.cpu_ns},
               {"rss_bytes", status.rss_bytes},
               {"input_topic", status.input_topic},
               {"lags", std::move(lags)},
               {"events", std::move(events)}};
  if (!status.drift.empty()) {
    json["drift_rows"] = status.drift_rows;
    for (const FeatureDrift& drift : status.drift) json["drift"][drift.feature] = drift.psi;
  }
  return json;
}

}  // namespace

Json DeadLetterJson(const RawBatchView& batch) {
  const wire::Reject& reject = *batch.reject();
  const auto text = [](const flatbuffers::String* string) {
    return string == nullptr ? std::string() : string->str();
  };
  Json json = {{"reason", RejectReasonName(reject.reason())},
               {"stage", StageName(reject.stage())},
               {"source", text(reject.source())},
               {"record", reject.record()},
               {"column", text(reject.column())},
               {"message", text(reject.message())},
               {"run", batch.info().run.ToString()},
               {"sequence", batch.info().sequence}};
  if (batch.num_rows() == 1) {
    json["fields"] = RawRows(batch)[0]["fields"];
    return json;
  }
  const auto original = SpanOf(reject.original());
  json["record_bytes"] = reject.record_bytes();
  json["record_xxh3"] = fmt::format("{:016x}", reject.record_xxh3());
  json["original"] = std::string(original.begin(), original.end());
  return json;
}

Result<Json> MessageJson(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(flatbuffers::uoffset_t) + flatbuffers::kFileIdentifierLength) {
    return Status::Data(fmt::format("{} bytes are no message", bytes.size()));
  }
  if (wire::RawBatchBufferHasIdentifier(bytes.data())) {
    MARQUEE_ASSIGN_OR_RETURN(const RawBatchView batch, RawBatchView::Verify(bytes));
    Json json = {{"type", "RawBatch"}, {"info", InfoJson(batch.info())}, {"rows", RawRows(batch)}};
    if (batch.reject() != nullptr) json["reject"] = DeadLetterJson(batch);
    return json;
  }
  if (wire::FeatureBatchBufferHasIdentifier(bytes.data())) {
    MARQUEE_ASSIGN_OR_RETURN(const FeatureBatchView batch, FeatureBatchView::Verify(bytes));
    return Json{{"type", "FeatureBatch"},
                {"info", InfoJson(batch.info())},
                {"feature_spec", fmt::format("{:016x}", batch.feature_spec())},
                {"rows", FeatureRows(batch)}};
  }
  if (wire::ResultBatchBufferHasIdentifier(bytes.data())) {
    MARQUEE_ASSIGN_OR_RETURN(const ResultBatchView batch, ResultBatchView::Verify(bytes));
    Json json = {{"type", "ResultBatch"},
                 {"info", InfoJson(batch.info())},
                 {"model_id", fmt::format("{:016x}", batch.model_id())},
                 {"scaler_ns", batch.scaler_ns()},
                 {"encoder_ns", batch.encoder_ns()},
                 {"classifier_ns", batch.classifier_ns()},
                 {"rows", ResultRows(batch)}};
    if (batch.feature_spec() != 0) {
      json["feature_spec"] = fmt::format("{:016x}", batch.feature_spec());
    }
    if (const auto challenger = batch.challenger()) {
      json["challenger_id"] = fmt::format("{:016x}", challenger->model_id);
    }
    return json;
  }
  if (wire::StatusBufferHasIdentifier(bytes.data())) {
    MARQUEE_ASSIGN_OR_RETURN(const ServiceStatus status, ReadStatus(bytes));
    return StatusJson(status);
  }
  return Status::Data(
      "not a RawBatch, FeatureBatch, ResultBatch or Status: its identifier is another");
}

std::string JsonText(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace marquee
