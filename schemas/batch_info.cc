#include "schemas/batch_info.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <numeric>
#include <random>

#include "schemas/check.h"
#include "schemas/unix_time.h"
#include "schemas/wire_span.h"

namespace marquee {
namespace {

// Kafka's own limit.
constexpr std::size_t kMaxTopicName = 249;

}  // namespace

namespace {

// A UUID of version 7 (RFC 9562): 48 bits of Unix time in ms, 4 of version, 12 random, 2 of
// variant, 62 random.
constexpr std::uint64_t kVersion = 7;
constexpr std::uint64_t kVariant = 2;

}  // namespace

RunId RunId::Random() {
  std::random_device device;
  const auto word = [&device] { return (std::uint64_t{device()} << 32) | device(); };
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_ms = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  return {.high = now_ms << 16 | kVersion << 12 | (word() & 0xfff),
          .low = kVariant << 62 | word() >> 2};
}

Result<RunId> RunId::Parse(std::string_view text) {
  std::string digits(text);
  digits.erase(std::remove(digits.begin(), digits.end(), '-'), digits.end());
  const auto read = [&digits](std::size_t begin, std::uint64_t& word) {
    const char* first = digits.data() + begin;
    const auto [end, error] = std::from_chars(first, first + 16, word, 16);
    return error == std::errc() && end == first + 16;
  };
  RunId run;
  if (digits.size() != 32 || !read(0, run.high) || !read(16, run.low)) {
    return Status::Usage(
        fmt::format("'{}' is no run: give its 32 hexadecimal digits, as 'marquee produce' prints "
                    "them",
                    text));
  }
  return run;
}

std::optional<std::int64_t> RunId::start_ms() const noexcept {
  if ((high >> 12 & 0xf) != kVersion || low >> 62 != kVariant) return std::nullopt;
  return static_cast<std::int64_t>(high >> 16);
}

std::string RunId::ToString() const { return fmt::format("{:016x}{:016x}", high, low); }

void BatchInfo::AddHop(wire::StageId stage, std::int64_t received_ns, std::int64_t started_ns,
                       std::int64_t finished_ns) {
  MARQUEE_CHECK(num_hops < kMaxHops);
  hops[num_hops++] =
      wire::Hop(received_ns, started_ns, finished_ns, static_cast<std::uint64_t>(stage));
}

std::uint32_t BatchInfo::num_rejects() const noexcept {
  return std::accumulate(rejects.begin(), rejects.end(), std::uint32_t{0});
}

Status CheckBatchInfo(const wire::BatchInfo& info) {
  if (info.parent() != nullptr && TextOf(info.parent()->topic()).size() > kMaxTopicName) {
    return Status::Data(
        fmt::format("the parent's topic has a name of {} bytes; at most {} are allowed",
                    info.parent()->topic()->size(), kMaxTopicName));
  }
  if (info.num_ordinals() > 65'536) {
    return Status::Data(
        fmt::format("num_ordinals is {}; a batch has at most 65536", info.num_ordinals()));
  }
  if (!LiesAligned(info.hops()) || !LiesAligned(info.rejects())) {
    return Status::Data("hops or rejects do not lie on a multiple of 8 bytes");
  }
  if (info.hops() != nullptr) {
    // One place must be left for the stage that reads this.
    if (info.hops()->size() >= kMaxHops) {
      return Status::Data(fmt::format("{} hops; a batch passes at most {} stages",
                                      info.hops()->size(), kMaxHops - 1));
    }
    for (const wire::Hop* hop : *info.hops()) {
      if (hop->stage() > static_cast<std::uint64_t>(wire::StageId::MAX)) {
        return Status::Data(fmt::format("a hop names the unknown stage {}", hop->stage()));
      }
      if (!IsUnixTime(hop->received_ns()) || !IsUnixTime(hop->started_ns()) ||
          !IsUnixTime(hop->finished_ns())) {
        return Status::Data("a hop's times are before 1970 or after 2116");
      }
    }
  }
  if (info.rejects() != nullptr) {
    std::uint64_t rejected = 0;
    for (const wire::RejectCount* count : *info.rejects()) {
      if (count->reason() >= kNumRejectReasons) {
        return Status::Data(fmt::format("unknown reject reason {}", count->reason()));
      }
      rejected += count->rows();
    }
    if (rejected > info.num_ordinals()) {
      return Status::Data(fmt::format("{} rejected rows of {}", rejected, info.num_ordinals()));
    }
  }
  return {};
}

BatchInfo ReadBatchInfo(const wire::BatchInfo& info) {
  BatchInfo value{.run = {.high = info.run_high(), .low = info.run_low()},
                  .sequence = info.sequence(),
                  .first_record = info.first_record(),
                  .num_ordinals = info.num_ordinals()};
  if (info.hops() != nullptr) {
    for (const wire::Hop* hop : *info.hops()) value.hops[value.num_hops++] = *hop;
  }
  if (info.rejects() != nullptr) {
    for (const wire::RejectCount* count : *info.rejects()) {
      value.rejects[count->reason()] += count->rows();
    }
  }
  if (const wire::Parent* parent = info.parent(); parent != nullptr) {
    value.parent = MessagePlace{.topic = TextOf(parent->topic()),
                                .partition = parent->partition(),
                                .offset = parent->offset()};
  }
  if (const wire::RunTotals* totals = info.totals(); totals != nullptr) {
    value.totals = RunTotals{.messages = totals->messages(),
                             .records = totals->records(),
                             .rejected = totals->rejected()};
  }
  return value;
}

flatbuffers::Offset<wire::BatchInfo> WriteBatchInfo(flatbuffers::FlatBufferBuilder& builder,
                                                    const BatchInfo& info) {
  std::array<wire::RejectCount, kNumRejectReasons> rejects;
  std::size_t num_rejects = 0;
  for (std::size_t reason = 0; reason < kNumRejectReasons; ++reason) {
    if (info.rejects[reason] == 0) continue;
    rejects[num_rejects++] =
        wire::RejectCount(static_cast<std::uint32_t>(reason), info.rejects[reason]);
  }
  const auto hops = builder.CreateVectorOfStructs(info.hops.data(), info.num_hops);
  flatbuffers::Offset<flatbuffers::Vector<const wire::RejectCount*>> reject_counts;
  if (num_rejects > 0) {
    reject_counts = builder.CreateVectorOfStructs(rejects.data(), num_rejects);
  }
  flatbuffers::Offset<wire::RunTotals> totals;
  if (info.totals) {
    totals = wire::CreateRunTotals(builder, info.totals->messages, info.totals->records,
                                   info.totals->rejected);
  }
  flatbuffers::Offset<wire::Parent> parent;
  if (info.parent) {
    const auto topic = builder.CreateString(info.parent->topic.data(), info.parent->topic.size());
    parent = wire::CreateParent(builder, topic, info.parent->partition, info.parent->offset);
  }
  return wire::CreateBatchInfo(builder, info.run.high, info.run.low, info.sequence,
                               info.first_record, info.num_ordinals, parent, hops, reject_counts,
                               totals);
}

std::string_view RejectReasonName(wire::RejectReason reason) {
  switch (reason) {
    case wire::RejectReason::None:
      return "none";
    case wire::RejectReason::FieldCount:
      return "field_count";
    case wire::RejectReason::FieldTooLong:
      return "field_too_long";
    case wire::RejectReason::RecordTooLarge:
      return "record_too_large";
    case wire::RejectReason::UnterminatedQuote:
      return "unterminated_quote";
    case wire::RejectReason::TruncatedInput:
      return "truncated_input";
    case wire::RejectReason::NulByte:
      return "nul_byte";
    case wire::RejectReason::InvalidUtf8:
      return "invalid_utf8";
    case wire::RejectReason::IdAbsent:
      return "id_absent";
    case wire::RejectReason::IdNotANumber:
      return "id_not_a_number";
    case wire::RejectReason::FeaturesTooLarge:
      return "features_too_large";
  }
  return "unknown";
}

}  // namespace marquee
