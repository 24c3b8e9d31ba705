#include "viewer/app/system_fonts.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

namespace marquee::viewer {
namespace {

/// The bytes of a TrueType or OpenType file, or none: ImGui would end the program over another one.
FontFile ReadFont(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  FontFile bytes{std::istreambuf_iterator<char>(stream), {}};
  constexpr std::array<std::string_view, 4> kBegins = {
      std::string_view("\0\1\0\0", 4), std::string_view("OTTO", 4), std::string_view("ttcf", 4),
      std::string_view("true", 4)};
  const std::string_view begin(bytes.data(), std::min<std::size_t>(bytes.size(), 4));
  const bool known = std::find(kBegins.begin(), kBegins.end(), begin) != kBegins.end();
  return known && bytes.size() > 1024 ? bytes : FontFile();
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
    FontFile file = ReadFont(it->second);
    if (!file.empty()) return file;
  }
  return {};
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
    if (!file.empty()) files.others.push_back(std::move(file));
  }
  return files;
}

std::string AdviceOn(const FontFiles& files) {
  if (!files.empty()) return {};
  return "no font found: titles will lack all but Latin letters; Debian has fonts in the packages "
         "fonts-open-sans and fonts-droid-fallback";
}

}  // namespace marquee::viewer
