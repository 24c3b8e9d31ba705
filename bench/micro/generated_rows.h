// bench/micro/generated_rows.h — the CSV text of generated movies in memory, and its records by
// definition.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/micro/measure.h"
#include "kernels/csv.h"
#include "model/builtin.h"
#include "model/model.h"
#include "pipeline/dataset/generator.h"

namespace marquee::bench {

/// A record as the dialect defines it: where it lies, and its decoded fields.
struct PlainRecord {
  kernels::CsvSpan span;
  std::vector<std::string> fields;
};

/// Read CSV by the definition in kernels/csv.h, a byte at a time: what the kernels must answer.
///
/// `text` ends with a line end. Shares nothing with the kernels but the dialect.
inline std::vector<PlainRecord> ReadPlainly(std::string_view text) {
  enum class At { kFieldStart, kUnquoted, kQuoted, kQuoteSeen } at = At::kFieldStart;
  std::vector<PlainRecord> records;
  std::size_t begin = 0;
  PlainRecord record;
  std::string field;
  const auto end_field = [&] {
    record.fields.push_back(std::exchange(field, {}));
    at = At::kFieldStart;
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (at == At::kQuoted && c == '"') {
      at = At::kQuoteSeen;
    } else if (at == At::kQuoted) {
      field += c;
    } else if (at == At::kQuoteSeen && c == '"') {
      field += c;
      at = At::kQuoted;
    } else if (at == At::kFieldStart && c == '"') {
      at = At::kQuoted;
    } else if (c == ',') {
      end_field();
    } else if (c == '\n') {
      const bool has_cr = i > begin && text[i - 1] == '\r';
      if (has_cr) field.pop_back();
      end_field();
      record.span = {static_cast<std::uint32_t>(begin),
                     static_cast<std::uint32_t>(i - begin - (has_cr ? 1 : 0))};
      records.push_back(std::exchange(record, {}));
      begin = i + 1;
    } else {
      field += c;
      at = At::kUnquoted;
    }
  }
  return records;
}

/// kNumRows movies after the profile of the built-in model.
struct GeneratedRows {
  std::shared_ptr<const model::Model> model;
  std::vector<std::string> columns;
  /// The rows' CSV, without the header.
  std::string text;
  std::vector<PlainRecord> records;

  std::string_view TextOf(std::size_t row) const {
    return std::string_view(text).substr(records[row].span.offset, records[row].span.length);
  }
};

inline Result<GeneratedRows> GenerateRows() {
  GeneratedRows made;
  MARQUEE_ASSIGN_OR_RETURN(
      made.model, model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName));
  MARQUEE_ASSIGN_OR_RETURN(const GeneratorProfile profile, ProfileFromModel(*made.model));
  MARQUEE_RETURN_IF_ERROR(
      GenerateCsv(profile, kNumRows, /*seed=*/20261122, [&made](std::string_view piece) {
        made.text += piece;
        return Status();
      }));
  const std::size_t header_bytes = made.text.find('\n') + 1;
  made.columns = ReadPlainly(std::string_view(made.text).substr(0, header_bytes))[0].fields;
  made.text.erase(0, header_bytes);
  made.records = ReadPlainly(made.text);
  if (made.records.size() != kNumRows) {
    return Status::Internal("the generated text does not hold as many records as were asked for");
  }
  return made;
}

/// The rows, made once a program; or why they can't be.
inline const Result<GeneratedRows>& Generated() {
  static const Result<GeneratedRows> rows = GenerateRows();
  return rows;
}

/// Report a failure as the benchmark's error.
inline void Skip(benchmark::State& state, std::string_view why) {
  state.SkipWithError(std::string(why).c_str());
}

}  // namespace marquee::bench
