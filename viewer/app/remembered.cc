#include "viewer/app/remembered.h"

#include <fmt/core.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace marquee::viewer {
namespace {

/// The share of a splitter, by the name it has in the file.
struct Split {
  const char* name;
  float& share;
};

std::array<Split, 9> SplitsOf(ViewerState& state) {
  return {{{"overview_left", state.overview.left},
           {"overview_top", state.overview.top},
           {"quality_left", state.quality.left},
           {"quality_top", state.quality.top},
           {"predictions_left", state.predictions.left},
           {"latency_top", state.latency.top},
           {"troubles_top", state.troubles.top},
           {"troubles_left", state.troubles.left},
           {"troubles_letters", state.troubles.letters}}};
}

template <class T>
T Within(const toml::table& table, const char* key, T least, T most, T otherwise) {
  const auto value = table[key].value<double>();
  if (!value || !(*value >= static_cast<double>(least)) || !(*value <= static_cast<double>(most))) {
    return otherwise;
  }
  return static_cast<T>(*value);
}

}  // namespace

std::string RememberedPath() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  const std::string config = variable("XDG_CONFIG_HOME");
  // The standard says that a path that is not absolute is to be ignored.
  if (config.starts_with('/')) return config + "/marquee/viewer.toml";
  const std::string home = variable("HOME");
  return home.empty() ? home : home + "/.config/marquee/viewer.toml";
}

void Recall(const std::string& path, Remembered& remembered, ViewerState& state) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error&) {
    return;
  }
  if (table["theme"].value<std::string>() == "light") remembered.look.theme = ThemeKind::kLight;
  remembered.look.scale = Within(table, "scale", 0.5F, 4.0F, remembered.look.scale);
  remembered.width = Within(table, "width", 640, 16'384, remembered.width);
  remembered.height = Within(table, "height", 400, 16'384, remembered.height);
  const auto panel = table["panel"].value<std::string>().value_or("");
  const auto* name = std::find(kPanelNames.begin(), kPanelNames.end(), panel);
  if (name != kPanelNames.end()) state.panel = static_cast<Panel>(name - kPanelNames.begin());
  Choices& choices = state.choices;
  choices.quality_window = Within(table, "quality_window", 0, 2, choices.quality_window);
  choices.timeline = Within(table, "timeline", 0, 1, choices.timeline);
  if (const auto brokers = table["brokers"].value<std::string>()) {
    SetText(state.open.brokers, *brokers);
  }
  if (const auto prefix = table["topic_prefix"].value<std::string>()) {
    SetText(state.open.topic_prefix, *prefix);
  }
  for (const Split& split : SplitsOf(state)) {
    split.share = Within(table, split.name, 0.05F, 0.95F, split.share);
  }
}

Status Remember(const std::string& path, const Remembered& remembered, const ViewerState& state) {
  toml::table table;
  table.insert("theme", remembered.look.theme == ThemeKind::kLight ? "light" : "dark");
  if (remembered.look.scale > 0) table.insert("scale", double{remembered.look.scale});
  table.insert("width", remembered.width);
  table.insert("height", remembered.height);
  table.insert("panel", kPanelNames[static_cast<std::size_t>(state.panel)]);
  table.insert("quality_window", state.choices.quality_window);
  table.insert("timeline", state.choices.timeline);
  table.insert("brokers", state.open.brokers.data());
  table.insert("topic_prefix", state.open.topic_prefix.data());
  ViewerState copy = state;
  for (const Split& split : SplitsOf(copy)) table.insert(split.name, double{split.share});

  const std::filesystem::path file(path);
  std::error_code error;
  std::filesystem::create_directories(file.parent_path(), error);
  const std::string beside = path + ".new";
  std::ofstream stream(beside);
  stream << table << "\n";
  stream.close();
  if (!error && stream) std::filesystem::rename(beside, file, error);
  if (!error && stream) return {};
  return Status::Unavailable(fmt::format("{}: cannot be written: {}", path,
                                         error ? error.message() : "is the disk full?"));
}

}  // namespace marquee::viewer
