// pipeline/transport/kafka/service_epoch.h — received messages as an epoch for a runner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "pipeline/core/runner.h"
#include "pipeline/transport/kafka/outbox.h"
#include "schemas/aligned_buffer.h"

namespace marquee {

class ServiceReport;

/// A received message, on a 64-byte border.
struct ServiceInput {
  /// The whole message; of one that is longer than any of ours may be, the first kMaxOriginalBytes.
  std::span<const std::byte> bytes;
  /// Length and, where `bytes` is only a part, XXH3-64 of the whole.
  std::size_t message_bytes = 0;
  std::uint64_t message_xxh3 = 0;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::int64_t received_ns = 0;  ///< Unix time
};

/// What a service does with a message.
class ServiceStage {
 public:
  virtual ~ServiceStage() = default;

  /// Called before messages come, when the topics are known to have so many partitions.
  virtual void Begin(std::int32_t /*num_partitions*/) {}

  /// Turn a message into outputs, dead letters and counts. Called by any thread, for several
  /// messages at once, but never for two with the same worker. Errors: only those that the service
  /// cannot go on after; a message that is of no use is a dead letter.
  virtual Status Process(const ServiceInput& input, std::size_t worker, OutputGroup& output) = 0;

  /// Called by the service's own thread about once a second, also while messages are processed: tell
  /// in the report's status what only the stage knows.
  virtual void Tick(ServiceReport& /*report*/) {}
};

/// Received messages, copied one behind the other into one piece of memory.
class InputBatch {
 public:
  InputBatch() : bytes_(kCapacity) {}

  /// Copy a message; false if it does not fit any more.
  bool Add(std::span<const std::byte> message, std::int32_t partition, std::int64_t offset,
           std::int64_t received_ns);
  void Clear() {
    inputs_.clear();
    used_ = 0;
  }

  bool empty() const noexcept { return inputs_.empty(); }
  std::size_t size() const noexcept { return inputs_.size(); }
  std::size_t num_bytes() const noexcept { return used_; }
  const ServiceInput& operator[](std::size_t index) const { return inputs_[index]; }

 private:
  // Two of the largest messages that brokers let through by default, and many of the usual ones.
  static constexpr std::size_t kCapacity = 8 << 20;
  static constexpr std::size_t kMaxMessages = 8192;

  AlignedBuffer bytes_;
  std::size_t used_ = 0;
  std::vector<ServiceInput> inputs_;
};

/// Processes a batch of inputs, some at a time, and puts what comes out into the outbox, in order.
class ServiceEpoch final : public Epoch {
 public:
  ServiceEpoch(ServiceStage& stage, Outbox& outbox, std::size_t num_slots)
      : stage_(stage), outbox_(outbox), slots_(num_slots) {}

  /// Begin with a new batch, whose outputs carry `tag`.
  void Start(const InputBatch& batch, std::uint64_t tag) {
    batch_ = &batch;
    tag_ = tag;
    next_ = 0;
  }

  Result<bool> Read(std::size_t slot) override;
  Status Process(std::size_t slot, std::size_t worker) override;
  Status Write(std::size_t slot) override;
  bool FitsOneThread() const noexcept override;

 private:
  // Each slot is written by the worker that has it: in a cache line of its own.
  struct alignas(kMessageAlignment) Slot {
    std::size_t begin = 0;
    std::size_t end = 0;
    std::unique_ptr<OutputGroup> output;
  };

  ServiceStage& stage_;
  Outbox& outbox_;
  std::vector<Slot> slots_;
  const InputBatch* batch_ = nullptr;
  std::uint64_t tag_ = 0;
  std::size_t next_ = 0;
};

}  // namespace marquee
