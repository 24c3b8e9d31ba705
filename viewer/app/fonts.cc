#include "viewer/app/fonts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>

namespace marquee::viewer {
namespace {

/// The letters that the interface itself has beyond Latin ones.
constexpr const char* kOwnLetters = "…×µ";

/// The bytes of a TrueType or OpenType file, or none: ImGui would end the program over another one.
std::vector<char> ReadFont(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  std::vector<char> bytes{std::istreambuf_iterator<char>(stream), {}};
  constexpr std::array<std::string_view, 4> kBegins = {
      std::string_view("\0\1\0\0", 4), std::string_view("OTTO", 4), std::string_view("ttcf", 4),
      std::string_view("true", 4)};
  const std::string_view begin(bytes.data(), std::min<std::size_t>(bytes.size(), 4));
  const bool known = std::find(kBegins.begin(), kBegins.end(), begin) != kBegins.end();
  return known && bytes.size() > 1024 ? bytes : std::vector<char>();
}

using PathsByName = std::map<std::string, std::string>;

PathsByName ListFonts(const std::vector<std::string>& folders) {
  namespace fs = std::filesystem;
  PathsByName paths;
  for (const std::string& folder : folders) {
    std::error_code error;
    auto it = fs::recursive_directory_iterator(
        folder, fs::directory_options::skip_permission_denied, error);
    for (; !error && it != fs::recursive_directory_iterator(); it.increment(error)) {
      paths.emplace(it->path().filename().string(), it->path().string());
    }
  }
  return paths;
}

/// The first of `names` that is there and readable.
FontFile FirstOf(const PathsByName& paths, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const auto it = paths.find(name);
    if (it == paths.end()) continue;
    FontFile file{it->second, ReadFont(it->second)};
    if (!file.bytes.empty()) return file;
  }
  return {};
}

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

FontFiles FindFonts(const std::vector<std::string>& folders) {
  const PathsByName paths = ListFonts(folders);
  FontFiles files;
  files.text = FirstOf(paths, {"OpenSans-Regular.ttf", "NotoSans-Regular.ttf", "DejaVuSans.ttf",
                               "LiberationSans-Regular.ttf"});
  files.bold =
      FirstOf(paths, {"OpenSans-Semibold.ttf", "OpenSans-SemiBold.ttf", "NotoSans-SemiBold.ttf",
                      "NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf", "LiberationSans-Bold.ttf"});
  for (FontFile file :
       {FirstOf(paths, {"DejaVuSans.ttf"}),
        FirstOf(paths, {"DroidSansFallbackFull.ttf", "DroidSansFallback.ttf", "wqy-microhei.ttc",
                        "NotoSansCJK-Regular.ttc", "wqy-zenhei.ttc", "unifont.ttf"})}) {
    if (!file.bytes.empty()) files.others.push_back(std::move(file));
  }
  return files;
}

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
  const auto note = [&](const flatbuffers::String* text) {
    if (text != nullptr) newer |= Note(std::string_view(text->c_str(), text->size()));
  };
  for (const wire::Row* row : *snapshot.rows()) note(row->title());
  for (const flatbuffers::String* name : *snapshot.model()->class_names()) note(name);
  note(snapshot.source()->name());
  for (const wire::DeadLetter* letter : *snapshot.dead_letters()) note(letter->message());
  return newer;
}

ImFont* Fonts::Add(const FontFile& file, float pixels, const ImWchar* ranges, bool all_letters) {
  ImFontAtlas& atlas = *ImGui::GetIO().Fonts;
  ImFontConfig config;
  config.OversampleH = 2;
  config.OversampleV = 1;
  config.PixelSnapH = true;
  config.FontDataOwnedByAtlas = false;
  const auto add = [&](const FontFile& one) {
    return atlas.AddFontFromMemoryTTF(const_cast<char*>(one.bytes.data()),
                                      static_cast<int>(one.bytes.size()), pixels, &config, ranges);
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
    const FontFile& bold = files_.bold.bytes.empty() ? files_.text : files_.bold;
    theme.text = Add(files_.text, size(16), ranges_.Data, true);
    theme.small = Add(files_.text, size(14), ranges_.Data, true);
    theme.bold = Add(bold, size(16), ranges_.Data, true);
    theme.large = Add(bold, size(29), latin_ranges_.Data, false);
  }
  atlas.Build();
}

}  // namespace marquee::viewer
