#include "pipeline/transport/kafka/session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "pipeline/core/clock.h"

namespace marquee {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr seconds kTransactionTimeout{20};
constexpr milliseconds kAttempt{2000};
// Handing back partitions waits so long for brokers to acknowledge what is in flight.
constexpr seconds kRevokeTimeout{20};
constexpr milliseconds kStopTimeout{6000};
// Memory between the runner and the client.
constexpr std::size_t kOutboxBytes = 32 << 20;
// Epochs sent but not acknowledged. What they hold is bounded by the client's queue (see
// SetProducing), and that is also what a crash may repeat, beside the epoch that runs and what was
// acknowledged since the last commit.
constexpr std::size_t kMaxPendingEpochs = 64;

}  // namespace

Session::Session(const StageServiceOptions& options, Runner& runner, ServiceStage& stage,
                 ServiceControl& control, ServiceReport& report)
    : options_(options),
      stage_(stage),
      control_(control),
      report_(report),
      outbox_(control.waker(), kOutboxBytes),
      epoch_(stage, outbox_, runner.num_slots()),
      thread_(runner, control.waker()),
      last_commit_(Clock::now()),
      bad_share_(options.max_bad_share),
      last_message_(Clock::now()) {}

Session::~Session() {
  outbox_.Close();  // lets the runner end if it waits for room
  thread_.Wait();
  // Their ends call back, while there is still something to call.
  consumer_.reset();
  producer_.reset();
}

SessionEnd Session::Run() {
  if (Status status = Connect(); !status.ok()) {
    if (!end_) End(SessionEnd::Kind::kRebuild, std::move(status));
    return std::move(*end_);
  }
  report_.SetState(ServiceState::kRunning, "waiting for the group to assign partitions");
  while (!end_ && !control_.stop_requested()) {
    control_.waker().Wait(MillisecondsToWait());
    Receive();
    Send();
    producer_->Poll(milliseconds(0));
    FinishEpoch();
    StartEpoch();
    Commit();
    Watch();
  }
  const bool orderly = !end_ || end_->kind == SessionEnd::Kind::kFailed;
  if (orderly) {
    report_.SetState(ServiceState::kStopping, "stopping");
    if (FinishAll(Clock::now() + kStopTimeout)) {
      report_.Note("stopped; all that was processed is committed");
    } else {
      report_.Note("stopped; what was not acknowledged in time will be read again");
    }
  }
  DropAll();
  // Else readers would wait for it until the brokers end it.
  if (orderly && in_transaction_) (void)producer_->Abort(milliseconds(1000));
  revoking_ = true;  // nothing is left to be finished in OnRevoked
  CountCommits();
  report_.status().lags = consumer_->Lags();
  consumer_->Close();
  return end_ ? std::move(*end_) : SessionEnd{};
}

Status Session::Connect() {
  const KafkaConnection& connection = options_.connection;
  Producer::Options producer{.sending = {.compression = options_.compression},
                             .waker = &control_.waker()};
  if (options_.exactly_once) {
    producer.sending.transactional_id =
        fmt::format("{}marquee-{}-{}", connection.topic_prefix, options_.stage, options_.instance);
  }
  MARQUEE_ASSIGN_OR_RETURN(producer_, Producer::Make(connection, producer, *this));
  if (options_.exactly_once) {
    // Also ends what an earlier process of this instance left open.
    TransactionOutcome outcome = TransactionOutcome::kRetry;
    while (outcome == TransactionOutcome::kRetry && !control_.stop_requested()) {
      outcome = producer_->InitTransactions(kAttempt);
      if (outcome == TransactionOutcome::kRetry) report_.Complain(producer_->transaction_error());
      report_.Tick();
    }
    if (outcome != TransactionOutcome::kDone) {
      End(outcome == TransactionOutcome::kFenced ? SessionEnd::Kind::kFenced
                                                 : SessionEnd::Kind::kRebuild,
          Status::Unavailable(producer_->transaction_error()));
      return Status::Unavailable(producer_->transaction_error());
    }
  }
  MARQUEE_ASSIGN_OR_RETURN(
      consumer_, GroupConsumer::Join(
                     connection,
                     {.group = fmt::format("{}marquee-{}", connection.topic_prefix, options_.stage),
                      .topic = connection.TopicName(options_.input),
                      .static_instance = options_.static_member ? options_.instance : "",
                      .session_timeout_ms = options_.session_timeout_ms,
                      .waker = &control_.waker(),
                      .keep_waiting =
                          [this] {
                            report_.Tick();
                            return !control_.stop_requested();
                          }},
                     *this));
  return {};
}

void Session::End(SessionEnd::Kind kind, Status status) {
  if (end_) return;
  const bool fenced =
      kind == SessionEnd::Kind::kRebuild && ((producer_ != nullptr && producer_->fenced()) ||
                                             (consumer_ != nullptr && consumer_->fenced()));
  end_ = SessionEnd{.kind = fenced ? SessionEnd::Kind::kFenced : kind, .status = std::move(status)};
}

int Session::MillisecondsToWait() const {
  // A full client queue or an open transaction want another look soon.
  return sending_ != nullptr || in_transaction_ ? 5 : 100;
}

// --- Receiving -----------------------------------------------------------------------------------

void Session::Receive() {
  const auto add = [this](const KafkaMessage& message) {
    return next_.Add({static_cast<const std::byte*>(message->payload), message->len},
                     message->partition, message->offset, WallClockNs());
  };
  if (held_ != nullptr) {
    if (!add(held_)) return;
    held_.reset();
  }
  while (!end_) {
    Result<KafkaMessage> message = consumer_->Poll(milliseconds(0));
    if (!message) {
      const bool transient = message.error().code() == StatusCode::kUnavailable;
      End(transient ? SessionEnd::Kind::kRebuild : SessionEnd::Kind::kFailed,
          std::move(message).error());
      return;
    }
    if (*message == nullptr) return;
    last_message_ = Clock::now();
    unread_seen_ = false;
    if (!add(*message)) {
      held_ = *std::move(message);
      return;
    }
  }
}

void Session::OnAssigned(const std::vector<std::int32_t>& partitions) {
  ++report_.status().rebalances;
  report_.Note(partitions.empty()
                   ? "assigned no partitions: the group has more members than there are"
                   : fmt::format("assigned partitions {}", fmt::join(partitions, ", ")));
  report_.SetState(ServiceState::kRunning, "");
  last_message_ = Clock::now();
}

void Session::OnRevoked(bool lost) {
  if (revoking_) return;
  revoking_ = true;
  report_.Note(lost ? "partitions lost: the group went on without this member"
                    : "partitions revoked");
  report_.SetState(ServiceState::kRunning, "waiting for the group to assign partitions");
  if (lost || !FinishAll(Clock::now() + kRevokeTimeout)) {
    if (in_transaction_) Abort(/*go_back=*/false);
  }
  DropAll();
  revoking_ = false;
}

// --- Processing ----------------------------------------------------------------------------------

void Session::StartEpoch() {
  if (running_ || next_.empty() || end_) return;
  // A transaction takes as many epochs as come in its time; their outputs are acknowledged with it.
  if (!options_.exactly_once && pending_.size() >= kMaxPendingEpochs) return;
  std::swap(next_, current_);
  next_.Clear();
  PendingEpoch epoch{.tag = ++last_tag_};
  for (std::size_t i = 0; i < current_.size(); ++i) {
    epoch.next_offsets[current_[i].partition] = current_[i].offset + 1;
    report_.status().bytes_in += current_[i].message_bytes;
  }
  report_.status().messages_in += current_.size();
  pending_.push_back(std::move(epoch));
  running_ = true;
  epoch_.Start(current_, last_tag_);
  thread_.Start(epoch_);
  Receive();  // there is room again, and perhaps no event that will tell of more
}

void Session::FinishEpoch() {
  if (!running_ || thread_.busy()) return;
  Send();  // what came between the last Send and the epoch's end
  if (!running_ || sending_ != nullptr || !outbox_.empty()) return;  // perhaps it was aborted
  running_ = false;
  PendingEpoch& epoch = pending_.back();
  if (Status status = thread_.TakeStatus(); !status.ok()) {
    // Its inputs are not committed, and will be read again; so nothing of it may be.
    pending_.pop_back();
    if (in_transaction_) Abort(/*go_back=*/false);
    End(SessionEnd::Kind::kFailed, std::move(status));
    return;
  }
  ++report_.status().epochs;
  if (options_.exactly_once && !OpenTransaction()) return;
  epoch.sent = true;
  bad_share_.Add(SteadyClockNs(), epoch.records, epoch.bad);
  if (bad_share_.exceeded()) {
    End(SessionEnd::Kind::kFailed,
        Status::Data(fmt::format(
            "{} of the last {} records are dead letters, more than --max-bad-share {} allows: "
            "stopped before offset {} of {}, partition {}; 'marquee dead-letters ls' tells why",
            bad_share_.bad(), bad_share_.records(), options_.max_bad_share,
            epoch.next_offsets.begin()->second, options_.connection.TopicName(options_.input),
            epoch.next_offsets.begin()->first)));
  }
}

// --- Sending -------------------------------------------------------------------------------------

void Session::Send() {
  for (;;) {
    if (sending_ == nullptr) {
      sending_ = outbox_.Pop();
      if (sending_ == nullptr) return;
      num_sent_ = 0;
      CountGroup(*sending_);
    }
    if (!SendGroup()) return;
    outbox_.Recycle(std::move(sending_));
  }
}

/// Hand the client what is left of sending_; false if it does not take it all now.
bool Session::SendGroup() {
  if (end_ && end_->kind != SessionEnd::Kind::kFailed) return false;
  if (options_.exactly_once && sending_->size() > 0 && !OpenTransaction()) return false;
  // The one that is running: its groups come before the next epoch can start.
  PendingEpoch& epoch = pending_.back();
  for (; num_sent_ < sending_->size(); ++num_sent_) {
    const OutputGroup::Entry& entry = sending_->entry(num_sent_);
    const std::span<const std::byte> message = sending_->message(num_sent_);
    Result<bool> sent = producer_->Send(options_.connection.TopicName(entry.topic), entry.partition,
                                        message, sending_->headers(num_sent_), sending_->tag);
    if (!sent && options_.exactly_once && producer_->FatalError().ok()) {
      // The client refuses to go on with a transaction that must be aborted.
      report_.Complain(std::string(sent.error().message()) + "; the transaction is aborted");
      Abort(/*go_back=*/!revoking_ && !control_.stop_requested());
      return false;
    }
    if (!sent) {
      const bool fatal = sent.error().code() == StatusCode::kUnavailable;
      End(fatal ? SessionEnd::Kind::kRebuild : SessionEnd::Kind::kFailed, std::move(sent).error());
      return false;
    }
    if (!*sent) return false;
    ++epoch.outstanding;
    epoch.has_sent = true;
    ++report_.status().messages_out;
    report_.status().bytes_out += message.size();
  }
  return true;
}

void Session::CountGroup(const OutputGroup& group) {
  PendingEpoch& epoch = pending_.back();
  ServiceStatus& status = report_.status();
  epoch.records += group.records_in;
  epoch.bad += group.unreadable;
  status.rows_in += group.records_in - group.unreadable;
  status.rows_out += group.rows_out;
  status.unreadable_messages += group.unreadable;
  status.busy_ns += group.busy_ns;
  for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
    epoch.bad += group.rejects[reason];
    status.dead_letters[reason] += group.rejects[reason];
  }
}

void Session::OnDelivery(std::uint64_t tag, const Status& status) {
  const auto epoch = std::find_if(pending_.begin(), pending_.end(),
                                  [tag](const PendingEpoch& e) { return e.tag == tag; });
  if (epoch == pending_.end()) return;  // of an epoch that was dropped
  if (status.ok()) {
    --epoch->outstanding;
  } else if (!options_.exactly_once) {
    End(SessionEnd::Kind::kRebuild,
        Status::Unavailable(fmt::format("an output was not delivered: {}", status.message())));
  }  // else the transaction fails, and is aborted
}

// --- Committing ----------------------------------------------------------------------------------

void Session::Commit() {
  if (end_ && end_->kind != SessionEnd::Kind::kFailed) return;
  if (options_.exactly_once) {
    if (in_transaction_ && TransactionDue()) (void)CommitTransaction();
  } else {
    CommitOffsets();
  }
}

void Session::TakeAcknowledged() {
  while (!pending_.empty() && pending_.front().sent && pending_.front().outstanding == 0) {
    for (const auto& [partition, offset] : pending_.front().next_offsets) {
      acknowledged_[partition] = offset;
    }
    pending_.pop_front();
    to_commit_ = true;
  }
}

void Session::CommitOffsets() {
  TakeAcknowledged();
  if (!to_commit_ || Clock::now() - last_commit_ < kCommitInterval) return;
  consumer_->CommitAsync(acknowledged_);
  last_commit_ = Clock::now();
  to_commit_ = false;
}

bool Session::TransactionDue() const {
  // A transaction holds whole epochs only: it must not commit offsets of half of one, nor outputs
  // without their offsets.
  const bool running_has_sent = running_ && pending_.back().has_sent;
  return !running_has_sent && sending_ == nullptr &&
         Clock::now() - transaction_began_ >= kTransactionInterval;
}

bool Session::OpenTransaction() {
  if (in_transaction_) return true;
  const TransactionOutcome outcome = producer_->Begin();
  if (outcome != TransactionOutcome::kDone) {
    End(outcome == TransactionOutcome::kFenced ? SessionEnd::Kind::kFenced
                                               : SessionEnd::Kind::kRebuild,
        Status::Unavailable(producer_->transaction_error()));
    return false;
  }
  in_transaction_ = true;
  transaction_began_ = Clock::now();
  return true;
}

/// Make a call on the transaction, in short attempts, until it is done or too late.
TransactionOutcome Session::InTime(const std::function<TransactionOutcome(milliseconds)>& call) {
  auto deadline = Clock::now() + kTransactionTimeout;
  TransactionOutcome outcome = TransactionOutcome::kRetry;
  while (outcome == TransactionOutcome::kRetry && Clock::now() < deadline) {
    outcome = call(kAttempt);
    if (control_.stop_requested()) deadline = std::min(deadline, Clock::now() + kAttempt);
    report_.Tick();
  }
  return outcome;
}

/// False if it was aborted, or nobody knows.
bool Session::CommitTransaction() {
  Offsets offsets;
  for (const PendingEpoch& epoch : pending_) {
    if (!epoch.sent) continue;
    for (const auto& [partition, offset] : epoch.next_offsets) offsets[partition] = offset;
  }
  const KafkaPartitions list = consumer_->ListOf(offsets);
  TransactionOutcome outcome = InTime([&](milliseconds timeout) {
    return producer_->SendOffsets(list.get(), consumer_->group_metadata(), timeout);
  });
  if (outcome == TransactionOutcome::kDone) {
    outcome = InTime([&](milliseconds timeout) { return producer_->Commit(timeout); });
  }
  switch (outcome) {
    case TransactionOutcome::kDone:
      ++report_.status().commits;
      in_transaction_ = false;
      std::erase_if(pending_, [](const PendingEpoch& epoch) { return epoch.sent; });
      return true;
    case TransactionOutcome::kAbort:
      report_.Complain(producer_->transaction_error() + "; the transaction is aborted");
      Abort(/*go_back=*/!revoking_ && !control_.stop_requested());
      return false;
    case TransactionOutcome::kFenced:
      End(SessionEnd::Kind::kFenced, Status::Unavailable(producer_->transaction_error()));
      return false;
    case TransactionOutcome::kRetry:
    case TransactionOutcome::kRebuild:
      // Whether it was committed shows when the next producer has taken over and the group's
      // offsets are read again.
      ++report_.status().commit_failures;
      End(SessionEnd::Kind::kRebuild, Status::Unavailable(producer_->transaction_error()));
      return false;
  }
  return false;
}

void Session::Abort(bool go_back) {
  ++report_.status().transactions_aborted;
  DropAll();
  in_transaction_ = false;
  const TransactionOutcome outcome =
      InTime([&](milliseconds timeout) { return producer_->Abort(timeout); });
  if (outcome != TransactionOutcome::kDone) {
    End(SessionEnd::Kind::kRebuild, Status::Unavailable(producer_->transaction_error()));
    return;
  }
  // The consumer is not sent back itself: assigning anew ends the process if a revocation comes
  // right behind it (librdkafka's issue 5573), and with a seek one chaos run in ten lost messages
  // of a partition whose leader had died, for a reason that was not found.
  if (go_back) {
    End(SessionEnd::Kind::kRebuild,
        Status::Unavailable("a transaction was aborted: going back to what is committed"));
  }
}

// --- Ending --------------------------------------------------------------------------------------

/// Take no more messages, and see what is in hand through to its commit; false if that was not
/// possible until `deadline`.
bool Session::FinishAll(TimePoint deadline) {
  next_.Clear();
  held_.reset();
  const auto done = [this] {
    if (running_ || sending_ != nullptr) return false;
    if (options_.exactly_once) return true;
    return std::all_of(pending_.begin(), pending_.end(),
                       [](const PendingEpoch& epoch) { return epoch.outstanding == 0; });
  };
  const bool failed_before = end_.has_value();
  bool finished = true;
  while (!done()) {
    if (control_.stop_requested()) deadline = std::min(deadline, Clock::now() + kStopTimeout);
    if (Clock::now() >= deadline || (end_ && !failed_before)) {
      finished = false;
      break;
    }
    control_.waker().Wait(20);
    Send();
    producer_->Poll(milliseconds(0));
    FinishEpoch();
    report_.Tick();
  }
  if (options_.exactly_once) {
    return finished && (!in_transaction_ || CommitTransaction());
  }
  // What was acknowledged in time need not be read again. All of it, for a commit that nobody waited
  // for may have failed.
  TakeAcknowledged();
  const Status status = consumer_->CommitSync(acknowledged_, kAttempt);
  report_.Complain(status.message());
  return finished && status.ok();
}

/// Forget what is in hand and not committed; it will be read again, by whoever has the partitions.
void Session::DropAll() {
  next_.Clear();
  held_.reset();
  sending_.reset();
  while (running_ && thread_.busy()) {
    while (auto group = outbox_.Pop()) outbox_.Recycle(std::move(group));
    control_.waker().Wait(5);
  }
  while (auto group = outbox_.Pop()) outbox_.Recycle(std::move(group));
  if (running_) (void)thread_.TakeStatus();
  running_ = false;
  pending_.clear();
  acknowledged_.clear();
  to_commit_ = false;
}

// --- Watching ------------------------------------------------------------------------------------

void Session::Watch() {
  if (Status fatal = producer_->FatalError(); !fatal.ok() && !end_) {
    End(SessionEnd::Kind::kRebuild, std::move(fatal));
  }
  report_.Complain(consumer_->TakeComplaint());
  report_.Complain(producer_->TakeComplaint());
  if (!end_) CheckStall();
  if (report_.tick_due()) {
    CountCommits();
    report_.status().lags = consumer_->Lags();
    stage_.Tick(report_);
    report_.Tick();
  }
}

/// Those of the consumer; transactions are counted where they are committed.
void Session::CountCommits() {
  report_.status().commits += consumer_->TakeCommits();
  report_.status().commit_failures += consumer_->TakeCommitFailures();
}

void Session::CheckStall() {
  const auto now = Clock::now();
  if (!consumer_->assigned() || !next_.empty() || running_ ||
      now - last_message_ < options_.stall_after) {
    return;
  }
  last_message_ = now;  // ask once in a while only
  if (!consumer_->HasUnreadMessages(kAttempt)) return;
  if (!unread_seen_) {
    // It may have come in this moment: look again in a second.
    unread_seen_ = true;
    last_message_ = now - options_.stall_after + seconds(1);
    return;
  }
  ++report_.status().stalls;
  report_.SetState(ServiceState::kStalled, "messages are waiting, but none is received");
  End(SessionEnd::Kind::kRebuild,
      Status::Unavailable(fmt::format("stalled: {} has unread messages, but none came for {} s",
                                      options_.connection.TopicName(options_.input),
                                      options_.stall_after.count())));
}

}  // namespace marquee
