// What `marquee run --runner serial` does between the file and the figures, for a tool that counts copied bytes; and
// the files for it.
#include <fmt/core.h>

#include <cstdlib>
#include <memory>
#include <string_view>

#include "bench/perf_check/no_sink.h"
#include "model/builtin.h"
#include "pipeline/app/embedded.h"
#include "pipeline/app/generated_data.h"
#include "pipeline/stages/feature_spec.h"

namespace marquee::bench {
namespace {

Status Run(const std::shared_ptr<const model::Model>& model, const std::string& path) {
  MARQUEE_ASSIGN_OR_RETURN(const PreprocessStage preprocess, PreprocessStage::Make(MoviesSpec()));
  MARQUEE_ASSIGN_OR_RETURN(const InferStage infer, InferStage::Make(model, ""));
  const RecordFeed::Reopen open = [&path] { return CsvSource::Open(path); };
  MARQUEE_ASSIGN_OR_RETURN(std::unique_ptr<CsvSource> source, open());
  RecordFeed feed(std::move(source), open, {});
  const std::unique_ptr<Runner> runner = MakeSerialRunner();
  NoSink sink;
  ScoringEpoch epoch(feed, preprocess, infer, /*all_columns=*/true, *runner, {}, sink);
  MARQUEE_RETURN_IF_ERROR(runner->Run(epoch));
  fmt::print("rows\t{}\n", epoch.evaluation().rows());
  return {};
}

Status Main(int argc, char** argv) {
  MARQUEE_ASSIGN_OR_RETURN(
      const std::shared_ptr<const model::Model> model,
      model::Model::FromBytes(model::BuiltinModelBytes(), model::kBuiltinModelName));
  const std::string_view mode = argc > 2 ? argv[1] : "";
  if (mode == "run") return Run(model, argv[2]);
  if (mode == "generate" && argc == 4) {
    return GenerateCsvFile(*model, std::strtoull(argv[3], nullptr, 10), /*seed=*/20261122, argv[2]);
  }
  return Status::Usage(fmt::format("usage: {0} generate FILE ROWS, or {0} run FILE", argv[0]));
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) {
  const marquee::Status status = marquee::bench::Main(argc, argv);
  if (status.ok()) return 0;
  fmt::print(stderr, "{}: {}\n", argv[0], status.message());
  return 1;
}
