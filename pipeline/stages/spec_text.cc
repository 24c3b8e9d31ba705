// The canonical text of a feature spec: what is hashed, and what a model file holds.
//
// A line is words with a blank between; a word that is empty, or has a blank, a quote or a backslash
// in it, stands in quotes, with a backslash before quotes and backslashes.
#include <fast_float/fast_float.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <span>

#include "pipeline/stages/feature_spec.h"

namespace marquee {
namespace {

constexpr std::string_view kHashLine = "hash xxh3-64 low 32 bits, seed = number of the list";

std::string Word(std::string_view text) {
  if (!text.empty() && text.find_first_of(" \"\\") == std::string_view::npos) {
    return std::string(text);
  }
  std::string word = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') word.push_back('\\');
    word.push_back(c);
  }
  return word + '"';
}

std::string Words(const std::vector<std::string>& texts) {
  std::string words;
  for (const std::string& text : texts) words += ' ' + Word(text);
  return words;
}

std::string LineText(std::string_view list, const FeatureLine& line) {
  return fmt::format("{} {} {} {} {}{}\n", list, Word(line.name), Word(line.kind),
                     Word(line.column), line.parameter, Words(line.values));
}

/// What the words of a line mean. Lenient: what it takes for the same as something else, the
/// comparison with the canonical text finds.
class LineReader {
 public:
  explicit LineReader(FeatureSpec& spec) : spec_(spec) {}

  /// Whether it is a line of a spec.
  bool Read(std::string_view line) {
    if (line == kHashLine || line == "labelled always") return true;
    if (!Split(line)) return false;
    const std::string& first = words_.front();
    if (first == "id" && words_.size() == 2) return Take(words_[1], spec_.id_column);
    if (first == "title" && words_.size() == 2) return Take(words_[1], spec_.title_column);
    if (first == "numeric") return ReadFeature(spec_.numeric);
    if (first == "list") return ReadFeature(spec_.lists);
    if (first == "target") return ReadTarget();
    if (first == "class") return ReadClass();
    if (first == "labelled") return ReadLabel();
    return false;
  }

 private:
  static bool Take(std::string& from, std::string& to) {
    to = std::move(from);
    return true;
  }

  bool Split(std::string_view line) {
    words_.clear();
    std::size_t at = 0;
    while (at <= line.size()) {
      std::string& word = words_.emplace_back();
      if (at < line.size() && line[at] == '"') {
        for (++at; at < line.size() && line[at] != '"'; ++at) {
          if (line[at] == '\\') ++at;
          if (at < line.size()) word.push_back(line[at]);
        }
        ++at;  // the quote
      } else {
        const std::size_t end = std::min(line.find(' ', at), line.size());
        word = line.substr(at, end - at);
        at = end;
      }
      if (at < line.size() && line[at] != ' ') return false;
      ++at;
    }
    return true;
  }

  static bool ReadNumber(const std::string& word, double& number) {
    const char* end = word.data() + word.size();
    const auto [stopped, error] = fast_float::from_chars(word.data(), end, number);
    return error == std::errc() && stopped == end;
  }

  bool ReadFeature(std::vector<FeatureLine>& lines) {
    if (words_.size() < 5) return false;
    FeatureLine& line = lines.emplace_back();
    line = {words_[1], words_[2], words_[3], 0, {words_.begin() + 5, words_.end()}};
    return ReadNumber(words_[4], line.parameter);
  }

  bool ReadTarget() {
    TargetRule& target = spec_.target;
    if (words_.size() != 2 && words_.size() != 4) return false;
    target.column = words_[1];
    return words_.size() == 2 ||
           (ReadNumber(words_[2], target.min) && ReadNumber(words_[3], target.max));
  }

  bool ReadClass() {
    TargetRule& target = spec_.target;
    if (words_.size() < 2) return false;
    target.class_names.push_back(words_[1]);
    if (words_.size() == 2) return true;
    if (words_[2] == "is") {
      target.class_values.emplace_back(words_.begin() + 3, words_.end());
      return true;
    }
    return words_[2] == "from" && words_.size() == 4 &&
           ReadNumber(words_[3], target.bounds.emplace_back());
  }

  bool ReadLabel() {
    if (words_.size() != 4 || words_[2] != "from") return false;
    spec_.target.label_column = words_[1];
    return ReadNumber(words_[3], spec_.target.label_min);
  }

  FeatureSpec& spec_;
  std::vector<std::string> words_;
};

}  // namespace

std::string FeatureSpec::CanonicalText() const {
  std::string text = fmt::format("id {}\ntitle {}\n", Word(id_column), Word(title_column));
  for (const FeatureLine& line : numeric) text += LineText("numeric", line);
  for (const FeatureLine& line : lists) text += LineText("list", line);
  text += target.is_category()
              ? fmt::format("target {}\n", Word(target.column))
              : fmt::format("target {} {} {}\n", Word(target.column), target.min, target.max);
  for (std::size_t i = 0; i < target.class_names.size(); ++i) {
    text += "class " + Word(target.class_names[i]);
    if (target.is_category()) {
      text += " is" + Words(target.class_values[i]);
    } else if (i > 0) {
      text += fmt::format(" from {}", target.bounds[i - 1]);
    }
    text += '\n';
  }
  text += target.label_column.empty()
              ? "labelled always\n"
              : fmt::format("labelled {} from {}\n", Word(target.label_column), target.label_min);
  return fmt::format("{}{}\n", text, kHashLine);
}

Result<FeatureSpec> FeatureSpec::FromCanonicalText(std::string_view text) {
  FeatureSpec spec;
  LineReader reader(spec);
  std::size_t number = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    ++number;
    if (!reader.Read(line)) {
      return Status::Config(
          fmt::format("line {} of the feature spec, '{}', says nothing that this Marquee knows",
                      number, line.substr(0, 200)));
    }
  }
  MARQUEE_RETURN_IF_ERROR(spec.Check().WithContext("feature spec"));
  if (spec.CanonicalText() != text) {
    return Status::Config(
        "the feature spec is not written as 'marquee features --print-spec' does");
  }
  return spec;
}

}  // namespace marquee
