// pipeline/dataset/sha256.h — the checksum that data files are known by.
#pragma once

#include <string>

#include "schemas/status.h"

namespace marquee {

/// Compute the SHA-256 of a file's bytes as they are (gzip stays packed), in lower-case hex digits.
/// Errors: kUnavailable if the file cannot be read.
Result<std::string> FileSha256(const std::string& path);

}  // namespace marquee
