#include "pipeline/app/produce_epoch.h"

#include <fmt/core.h>

#include <algorithm>
#include <cstring>

#include "pipeline/app/kafka_options.h"
#include "pipeline/core/clock.h"
#include "pipeline/transport/kafka/topic_reader.h"
#include "schemas/raw_batch.h"

namespace marquee {

ProduceEpoch::ProduceEpoch(RecordFeed feed, RunId run, std::vector<ProducedColumn> columns,
                           std::string_view id_column, ResumePoint resume, const Runner& runner,
                           Outbox& outbox, ServiceControl& control)
    : feed_(std::move(feed)),
      run_(run),
      produce_(run, feed_.source().columns(), std::move(columns), id_column),
      resume_(std::move(resume)),
      outbox_(outbox),
      control_(control) {
  for (std::size_t i = 0; i < runner.num_slots(); ++i) {
    slots_.push_back(std::make_unique<Slot>(feed_.source().path()));
  }
  for (std::size_t i = 0; i < runner.num_workers(); ++i) {
    scratches_.push_back(std::make_unique<ProduceStage::Scratch>());
  }
}

Result<bool> ProduceEpoch::Read(std::size_t slot_index) {
  Slot& slot = *slots_[slot_index];
  if (control_.stop_requested()) {
    stopped_ = true;
    return false;
  }
  if (!source_ended_) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, feed_.Next(slot.block));
    slot.id_shift = feed_.id_shift();
    source_ended_ = !more;
    if (source_ended_) MARQUEE_RETURN_IF_ERROR(EndRun());
  }
  slot.at_end = source_ended_;
  if (slot.at_end) {
    if (next_sequence_ == num_messages_) return false;
    slot.num_messages = num_messages_;
    slot.block.Clear();
    slot.block.first_record = feed_.num_records() + 1;
  }
  slot.block.sequence = next_sequence_++;
  const auto& last = resume_[slot.block.sequence % resume_.size()];
  slot.skip = last && slot.block.sequence <= last->sequence;
  slot.received_ns = WallClockNs();
  MARQUEE_RETURN_IF_ERROR(CheckResumed(slot));
  if (slot.skip || slot.at_end) return true;
  stopped_ = !feed_.WaitUntilDue(slot.block, [this] { return control_.stop_requested(); });
  slot.received_ns = feed_.received_ns();
  return !stopped_;
}

/// The source has no more records: now it is known how many messages the run has.
Status ProduceEpoch::EndRun() {
  num_messages_ = next_sequence_ + resume_.size();
  for (const auto& last : resume_) {
    if (!last || last->sequence < num_messages_) continue;
    return Status::Usage(fmt::format(
        "run {} has a message {} already, but here it would have {} in all; go on with the data, "
        "--rows and --repeat it began with",
        run_.ToString(), last->sequence, num_messages_));
  }
  return {};
}

/// Where this process meets the last message of an earlier one, it must have cut it alike: else rows
/// would be lost or sent twice.
Status ProduceEpoch::CheckResumed(const Slot& slot) const {
  const auto& last = resume_[slot.block.sequence % resume_.size()];
  if (!last || last->sequence != slot.block.sequence) return {};
  if (last->first_record == slot.block.first_record &&
      last->num_ordinals == slot.block.records.size()) {
    return {};
  }
  return Status::Usage(fmt::format(
      "run {} was cut otherwise: its message {} has {} records from number {}, here it would be {} "
      "from number {}; go on with the data, --batch-rows, --batch-bytes, --rate, --rows and "
      "--repeat it began with",
      run_.ToString(), last->sequence, last->num_ordinals, last->first_record,
      slot.block.records.size(), slot.block.first_record));
}

Status ProduceEpoch::Process(std::size_t slot_index, std::size_t worker) {
  Slot& slot = *slots_[slot_index];
  if (slot.at_end) return {};  // its totals are known when all before it are written
  slot.busy_ns = 0;
  const ScopedTimer timer(&slot.busy_ns);
  slot.rejects.Clear();
  return produce_.Process({slot.block, slot.received_ns, slot.id_shift}, *scratches_[worker],
                          slot.message, slot.rejects);
}

Status ProduceEpoch::Write(std::size_t slot_index) {
  Slot& slot = *slots_[slot_index];
  const std::size_t records = slot.block.records.size();
  if (slot.at_end) {
    slot.rejects.Clear();
    RunTotals totals = totals_;
    totals.messages = slot.num_messages;
    MARQUEE_RETURN_IF_ERROR(produce_.Process({slot.block, slot.received_ns, 0, totals},
                                             *scratches_.front(), slot.message, slot.rejects));
  }
  ++totals_.messages;
  totals_.records += records;
  totals_.rejected += slot.rejects.size();
  // A dead letter may be missing though its batch is there: they are on different brokers. So letters
  // are sent again; readers know them by their origin.
  if (!slot.skip || slot.rejects.size() > 0) {
    const auto partition = static_cast<std::int32_t>(slot.block.sequence % resume_.size());
    auto group = outbox_.NewGroup();
    if (!slot.skip) {
      group->Add(Topic::kRawData, partition, slot.message.bytes());
      group->records_in = records;
      group->rows_out = records - slot.rejects.size();
      group->busy_ns = slot.busy_ns;
      ++messages_sent_;
      records_sent_ += records;
    }
    for (std::size_t i = 0; i < slot.rejects.size(); ++i) {
      const RejectFacts& facts = slot.rejects.facts(i);
      ++group->rejects[static_cast<std::size_t>(facts.reason)];
      group->AddDeadLetter(partition, slot.rejects.message(i),
                           DeadLetterHeaders({.stage = std::string(StageName(ProduceStage::kId)),
                                              .reason = std::string(RejectReasonName(facts.reason)),
                                              .message = facts.message,
                                              .has_origin = true,
                                              .run = run_,
                                              .sequence = slot.block.sequence,
                                              .row = facts.ordinal}));
    }
    if (!outbox_.Push(std::move(group))) return Status::Unavailable("sending has ended");
  }
  slot.block.Clear();
  return {};
}

namespace {

/// Note the last message of `run` in each partition, among the records from `start` on.
Status ScanForRun(const KafkaConnection& connection, const RunId& run, const StartAt& start,
                  const ServiceControl& control, ResumePoint& found) {
  MARQUEE_ASSIGN_OR_RETURN(
      const auto reader,
      TopicReader::Open(connection, connection.TopicName(Topic::kRawData), start, kBrokerTimeout));
  found.assign(static_cast<std::size_t>(reader->num_partitions()), std::nullopt);
  Message message;
  TopicRecord record;
  for (;;) {
    MARQUEE_ASSIGN_OR_RETURN(const TopicReader::Event event, reader->Next(record, kBrokerTimeout));
    if (control.stop_requested()) return Status::Unavailable("stopped while looking for the run");
    if (event == TopicReader::Event::kTimeout) {
      return Status::Unavailable(fmt::format("topic {}: its end does not come: {}", reader->topic(),
                                             reader->TakeComplaint()));
    }
    if (event == TopicReader::Event::kEnd) return {};
    auto memory = message.Receive(record.value.size());
    if (!memory) continue;
    std::memcpy(memory->data(), record.value.data(), record.value.size());
    const auto batch = RawBatchView::Verify(message.bytes());
    // A replayed dead letter has its batch's sequence, but is not the last message.
    if (!batch || batch->reject() != nullptr) continue;
    const BatchInfo info = batch->info();
    if (info.run != run) continue;
    auto& last = found[static_cast<std::size_t>(record.partition)];
    if (last && info.sequence <= last->sequence) continue;
    last = LastMessage{.sequence = info.sequence,
                       .first_record = info.first_record,
                       .num_ordinals = info.num_ordinals};
  }
}

}  // namespace

Result<ResumePoint> FindResumePoint(const KafkaConnection& connection, const RunId& run,
                                    const ServiceControl& control) {
  ResumePoint found;
  // Mostly the run is the last that was produced; so the end tells, and only rarely all.
  StartAt start{.where = StartAt::Where::kLast, .count = 100};
  MARQUEE_RETURN_IF_ERROR(ScanForRun(connection, run, start, control, found));
  if (std::all_of(found.begin(), found.end(), [](const auto& last) { return last.has_value(); })) {
    return found;
  }
  // The time in the run's id would tell where it begins, but ids are also made by hand.
  start = {.where = StartAt::Where::kBeginning};
  MARQUEE_RETURN_IF_ERROR(ScanForRun(connection, run, start, control, found));
  return found;
}

}  // namespace marquee
