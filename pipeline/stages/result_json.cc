#include "pipeline/stages/result_json.h"

#include <fmt/compile.h>
#include <fmt/format.h>
#include <simdjson.h>

#include <cmath>
#include <iterator>

#include "schemas/check.h"

namespace marquee {
namespace {

constexpr std::string_view kReplacementCharacter = "\xEF\xBF\xBD";

void AppendEscaped(char c, std::string& out) {
  switch (c) {
    case '"':
      out.append("\\\"");
      break;
    case '\\':
      out.append("\\\\");
      break;
    case '\b':
      out.append("\\b");
      break;
    case '\f':
      out.append("\\f");
      break;
    case '\n':
      out.append("\\n");
      break;
    case '\r':
      out.append("\\r");
      break;
    case '\t':
      out.append("\\t");
      break;
    default:
      fmt::format_to(std::back_inserter(out), FMT_COMPILE("\\u{:04x}"),
                     static_cast<unsigned char>(c));
  }
}

/// Append `text` as a JSON string.
void AppendString(std::string_view text, std::string& out) {
  // Our own stages send valid UTF-8, but whoever may write to a topic can send anything.
  const bool valid = simdjson::validate_utf8(text.data(), text.size());
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || c == '"' || c == '\\') {
      AppendEscaped(c, out);
    } else if (byte >= 0x80 && !valid) {
      out.append(kReplacementCharacter);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

void AppendNumber(float value, std::string& out) {
  if (!std::isfinite(value)) {
    out.append("null");
    return;
  }
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("{}"), value);
}

std::string_view BoolText(std::uint8_t value) { return value != 0 ? "true" : "false"; }

}  // namespace

ResultJson::ResultJson(std::span<const std::string_view> class_names, Members members)
    : members_(members) {
  for (const std::string_view name : class_names) {
    AppendString(name, class_values_.emplace_back());
    std::string& key = probability_keys_.emplace_back(",");
    AppendString(fmt::format("p_{}", name), key);
    key.push_back(':');
  }
}

void ResultJson::Write(const ResultBatchView& results, std::string& lines) const {
  MARQUEE_CHECK(results.num_classes() == class_values_.size());
  lines.clear();
  std::string origin;
  if (members_ == Members::kAll) {
    const BatchInfo info = results.info();
    origin =
        fmt::format(R"(,"run":"{}","sequence":{},"ordinal":)", info.run.ToString(), info.sequence);
  }
  const auto to = std::back_inserter(lines);
  const RowColumns rows = results.rows();
  std::size_t title_begin = 0;
  for (std::size_t row = 0; row < results.num_rows(); ++row) {
    const std::string_view title = rows.titles.substr(title_begin, rows.title_lengths[row]);
    title_begin += title.size();
    AppendPrediction(results, rows, row, title, lines);
    if (members_ == Members::kAll) {
      const std::size_t ordinal = rows.ordinals.empty() ? row : rows.ordinals[row];
      lines.append(R"(,"labelled":)").append(BoolText(rows.labelled[row])).append(origin);
      fmt::format_to(to, FMT_COMPILE(R"({},"model":"{:016x}")"), ordinal, results.model_id());
    }
    lines.append("}\n");
  }
}

void ResultJson::AppendPrediction(const ResultBatchView& results, const RowColumns& rows,
                                  std::size_t row, std::string_view title, std::string& out) const {
  fmt::format_to(std::back_inserter(out), FMT_COMPILE(R"({{"id":{},"title":)"), rows.ids[row]);
  AppendString(title, out);
  out.append(R"(,"target":)");
  AppendNumber(rows.target[row], out);
  out.append(R"(,"class":)").append(class_values_[results.predicted_class()[row]]);
  out.append(R"(,"score":)");
  AppendNumber(results.score()[row], out);
  for (std::size_t c = 0; c < results.num_classes(); ++c) {
    out.append(probability_keys_[c]);
    AppendNumber(results.probability(c)[row], out);
  }
  out.append(R"(,"seen":)").append(BoolText(results.seen()[row]));
}

}  // namespace marquee
