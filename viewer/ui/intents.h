// viewer/ui/intents.h — what a person asked for in a frame; app/ does it once the frame is drawn.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "viewer/ui/theme.h"

namespace marquee::viewer {

/// What is to be opened.
struct OpenRequest {
  enum class Kind : std::uint8_t { kTopic, kRecording, kEmbeddedRun, kBenchRecords };
  Kind kind = Kind::kTopic;
  std::string brokers;
  std::string topic_prefix;
  std::string run_id;  ///< empty = the newest
  std::string from;    ///< empty = the run's beginning
  std::string file;    ///< recording; data, empty = generated rows; first record
  std::string second_file;
};

/// A file to be written.
struct SaveRequest {
  std::string name;  ///< without folder
  std::string bytes;
};

/// All that the interface cannot do by itself. Empty = nothing was asked.
struct Intents {
  std::optional<bool> pause;  ///< of a recording
  std::optional<std::int64_t> seek_ns;
  std::optional<double> speed;
  bool stop = false;  ///< the run in this process
  std::optional<OpenRequest> open;
  std::optional<std::string> list_folder;  ///< fill OpenState's listing with what is there
  std::optional<std::string> copy;         ///< to the clipboard
  std::optional<SaveRequest> save;
  bool save_picture = false;  ///< of the panel that is shown
  std::optional<ThemeKind> theme;
  std::optional<float> scale;
};

}  // namespace marquee::viewer
