#include "pipeline/app/settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <string_view>
#include <vector>

#include "kernels/isa.h"

namespace marquee {
namespace {

constexpr std::string_view kPrefix = "MARQUEE_";

/// The TOML key of an environment variable: "MARQUEE_BATCH_ROWS" → "batch_rows".
std::string ConfigKey(std::string_view environment_name) {
  std::string key(environment_name.substr(kPrefix.size()));
  std::transform(key.begin(), key.end(), key.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return key;
}

/// The value of --config, from the raw arguments or the environment: needed before the arguments
/// are parsed.
std::string ConfigPath(int argc, const char* const* argv) {
  constexpr std::string_view kFlag = "--config";
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--") break;
    if (argument == kFlag && i + 1 < argc) return argv[i + 1];
    if (argument.substr(0, kFlag.size() + 1) == "--config=") {
      return std::string(argument.substr(kFlag.size() + 1));
    }
  }
  const char* path = std::getenv("MARQUEE_CONFIG");
  return path == nullptr ? "" : path;
}

std::set<std::string> KnownKeys(const CLI::App& root) {
  std::set<std::string> keys;
  for (const CLI::App* command : root.get_subcommands({})) {
    keys.merge(KnownKeys(*command));
  }
  for (const CLI::Option* option : root.get_options()) {
    if (!option->get_envname().empty()) keys.insert(ConfigKey(option->get_envname()));
  }
  return keys;
}

/// A TOML value as it would be typed after a flag.
std::optional<std::string> ValueText(const toml::node& node) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* integer = node.as_integer()) return std::to_string(integer->get());
  if (const auto* number = node.as_floating_point()) return fmt::format("{}", number->get());
  if (const auto* truth = node.as_boolean()) return truth->get() ? "true" : "false";
  return std::nullopt;
}

Status ApplyTable(const toml::table& table, const std::set<std::string>& known,
                  const std::string& path) {
  for (const auto& [key, node] : table) {
    const std::string name{std::string_view(key)};
    const auto line = node.source().begin.line;
    if (known.count(name) == 0) {
      return Status::Config(fmt::format(
          "{}, line {}: there is no setting '{}'; 'marquee COMMAND --print-config' lists them",
          path, line, name));
    }
    const auto text = ValueText(node);
    if (!text) {
      return Status::Config(fmt::format("{}, line {}: '{}' must be a text, a number, true or false",
                                        path, line, name));
    }
    setenv(EnvironmentName("--" + name).c_str(), text->c_str(), /*overwrite=*/0);
  }
  return {};
}

/// `text` as a TOML value: numbers and truths as they are, the rest quoted as in JSON, whose
/// escapes TOML shares.
std::string TomlValue(const std::string& text) {
  const bool number = text.find_first_not_of("0123456789.") == std::string::npos &&
                      std::isdigit(static_cast<unsigned char>(text.front())) != 0;
  if (number || text == "true" || text == "false") return text;
  return nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

CLI::Validator WholeNumber() {
  return {[](std::string& text) {
            const bool whole = !text.empty() && text.size() <= 18 &&
                               text.find_first_not_of("0123456789") == std::string::npos &&
                               (text.size() == 1 || text.front() != '0');
            return whole ? std::string() : fmt::format("'{}' is not a whole number", text);
          },
          ""};
}

CLI::Validator FiniteNumber() {
  return {[](std::string& text) {
            double value = 0;
            const bool finite = CLI::detail::lexical_cast(text, value) && std::isfinite(value);
            return finite ? std::string() : fmt::format("'{}' is not a number", text);
          },
          ""};
}

std::string EnvironmentName(std::string flag) {
  flag.erase(0, flag.find_first_not_of('-'));
  for (char& c : flag) {
    c = c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return std::string(kPrefix) + flag;
}

CLI::Option* AddSwitch(CLI::App& command, const std::string& flag, bool& value, std::string help) {
  return command.add_flag(flag, value, std::move(help))->envname(EnvironmentName(flag));
}

Status ApplyConfigFile(const CLI::App& root, int argc, const char* const* argv) {
  const std::string path = ConfigPath(argc, argv);
  if (path.empty()) return {};
  if (std::filesystem::is_directory(path)) {
    return Status::Config(fmt::format("{} is a directory; name the TOML file in it", path));
  }
  try {
    return ApplyTable(toml::parse_file(path), KnownKeys(root), path);
  } catch (const toml::parse_error& error) {
    return Status::Config(fmt::format("{}, line {}: {}", path, error.source().begin.line,
                                      std::string(error.description())));
  }
}

void TakeEnvironment(CLI::App& root) {
  for (CLI::Option* option : root.get_options()) {
    if (option->count() > 0 || option->get_envname().empty()) continue;
    const char* value = std::getenv(option->get_envname().c_str());
    if (value == nullptr || *value == '\0') continue;
    option->add_result(value);
    option->run_callback();
  }
  for (CLI::App* command : root.get_subcommands()) TakeEnvironment(*command);
}

Status ApplyForcedIsa() {
  const char* forced = std::getenv("MARQUEE_FORCE_ISA");
  if (forced == nullptr || *forced == '\0') return {};
  std::vector<std::string_view> names;
  for (const kernels::Isa isa : kernels::SupportedIsas()) {
    names.push_back(kernels::IsaName(isa));
    if (names.back() != forced) continue;
    kernels::UseIsa(isa);
    return {};
  }
  return Status::Config(
      fmt::format("MARQUEE_FORCE_ISA={}: this processor has {}", forced, fmt::join(names, ", ")));
}

std::string EffectiveConfig(const CLI::App& command) {
  std::string text;
  for (const CLI::Option* option : command.get_options()) {
    if (option->get_envname().empty()) continue;
    const bool is_switch = option->get_expected_max() == 0;
    const char between = option->get_delimiter();
    const std::string value =
        option->count() == 0 ? option->get_default_str()
        : between != '\0' ? fmt::format("{}", fmt::join(option->results(), std::string(1, between)))
                          : option->as<std::string>();
    const std::string key = ConfigKey(option->get_envname());
    if (value.empty() && !is_switch) {
      text += fmt::format("# {} is not set\n", key);
    } else {
      text += fmt::format("{} = {}\n", key, value.empty() ? "false" : TomlValue(value));
    }
  }
  return text;
}

}  // namespace marquee
