#include "pipeline/app/data_source.h"

#include "pipeline/app/settings.h"

namespace marquee {

void AddDataOptions(CLI::App& command, DataOptions& options) {
  AddSetting(command, "--data", options.file, "CSV file of movies, .csv or .csv.gz");
}

Result<OpenedData> OpenData(const DataOptions& options, const CsvLimits& limits,
                            const FeatureSpec& spec) {
  OpenedData opened;
  MARQUEE_ASSIGN_OR_RETURN(opened.source, CsvSource::Open(options.file, limits, spec.Columns()));
  return opened;
}

}  // namespace marquee
