// viewer/ui/open_dialog.h — what is to be shown: a topic, a recording, a run, records of benchmarks.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "viewer/ui/intents.h"
#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// What is in a folder; app/ looks there, for ui/ touches no files.
struct FolderListing {
  struct Entry {
    std::string name;
    bool is_folder = false;
    std::uint64_t bytes = 0;
  };
  std::string folder;
  std::vector<Entry> entries;
  std::string problem;  ///< why there are none, or not all
};

struct OpenState {
  using Text = std::array<char, 512>;

  bool visible = false;
  int kind = 0;  ///< an OpenRequest::Kind
  Text brokers{"127.0.0.1:9092"};
  Text topic_prefix{};
  Text run_id{};
  int from = 0;  ///< the run's beginning, the topic's, its end, an hour ago
  Text file{};
  Text second_file{};
  bool second = false;  ///< a click in the list goes to the second file
  FolderListing listing;
};

/// Put `path` into a text field; too long a one is cut.
void SetText(OpenState::Text& field, const std::string& path);

/// Show the dialog while it is visible.
void DrawOpenDialog(const Theme& theme, OpenState& state, Intents& intents);

}  // namespace marquee::viewer
