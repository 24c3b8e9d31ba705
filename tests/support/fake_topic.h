// tests/support/fake_topic.h — a topic in memory: its records are read once, what is written is
// kept.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "pipeline/transport/kafka/topic_reader.h"
#include "pipeline/transport/kafka/topic_writer.h"

namespace marquee::testing_support {

struct FakeRecord {
  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::vector<std::byte> value;
  RecordHeaders headers;
};

inline std::vector<std::byte> BytesOf(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

/// Gives the records in their order, then says that the end is reached.
class FakeReader final : public TopicReader {
 public:
  FakeReader(std::string topic, std::vector<FakeRecord> records)
      : topic_(std::move(topic)), records_(std::move(records)) {}

  Result<Event> Next(TopicRecord& record, std::chrono::milliseconds) override {
    if (next_ == records_.size()) return Event::kEnd;
    const FakeRecord& fake = records_[next_++];
    // At an odd address, as Kafka delivers it.
    odd_.assign(1, std::byte{0});
    odd_.insert(odd_.end(), fake.value.begin(), fake.value.end());
    record = {.partition = fake.partition,
              .offset = fake.offset,
              .timestamp_ms = 1'700'000'000'000,
              .value = std::span(odd_).subspan(1),
              .headers = {fake.headers.begin(), fake.headers.end()}};
    return Event::kRecord;
  }
  const std::string& topic() const noexcept override { return topic_; }
  std::int32_t num_partitions() const noexcept override { return 3; }
  std::string TakeComplaint() override { return ""; }
  std::size_t num_read() const { return next_; }

 private:
  std::string topic_;
  std::vector<FakeRecord> records_;
  std::size_t next_ = 0;
  std::vector<std::byte> odd_;
};

class FakeWriter final : public TopicWriter {
 public:
  Status Write(const std::string& topic, std::int32_t partition, std::span<const std::byte> value,
               const RecordHeaders& headers) override {
    records.push_back({.topic = topic,
                       .partition = partition,
                       .value = {value.begin(), value.end()},
                       .headers = headers});
    return {};
  }
  Status Flush(std::chrono::milliseconds) override { return {}; }

  std::vector<FakeRecord> records;
};

}  // namespace marquee::testing_support
