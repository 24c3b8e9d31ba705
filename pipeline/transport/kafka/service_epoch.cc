#include "pipeline/transport/kafka/service_epoch.h"

#include <xxhash.h>

#include <cstring>

#include "schemas/raw_batch.h"

namespace marquee {
namespace {

// Small messages go to a worker together, so that the runner's cost is spread over many of them.
constexpr std::size_t kSlotBytes = 64 << 10;

}  // namespace

bool InputBatch::Add(std::span<const std::byte> message, std::int32_t partition,
                     std::int64_t offset, std::int64_t received_ns) {
  const bool whole = message.size() <= kMaxMessageBytes;
  const std::size_t kept = whole ? message.size() : kMaxOriginalBytes;
  if (inputs_.size() == kMaxMessages || used_ + kept > kCapacity) return false;
  std::byte* place = bytes_.data() + used_;
  if (kept > 0) std::memcpy(place, message.data(), kept);
  inputs_.push_back({.bytes = {place, kept},
                     .message_bytes = message.size(),
                     .message_xxh3 = whole ? 0 : XXH3_64bits(message.data(), message.size()),
                     .partition = partition,
                     .offset = offset,
                     .received_ns = received_ns});
  used_ += (kept + kMessageAlignment - 1) / kMessageAlignment * kMessageAlignment;
  return true;
}

/// What one slot holds cannot be shared out.
bool ServiceEpoch::FitsOneThread() const noexcept { return batch_->num_bytes() <= kSlotBytes; }

Result<bool> ServiceEpoch::Read(std::size_t slot_index) {
  if (next_ == batch_->size()) return false;
  Slot& slot = slots_[slot_index];
  slot.begin = next_;
  std::size_t bytes = 0;
  while (next_ < batch_->size() && (next_ == slot.begin || bytes < kSlotBytes)) {
    bytes += (*batch_)[next_].bytes.size();
    ++next_;
  }
  slot.end = next_;
  slot.output = outbox_.NewGroup();
  slot.output->tag = tag_;
  return true;
}

Status ServiceEpoch::Process(std::size_t slot_index, std::size_t worker) {
  const Slot& slot = slots_[slot_index];
  for (std::size_t i = slot.begin; i < slot.end; ++i) {
    MARQUEE_RETURN_IF_ERROR(stage_.Process((*batch_)[i], worker, *slot.output));
  }
  return {};
}

Status ServiceEpoch::Write(std::size_t slot) {
  outbox_.Push(std::move(slots_[slot].output));
  return {};
}

}  // namespace marquee
