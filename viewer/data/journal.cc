#include "viewer/data/journal.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "schemas/cut_text.h"
#include "schemas/wire_span.h"
#include "viewer/data/snapshot_message.h"

namespace marquee::viewer {
namespace {

/// Put `entry` behind those that are not younger; at most `most` are kept, the youngest.
template <class Entry>
void Insert(std::vector<std::unique_ptr<Entry>>& entries, Entry entry, std::size_t most) {
  const auto place = std::upper_bound(
      entries.begin(), entries.end(), entry.time_ns,
      [](std::int64_t time_ns, const auto& other) { return time_ns < other->time_ns; });
  entries.insert(place, std::make_unique<Entry>(std::move(entry)));
  if (entries.size() > most) entries.erase(entries.begin());
}

}  // namespace

void Journal::Add(std::int64_t time_ns, wire::Severity severity, std::string_view source,
                  std::string_view text) {
  wire::EventT event;
  event.time_ns = time_ns;
  event.severity = severity;
  event.source = CutText(source, kMaxName);
  event.text = CutText(text, kMaxText);
  Insert(snapshot_.events, std::move(event), kMaxEvents);
}

void Journal::Add(wire::DeadLetterT letter) {
  // A topic that is opened anew tells its last ones again.
  const auto is_same = [&letter](const auto& other) {
    return letter.offset >= 0 && letter.offset == other->offset &&
           letter.partition == other->partition && letter.time_ns == other->time_ns;
  };
  if (std::ranges::any_of(snapshot_.dead_letters, is_same)) return;
  letter.source = CutText(letter.source, kMaxName);
  letter.column = CutText(letter.column, kMaxName);
  letter.reason = CutText(letter.reason, kMaxName);
  letter.stage = CutText(letter.stage, kMaxName);
  letter.message = CutText(letter.message, kMaxText);
  Insert(snapshot_.dead_letters, std::move(letter), kMaxDeadLetters);
}

wire::DeadLetterT DescribeDeadLetter(const DeadLetter& letter, std::int64_t time_ns) {
  wire::DeadLetterT described;
  described.time_ns = time_ns;
  described.reason = letter.reason();
  described.stage = letter.stage();
  described.source = letter.source();
  described.message = letter.message();
  if (letter.batch) {
    described.record = letter.batch->reject()->record();
    described.column = TextOf(letter.batch->reject()->column());
  }
  described.partition = letter.record == nullptr ? -1 : letter.record->partition;
  described.offset = letter.record == nullptr ? -1 : letter.record->offset;
  return described;
}

}  // namespace marquee::viewer
