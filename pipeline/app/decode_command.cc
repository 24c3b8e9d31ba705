#include <fmt/core.h>

#include "pipeline/app/command.h"
#include "pipeline/app/message_json.h"
#include "pipeline/transport/file/message_file.h"

namespace marquee {
namespace {

Status Decode(const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(MessageFileReader reader, MessageFileReader::Open(path));
  MARQUEE_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Create("-"));
  Message message;
  for (std::uint64_t number = 0;; ++number) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, reader.Next(message));
    if (!more) return output.Close();
    auto json = MessageJson(message.bytes());
    if (!json) {
      return std::move(json).error().WithContext(fmt::format("{}, message {}", path, number));
    }
    MARQUEE_RETURN_IF_ERROR(output.Write(JsonText(*json) + "\n"));
  }
}

}  // namespace

void AddDecodeCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(root, "decode", "Print a file of messages as JSON lines",
                                 "  marquee decode features.marquee | head -n 1\n"
                                 "  marquee decode dead-letters.marquee | jq .reject.reason");
  auto path = std::make_shared<std::string>();
  command->add_option("FILE", *path, "a file of messages")->required();
  SetAction(command, chosen, [path] { return Decode(*path); });
}

}  // namespace marquee
