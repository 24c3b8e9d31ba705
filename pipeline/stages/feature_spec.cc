#include "pipeline/stages/feature_spec.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "pipeline/stages/feature_kinds.h"

namespace marquee {
namespace {

constexpr std::size_t kMaxNameBytes = 512;
constexpr std::size_t kMaxClasses = 254;

/// A text that a message, a line of a file and a terminal can hold.
Status CheckText(std::string_view what, std::string_view text) {
  const bool has_control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
  });
  if (text.empty() || text.size() > kMaxNameBytes || has_control) {
    return Status::Config(
        fmt::format("{} must have 1 to {} bytes and no control characters, not {}", what,
                    kMaxNameBytes, has_control ? "some" : std::to_string(text.size())));
  }
  return {};
}

Status CheckTexts(const std::string& what, const std::vector<std::string>& texts) {
  std::set<std::string_view> seen;
  for (const std::string& text : texts) {
    MARQUEE_RETURN_IF_ERROR(CheckText(what, text));
    if (!seen.insert(text).second) {
      return Status::Config(fmt::format("{}: '{}' is there twice", what, text));
    }
  }
  return {};
}

Status CheckParameter(const FeatureLine& line, const KindFacts& facts) {
  if (facts.parameter.empty()) {
    if (line.parameter == 0) return {};
    return Status::Config(fmt::format("kind '{}' takes no parameter", line.kind));
  }
  const bool fits = line.parameter >= facts.least && line.parameter <= facts.most &&
                    (!facts.whole || line.parameter == std::floor(line.parameter));
  if (fits) return {};
  return Status::Config(fmt::format("kind '{}' needs '{}', {} from {} to {}, not {}", line.kind,
                                    facts.parameter, facts.whole ? "a whole number" : "a number",
                                    facts.least, facts.most, line.parameter));
}

Status CheckValues(const FeatureLine& line, const KindFacts& facts) {
  if (facts.values.empty() != line.values.empty() || line.values.size() > facts.most_values) {
    return Status::Config(
        facts.values.empty() ? fmt::format("kind '{}' takes no texts", line.kind)
                             : fmt::format("kind '{}' needs '{}', 1 to {} texts, not {}", line.kind,
                                           facts.values, facts.most_values, line.values.size()));
  }
  return CheckTexts(std::string(facts.values), line.values);
}

Status CheckLine(const FeatureLine& line, const KindFacts* facts,
                 const std::vector<std::string_view>& kinds) {
  if (facts == nullptr) {
    return Status::Config(
        fmt::format("there is no kind '{}': it is one of {}", line.kind, fmt::join(kinds, ", ")));
  }
  MARQUEE_RETURN_IF_ERROR(CheckText("its column", line.column));
  MARQUEE_RETURN_IF_ERROR(CheckParameter(line, *facts));
  return CheckValues(line, *facts);
}

Status CheckLines(std::string_view what, const std::vector<FeatureLine>& lines, std::size_t most,
                  const KindFacts* (*find)(std::string_view),
                  const std::vector<std::string_view>& kinds) {
  if (lines.size() > most) {
    return Status::Config(
        fmt::format("{} {} features; at most {} are allowed", lines.size(), what, most));
  }
  std::set<std::string_view> names;
  for (const FeatureLine& line : lines) {
    MARQUEE_RETURN_IF_ERROR(CheckText(fmt::format("the name of a {} feature", what), line.name));
    const std::string feature = fmt::format("{} feature '{}'", what, line.name);
    if (!names.insert(line.name).second) {
      return Status::Config(feature + " is there twice");
    }
    MARQUEE_RETURN_IF_ERROR(CheckLine(line, find(line.kind), kinds).WithContext(feature));
  }
  return {};
}

Status CheckBounds(const TargetRule& target) {
  const auto& bounds = target.bounds;
  const bool ascend =
      std::adjacent_find(bounds.begin(), bounds.end(), std::greater_equal<>()) == bounds.end();
  const bool finite =
      std::all_of(bounds.begin(), bounds.end(), [](double bound) { return std::isfinite(bound); });
  if (bounds.size() + 1 != target.class_names.size() || !ascend || !finite) {
    return Status::Config(
        "every class but the first needs 'from', the value where it begins, and these ascend");
  }
  if (!(std::isfinite(target.min) && std::isfinite(target.max) && target.min < target.max)) {
    return Status::Config(
        fmt::format("a target that is a number lies between 'min' and 'max', not {} and {}",
                    target.min, target.max));
  }
  return {};
}

Status CheckClassValues(const TargetRule& target) {
  std::vector<std::string> all;
  for (const auto& values : target.class_values) {
    if (values.empty()) return Status::Config("every class needs 'values', the texts that mean it");
    all.insert(all.end(), values.begin(), values.end());
  }
  if (target.class_values.size() != target.class_names.size() || !target.bounds.empty() ||
      target.min != 0 || target.max != 0) {
    return Status::Config(
        "classes have either 'values' each, or 'from' each but the first, and 'min' and 'max'");
  }
  return CheckTexts("values", all);
}

Status CheckTarget(const TargetRule& target) {
  MARQUEE_RETURN_IF_ERROR(CheckText("its column", target.column));
  if (target.class_names.size() < 2 || target.class_names.size() > kMaxClasses) {
    return Status::Config(
        fmt::format("{} classes; 2 to {} are allowed", target.class_names.size(), kMaxClasses));
  }
  MARQUEE_RETURN_IF_ERROR(CheckTexts("the name of a class", target.class_names));
  MARQUEE_RETURN_IF_ERROR(target.is_category() ? CheckClassValues(target) : CheckBounds(target));
  if (target.label_column.empty() && target.label_min == 0) return {};
  MARQUEE_RETURN_IF_ERROR(CheckText("label_column", target.label_column));
  if (std::isfinite(target.label_min) && target.label_min >= 0) return {};
  return Status::Config(fmt::format("label_min is {}, not 0 or more", target.label_min));
}

}  // namespace

Status FeatureSpec::Check() const {
  if (!id_column.empty()) MARQUEE_RETURN_IF_ERROR(CheckText("id", id_column));
  if (!title_column.empty()) MARQUEE_RETURN_IF_ERROR(CheckText("title", title_column));
  if (numeric.empty() && lists.empty()) return Status::Config("there is no feature");
  MARQUEE_RETURN_IF_ERROR(
      CheckLines("numeric", numeric, kMaxNumeric, FindNumericFacts, NumericKindNames()));
  MARQUEE_RETURN_IF_ERROR(CheckLines("list", lists, kMaxLists, FindListFacts, ListKindNames()));
  return CheckTarget(target).WithContext("target");
}

std::uint64_t FeatureSpec::Hash() const {
  const std::string text = CanonicalText();
  return XXH3_64bits(text.data(), text.size());
}

std::vector<std::string> FeatureSpec::Columns() const {
  std::vector<std::string> columns = {id_column, title_column, target.column, target.label_column};
  for (const FeatureLine& line : numeric) columns.push_back(line.column);
  for (const FeatureLine& line : lists) columns.push_back(line.column);
  std::vector<std::string> unique;
  for (std::string& column : columns) {
    if (!column.empty() && std::find(unique.begin(), unique.end(), column) == unique.end()) {
      unique.push_back(std::move(column));
    }
  }
  return unique;
}

std::vector<std::string> FeatureSpec::NeededColumns() const {
  FeatureSpec without_target = *this;
  without_target.target = {};
  return without_target.Columns();
}

std::vector<std::string> FeatureSpec::OptionalColumns() const {
  const std::vector<std::string> needed = NeededColumns();
  std::vector<std::string> columns = Columns();
  std::erase_if(columns, [&needed](const std::string& column) {
    return std::find(needed.begin(), needed.end(), column) != needed.end();
  });
  return columns;
}

ColumnUse FeatureSpec::UseOf(std::string_view column) const {
  if (column == id_column || column == title_column || column == target.column ||
      column == target.label_column) {
    return ColumnUse::kBytes;
  }
  ColumnUse use = ColumnUse::kNone;
  for (const auto* lines : {&numeric, &lists}) {
    for (const FeatureLine& line : *lines) {
      if (line.column != column) continue;
      use =
          std::max(use, KindReadsLengthsOnly(line.kind) ? ColumnUse::kLengths : ColumnUse::kBytes);
    }
  }
  return use;
}

}  // namespace marquee
