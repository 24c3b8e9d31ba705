// viewer/app/folder.h — files for the dialog that opens things, and names for those that are saved.
#pragma once

#include <string>

#include "schemas/status.h"
#include "viewer/ui/open_dialog.h"

namespace marquee::viewer {

/// List a folder: folders first, by name, without hidden ones; the first 2,000 entries, and that
/// there are more.
FolderListing ListFolder(const std::string& folder);

/// A path in the current folder that no file has: "name.csv", "name-2.csv", …
std::string FreePath(const std::string& name);

/// Write a file. Errors: kUnavailable.
Status SaveFile(const std::string& path, const std::string& bytes);

}  // namespace marquee::viewer
