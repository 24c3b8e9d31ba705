#include "pipeline/dataset/locate.h"

#include <fmt/core.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <vector>

namespace marquee {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFolder = "data";

/// The file that `given` names, which the user gave as `source`.
Result<DataChoice> NamedFile(const fs::path& directory, std::string_view given,
                             std::string_view source) {
  const fs::path path = directory / given;
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return Status::Unavailable(fmt::format("{}: {}: no such file (relative paths count from {})",
                                           source, path.string(), directory.string()));
  }
  if (fs::is_directory(status)) {
    return Status::Unavailable(
        fmt::format("{}: {} is a directory; name the file in it", source, path.string()));
  }
  return DataChoice{DataOrigin::kFile, path.string(),
                    fmt::format("data: {} ({})", path.string(), source)};
}

bool IsCsvName(std::string_view name) {
  return name.ends_with(".csv") || name.ends_with(".csv.gz");
}

/// The first CSV by name in `folder`; empty if there is none.
std::string FirstCsv(const fs::path& folder) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    std::string name = entry->path().filename().string();
    if (IsCsvName(name) && entry->is_regular_file(ignored)) names.push_back(std::move(name));
  }
  const auto first = std::min_element(names.begin(), names.end());
  return first == names.end() ? std::string() : (folder / *first).string();
}

}  // namespace

Result<DataChoice> LocateData(const DataRequest& request) {
  if (!request.flag.empty()) return NamedFile(request.directory, request.flag, "--data");
  if (!request.environment.empty()) {
    return NamedFile(request.directory, request.environment, "MARQUEE_DATA");
  }
  const fs::path folder = request.directory / kFolder;
  if (std::string path = FirstCsv(folder); !path.empty()) {
    std::string reason =
        fmt::format("data: {} (the first CSV in {}; --data FILE or MARQUEE_DATA names another)",
                    path, folder.string());
    return DataChoice{DataOrigin::kFile, std::move(path), std::move(reason)};
  }
  const std::string nothing =
      fmt::format("no --data, no MARQUEE_DATA, no .csv or .csv.gz in {}", folder.string());
  if (!request.url.empty()) {
    return DataChoice{DataOrigin::kDownload, request.url,
                      fmt::format("data: a download from the configured address ({})", nothing)};
  }
  return DataChoice{DataOrigin::kGenerate, "",
                    fmt::format("data: SYNTHETIC, made up by the generator; its figures say "
                                "nothing about real movies ({}, no "
                                "address to download from)",
                                nothing)};
}

}  // namespace marquee
