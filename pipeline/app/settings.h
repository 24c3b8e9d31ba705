// pipeline/app/settings.h — where the values of options come from: flag > environment > TOML file >
// default.
//
// Every option added with AddSetting has one name in three spellings: --batch-rows,
// MARQUEE_BATCH_ROWS, batch_rows.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <type_traits>
#include <utility>

#include "schemas/status.h"

namespace marquee {

/// The environment variable of a flag: "--batch-rows" → "MARQUEE_BATCH_ROWS".
std::string EnvironmentName(std::string flag);

/// Accept decimal digits only: CLI11 would take -1 for 2^64 - 1, and 010 for 8.
CLI::Validator WholeNumber();
/// Accept numbers, but not nan, which no range excludes, nor inf.
CLI::Validator FiniteNumber();

/// Add an option that can also be set by environment and configuration file. `value` holds the
/// default.
template <class T>
CLI::Option* AddSetting(CLI::App& command, const std::string& flag, T& value, std::string help) {
  CLI::Option* option = command.add_option(flag, value, std::move(help))
                            ->envname(EnvironmentName(flag))
                            ->capture_default_str();
  if constexpr (std::is_unsigned_v<T>) option->check(WholeNumber());
  if constexpr (std::is_floating_point_v<T>) option->check(FiniteNumber());
  return option;
}

/// As AddSetting, for a flag without a value.
CLI::Option* AddSwitch(CLI::App& command, const std::string& flag, bool& value, std::string help);

/// Read the configuration file that --config or MARQUEE_CONFIG names, if any, and give its values
/// to options that the environment does not set. Call before parsing, before other threads start
/// (it sets environment variables).
/// Errors: kConfig, naming file, line and key: no file, no TOML, an unknown key, a value that is no
/// text, number or truth.
Status ApplyConfigFile(const CLI::App& root, int argc, const char* const* argv);

/// Give the options of the parsed command what the environment says and CLI11 has left out: since
/// 2.3 it skips a value that is no good without a word. Call in the block that parses.
/// Errors: throws CLI::ValidationError, as parsing the same value after a flag does.
void TakeEnvironment(CLI::App& root);

/// Use the instruction set that MARQUEE_FORCE_ISA names instead of the best, to measure or test it.
/// Call before anything is scored.
/// Errors: kConfig: none of that name, or not of this processor; the message lists what it has.
Status ApplyForcedIsa();

/// The settings of a parsed command as TOML, ready to be a configuration file.
std::string EffectiveConfig(const CLI::App& command);

}  // namespace marquee
