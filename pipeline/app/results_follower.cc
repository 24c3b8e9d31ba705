#include "pipeline/app/results_follower.h"

#include <fmt/core.h>

#include "pipeline/app/topic_scan.h"

namespace marquee {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

/// When the run of this message began, as far as the message tells.
std::int64_t StartMs(const BatchInfo& info) {
  if (const auto start_ms = info.run.start_ms()) return *start_ms;
  return info.num_hops > 0 ? info.hops[0].received_ns() / kNsPerMs : 0;
}

/// Whether no result has told yet how many classes there are.
bool IsUntouched(const RunResults& results) {
  return results.tracker().messages() == 0 && results.tracker().rows() == 0 &&
         results.refused() == 0;
}

}  // namespace

ResultsFollower::ResultsFollower(std::string topic, WantedRun wanted, std::size_t num_classes,
                                 std::int64_t opened_ns)
    : topic_(std::move(topic)), wanted_(std::move(wanted)), opened_ns_(opened_ns) {
  if (!wanted_.run) return;
  results_ = std::make_unique<RunResults>(*wanted_.run, num_classes, wanted_.warm_up_ns);
  start_ms_ = wanted_.run->start_ms();
}

std::unique_ptr<RunResults> ResultsFollower::Take(const TopicRecord& record, std::int64_t now_ns) {
  counted_.reset();
  const auto batch = Read(record);
  if (!batch) {
    ++unreadable_;
    Complain(record, batch.error());
    return nullptr;
  }
  const BatchInfo info = batch->info();
  if (!Follows(info)) return nullptr;
  std::unique_ptr<RunResults> before;
  if (results_ == nullptr || results_->tracker().run() != info.run) {
    before = std::move(results_);
    if (before != nullptr) left_.insert(before->tracker().run());
    start_ms_.reset();
  }
  if (results_ == nullptr || IsUntouched(*results_)) {
    results_ = std::make_unique<RunResults>(info.run, batch->num_classes(), wanted_.warm_up_ns);
  }
  if (!start_ms_) start_ms_ = StartMs(info);
  const bool old = record.timestamp_ms >= 0 && record.timestamp_ms < opened_ns_ / kNsPerMs;
  const std::int64_t arrival_ns = old ? record.timestamp_ms * kNsPerMs : now_ns;
  const std::uint64_t forgotten = results_->tracker().forgotten_messages();
  const Status status = results_->Add(*batch, arrival_ns);
  if (status.ok()) {
    counted_ = {.batch = *batch, .arrival_ns = arrival_ns};
  } else {
    Complain(record, status);
  }
  if (forgotten == 0 && results_->tracker().forgotten_messages() > 0) {
    Complain(record, Status::Data(fmt::format(
                         "run {} has more dead letters outstanding than are remembered: if the "
                         "oldest are replayed now, their rows count as having come twice",
                         info.run.ToString())));
  }
  return before;
}

Result<ResultBatchView> ResultsFollower::Read(const TopicRecord& record) {
  if (!record.value.empty() && record.value.front() == std::byte{'{'}) {
    return Status::Data(
        "a JSON text, as 'marquee infer --output json' writes; results are counted from batches: "
        "run infer with --output batches");
  }
  MARQUEE_ASSIGN_OR_RETURN(const auto bytes, CopyRecord(record, message_));
  MARQUEE_ASSIGN_OR_RETURN(const ResultBatchView batch, ResultBatchView::Verify(bytes));
  if (wanted_.check) MARQUEE_RETURN_IF_ERROR(wanted_.check(batch));
  return batch;
}

bool ResultsFollower::Follows(const BatchInfo& info) const {
  if (results_ == nullptr || results_->tracker().run() == info.run) return true;
  // A run whose start is not known yet has shown no record: any that comes after is not newer.
  return wanted_.then_newer && start_ms_ && StartMs(info) > *start_ms_ &&
         left_.count(info.run) == 0;
}

void ResultsFollower::Complain(const TopicRecord& record, const Status& status) {
  if (complaints_++ > 0) return;
  complaint_ = fmt::format("topic {}, partition {}, offset {}: {}", topic_, record.partition,
                           record.offset, status.message());
}

std::string ResultsFollower::TakeComplaint() {
  if (complaints_ > 1) complaint_ += fmt::format(" (and {} more such records)", complaints_ - 1);
  complaints_ = 0;
  return std::exchange(complaint_, {});
}

}  // namespace marquee
