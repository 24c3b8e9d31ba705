// pipeline/app/produce_epoch.h — a CSV file as messages for raw-data: paced, repeated, resumed.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "pipeline/core/runner.h"
#include "pipeline/dataset/csv_source.h"
#include "pipeline/stages/produce.h"
#include "pipeline/transport/kafka/outbox.h"
#include "pipeline/transport/kafka/service.h"

namespace marquee {

/// Which records are sent, and when.
struct ProducePlan {
  RunId run;
  /// Records a second, in open loop: each has its time, and waits for nothing else. 0 = at once.
  double rate = 0;
  /// At most so many records; 0 = all.
  std::uint64_t max_records = 0;
  /// How often the file is read; each time, its ids are other ones.
  std::uint64_t repeat = 1;
};

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
  using OpenSource = std::function<Result<std::unique_ptr<CsvSource>>()>;

  /// Added to the ids of the second reading, twice to those of the third, …: beyond all ids of real
  /// rows, so that nobody takes them for such (see kFirstGeneratedId).
  static constexpr std::int64_t kIdShift = 10'000'000'000;

  /// `source`: opened; `open` opens it again. `resume`: one entry a partition.
  ProduceEpoch(std::unique_ptr<CsvSource> source, OpenSource open, ProducePlan plan,
               std::vector<ProducedColumn> columns, std::string_view id_column, ResumePoint resume,
               const Runner& runner, Outbox& outbox, ServiceControl& control);

  Result<bool> Read(std::size_t slot) override;
  Status Process(std::size_t slot, std::size_t worker) override;
  Status Write(std::size_t slot) override;

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

  Result<bool> ReadBlock(Slot& slot);
  Status EndRun();
  Status CheckResumed(const Slot& slot) const;
  bool WaitUntilDue(Slot& slot);

  std::unique_ptr<CsvSource> source_;
  OpenSource open_;
  ProducePlan plan_;
  ProduceStage produce_;
  ResumePoint resume_;
  Outbox& outbox_;
  ServiceControl& control_;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::vector<std::unique_ptr<ProduceStage::Scratch>> scratches_;

  // Of Read:
  std::uint64_t repetition_ = 0;
  std::uint64_t next_sequence_ = 0;
  std::uint64_t records_read_ = 0;
  std::uint64_t num_messages_ = 0;  // of the run, once source_ended_
  bool source_ended_ = false;
  bool stopped_ = false;
  std::int64_t pace_start_ns_ = 0;  // steady; 0 = nothing has been paced yet
  std::int64_t pace_start_wall_ns_ = 0;
  std::uint64_t pace_first_record_ = 0;
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
