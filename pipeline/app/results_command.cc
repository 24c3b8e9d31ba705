#include <fmt/core.h>

#include <chrono>
#include <optional>

#include "pipeline/app/command.h"
#include "pipeline/app/kafka_options.h"
#include "pipeline/app/live_text.h"
#include "pipeline/app/message_json.h"
#include "pipeline/app/results_reader.h"
#include "pipeline/app/results_view.h"
#include "pipeline/app/settings.h"
#include "pipeline/app/stop_signal.h"
#include "pipeline/transport/file/message_file.h"

namespace marquee {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

constexpr milliseconds kPollTime{100};
constexpr seconds kShowInterval{1};
// Into logs, less often.
constexpr seconds kLineInterval{5};
// Once complete, what else has been written is read for so long at most: it may hold duplicates.
constexpr seconds kLastLook{1};

struct ResultsOptions {
  KafkaConnection connection;
  std::string run_id;
  std::size_t until_complete_s = 0;
  std::size_t warm_up_s = 0;
  std::string model;
  std::string record;
  bool json = false;
};

/// Shows a run that is followed: redrawn on a terminal, else as lines.
class Display {
 public:
  Display(const model::Model& model, bool json)
      : model_(model), json_(json), live_(!json && CanRedraw()) {}

  /// Show how far the run is, if it is time to.
  Status Update(const RunResults& results, std::uint64_t unreadable) {
    const auto now = Clock::now();
    const auto interval = json_ || live_ ? kShowInterval : kLineInterval;
    if (now - shown_at_ < interval) return {};
    const ResultsSnapshot snapshot = Snapshot(results, unreadable);
    if (json_) return PrintJson(snapshot);
    if (live_) {
      text_.Draw(ResultsText(snapshot, UseColor()));
    } else {
      fmt::print(stderr, "marquee: {}\n", ResultsLine(snapshot));
    }
    return {};
  }

  /// Show what is final.
  Status Finish(const RunResults& results, std::uint64_t unreadable) {
    const ResultsSnapshot snapshot = Snapshot(results, unreadable);
    if (json_) return PrintJson(snapshot);
    text_.Clear();
    fmt::print("{}", ResultsText(snapshot, UseColor()));
    return {};
  }

  void Complain(const std::string& complaint) {
    if (complaint.empty()) return;
    text_.Clear();
    fmt::print(stderr, "marquee: {}\n", complaint);
  }

 private:
  ResultsSnapshot Snapshot(const RunResults& results, std::uint64_t unreadable) {
    const auto now = Clock::now();
    const bool same_run = run_ == results.tracker().run();
    const std::uint64_t came = results.records() - (same_run ? rows_ : 0);
    const std::chrono::duration<double> elapsed = now - shown_at_;
    run_ = results.tracker().run();
    rows_ = results.records();
    shown_at_ = now;
    return {.results = &results,
            .model = &model_,
            .rows_per_s_now = static_cast<double>(came) / elapsed.count(),
            .unreadable = unreadable};
  }

  static Status PrintJson(const ResultsSnapshot& snapshot) {
    fmt::print("{}\n", JsonText(ResultsJson(snapshot)));
    if (std::fflush(stdout) == 0) return {};
    return Status::Unavailable("cannot write standard output: it is closed or its disk is full");
  }

  const model::Model& model_;
  bool json_;
  bool live_;
  LiveText text_;
  Clock::time_point shown_at_ = Clock::now();
  RunId run_;
  std::uint64_t rows_ = 0;
};

/// Follows a run until there is nothing more to wait for.
class ResultsReading {
 public:
  ResultsReading(const ResultsOptions& options, ResultsReader reader,
                 std::optional<MessageFileWriter> recording, const model::Model& model)
      : options_(options),
        reader_(std::move(reader)),
        recording_(std::move(recording)),
        display_(model, options.json) {}

  Status Run() {
    while (true) {
      MARQUEE_ASSIGN_OR_RETURN(const TopicReader::Event event, reader_.Next(kPollTime));
      if (const RunResults* before = reader_.before()) {
        MARQUEE_RETURN_IF_ERROR(display_.Finish(*before, reader_.unreadable()));
      }
      if (reader_.results() != nullptr) {
        if (event == TopicReader::Event::kRecord) MARQUEE_RETURN_IF_ERROR(Record());
        MARQUEE_RETURN_IF_ERROR(display_.Update(*reader_.results(), reader_.unreadable()));
      }
      if (Clock::now() - complained_at_ >= kShowInterval) Complain();
      if (IsOver(event)) return End();
    }
  }

 private:
  /// Write what was just counted to the recording, if there is one.
  Status Record() {
    if (!recording_ || !reader_.counted()) return {};
    return recording_->Write(reader_.counted()->batch.bytes());
  }

  void Complain() {
    complained_at_ = Clock::now();
    display_.Complain(reader_.TakeClientComplaint());
    display_.Complain(reader_.TakeRecordComplaint());
  }

  bool IsComplete() const {
    return reader_.results() != nullptr && reader_.results()->tracker().complete();
  }

  bool IsOver(TopicReader::Event event) {
    if (stop_.requested()) return true;
    if (options_.until_complete_s == 0) return false;
    const auto now = Clock::now();
    if (!IsComplete()) return now - began_ >= seconds(options_.until_complete_s);
    if (!complete_since_) complete_since_ = now;
    return event != TopicReader::Event::kRecord || now - *complete_since_ >= kLastLook;
  }

  Status End() {
    Complain();
    if (recording_) MARQUEE_RETURN_IF_ERROR(recording_->Close());
    const RunResults* results = reader_.results();
    if (results != nullptr) {
      MARQUEE_RETURN_IF_ERROR(display_.Finish(*results, reader_.unreadable()));
    }
    if (stop_.requested() || IsComplete()) return {};
    const std::string waited =
        fmt::format("topic {}: after {} s ", options_.connection.TopicName(Topic::kResults),
                    options_.until_complete_s);
    if (results == nullptr) return Status::Unavailable(waited + "there are no results of any run");
    const RunTracker& tracker = results->tracker();
    return Status::Unavailable(fmt::format("{}run {} is not complete: {}", waited,
                                           tracker.run().ToString(), tracker.MissingText()));
  }

  const ResultsOptions& options_;
  ResultsReader reader_;
  std::optional<MessageFileWriter> recording_;
  Display display_;
  StopSignal stop_;
  Clock::time_point began_ = Clock::now();
  Clock::time_point complained_at_ = began_;
  std::optional<Clock::time_point> complete_since_;
};

Status Results(const ResultsOptions& options) {
  std::optional<RunId> run;
  if (!options.run_id.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(run, RunId::Parse(options.run_id));
  }
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(options.model));
  std::optional<MessageFileWriter> recording;
  if (!options.record.empty()) {
    MARQUEE_ASSIGN_OR_RETURN(recording, MessageFileWriter::Create(options.record));
  }
  const auto open = [&options](const std::string& topic, const StartAt& start) {
    return TopicReader::Open(options.connection, topic, start, kBrokerTimeout);
  };
  const seconds warm_up(options.warm_up_s);
  MARQUEE_ASSIGN_OR_RETURN(
      ResultsReader reader,
      ResultsReader::Open(open, {.topic = options.connection.TopicName(Topic::kResults),
                                 .run = run,
                                 .then_newer = !run && options.until_complete_s == 0,
                                 .from = std::nullopt,
                                 .warm_up_ns = std::chrono::nanoseconds(warm_up).count(),
                                 .num_classes = model->num_classes()}));
  return ResultsReading(options, std::move(reader), std::move(recording), *model).Run();
}

}  // namespace

void AddResultsCommand(CLI::App& root, Action& chosen) {
  CLI::App* command = AddCommand(
      root, "results", "Follow the results of a run over Kafka: F1, throughput, latency, losses",
      "  marquee results                            the newest run, live, until Ctrl-C\n"
      "  marquee results --until-complete 60        end with 0 once every row is accounted for,\n"
      "                                             after 60 s with 1, naming what is missing\n"
      "  marquee results --run-id 0193… --json      a JSON object a line; the last one is final");
  auto options = std::make_shared<ResultsOptions>();
  AddKafkaOptions(*command, options->connection);
  AddSetting(*command, "--run-id", options->run_id,
             "the run: 32 hexadecimal digits (default: the newest, then any newer one)");
  AddSetting(*command, "--until-complete", options->until_complete_s,
             "end when the run is complete, or fail after so many seconds; 0 = follow until "
             "interrupted");
  AddSetting(*command, "--warm-up", options->warm_up_s,
             "leave the rows of a run's first so many seconds out of its latency")
      ->check(CLI::Range(0, 86'400));
  AddSetting(*command, "--model", options->model,
             "model file, for the names of classes (default: the built-in movies model)");
  AddSetting(*command, "--record", options->record,
             "write the results to this file too, for marquee-viewer and decode");
  AddSwitch(*command, "--json", options->json, "print a JSON object a second, as one line");
  SetAction(command, chosen, [options] { return Results(*options); });
}

}  // namespace marquee
