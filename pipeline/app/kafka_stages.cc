#include "pipeline/app/kafka_stages.h"

#include <fmt/core.h>

#include "pipeline/core/clock.h"
#include "pipeline/transport/kafka/service.h"

namespace marquee {

// --- KafkaStage ----------------------------------------------------------------------------------

Arrival KafkaStage::ArrivalOf(const ServiceInput& input) const {
  return {
      .received_ns = input.received_ns,
      .place = MessagePlace{.topic = topic_, .partition = input.partition, .offset = input.offset}};
}

void KafkaStage::RejectMessage(const ServiceInput& input, std::string_view why,
                               OutputGroup& output) const {
  ++output.records_in;
  ++output.unreadable;
  output.AddDeadLetter(input.partition, input.bytes,
                       DeadLetterHeaders({.topic = topic_,
                                          .partition = input.partition,
                                          .offset = input.offset,
                                          .stage = std::string(StageName(stage_)),
                                          .reason = "unreadable",
                                          .message = std::string(why)}));
}

bool KafkaStage::RejectedAsTooLong(const ServiceInput& input, OutputGroup& output) const {
  if (input.message_bytes <= kMaxMessageBytes) return false;
  // It might not fit into the dead-letter topic with its headers: a part, its length and its hash
  // must do.
  Rejects rejects(topic_);
  const std::string why =
      fmt::format("the message has {} bytes, and those of Marquee at most {}; this is its head",
                  input.message_bytes, kMaxMessageBytes);
  rejects.AddRecord(
      {}, 0, {reinterpret_cast<const char*>(input.bytes.data()), input.bytes.size()},
      input.message_bytes, input.message_xxh3,
      {.reason = wire::RejectReason::RecordTooLarge, .stage = stage_, .message = why});
  ++output.records_in;
  ++output.unreadable;
  output.AddDeadLetter(input.partition, rejects.message(0),
                       DeadLetterHeaders({.topic = topic_,
                                          .partition = input.partition,
                                          .offset = input.offset,
                                          .stage = std::string(StageName(stage_)),
                                          .reason = "record_too_large",
                                          .message = why}));
  return true;
}

void KafkaStage::AddRejects(const ServiceInput& input, const BatchInfo& info,
                            const Rejects& rejects, OutputGroup& output) const {
  for (std::size_t i = 0; i < rejects.size(); ++i) {
    const RejectFacts& facts = rejects.facts(i);
    ++output.rejects[static_cast<std::size_t>(facts.reason)];
    output.AddDeadLetter(input.partition, rejects.message(i),
                         DeadLetterHeaders({.topic = topic_,
                                            .partition = input.partition,
                                            .offset = input.offset,
                                            .stage = std::string(StageName(stage_)),
                                            .reason = std::string(RejectReasonName(facts.reason)),
                                            .message = facts.message,
                                            .has_origin = true,
                                            .run = info.run,
                                            .sequence = info.sequence,
                                            .row = facts.ordinal}));
  }
}

// --- KafkaPreprocess -----------------------------------------------------------------------------

KafkaPreprocess::KafkaPreprocess(const PreprocessStage& stage, InputFormat format,
                                 std::string topic, std::size_t num_workers)
    : KafkaStage(PreprocessStage::kId, std::move(topic)), stage_(stage), format_(format) {
  for (std::size_t i = 0; i < num_workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(stage, this->topic()));
  }
}

Result<RawBatchView> KafkaPreprocess::Read(const ServiceInput& input, Worker& worker) const {
  // Among JSON objects there may be batches too: dead letters that were put back.
  constexpr std::size_t kIdentifierEnd = 8;
  if (format_ == InputFormat::kBatches || (input.bytes.size() >= kIdentifierEnd &&
                                           wire::RawBatchBufferHasIdentifier(input.bytes.data()))) {
    return RawBatchView::Verify(input.bytes);
  }
  const BatchInfo origin =
      JsonOrigin(topic(), num_partitions_, static_cast<std::uint32_t>(input.partition),
                 static_cast<std::uint64_t>(input.offset));
  MARQUEE_RETURN_IF_ERROR(worker.json.Read(input.bytes, origin, worker.raw));
  return RawBatchView::Own(worker.raw);
}

Status KafkaPreprocess::Process(const ServiceInput& input, std::size_t worker_index,
                                OutputGroup& output) {
  const ScopedTimer timer(&output.busy_ns);
  Worker& worker = *workers_[worker_index];
  if (RejectedAsTooLong(input, output)) return {};
  const Result<RawBatchView> batch = Read(input, worker);
  if (!batch) {
    RejectMessage(input, batch.error().message(), output);
    return {};
  }
  worker.rejects.Clear();
  worker.scratch.arrival = ArrivalOf(input);
  const Status status = stage_.Process(*batch, worker.scratch, worker.features, worker.rejects);
  if (status.code() == StatusCode::kData) {
    // Of another source: none of its rows can be used, but the next message's may.
    RejectMessage(input, status.message(), output);
    return {};
  }
  if (!status.ok()) return Status(status.code(), std::string(status.message()));
  output.records_in += batch->num_rows();
  output.rows_out += FeatureBatchView::Own(worker.features).num_rows();
  output.Add(Topic::kProcessedData, input.partition, worker.features.bytes());
  if (worker.rejects.size() > 0) AddRejects(input, batch->info(), worker.rejects, output);
  return {};
}

// --- KafkaInfer ----------------------------------------------------------------------------------

// The class names are those of the feature spec, whichever model scores.
KafkaInfer::KafkaInfer(ServedModel& model, OutputFormat format, std::string topic,
                       std::size_t num_workers)
    : KafkaStage(InferStage::kId, std::move(topic)),
      model_(model),
      format_(format),
      json_(model.Current()->stage.model().class_names(), ResultJson::Members::kAll) {
  for (std::size_t i = 0; i < num_workers; ++i) {
    workers_.push_back(std::make_unique<Worker>(this->topic()));
  }
}

void KafkaInfer::Tick(ServiceReport& report) {
  if (const auto news = model_.Refresh()) report.Note(*news);
  DriftMonitor::Reading drift = model_.Current()->drift.Read();
  report.status().drift = std::move(drift.features);
  report.status().drift_rows = drift.rows;
}

Status KafkaInfer::Process(const ServiceInput& input, std::size_t worker_index,
                           OutputGroup& output) {
  const ScopedTimer timer(&output.busy_ns);
  Worker& worker = *workers_[worker_index];
  if (RejectedAsTooLong(input, output)) return {};
  const Result<FeatureBatchView> batch = FeatureBatchView::Verify(input.bytes);
  if (!batch) {
    RejectMessage(input, batch.error().message(), output);
    return {};
  }
  if (auto model = model_.Current(); model != worker.model) {
    worker.scratch.emplace(model->stage);
    worker.model = std::move(model);
  }
  worker.rejects.Clear();
  worker.scratch->arrival = ArrivalOf(input);
  Status status =
      worker.model->stage.Process(*batch, *worker.scratch, worker.results, worker.rejects);
  if (!status.ok()) {
    return std::move(status).WithContext(
        fmt::format("{}, partition {}, offset {}", topic(), input.partition, input.offset));
  }
  worker.model->drift.Add(*batch, worker_index);
  output.records_in += batch->num_rows();
  output.rows_out += batch->num_rows();
  if (format_ == OutputFormat::kBatches) {
    output.Add(Topic::kResults, input.partition, worker.results.bytes());
    return {};
  }
  json_.Write(ResultBatchView::Own(worker.results), worker.lines);
  std::string_view lines = worker.lines;
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    output.Add(Topic::kResults, input.partition, std::as_bytes(std::span(line)));
    lines.remove_prefix(line.size() + 1);
  }
  return {};
}

}  // namespace marquee
