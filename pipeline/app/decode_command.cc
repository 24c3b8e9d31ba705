#include <fmt/core.h>

#include <optional>

#include "pipeline/app/command.h"
#include "pipeline/app/kafka_options.h"
#include "pipeline/app/message_json.h"
#include "pipeline/app/topic_scan.h"
#include "pipeline/transport/file/message_file.h"

namespace marquee {
namespace {

struct DecodeOptions {
  std::string path;
  KafkaConnection connection;
  std::string topic;
  std::optional<std::int32_t> partition;
  std::int64_t offset = 0;
  std::uint64_t count = 0;  // 0 = all
  bool follow = false;
};

Status DecodeFile(const DecodeOptions& options, OutputFile& output) {
  MARQUEE_ASSIGN_OR_RETURN(MessageFileReader reader, MessageFileReader::Open(options.path));
  Message message;
  for (std::uint64_t number = 0; options.count == 0 || number < options.count; ++number) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, reader.Next(message));
    if (!more) break;
    auto json = MessageJson(message.bytes());
    if (!json) {
      return std::move(json).error().WithContext(
          fmt::format("{}, message {}", options.path, number));
    }
    MARQUEE_RETURN_IF_ERROR(output.Write(JsonText(*json) + "\n"));
  }
  return {};
}

Status DecodeTopic(const DecodeOptions& options, OutputFile& output) {
  const std::string topic = options.connection.topic_prefix + options.topic;
  MARQUEE_ASSIGN_OR_RETURN(const auto reader,
                           TopicReader::Open(options.connection, topic, StartAt{}, kBrokerTimeout));
  if (options.partition && *options.partition >= reader->num_partitions()) {
    return Status::Usage(fmt::format("topic {} has no partition {}; it has {}", topic,
                                     *options.partition, reader->num_partitions()));
  }
  Message memory;
  std::uint64_t printed = 0;
  return ScanTopic(*reader, options.follow, [&](const TopicRecord& record) -> Result<bool> {
    if (options.partition && record.partition != *options.partition) return true;
    if (record.offset < options.offset) return true;
    MARQUEE_RETURN_IF_ERROR(output.Write(JsonText(RecordJson(topic, record, memory)) + "\n"));
    if (options.follow) MARQUEE_RETURN_IF_ERROR(output.Flush());
    return ++printed != options.count;
  });
}

Status Decode(const DecodeOptions& options) {
  if (options.path.empty() == options.topic.empty()) {
    return Status::Usage("name either a FILE of messages or a --topic");
  }
  MARQUEE_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Create("-"));
  MARQUEE_RETURN_IF_ERROR(options.topic.empty() ? DecodeFile(options, output)
                                                : DecodeTopic(options, output));
  return output.Close();
}

}  // namespace

void AddDecodeCommand(CLI::App& root, Action& chosen) {
  CLI::App* command =
      AddCommand(root, "decode", "Print the messages of a file or a topic as JSON lines",
                 "  marquee decode features.marquee -n 1\n"
                 "  marquee decode dead-letters.marquee | jq .reject.reason\n"
                 "  marquee decode --topic results --partition 0 --offset 120 -n 1\n"
                 "  marquee decode --topic status --follow");
  auto options = std::make_shared<DecodeOptions>();
  AddKafkaOptions(*command, options->connection);
  auto* file = command->add_option("FILE", options->path, "a file of messages");
  auto* topic = command->add_option(
      "--topic", options->topic,
      "a topic: raw-data, processed-data, results, dead-letter, status or any other, without the "
      "--topic-prefix");
  topic->excludes(file);
  command->add_option("--partition", options->partition, "only this partition of the topic")
      ->check(CLI::NonNegativeNumber)
      ->needs(topic);
  command->add_option("--offset", options->offset, "only records from this offset on")
      ->check(CLI::NonNegativeNumber)
      ->needs(topic);
  command->add_option("-n,--count", options->count, "print so many at most")
      ->check(CLI::PositiveNumber);
  command->add_flag("--follow", options->follow, "go on past the topic's end, until interrupted")
      ->needs(topic);
  SetAction(command, chosen, [options] { return Decode(*options); });
}

}  // namespace marquee
