// One or two records of benchmarks, as bench/record.py writes them.
#include <fmt/core.h>

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <nlohmann/json.hpp>

#include "pipeline/core/clock.h"
#include "schemas/cut_text.h"
#include "viewer/data/open.h"

namespace marquee::viewer {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;

struct Record {
  std::vector<std::string> facts;
  std::vector<wire::BenchRowT> rows;
};

std::string Text(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || found->is_null()) return "";
  const std::string text = found->is_string() ? found->get<std::string>() : found->dump();
  return std::string(CutText(text, kMaxText));
}

std::vector<std::string> Facts(const Json& record) {
  const Json& environment = record.at("environment");
  std::vector<std::string> facts;
  const auto add = [&facts](std::string_view name, const std::string& value) {
    if (!value.empty()) facts.push_back(fmt::format("{}: {}", name, value));
  };
  add("kind", Text(record, "kind"));
  add("command", Text(record, "command"));
  const bool changed = environment.value("uncommitted_changes", false);
  add("commit", Text(environment, "git").substr(0, 9) + (changed ? " and changes" : ""));
  add("time", Text(environment, "time"));
  add("CPU", fmt::format("{}, {} cores, {}", Text(environment, "cpu"), Text(environment, "cores"),
                         Text(environment, "isa")));
  add("build", fmt::format("{}, {}", Text(environment, "build"), Text(environment, "compiler")));
  if (const auto libraries = environment.find("libraries"); libraries != environment.end()) {
    std::string versions;
    for (const auto& [name, version] : libraries->items()) {
      versions += fmt::format("{}{} {}", versions.empty() ? "" : ", ", name,
                              version.is_string() ? version.get<std::string>() : version.dump());
    }
    add("libraries", std::string(CutText(versions, kMaxText)));
  }
  add("data", Text(record.value("settings", Json::object()), "data"));
  return facts;
}

/// Throws nlohmann::json::exception if it is none.
Record ReadRecord(const Json& json) {
  Record record{.facts = Facts(json), .rows = {}};
  for (const Json& result : json.at("results")) {
    if (record.rows.size() == kMaxBenchRows) break;
    wire::BenchRowT& row = record.rows.emplace_back();
    row.name = Text(result, "name");
    row.unit = Text(result, "unit");
    row.left = result.at("value").get<double>();
    row.right = std::nan("");
    // A rate; everything else that is measured is a time, or memory.
    row.higher_is_better = row.unit.ends_with("/s");
  }
  return record;
}

Result<Record> ReadFile(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    return Status::Unavailable(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  const Json json = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  const auto none = [&path](std::string_view why) {
    return Status::Data(
        fmt::format("{}: no record of benchmarks of schema {} ({}); './run bench' makes one", path,
                    kSchema, why));
  };
  if (!json.is_object()) return none("it is no JSON object");
  try {
    if (json.at("schema") != kSchema) return none("another schema");
    return ReadRecord(json);
  } catch (const Json::exception& error) {  // a key is not there, or of another type
    return none(error.what());
  }
}

class BenchSource final : public FeedSource {
 public:
  explicit BenchSource(BenchOptions options) : options_(std::move(options)) {}

  wire::SourceT Describe() const override {
    wire::SourceT source;
    source.kind = wire::SourceKind::BenchRecords;
    source.name = options_.right.empty() ? options_.left
                                         : fmt::format("{}, {}", options_.left, options_.right);
    return source;
  }

  Status Run(FeedPort& port) override {
    wire::SnapshotT snapshot = EmptySnapshot();
    *snapshot.source = Describe();
    snapshot.source->state = wire::SourceState::Ended;
    snapshot.source->progress = 1;
    snapshot.taken_ns = WallClockNs();
    snapshot.bench = std::make_unique<wire::BenchComparisonT>();
    wire::BenchComparisonT& bench = *snapshot.bench;
    MARQUEE_ASSIGN_OR_RETURN(Record left, ReadFile(options_.left));
    bench.left = options_.left;
    bench.left_facts = std::move(left.facts);
    for (wire::BenchRowT& row : left.rows) {
      bench.rows.push_back(std::make_unique<wire::BenchRowT>(std::move(row)));
    }
    if (!options_.right.empty()) MARQUEE_RETURN_IF_ERROR(AddRight(bench));
    port.Publish(snapshot);
    return {};
  }

 private:
  Status AddRight(wire::BenchComparisonT& bench) const {
    MARQUEE_ASSIGN_OR_RETURN(Record right, ReadFile(options_.right));
    bench.right = options_.right;
    bench.right_facts = std::move(right.facts);
    for (wire::BenchRowT& row : right.rows) {
      const auto same = std::ranges::find_if(bench.rows, [&row](const auto& other) {
        return other->name == row.name && other->unit == row.unit;
      });
      if (same != bench.rows.end()) {
        (*same)->right = row.left;
      } else if (bench.rows.size() < kMaxBenchRows) {
        std::swap(row.left, row.right);
        bench.rows.push_back(std::make_unique<wire::BenchRowT>(std::move(row)));
      }
    }
    return {};
  }

  BenchOptions options_;
};

}  // namespace

std::unique_ptr<Feed> ShowBench(BenchOptions options, OnPublish on_publish) {
  return std::make_unique<Feed>(std::make_unique<BenchSource>(std::move(options)),
                                std::move(on_publish));
}

}  // namespace marquee::viewer
