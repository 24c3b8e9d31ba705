#include "viewer/screen/fonts.h"

#include <algorithm>
#include <cmath>
#include <iterator>

#include "schemas/wire_span.h"

namespace marquee::viewer {
namespace {

/// The letters that the interface itself has beyond Latin ones.
constexpr const char* kOwnLetters = "…×µ";

/// The letter at the beginning of `text`, which is shortened by it. Beyond 16 bits it wraps: ImGui
/// has no such letters, and shows a sign of replacement.
ImWchar TakeLetter(std::string_view& text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = byte(0);
  const std::size_t length = first < 0x80 ? 1 : (first < 0xe0 ? 2 : (first < 0xf0 ? 3 : 4));
  unsigned code = 0;
  if (length == 1) code = first;
  if (length == 2) code = ((first & 0x1f) << 6) | (byte(1) & 0x3f);
  if (length == 3) code = ((first & 0x0f) << 12) | ((byte(1) & 0x3f) << 6) | (byte(2) & 0x3f);
  text.remove_prefix(std::min(length, text.size()));
  return static_cast<ImWchar>(code);
}

}  // namespace

bool Fonts::Note(std::string_view text) {
  bool newer = false;
  while (!text.empty()) {
    const ImWchar letter = TakeLetter(text);
    // Those of Latin-1 are always there.
    if (letter < 0x100 || letters_.size() >= kMostLetters) continue;
    newer |= letters_.insert(letter).second;
  }
  return newer;
}

bool Fonts::Note(const wire::Snapshot& snapshot) {
  bool newer = false;
  const auto note = [&](const flatbuffers::String* text) { newer |= Note(TextOf(text)); };
  const auto note_all = [&](const auto* texts) {
    for (unsigned i = 0; texts != nullptr && i < texts->size(); ++i) note(texts->Get(i));
  };
  for (const wire::Row* row : *snapshot.rows()) note(row->title());
  note_all(snapshot.model()->class_names());
  for (const auto* text : {snapshot.model()->name(), snapshot.model()->version(),
                           snapshot.source()->name(), snapshot.source()->message()}) {
    note(text);
  }
  for (const wire::Part* part : *snapshot.parts()) note(part->name());
  for (const wire::Service* it : *snapshot.services()) {
    for (const auto* text : {it->stage(), it->instance(), it->host(), it->reason()}) note(text);
  }
  for (const wire::DeadLetter* it : *snapshot.dead_letters()) {
    for (const auto* text : {it->source(), it->column(), it->message()}) note(text);
  }
  for (const wire::Event* event : *snapshot.events()) {
    note(event->source());
    note(event->text());
  }
  if (snapshot.drift() != nullptr) {
    for (const wire::FeatureMove* move : *snapshot.drift()) note(move->feature());
  }
  if (const wire::BenchComparison* bench = snapshot.bench()) {
    note(bench->left());
    note(bench->right());
    note_all(bench->left_facts());
    note_all(bench->right_facts());
    for (const wire::BenchRow* row : *bench->rows()) note(row->name());
  }
  return newer;
}

ImFont* Fonts::Load(const FontFile& file, float pixels, const ImWchar* ranges, bool all_letters) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontConfig config;
  config.OversampleH = 2;
  config.OversampleV = 1;
  config.PixelSnapH = true;
  config.FontDataOwnedByAtlas = false;
  const auto add = [&](const FontFile& one) {
    return atlas.AddFontFromMemoryTTF(const_cast<char*>(one.data()), static_cast<int>(one.size()),
                                      pixels, &config, ranges);
  };
  ImFont* font = add(file);
  if (!all_letters) return font;
  config.MergeMode = true;
  for (const FontFile& other : files_.others) add(other);
  return font;
}

void Fonts::Build(Theme& theme) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  atlas.Clear();
  const auto size = [&](float pixels) { return std::max(6.0F, std::round(pixels * theme.scale)); };
  if (files_.empty()) {
    const auto add = [&](float pixels) {
      ImFontConfig config;
      config.SizePixels = size(pixels);
      return atlas.AddFontDefault(&config);
    };
    theme.text = add(13);
    theme.small = theme.text;
    theme.bold = theme.text;
    theme.large = add(26);
  } else {
    ImFontGlyphRangesBuilder builder;
    builder.AddRanges(atlas.GetGlyphRangesDefault());
    builder.AddText(kOwnLetters);
    latin_ranges_.clear();
    builder.BuildRanges(&latin_ranges_);
    for (const ImWchar letter : letters_) builder.AddChar(letter);
    ranges_.clear();
    builder.BuildRanges(&ranges_);
    const FontFile& bold = files_.bold.empty() ? files_.text : files_.bold;
    theme.text = Load(files_.text, size(16), ranges_.Data, true);
    theme.small = Load(files_.text, size(14), ranges_.Data, true);
    theme.bold = Load(bold, size(16), ranges_.Data, true);
    theme.large = Load(bold, size(29), latin_ranges_.Data, false);
  }
  atlas.Build();
}

std::vector<ImWchar> Fonts::Lacking(const Theme& theme) const {
  std::vector<ImWchar> lacking;
  std::copy_if(letters_.begin(), letters_.end(), std::back_inserter(lacking),
               [&](ImWchar letter) { return theme.text->FindGlyphNoFallback(letter) == nullptr; });
  return lacking;
}

}  // namespace marquee::viewer
