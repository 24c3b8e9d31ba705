#include "pipeline/app/data_source.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "pipeline/app/generated_data.h"
#include "pipeline/app/progress.h"
#include "pipeline/app/settings.h"
#include "pipeline/dataset/download.h"
#include "pipeline/dataset/locate.h"
#include "pipeline/stages/preprocess.h"

namespace marquee {
namespace {

namespace fs = std::filesystem;

/// How many rows are generated where there is no data at all: enough for steady figures, in about a
/// second.
constexpr std::uint64_t kFallbackRows = 100'000;
constexpr std::uint64_t kFallbackSeed = 1;

Result<DataChoice> Locate(const DataOptions& options) {
  const char* environment = std::getenv("MARQUEE_DATA");
  const std::string from_environment = environment == nullptr ? "" : environment;
  return LocateData({.flag = options.file == from_environment ? "" : options.file,
                     .environment = from_environment,
                     .directory = fs::current_path(),
                     .url = options.url});
}

/// Where a download is kept: in ./data, where the next run finds it, or among the temporary files if
/// ./data cannot be written, as in a container.
fs::path DownloadFolder() {
  const fs::path data = fs::current_path() / "data";
  std::error_code error;
  fs::create_directories(data, error);
  return !error && access(data.c_str(), W_OK) == 0 ? data : fs::temp_directory_path();
}

/// Returns the downloaded file's path.
Result<std::string> Fetch(const std::string& url, const DataOptions& options) {
  // The name without query and fragment; LocateData only finds CSV files.
  std::string name = fs::path(url.substr(0, url.find_first_of("?#"))).filename().string();
  const auto ends_with = [&name](std::string_view end) {
    return name.size() > end.size() && name.substr(name.size() - end.size()) == end;
  };
  if (!ends_with(".csv") && !ends_with(".csv.gz")) name = "movies.csv";
  const std::string destination = (DownloadFolder() / name).string();
  ProgressBar progress("download");
  MARQUEE_ASSIGN_OR_RETURN(
      const DownloadReport report,
      Download({.url = url,
                .destination = destination,
                .max_bytes = options.max_download_mib << 20,
                .sha256 = options.sha256,
                .progress = [&progress](std::uint64_t done, std::uint64_t total) {
                  progress.Update(done, total);
                  return true;
                }}));
  fmt::print(stderr, "marquee: downloaded {} bytes to {}\n", report.bytes, destination);
  return destination;
}

}  // namespace

void AddDataOptions(CLI::App& command, DataOptions& options) {
  AddSetting(command, "--data", options.file,
             "CSV file, .csv or .csv.gz (default: the first one in ./data, else --data-url, else "
             "generated)");
  AddSetting(command, "--data-url", options.url,
             "where to download the file from, if there is none");
  AddSetting(command, "--data-sha256", options.sha256,
             "SHA-256 that the downloaded file must have");
  AddSetting(command, "--data-max-mib", options.max_download_mib, "largest download, in MiB")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1} << 24));
}

Result<OpenedData> OpenData(const DataOptions& options, const CsvLimits& limits,
                            const FeatureSpec& spec, const model::Model& model) {
  MARQUEE_ASSIGN_OR_RETURN(const DataChoice choice, Locate(options));
  fmt::print(stderr, "marquee: {}\n", choice.reason);
  OpenedData opened;
  std::string path = choice.location;
  std::shared_ptr<const TemporaryFile> generated;
  if (choice.origin == DataOrigin::kDownload) {
    MARQUEE_ASSIGN_OR_RETURN(path, Fetch(choice.location, options));
  } else if (choice.origin == DataOrigin::kGenerate) {
    if (spec.Hash() != MoviesSpec().Hash()) {
      return Status::Usage("only movies can be generated: name the table's file with --data");
    }
    opened.synthetic = true;
    MARQUEE_ASSIGN_OR_RETURN(TemporaryFile file, TemporaryFile::Make());
    generated = std::make_shared<TemporaryFile>(std::move(file));
    path = generated->path();
    MARQUEE_RETURN_IF_ERROR(GenerateCsvFile(model, kFallbackRows, kFallbackSeed, path));
  }
  CsvLimits batches = limits;
  batches.max_rows = std::min(batches.max_rows, MostRowsOf(spec));
  opened.reopen = [path, generated, batches, needed = spec.NeededColumns(),
                   optional = spec.OptionalColumns()] {
    return CsvSource::Open(path, batches, needed, optional);
  };
  MARQUEE_ASSIGN_OR_RETURN(opened.source, opened.reopen());
  const auto& columns = opened.source->columns();
  for (const std::string& name : spec.OptionalColumns()) {
    if (std::find(columns.begin(), columns.end(), name) != columns.end()) continue;
    fmt::print(stderr, "marquee: there is no column '{}', so no row is labelled\n", name);
  }
  return opened;
}

}  // namespace marquee
