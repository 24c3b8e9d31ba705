#include "pipeline/stages/table_schema.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <cmath>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "pipeline/stages/feature_kinds.h"
#include "schemas/check.h"

// Defined in movies_schema.S.
extern "C" const char marquee_movies_schema[];
extern "C" const char marquee_movies_schema_end[];

namespace marquee {
namespace {

constexpr std::uintmax_t kMaxFileBytes = 1 << 20;

Status Misplaced(std::string_view file, const toml::node& node, std::string_view message) {
  return Status::Config(fmt::format("{}, line {}: {}", file, node.source().begin.line, message));
}

/// One table of the file. It remembers what it is asked for: all else in it is an error.
class Section {
 public:
  Section(const toml::table& table, std::string_view file) : table_(table), file_(file) {}

  Status Error(std::string_view message) const { return Misplaced(file_, table_, message); }

  Result<std::string> Text(std::string_view key) {
    const toml::node* node = Find(key);
    if (node == nullptr) return Error(fmt::format("'{}' is missing", key));
    const auto* text = node->as_string();
    if (text == nullptr) return Misplaced(file_, *node, fmt::format("'{}' must be a text", key));
    return text->get();
  }

  /// `otherwise` if there is none.
  Result<std::string> Text(std::string_view key, std::string otherwise) {
    if (Find(key) == nullptr) return otherwise;
    return Text(key);
  }

  /// NaN if there is none.
  Result<double> Number(std::string_view key) {
    const toml::node* node = Find(key);
    if (node == nullptr) return std::nan("");
    const auto number = node->is_number() ? node->value<double>() : std::nullopt;
    if (!number || !std::isfinite(*number)) {
      return Misplaced(file_, *node, fmt::format("'{}' must be a number", key));
    }
    return *number;
  }

  /// None if there is no such key.
  Result<std::vector<std::string>> Texts(std::string_view key) {
    std::vector<std::string> texts;
    const toml::node* node = Find(key);
    if (node == nullptr) return texts;
    const toml::array* array = node->as_array();
    if (array == nullptr || array->empty()) {
      return Misplaced(file_, *node, fmt::format("'{}' must be a list of texts", key));
    }
    for (const toml::node& element : *array) {
      const auto* text = element.as_string();
      if (text == nullptr) {
        return Misplaced(file_, element, fmt::format("'{}' must be a list of texts", key));
      }
      texts.push_back(text->get());
    }
    return texts;
  }

  /// None if there is no such key.
  Result<std::vector<Section>> Sections(std::string_view key) {
    std::vector<Section> sections;
    const toml::node* node = Find(key);
    if (node == nullptr) return sections;
    const toml::array* array = node->as_array();
    if (array == nullptr) {
      return Misplaced(file_, *node, fmt::format("'{}' must be a list of tables", key));
    }
    for (const toml::node& element : *array) {
      if (!element.is_table()) {
        return Misplaced(file_, element, fmt::format("'{}' must be a list of tables", key));
      }
      sections.emplace_back(*element.as_table(), file_);
    }
    return sections;
  }

  Result<Section> Table(std::string_view key) {
    const toml::node* node = Find(key);
    if (node == nullptr) return Error(fmt::format("[{}] is missing", key));
    if (!node->is_table()) {
      return Misplaced(file_, *node, fmt::format("'{}' must be a table", key));
    }
    return Section(*node->as_table(), file_);
  }

  Status NothingElse() const {
    for (const auto& [key, node] : table_) {
      if (asked_.count(key.str()) != 0) continue;
      return Misplaced(file_, node,
                       fmt::format("'{}' is not known here; there may be {}", key.str(),
                                   fmt::join(asked_, ", ")));
    }
    return {};
  }

 private:
  const toml::node* Find(std::string_view key) {
    asked_.insert(key);
    return table_.get(key);
  }

  const toml::table& table_;
  std::string_view file_;
  std::set<std::string_view> asked_;
};

Result<FeatureLine> ReadLine(Section section, const KindFacts* (*find)(std::string_view),
                             const std::vector<std::string_view>& kinds) {
  FeatureLine line;
  MARQUEE_ASSIGN_OR_RETURN(line.name, section.Text("name"));
  MARQUEE_ASSIGN_OR_RETURN(line.kind, section.Text("kind"));
  MARQUEE_ASSIGN_OR_RETURN(line.column, section.Text("column", line.name));
  const KindFacts* facts = find(line.kind);
  if (facts == nullptr) {
    return section.Error(
        fmt::format("there is no kind '{}': it is one of {}", line.kind, fmt::join(kinds, ", ")));
  }
  if (!facts->parameter.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(line.parameter, section.Number(facts->parameter));
    if (std::isnan(line.parameter)) line.parameter = facts->usual;
  }
  if (!facts->values.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(line.values, section.Texts(facts->values));
  }
  MARQUEE_RETURN_IF_ERROR(section.NothingElse());
  return line;
}

Result<std::vector<FeatureLine>> ReadLines(Section& root, std::string_view key,
                                           const KindFacts* (*find)(std::string_view),
                                           const std::vector<std::string_view>& kinds) {
  std::vector<FeatureLine> lines;
  MARQUEE_ASSIGN_OR_RETURN(std::vector<Section> sections, root.Sections(key));
  for (Section& section : sections) {
    MARQUEE_ASSIGN_OR_RETURN(FeatureLine line, ReadLine(std::move(section), find, kinds));
    lines.push_back(std::move(line));
  }
  return lines;
}

Status ReadClass(Section section, TargetRule& target) {
  MARQUEE_ASSIGN_OR_RETURN(std::string name, section.Text("name"));
  MARQUEE_ASSIGN_OR_RETURN(std::vector<std::string> values, section.Texts("values"));
  MARQUEE_ASSIGN_OR_RETURN(const double from, section.Number("from"));
  MARQUEE_RETURN_IF_ERROR(section.NothingElse());
  target.class_names.push_back(std::move(name));
  if (!values.empty()) target.class_values.push_back(std::move(values));
  if (!std::isnan(from)) target.bounds.push_back(from);
  return {};
}

Result<TargetRule> ReadTarget(Section section) {
  TargetRule target;
  MARQUEE_ASSIGN_OR_RETURN(target.column, section.Text("column"));
  MARQUEE_ASSIGN_OR_RETURN(const double min, section.Number("min"));
  MARQUEE_ASSIGN_OR_RETURN(const double max, section.Number("max"));
  if (!std::isnan(min)) target.min = min;
  if (!std::isnan(max)) target.max = max;
  MARQUEE_ASSIGN_OR_RETURN(std::vector<Section> classes, section.Sections("classes"));
  for (Section& one : classes) {
    MARQUEE_RETURN_IF_ERROR(ReadClass(std::move(one), target));
  }
  MARQUEE_ASSIGN_OR_RETURN(target.label_column, section.Text("label_column", ""));
  MARQUEE_ASSIGN_OR_RETURN(const double label_min, section.Number("label_min"));
  if (!std::isnan(label_min)) target.label_min = label_min;
  MARQUEE_RETURN_IF_ERROR(section.NothingElse());
  return target;
}

Result<FeatureSpec> ReadSpec(const toml::table& table, std::string_view file) {
  Section root(table, file);
  FeatureSpec spec;
  MARQUEE_ASSIGN_OR_RETURN(spec.id_column, root.Text("id", ""));
  MARQUEE_ASSIGN_OR_RETURN(spec.title_column, root.Text("title", ""));
  MARQUEE_ASSIGN_OR_RETURN(spec.numeric,
                           ReadLines(root, "numeric", FindNumericFacts, NumericKindNames()));
  MARQUEE_ASSIGN_OR_RETURN(spec.lists, ReadLines(root, "lists", FindListFacts, ListKindNames()));
  MARQUEE_ASSIGN_OR_RETURN(Section target, root.Table("target"));
  MARQUEE_ASSIGN_OR_RETURN(spec.target, ReadTarget(std::move(target)));
  MARQUEE_RETURN_IF_ERROR(root.NothingElse());
  MARQUEE_RETURN_IF_ERROR(spec.Check().WithContext(file));
  return spec;
}

}  // namespace

Result<FeatureSpec> ParseTableSchema(std::string_view toml, std::string_view file) {
  try {
    return ReadSpec(toml::parse(toml, file), file);
  } catch (const toml::parse_error& error) {
    return Status::Config(
        fmt::format("{}, line {}: {}", file, error.source().begin.line, error.description()));
  }
}

Result<FeatureSpec> LoadTableSchema(const std::string& path) {
  if (path.empty()) return MoviesSpec();
  std::error_code error;
  const bool is_file = std::filesystem::is_regular_file(path, error);
  if (!is_file || std::filesystem::file_size(path, error) > kMaxFileBytes || error) {
    return Status::Config(fmt::format(
        "{}: no file of at most 1 MiB that describes a table; see README.md, \"Your data\"", path));
  }
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  if (!file) return Status::Config(path + ": cannot be read");
  return ParseTableSchema(text, path);
}

const FeatureSpec& MoviesSpec() {
  static const FeatureSpec spec = [] {
    auto movies =
        ParseTableSchema({marquee_movies_schema, marquee_movies_schema_end}, "movies.toml");
    MARQUEE_CHECK(movies);
    return *std::move(movies);
  }();
  return spec;
}

}  // namespace marquee
