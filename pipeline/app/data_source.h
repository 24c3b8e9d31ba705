// pipeline/app/data_source.h — from the options about data to an open CSV file.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <string>

#include "model/model.h"
#include "pipeline/app/record_feed.h"
#include "pipeline/dataset/csv_source.h"
#include "pipeline/stages/feature_spec.h"
#include "schemas/status.h"

namespace marquee {

/// Which data to read.
struct DataOptions {
  std::string file;
  std::string url;
  std::string sha256;
  std::uint64_t max_download_mib = 4096;
};

void AddDataOptions(CLI::App& command, DataOptions& options);

/// A CSV file, and where it came from.
struct OpenedData {
  std::unique_ptr<CsvSource> source;
  /// Opens the same file once more, at its beginning. Errors: of CsvSource::Open.
  RecordFeed::Reopen reopen;
  /// Whether it was generated for this run: it must never pass for a real one.
  bool synthetic = false;
};

/// Find the data: the file that was named, else the first CSV in ./data, else a download from the
/// configured URL, else a file generated after `model`; and open it. Says on standard error which
/// it is, and which column it lacks that labels need.
/// Errors: kUnavailable, kData: as of reading, downloading and CsvSource::Open; kUsage if rows of
/// another table than the movies would have to be generated.
Result<OpenedData> OpenData(const DataOptions& options, const CsvLimits& limits,
                            const FeatureSpec& spec, const model::Model& model);

}  // namespace marquee
