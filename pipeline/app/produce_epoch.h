// pipeline/app/produce_epoch.h — a CSV file as messages for raw-data: paced, repeated, resumed.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/app/record_feed.h"
#include "pipeline/core/runner.h"
#include "pipeline/stages/produce.h"
#include "pipeline/transport/kafka/outbox.h"
#include "pipeline/transport/kafka/service.h"

namespace marquee {

/// The last message of a run in a partition of raw-data.
struct LastMessage {
  std::uint64_t sequence = 0;
  std::uint64_t first_record = 0;
  std::uint32_t num_ordinals = 0;
};
/// By partition; none = the partition has no message of the run.
using ResumePoint = std::vector<std::optional<LastMessage>>;

/// Cuts a source into messages, and puts those that its partitions do not have yet into an outbox.
/// After the last record each partition gets one message without rows, with the run's totals.
class ProduceEpoch final : public Epoch {
 public:
  /// `resume`: one entry a partition.
  ProduceEpoch(RecordFeed feed, RunId run, std::vector<ProducedColumn> columns,
               std::string_view id_column, ResumePoint resume, const Runner& runner, Outbox& outbox,
               ServiceControl& control);

  Result<bool> Read(std::size_t slot) override;
  Status Process(std::size_t slot, std::size_t worker) override;
  Status Write(std::size_t slot) override;
  bool FitsOneThread() const noexcept override { return feed_.IsSlow(); }

  /// What has been read, of this run's earlier processes too.
  const RunTotals& totals() const noexcept { return totals_; }
  std::uint64_t messages_sent() const noexcept { return messages_sent_; }
  std::uint64_t records_sent() const noexcept { return records_sent_; }
  /// Whether a stop kept it from reading to the end.
  bool stopped() const noexcept { return stopped_; }

 private:
  struct Slot {
    explicit Slot(const std::string& source) : rejects(source) {}
    RecordBlock block;
    bool at_end = false;             // a message of totals, not of records
    std::uint64_t num_messages = 0;  // of the run; known at its end
    bool skip = false;               // the partition has it already
    std::int64_t received_ns = 0;
    std::int64_t id_shift = 0;
    Message message;
    Rejects rejects;
    std::uint64_t busy_ns = 0;
  };

  Status EndRun();
  Status CheckResumed(const Slot& slot) const;

  RecordFeed feed_;
  RunId run_;
  ProduceStage produce_;
  ResumePoint resume_;
  Outbox& outbox_;
  ServiceControl& control_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::unique_ptr<ProduceStage::Scratch>> scratches_;

  // Of Read:
  std::uint64_t next_sequence_ = 0;
  std::uint64_t num_messages_ = 0;  // of the run, once source_ended_
  bool source_ended_ = false;
  bool stopped_ = false;
  // Of Write, in order:
  RunTotals totals_;
  std::uint64_t messages_sent_ = 0;
  std::uint64_t records_sent_ = 0;
};

/// Find where a run ends in raw-data, if it is there: reads all of the topic if its end does not
/// tell. Errors: kUnavailable, also when stopped; kConfig.
Result<ResumePoint> FindResumePoint(const KafkaConnection& connection, const RunId& run,
                                    const ServiceControl& control);

}  // namespace marquee
