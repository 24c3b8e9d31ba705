// pipeline/transport/kafka/session.h — one life of a stage service's clients: from joining the group
// to leaving it, or to trouble that only new clients mend. Included only within this folder.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "pipeline/transport/kafka/bad_share.h"
#include "pipeline/transport/kafka/epoch_thread.h"
#include "pipeline/transport/kafka/group_consumer.h"
#include "pipeline/transport/kafka/producer.h"
#include "pipeline/transport/kafka/stage_service.h"

namespace marquee {

/// How a session ended.
struct SessionEnd {
  enum class Kind {
    kStopped,  ///< as asked; all is committed or given back
    kRebuild,  ///< what is not committed will be read again by the next session
    kFenced,   ///< as kRebuild, because another instance uses the same transactional id
    kFailed,   ///< the service must end
  };
  Kind kind = Kind::kStopped;
  Status status;  ///< why, unless it stopped
};

/// Receives, has processed, sends and commits. An epoch's life:
///
///     receive into next_ ─► Start: current_, processed by the runner ─► outputs sent as they come
///       ─► processed and all sent: Finish ─► at-least-once: all acknowledged ─► offsets committed
///                                            exactly-once: with the transaction it is part of
class Session final : public RebalanceListener, public DeliveryListener {
 public:
  Session(const StageServiceOptions& options, Runner& runner, ServiceStage& stage,
          ServiceControl& control, ServiceReport& report);
  ~Session() override;

  SessionEnd Run();

 private:
  /// An epoch between its start and its commit.
  struct PendingEpoch {
    std::uint64_t tag = 0;
    Offsets next_offsets;
    bool has_sent = false;          // an output was handed to the client
    bool sent = false;              // … and all of them were, and it is processed
    std::uint64_t outstanding = 0;  // outputs not acknowledged yet
    std::uint64_t records = 0;
    std::uint64_t bad = 0;
  };
  using TimePoint = std::chrono::steady_clock::time_point;

  void OnAssigned(const std::vector<std::int32_t>& partitions) override;
  void OnRevoked(bool lost) override;
  void OnDelivery(std::uint64_t tag, const Status& status) override;

  Status Connect();
  // The steps of the loop.
  void Receive();
  void Send();
  void StartEpoch();
  void FinishEpoch();
  void Commit();
  void Watch();
  int MillisecondsToWait() const;

  bool SendGroup();
  void CountGroup(const OutputGroup& group);
  bool TransactionDue() const;
  bool OpenTransaction();
  bool CommitTransaction();
  TransactionOutcome InTime(
      const std::function<TransactionOutcome(std::chrono::milliseconds)>& call);
  void TakeAcknowledged();
  void CommitOffsets();
  bool FinishAll(TimePoint deadline);
  void DropAll();
  /// Abort the open transaction. `go_back`: end the session too, for the next to read again what is
  /// not committed.
  void Abort(bool go_back);
  void End(SessionEnd::Kind kind, Status status);
  void CountCommits();
  void CheckStall();

  const StageServiceOptions& options_;
  ServiceStage& stage_;
  ServiceControl& control_;
  ServiceReport& report_;
  Outbox outbox_;
  ServiceEpoch epoch_;
  EpochThread thread_;
  std::unique_ptr<Producer> producer_;
  std::unique_ptr<GroupConsumer> consumer_;
  std::optional<SessionEnd> end_;

  InputBatch next_;
  InputBatch current_;
  KafkaMessage held_;  // received, but next_ was full
  std::unique_ptr<OutputGroup> sending_;
  std::size_t num_sent_ = 0;  // messages of sending_ that the client has

  std::uint64_t last_tag_ = 0;
  bool running_ = false;              // the newest of pending_ is being processed or sent
  std::deque<PendingEpoch> pending_;  // oldest first
  Offsets acknowledged_;              // since the partitions were assigned
  bool to_commit_ = false;            // some of it is not committed yet
  TimePoint last_commit_;
  bool in_transaction_ = false;
  TimePoint transaction_began_;
  bool revoking_ = false;

  BadShare bad_share_;
  TimePoint last_message_;
  bool unread_seen_ = false;  // … since it, by those who asked the brokers
};

}  // namespace marquee
