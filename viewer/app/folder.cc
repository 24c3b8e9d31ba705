#include "viewer/app/folder.h"

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <tuple>

#include "pipeline/transport/file/output_file.h"

namespace marquee::viewer {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostEntries = 2000;

}  // namespace

FolderListing ListFolder(const std::string& folder) {
  FolderListing listing;
  std::error_code error;
  const fs::path path = fs::canonical(folder, error);
  listing.folder = error ? folder : path.string();
  auto it = fs::directory_iterator(listing.folder, error);
  for (; !error && it != fs::directory_iterator(); it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (name.starts_with('.')) continue;
    std::error_code vanished;
    listing.entries.push_back({.name = name, .is_folder = it->is_directory(vanished)});
  }
  if (error) listing.problem = fmt::format("{}: {}", listing.folder, error.message());
  std::sort(listing.entries.begin(), listing.entries.end(), [](const auto& a, const auto& b) {
    return std::tie(b.is_folder, a.name) < std::tie(a.is_folder, b.name);
  });
  if (listing.entries.size() > kMostEntries) {
    listing.problem = fmt::format("The first {} of {}; the path of another can be typed above.",
                                  kMostEntries, listing.entries.size());
    listing.entries.resize(kMostEntries);
  }
  for (FolderListing::Entry& entry : listing.entries) {
    // A file that vanishes meanwhile is shown without its size.
    std::error_code vanished;
    const std::uintmax_t bytes =
        entry.is_folder ? 0 : fs::file_size(fs::path(listing.folder) / entry.name, vanished);
    entry.bytes = vanished ? 0 : bytes;
  }
  return listing;
}

std::string FreePath(const std::string& name) {
  std::error_code error;
  const fs::path wanted = fs::current_path(error) / name;
  fs::path path = wanted;
  for (int number = 2; fs::exists(path, error); ++number) {
    path = wanted.parent_path() /
           fmt::format("{}-{}{}", wanted.stem().string(), number, wanted.extension().string());
  }
  return path.string();
}

Status SaveFile(const std::string& path, const std::string& bytes) {
  MARQUEE_ASSIGN_OR_RETURN(OutputFile file, OutputFile::Create(path));
  MARQUEE_RETURN_IF_ERROR(file.Write(bytes));
  return file.Close();
}

}  // namespace marquee::viewer
