// viewer/serve/page_files.h — the files of the page, in memory.
#pragma once

#include <map>
#include <string>

#include "schemas/status.h"

namespace marquee::viewer {

struct PageFile {
  std::string content_type;
  std::string bytes;
  std::string gzip;  ///< the same compressed; empty = it is not there
  std::string etag;  ///< changes with the bytes
};

/// By the path of a request: "/", "/page.js". What is not in it cannot be asked for.
using PageFiles = std::map<std::string, PageFile, std::less<>>;

/// Read what viewer/web/ makes into `folder`. Errors: kConfig if no page is there.
Result<PageFiles> ReadPageFiles(const std::string& folder);

}  // namespace marquee::viewer
