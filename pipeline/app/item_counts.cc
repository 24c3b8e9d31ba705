#include "pipeline/app/item_counts.h"

#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "kernels/csv.h"
#include "pipeline/stages/feature_kinds.h"
#include "pipeline/transport/file/output_file.h"
#include "schemas/item_code.h"

namespace marquee {
namespace {

/// Rows that hold each item of one list.
class ListCounter {
 public:
  ListCounter(const FeatureLine& line, std::size_t number, std::size_t column)
      : names_(FindItemNames(line.kind)),
        parameter_(line.parameter),
        number_(number),
        column_(column) {}

  void AddRow(std::span<const std::string_view> fields) {
    in_row_.clear();
    names_(fields[column_], parameter_, [this](std::string_view item) {
      if (in_row_.emplace(item).second) ++rows_[std::string(item)];
    });
  }

  Status Write(OutputFile& output) const {
    std::vector<std::pair<std::string, std::uint64_t>> items(rows_.begin(), rows_.end());
    std::stable_sort(items.begin(), items.end(),
                     [](const auto& a, const auto& b) { return a.second > b.second; });
    for (const auto& [item, rows] : items) {
      const nlohmann::ordered_json line = {
          {"list", number_}, {"code", ItemCode(item, number_)}, {"rows", rows}, {"item", item}};
      const auto replace = nlohmann::ordered_json::error_handler_t::replace;
      MARQUEE_RETURN_IF_ERROR(output.Write(line.dump(-1, ' ', false, replace) + "\n"));
    }
    return {};
  }

 private:
  ItemNameKind names_;
  double parameter_;
  std::size_t number_;
  std::size_t column_;
  std::map<std::string, std::uint64_t> rows_;
  std::set<std::string> in_row_;
};

}  // namespace

Status WriteItemCounts(CsvSource& source, const FeatureSpec& spec, const std::string& path) {
  const std::vector<std::string>& columns = source.columns();
  std::vector<ListCounter> counters;
  for (std::size_t i = 0; i < spec.lists.size(); ++i) {
    const auto column = std::find(columns.begin(), columns.end(), spec.lists[i].column);
    counters.emplace_back(spec.lists[i], i, static_cast<std::size_t>(column - columns.begin()));
  }
  RecordBlock block;
  std::vector<char> decoded;
  std::vector<std::string_view> fields(columns.size());
  while (true) {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, source.Next(block));
    if (!more) break;
    for (const Record& record : block.records) {
      decoded.resize(std::max(decoded.size(), record.text.size()));
      const bool is_row = record.flaw == wire::RejectReason::None &&
                          kernels::SplitCsvRecord(record.text, decoded, fields) == fields.size();
      if (!is_row) continue;  // `features -o` makes it a dead letter
      for (ListCounter& counter : counters) counter.AddRow(fields);
    }
  }
  MARQUEE_ASSIGN_OR_RETURN(OutputFile output, OutputFile::Create(path));
  for (const ListCounter& counter : counters) MARQUEE_RETURN_IF_ERROR(counter.Write(output));
  return output.Close();
}

}  // namespace marquee
