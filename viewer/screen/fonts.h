// viewer/screen/fonts.h — ImGui's fonts, with the letters that titles really have.
#pragma once

#include <imgui.h>

#include <cstddef>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "schemas/snapshot_generated.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// A font file in memory, of a format that ImGui reads.
using FontFile = std::vector<char>;

/// The fonts that are used; without any, ImGui's built-in one, which has Latin letters alone.
struct FontFiles {
  FontFile text;
  FontFile bold;
  /// For letters that the text font lacks: symbols and Arabic; Chinese, Japanese, Korean.
  std::vector<FontFile> others;

  bool empty() const { return text.empty(); }
};

/// Which letters have been needed so far, and ImGui's texture of them.
class Fonts {
 public:
  /// More letters than this are not kept: a texture of them would be too large.
  static constexpr std::size_t kMostLetters = 4096;

  explicit Fonts(FontFiles files) : files_(std::move(files)) {}

  /// Note the letters of `text`. Returns whether there are new ones.
  bool Note(std::string_view text);
  /// Note the letters of all its texts that may hold others than Latin ones.
  bool Note(const wire::Snapshot& snapshot);

  /// Make the fonts of ImGui's context anew, at the theme's scale, and put them into it.
  void Build(Theme& theme);

  /// Have one more font for letters that the others lack, from the next Build on.
  void Add(FontFile file) { files_.others.push_back(std::move(file)); }
  /// The letters that were noted and that none of the fonts built for `theme` has.
  std::vector<ImWchar> Lacking(const Theme& theme) const;

 private:
  ImFont* Load(const FontFile& file, float pixels, const ImWchar* ranges, bool all_letters);

  FontFiles files_;
  std::set<ImWchar> letters_;
  // ImGui reads these while it builds.
  ImVector<ImWchar> ranges_;
  ImVector<ImWchar> latin_ranges_;
};

}  // namespace marquee::viewer
