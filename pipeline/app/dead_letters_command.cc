#include <fmt/core.h>

#include <algorithm>
#include <functional>

#include "pipeline/app/command.h"
#include "pipeline/app/message_json.h"
#include "pipeline/app/settings.h"
#include "pipeline/transport/file/message_file.h"

namespace marquee {
namespace {

struct ListOptions {
  std::string path;
  bool json = false;
};

struct ShowOptions {
  std::string path;
  std::uint64_t number = 0;
};

/// Call `visit(number, letter)` for every dead letter of a file, until it returns false.
Status ForEachDeadLetter(const std::string& path,
                         const std::function<bool(std::uint64_t, const RawBatchView&)>& visit) {
  MARQUEE_ASSIGN_OR_RETURN(MessageFileReader reader, MessageFileReader::Open(path));
  Message message;
  for (std::uint64_t number = 0;; ++number) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, reader.Next(message));
    if (!more) return {};
    auto batch = RawBatchView::Verify(message.bytes());
    const std::string place = fmt::format("{}, message {}", path, number);
    if (!batch) return std::move(batch).error().WithContext(place);
    if (batch->reject() == nullptr) {
      return Status::Data(place + ": a batch, but no dead letter; 'marquee decode' prints it");
    }
    if (!visit(number, *batch)) return {};
  }
}

/// `text` without control characters: what stands in a bad file must not drive the terminal.
std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

Status List(const ListOptions& options) {
  if (!options.json) {
    fmt::print("{:>6}  {:<18} {:<10} {:>9}  {:<20} {}\n", "number", "reason", "stage", "record",
               "column", "message");
  }
  return ForEachDeadLetter(options.path, [&](std::uint64_t number, const RawBatchView& letter) {
    const auto json = DeadLetterJson(letter);
    if (options.json) {
      nlohmann::ordered_json line = {{"number", number}};
      for (const auto* key : {"reason", "stage", "source", "record", "column", "message"}) {
        line[key] = json[key];
      }
      fmt::print("{}\n", JsonText(line));
    } else {
      fmt::print("{:>6}  {:<18} {:<10} {:>9}  {:<20} {}\n", number,
                 json["reason"].get<std::string>(), json["stage"].get<std::string>(),
                 json["record"].get<std::uint64_t>(), Printable(json["column"].get<std::string>()),
                 Printable(json["message"].get<std::string>()));
    }
    return true;
  });
}

Status Show(const ShowOptions& options) {
  bool found = false;
  MARQUEE_RETURN_IF_ERROR(
      ForEachDeadLetter(options.path, [&](std::uint64_t number, const RawBatchView& letter) {
        if (number != options.number) return true;
        fmt::print("{}\n", JsonText(DeadLetterJson(letter), 2));
        found = true;
        return false;
      }));
  if (found) return {};
  return Status::Usage(
      fmt::format("{} has no dead letter {}; 'marquee dead-letters ls' numbers them", options.path,
                  options.number));
}

}  // namespace

void AddDeadLettersCommand(CLI::App& root, Action& chosen) {
  CLI::App* parent =
      root.add_subcommand("dead-letters", "Look at rows that could not be used, and why");
  parent->require_subcommand(1);

  CLI::App* list = AddCommand(*parent, "ls", "List the dead letters of a file",
                              "  marquee dead-letters ls dead-letters.marquee\n"
                              "  marquee dead-letters ls dead-letters.marquee --json | jq .reason");
  auto list_options = std::make_shared<ListOptions>();
  list->add_option("FILE", list_options->path, "a file of dead letters")->required();
  AddSwitch(*list, "--json", list_options->json, "print JSON lines");
  SetAction(list, chosen, [list_options] { return List(*list_options); });

  CLI::App* show = AddCommand(*parent, "show", "Print one dead letter with all its bytes, as JSON",
                              "  marquee dead-letters show dead-letters.marquee 0");
  auto show_options = std::make_shared<ShowOptions>();
  show->add_option("FILE", show_options->path, "a file of dead letters")->required();
  show->add_option("NUMBER", show_options->number, "its number, as ls prints it")->required();
  SetAction(show, chosen, [show_options] { return Show(*show_options); });
}

}  // namespace marquee
