#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <optional>

#include "pipeline/app/command.h"
#include "pipeline/app/dead_letters.h"
#include "pipeline/app/kafka_options.h"
#include "pipeline/app/message_json.h"
#include "pipeline/app/settings.h"

namespace marquee {
namespace {

using Json = nlohmann::ordered_json;

/// Where dead letters are: in a file, or in the topic dead-letter.
struct LettersOptions {
  std::string path;
  bool topic = false;
  KafkaConnection connection;
  bool json = false;
};

struct ShowOptions : LettersOptions {
  std::vector<std::string> words;
};

struct ReplayOptions : LettersOptions {
  std::string run_id;
  ReplayFilter filter;
  bool dry_run = false;
};

/// `text` without control characters: what stands in a bad file must not drive the terminal.
std::string Printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

Status CheckPlace(const LettersOptions& options) {
  if (options.path.empty() != options.topic) {
    return Status::Usage("name either a FILE of dead letters or --topic");
  }
  return {};
}

/// Visit the dead letters that the options name.
Status Visit(const LettersOptions& options, const DeadLetterVisitor& visit) {
  MARQUEE_RETURN_IF_ERROR(CheckPlace(options));
  if (!options.topic) return ForEachDeadLetter(options.path, visit);
  const std::string topic = options.connection.TopicName(Topic::kDeadLetter);
  MARQUEE_ASSIGN_OR_RETURN(const auto reader,
                           TopicReader::Open(options.connection, topic, StartAt{}, kBrokerTimeout));
  return ForEachDeadLetter(*reader, visit);
}

/// Where the row was: in the file it came from, or in a topic.
std::string OriginText(const Json& summary) {
  const std::string source = summary["source"].get<std::string>();
  std::string text = source;
  if (const auto origin = summary.find("origin"); origin != summary.end()) {
    text = fmt::format("{}/{}/{}", (*origin)["topic"].get<std::string>(),
                       (*origin)["partition"].dump(), (*origin)["offset"].dump());
  }
  if (const auto row = summary.find("row"); row != summary.end()) {
    text += fmt::format(", row {}", row->get<std::uint64_t>());
  }
  return text;
}

Status List(const LettersOptions& options) {
  std::map<std::string, std::uint64_t> reasons;
  if (!options.json) {
    fmt::print("{:>10}  {:<18} {:<10} {:>9}  {:<32} {:<20} {}\n",
               options.topic ? "place" : "number", "reason", "stage", "record", "origin", "column",
               "message");
  }
  MARQUEE_RETURN_IF_ERROR(Visit(options, [&](const DeadLetter& letter) -> Result<bool> {
    const Json json = DeadLetterSummary(letter);
    ++reasons[letter.reason()];
    if (options.json) {
      fmt::print("{}\n", JsonText(json));
      return true;
    }
    const auto text = [&json](const char* key) { return Printable(json[key].get<std::string>()); };
    fmt::print("{:>10}  {:<18} {:<10} {:>9}  {:<32} {:<20} {}\n", letter.place, text("reason"),
               text("stage"), json["record"].get<std::uint64_t>(), Printable(OriginText(json)),
               text("column"), text("message"));
    return true;
  }));
  if (options.json) return {};
  fmt::print("\n");
  for (const auto& [reason, letters] : reasons) {
    fmt::print("{:>10}  {}\n", letters, Printable(reason));
  }
  return {};
}

Status Show(ShowOptions options) {
  if (options.words.size() != (options.topic ? 1 : 2)) {
    return Status::Usage("say which: FILE NUMBER, or --topic PARTITION:OFFSET, as ls prints it");
  }
  const std::string place = options.words.back();
  if (!options.topic) options.path = options.words.front();
  bool found = false;
  MARQUEE_RETURN_IF_ERROR(Visit(options, [&](const DeadLetter& letter) -> Result<bool> {
    found = letter.place == place;
    if (found) fmt::print("{}\n", JsonText(DeadLetterDetails(letter), 2));
    return !found;
  }));
  if (found) return {};
  return Status::Usage(
      fmt::format("{} has no dead letter {}; 'marquee dead-letters ls' tells which "
                  "there are",
                  options.topic ? "the topic" : options.path, place));
}

void PrintCounts(const ReplayCounts& counts, const ReplayOptions& options) {
  if (options.json) {
    fmt::print("{}\n", JsonText({{"dry_run", options.dry_run},
                                 {"rows", counts.rows},
                                 {"whole", counts.whole},
                                 {"not_asked_for", counts.not_asked_for},
                                 {"repeated", counts.repeated},
                                 {"whole_left", counts.whole_left},
                                 {"without_row", counts.without_row},
                                 {"from_elsewhere", counts.from_elsewhere}}));
    return;
  }
  fmt::print("{} {} rows and {} whole messages\n", options.dry_run ? "would replay" : "replayed",
             counts.rows, counts.whole);
  const auto left = [](std::uint64_t letters, std::string_view why) {
    if (letters > 0) fmt::print("left {}: {}\n", letters, why);
  };
  left(counts.not_asked_for, "of another run or reason");
  left(counts.repeated, "the same rows, rejected again; each is replayed once");
  left(counts.whole_left, "whole messages; --whole replays them");
  left(counts.without_row,
       "only bytes of a record or message are kept, no row; mend the source and produce again");
  left(counts.from_elsewhere, "their headers name no input of the pipeline");
}

Status ReplayLetters(ReplayOptions options) {
  MARQUEE_RETURN_IF_ERROR(CheckPlace(options));
  if (!options.run_id.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(options.filter.run, RunId::Parse(options.run_id));
  }
  const std::string raw_data = options.connection.TopicName(Topic::kRawData);
  MARQUEE_ASSIGN_OR_RETURN(const auto target,
                           TopicReader::Open(options.connection, raw_data,
                                             {.where = StartAt::Where::kEnd}, kBrokerTimeout));
  // First only counted: what is rejected again while we write comes behind these, and would be
  // replayed for ever.
  std::map<std::int32_t, std::int64_t> last_offsets;
  Replay planned(options.connection, target->num_partitions(), options.filter, nullptr);
  const auto plan = [&](const DeadLetter& letter) -> Result<bool> {
    if (letter.record != nullptr) last_offsets[letter.record->partition] = letter.record->offset;
    MARQUEE_RETURN_IF_ERROR(planned.Take(letter));
    return true;
  };
  MARQUEE_RETURN_IF_ERROR(Visit(options, plan));
  if (options.dry_run || planned.counts().rows + planned.counts().whole == 0) {
    PrintCounts(planned.counts(), options);
    return {};
  }
  MARQUEE_ASSIGN_OR_RETURN(const auto writer, TopicWriter::Open(options.connection));
  Replay replay(options.connection, target->num_partitions(), options.filter, writer.get());
  const auto put_back = [&](const DeadLetter& letter) -> Result<bool> {
    const TopicRecord* record = letter.record;
    if (record != nullptr && (last_offsets.count(record->partition) == 0 ||
                              record->offset > last_offsets[record->partition])) {
      return true;
    }
    MARQUEE_RETURN_IF_ERROR(replay.Take(letter));
    return true;
  };
  MARQUEE_RETURN_IF_ERROR(Visit(options, put_back));
  MARQUEE_RETURN_IF_ERROR(writer->Flush(kBrokerTimeout));
  PrintCounts(replay.counts(), options);
  return {};
}

void AddPlaceOptions(CLI::App& command, LettersOptions& options) {
  command.add_flag("--topic", options.topic, "the dead letters of the topic dead-letter");
  AddKafkaOptions(command, options.connection);
}

}  // namespace

void AddDeadLettersCommand(CLI::App& root, Action& chosen) {
  CLI::App* parent = root.add_subcommand(
      "dead-letters", "Look at rows that could not be used, and why; put them back");
  parent->require_subcommand(1);

  CLI::App* list = AddCommand(*parent, "ls", "List dead letters, and count them by reason",
                              "  marquee dead-letters ls dead-letters.marquee\n"
                              "  marquee dead-letters ls --topic\n"
                              "  marquee dead-letters ls dead-letters.marquee --json | jq .reason");
  auto list_options = std::make_shared<LettersOptions>();
  list->add_option("FILE", list_options->path, "a file of dead letters");
  AddPlaceOptions(*list, *list_options);
  AddSwitch(*list, "--json", list_options->json, "print JSON lines, without the counts");
  SetAction(list, chosen, [list_options] { return List(*list_options); });

  CLI::App* show = AddCommand(*parent, "show", "Print one dead letter with all its bytes, as JSON",
                              "  marquee dead-letters show dead-letters.marquee 0\n"
                              "  marquee dead-letters show --topic 2:1045");
  auto show_options = std::make_shared<ShowOptions>();
  show->add_option("WHICH", show_options->words,
                   "FILE NUMBER, or with --topic PARTITION:OFFSET, as ls prints it")
      ->required()
      ->expected(1, 2);
  AddPlaceOptions(*show, *show_options);
  SetAction(show, chosen, [show_options] { return Show(*show_options); });

  CLI::App* replay = AddCommand(
      *parent, "replay", "Put dead letters back into raw-data, for another try",
      "  marquee dead-letters replay --topic --reason invalid_utf8 --dry-run\n"
      "  marquee dead-letters replay --topic --run-id 0193…\n"
      "  marquee dead-letters replay dead-letters.marquee\n\n"
      "A row keeps its run, sequence and ordinal, by which every reader drops what it has seen: "
      "to\n"
      "replay twice does not count a row twice. Rows that are rejected again become dead letters "
      "again.");
  auto replay_options = std::make_shared<ReplayOptions>();
  replay->add_option("FILE", replay_options->path, "a file of dead letters");
  AddPlaceOptions(*replay, *replay_options);
  AddSetting(*replay, "--run-id", replay_options->run_id, "only those of this run");
  replay->add_option("--reason", replay_options->filter.reason,
                     "only those with this reason, as ls prints it");
  replay->add_flag("--whole", replay_options->filter.whole,
                   "messages that were none of ours too, to their topic of origin");
  replay->add_flag("--dry-run", replay_options->dry_run, "only say what would be replayed");
  AddSwitch(*replay, "--json", replay_options->json, "print the counts as one JSON object");
  SetAction(replay, chosen, [replay_options] { return ReplayLetters(*replay_options); });
}

}  // namespace marquee
