// pipeline/dataset/download.h — fetch the data file once, whole, or say why not.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>

#include "schemas/status.h"

namespace marquee {

/// What to fetch, and how far to go for it.
struct DownloadRequest {
  /// http, https or file.
  std::string url;
  /// Where the whole file goes. Until it is whole it lies beside it, with `.part` behind its name.
  std::string destination;
  std::uint64_t max_bytes = std::uint64_t{4} << 30;
  /// Expected SHA-256 of the file, in hexadecimal; empty = not checked.
  std::string sha256;
  std::chrono::milliseconds connect_timeout{15'000};
  /// Give an attempt up after so long without a byte.
  std::chrono::seconds stall_timeout{30};
  /// Attempts in a row that bring nothing new before it counts as failed.
  int max_attempts = 5;
  /// Pause before the second attempt; doubled before each further one.
  std::chrono::milliseconds retry_delay{500};
  /// Called now and then with the bytes there so far and in all (0 = unknown); false stops the
  /// download. May be empty.
  std::function<bool(std::uint64_t done, std::uint64_t total)> progress;
};

/// How a download went.
struct DownloadReport {
  std::uint64_t bytes = 0;
  /// How many of them an earlier, interrupted download had left.
  std::uint64_t resumed_bytes = 0;
  /// Connections it took.
  int attempts = 0;
};

/// Fetch `request.url` to `request.destination`, replacing what is there in one step at the end.
///
/// A lost connection is taken up again where it broke, if the server says that the file is still
/// the same one (strong ETag or date of change); so is, in a later call, a download that failed or
/// was stopped. The destination is touched only on success.
/// Threads: safe; a second download to the same destination, of another process too, is refused.
/// Errors:  kUsage for an address that is not http, https or file, or a malformed checksum;
///          kUnavailable if the server, network or disk fails; kData if the file is larger than
///          allowed or not the one the checksum belongs to (what was fetched is deleted then).
///          Messages leave out the address's password and query, which may be secret.
Result<DownloadReport> Download(const DownloadRequest& request);

}  // namespace marquee
