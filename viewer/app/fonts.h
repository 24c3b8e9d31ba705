// viewer/app/fonts.h — fonts of the system, with the letters that titles really have.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/snapshot_generated.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// A font file in memory, of a format that ImGui reads.
struct FontFile {
  std::string path;
  std::vector<char> bytes;
};

/// The fonts that are used: of each kind the first that is there.
struct FontFiles {
  FontFile text;
  FontFile bold;
  /// For letters that the text font lacks: symbols and Arabic; Chinese, Japanese, Korean.
  std::vector<FontFile> others;

  bool empty() const { return text.bytes.empty(); }
};

/// Look for fonts below `folders`. Without any, ImGui's built-in font is used, which has Latin
/// letters alone.
FontFiles FindFonts(const std::vector<std::string>& folders = {"/usr/share/fonts",
                                                               "/usr/local/share/fonts"});

/// Which letters have been needed so far, and ImGui's texture of them.
class Fonts {
 public:
  /// More letters than this are not kept: a texture of them would be too large.
  static constexpr std::size_t kMostLetters = 4096;

  explicit Fonts(FontFiles files) : files_(std::move(files)) {}

  /// Note the letters of `text`. Returns whether there are new ones.
  bool Note(std::string_view text);
  /// Note the letters of all titles and names.
  bool Note(const wire::Snapshot& snapshot);

  /// Make the fonts of ImGui's context anew, at the theme's scale, and put them into it.
  void Build(Theme& theme);

 private:
  ImFont* Add(const FontFile& file, float pixels, const ImWchar* ranges, bool all_letters);

  FontFiles files_;
  std::set<ImWchar> letters_;
  // ImGui reads these while it builds.
  ImVector<ImWchar> ranges_;
  ImVector<ImWchar> latin_ranges_;
};

}  // namespace marquee::viewer
