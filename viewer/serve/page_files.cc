#include "viewer/serve/page_files.h"

#include <fmt/core.h>
#include <xxhash.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

namespace marquee::viewer {
namespace {

namespace fs = std::filesystem;

constexpr std::array<std::pair<const char*, const char*>, 5> kTypes = {
    {{".html", "text/html; charset=utf-8"},
     {".css", "text/css; charset=utf-8"},
     {".js", "text/javascript; charset=utf-8"},
     {".wasm", "application/wasm"},
     {".ttf", "font/ttf"}}};

std::string ReadAll(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace

Result<PageFiles> ReadPageFiles(const std::string& folder) {
  if (folder.empty()) {
    return Status::Usage(
        "--page is missing: the folder of the viewer's page, which './run viewer-web' builds");
  }
  PageFiles files;
  for (const auto& [extension, content_type] : kTypes) {
    std::error_code error;
    auto it = fs::directory_iterator(folder, error);
    for (; !error && it != fs::directory_iterator(); it.increment(error)) {
      const fs::path& path = it->path();
      if (path.extension() != extension) continue;
      PageFile file{.content_type = content_type, .bytes = ReadAll(path)};
      file.gzip = ReadAll(path.string() + ".gz");
      file.etag = fmt::format("\"{:016x}\"", XXH3_64bits(file.bytes.data(), file.bytes.size()));
      const std::string name = path.filename().string();
      files["/" + (name == "index.html" ? "" : name)] = std::move(file);
    }
  }
  for (const char* needed : {"/", "/page.js", "/viewer.js", "/viewer.wasm"}) {
    if (files.contains(needed)) continue;
    return Status::Config(fmt::format(
        "{}: the viewer's page is not there; './run viewer-web' builds it, --page names its folder",
        folder));
  }
  return files;
}

}  // namespace marquee::viewer
