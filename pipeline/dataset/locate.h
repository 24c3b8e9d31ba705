// pipeline/dataset/locate.h — which data a run reads when several could be meant.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include "schemas/status.h"

namespace marquee {

/// Where the rows come from.
enum class DataOrigin : std::uint8_t {
  kFile,      ///< a file that is there
  kDownload,  ///< a file to be downloaded first
  kGenerate,  ///< made up: never to be passed off as real
};

/// What the user said about data.
struct DataRequest {
  /// The flag --data and the variable MARQUEE_DATA; empty = not given.
  std::string flag;
  std::string environment;
  /// The caller's directory: relative paths count from it, and its folder `data` is searched.
  std::filesystem::path directory;
  /// The configured address to download from; empty = none.
  std::string url;
};

/// What is read, and why.
struct DataChoice {
  DataOrigin origin = DataOrigin::kGenerate;
  /// kFile: the file's path. kDownload: the address.
  std::string location;
  /// One line for the user that says what is read and why.
  std::string reason;
};

/// Choose the data: the flag, else the environment, else the first `.csv` or `.csv.gz` by name in
/// `data/`, else a download, else the generator.
///
/// Errors: kUnavailable if the flag or the environment names something that is no file: what was
///         asked for by name is never replaced by something else.
Result<DataChoice> LocateData(const DataRequest& request);

}  // namespace marquee
