#include <fmt/core.h>
#include <fmt/format.h>

#include <cmath>
#include <iterator>

#include "pipeline/app/command.h"
#include "pipeline/app/settings.h"
#include "pipeline/dataset/csv_quoting.h"
#include "pipeline/stages/result_json.h"
#include "pipeline/transport/file/output_file.h"

namespace marquee {
namespace {

/// Writes one line a row, as CSV or as JSON; lines are made in parallel and written in order.
class LineSink final : public ResultSink {
 public:
  LineSink(const model::Model& model, bool json, std::size_t num_slots, OutputFile& output)
      : model_(model),
        json_(json),
        format_(model.class_names(), ResultJson::Members::kPrediction),
        lines_(num_slots),
        output_(output) {}

  std::string Header() const {
    if (json_) return "";
    std::string header = "id,title,target,class,score";
    for (const std::string_view name : model_.class_names()) {
      header.push_back(',');
      AppendCsvField(fmt::format("p_{}", name), header);
    }
    return header + ",seen\n";
  }

  void Process(const ResultBatchView& results, std::size_t slot) override {
    std::string& lines = lines_[slot];
    if (json_) {
      format_.Write(results, lines);
      return;
    }
    lines.clear();
    const RowColumns rows = results.rows();
    std::size_t title_begin = 0;
    for (std::size_t row = 0; row < results.num_rows(); ++row) {
      const std::string_view title = rows.titles.substr(title_begin, rows.title_lengths[row]);
      title_begin += title.size();
      AppendCsv(results, rows, row, title, lines);
    }
  }

  Status Write(const ResultBatchView&, std::size_t slot) override {
    return output_.Write(std::string_view(lines_[slot]));
  }

 private:
  void AppendCsv(const ResultBatchView& results, const RowColumns& rows, std::size_t row,
                 std::string_view title, std::string& out) const {
    const auto to = std::back_inserter(out);
    fmt::format_to(to, "{},", rows.ids[row]);
    AppendCsvField(title, out);
    out.push_back(',');
    if (!std::isnan(rows.target[row])) fmt::format_to(to, "{}", rows.target[row]);
    out.push_back(',');
    AppendCsvField(model_.class_names()[results.predicted_class()[row]], out);
    fmt::format_to(to, ",{}", results.score()[row]);
    for (std::size_t c = 0; c < results.num_classes(); ++c) {
      fmt::format_to(to, ",{}", results.probability(c)[row]);
    }
    fmt::format_to(to, ",{}\n", static_cast<int>(results.seen()[row]));
  }

  const model::Model& model_;
  bool json_;
  ResultJson format_;
  std::vector<std::string> lines_;  // by slot
  OutputFile& output_;
};

struct ScoreOptions {
  PipelineOptions pipeline;
  std::string output = "-";
  bool json = false;
};

Status Score(const ScoreOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const Scoring scoring, Scoring::Make(options.pipeline.scoring()));
  MARQUEE_ASSIGN_OR_RETURN(OpenedData data,
                           OpenData(options.pipeline.data, options.pipeline.limits(),
                                    scoring.preprocess.spec(), *scoring.model));
  MARQUEE_ASSIGN_OR_RETURN(OutputFile output, CreateOutput<OutputFile>(data, options.output));
  LineSink sink(*scoring.model, options.json, scoring.runner->num_slots(), output);
  MARQUEE_RETURN_IF_ERROR(output.Write(sink.Header()));
  RecordFeed feed(std::move(data.source), std::move(data.reopen), {});
  ScoringEpoch epoch(feed, scoring.preprocess, scoring.infer, options.pipeline.all_columns(),
                     *scoring.runner, options.pipeline.dead_letters, sink);
  return RunEpochInto(output, *scoring.runner, epoch);
}

}  // namespace

void AddScoreCommand(CLI::App& root, Action& chosen) {
  CLI::App* command =
      AddCommand(root, "score", "Print a prediction for every row of a CSV file, in its order",
                 "  marquee score movies.csv > predictions.csv\n"
                 "  marquee score movies.csv.gz --json | head -n 3\n"
                 "  marquee score movies.csv --model other.model -o predictions.csv");
  auto options = std::make_shared<ScoreOptions>();
  AddPipelineOptions(*command, options->pipeline, /*scoring=*/true);
  command->add_option("FILE", options->pipeline.data.file, "the CSV file; short for --data");
  command
      ->add_option("-o,--output", options->output, "file for the predictions; - is standard output")
      ->capture_default_str();
  AddSwitch(*command, "--json", options->json, "print JSON lines instead of CSV");
  SetAction(command, chosen, [options] { return Score(*options); });
}

}  // namespace marquee
