#include "bench/end_to_end/recorded_topic.h"

#include <fmt/core.h>

#include <cstring>
#include <filesystem>
#include <fstream>

#include "pipeline/transport/kafka/topic_reader.h"

namespace marquee::bench {
namespace {

constexpr std::chrono::seconds kBrokerTimeout{20};

constexpr std::size_t kSmallestMessage = sizeof(std::int64_t);

/// Goes before each message in the file. Written and read by one machine, so in its byte order.
struct MessageHead {
  std::uint32_t partition;
  std::uint32_t size;
};

Status CannotWrite(const std::string& path) {
  return Status::Unavailable(fmt::format("{}: cannot write: is there room?", path));
}

}  // namespace

Status RecordedTopic::Record(const KafkaConnection& connection, const std::string& topic,
                             const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(
      const auto reader,
      TopicReader::Open(connection, topic, {.where = StartAt::Where::kBeginning}, kBrokerTimeout));
  std::ofstream file(path, std::ios::binary);
  for (;;) {
    TopicRecord record;
    MARQUEE_ASSIGN_OR_RETURN(const auto event, reader->Next(record, kBrokerTimeout));
    if (event == TopicReader::Event::kEnd) break;
    if (event == TopicReader::Event::kTimeout) {
      return Status::Unavailable(
          fmt::format("topic {}: its end does not come: {}", topic, reader->TakeComplaint()));
    }
    const MessageHead head{static_cast<std::uint32_t>(record.partition),
                           static_cast<std::uint32_t>(record.value.size())};
    file.write(reinterpret_cast<const char*>(&head), sizeof(head));
    file.write(reinterpret_cast<const char*>(record.value.data()),
               static_cast<std::streamsize>(record.value.size()));
  }
  file.close();
  return file ? Status() : CannotWrite(path);
}

Result<RecordedTopic> RecordedTopic::Load(const std::string& path) {
  RecordedTopic topic;
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  if (error) return Status::Unavailable(fmt::format("{}: {}", path, error.message()));
  topic.bytes_.resize(size);
  std::ifstream file(path, std::ios::binary);
  file.read(reinterpret_cast<char*>(topic.bytes_.data()), static_cast<std::streamsize>(size));
  if (!file) return Status::Unavailable(fmt::format("{}: cannot read", path));
  std::span<std::byte> rest(topic.bytes_);
  while (!rest.empty()) {
    MessageHead head{};
    if (rest.size() >= sizeof(head)) std::memcpy(&head, rest.data(), sizeof(head));
    if (rest.size() < sizeof(head) || rest.size() - sizeof(head) < head.size) {
      return Status::Data(fmt::format("{}: cut off in message {}; record the topic anew", path,
                                      topic.num_messages_));
    }
    if (head.size < kSmallestMessage) {
      return Status::Data(
          fmt::format("{}: message {} has no room for a time", path, topic.num_messages_));
    }
    if (topic.partitions_.size() <= head.partition) topic.partitions_.resize(head.partition + 1);
    topic.partitions_[head.partition].push_back(rest.subspan(sizeof(head), head.size));
    rest = rest.subspan(sizeof(head) + head.size);
    ++topic.num_messages_;
  }
  return topic;
}

}  // namespace marquee::bench
