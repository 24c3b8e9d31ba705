#include "viewer/app/command_line.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "pipeline/app/kafka_options.h"
#include "pipeline/app/settings.h"
#include "viewer/data/headless.h"
#include "viewer/serve/serve.h"

namespace marquee::viewer {
namespace {

using Kind = OpenRequest::Kind;

/// Feeds of what the dialog asks for, with the rest of the command line.
FeedOpener OpenerOf(const CommandLine& line) {
  return [&line](const OpenRequest& request, std::function<void()> on_publish) {
    switch (request.kind) {
      case Kind::kRecording: {
        RecordingOptions options = line.recording;
        options.path = request.file;
        options.model = line.model;
        return ReplayRecording(std::move(options), std::move(on_publish));
      }
      case Kind::kEmbeddedRun: {
        EmbeddedRunOptions options = line.run;
        options.data = request.file;
        options.model = line.model;
        return StartRun(std::move(options), std::move(on_publish));
      }
      case Kind::kBenchRecords:
        return ShowBench({.left = request.file, .right = request.second_file},
                         std::move(on_publish));
      case Kind::kTopic:
        break;
    }
    TopicOptions options = line.topic;
    options.connection.brokers = request.brokers;
    options.connection.topic_prefix = request.topic_prefix;
    options.run_id = request.run_id;
    options.from = request.from;
    options.model = line.model;
    return FollowTopic(std::move(options), std::move(on_publish));
  };
}

/// What the command line names; nothing if it names no source.
std::optional<OpenRequest> SourceOf(const CLI::App& root, const CommandLine& line) {
  if (!line.recording.path.empty()) {
    return OpenRequest{.kind = Kind::kRecording, .file = line.recording.path};
  }
  if (!line.compare.empty()) {
    return OpenRequest{.kind = Kind::kBenchRecords,
                       .file = line.compare[0],
                       .second_file = line.compare.size() > 1 ? line.compare[1] : ""};
  }
  if (root.count("--embedded") > 0 || root.count("--generate") > 0) {
    return OpenRequest{.kind = Kind::kEmbeddedRun, .file = line.run.data};
  }
  const auto given = [&](const char* option) { return root.count(option) > 0; };
  if (!line.headless && line.serve.empty() && !given("--brokers") && !given("--run-id") &&
      !given("--from"))
    return {};
  return OpenRequest{.kind = Kind::kTopic,
                     .brokers = line.topic.connection.brokers,
                     .topic_prefix = line.topic.connection.topic_prefix,
                     .run_id = line.topic.run_id,
                     .from = line.topic.from};
}

/// "overview:picture.png"
Result<Shot> ParseShot(const std::string& text) {
  const auto colon = text.find(':');
  const std::string name = text.substr(0, colon);
  const auto* panel = std::find(kPanelNames.begin(), kPanelNames.end(), name);
  if (colon == std::string::npos || colon + 1 == text.size() || panel == kPanelNames.end()) {
    std::string known;
    for (const char* one : kPanelNames) known += fmt::format(" {}", one);
    return Status::Usage(
        fmt::format("--shot {}: it must be PANEL:FILE.png; the panels are{}", text, known));
  }
  return Shot{static_cast<Panel>(panel - kPanelNames.begin()), text.substr(colon + 1)};
}

/// "1280x800"
Status ParseSize(const std::string& text, int& width, int& height) {
  if (text.empty()) return {};
  char* end = nullptr;
  const long w = std::strtol(text.c_str(), &end, 10);
  const long h = *end == 'x' ? std::strtol(end + 1, &end, 10) : 0;
  if (*end != '\0' || w < 640 || w > 16'384 || h < 400 || h > 16'384) {
    return Status::Usage(fmt::format(
        "--size {}: it must be WIDTHxHEIGHT, from 640x400 to 16384x16384 pixels", text));
  }
  width = static_cast<int>(w);
  height = static_cast<int>(h);
  return {};
}

}  // namespace

void AddOptions(CLI::App& root, CommandLine& line) {
  root.footer(
      "Examples:\n"
      "  marquee-viewer --brokers 127.0.0.1:9092      the newest run over Kafka, live\n"
      "  marquee-viewer --embedded movies.csv.gz      a run in this process\n"
      "  marquee-viewer results.marquee               a recording\n"
      "  marquee-viewer --compare old.json new.json   records of benchmarks\n"
      "  marquee-viewer --headless --once             the figures as JSON, without a window\n"
      "  marquee-viewer --serve 8501                  the same in a browser, at localhost:8501\n"
      "Without any source, the window asks for one.\n"
      "Exit codes: 0 done, 1 failed, 2 usage, 3 bad configuration or model, 4 bad data.");
  CLI::Option* file =
      root.add_option("file", line.recording.path, "a recording: a file of results");
  CLI::Option* embedded =
      root.add_option("--embedded", line.run.data, "a CSV file: run all stages on it, here");
  CLI::Option* generate = AddSetting(root, "--generate", line.run.generated_rows,
                                     "run all stages on so many generated rows, here");
  CLI::Option* compare =
      root.add_option("--compare", line.compare, "one or two records of benchmarks")
          ->expected(1, 2);
  file->excludes(embedded)->excludes(generate)->excludes(compare);
  embedded->excludes(generate)->excludes(compare);
  generate->excludes(compare);
  AddKafkaOptions(root, line.topic.connection);
  AddSetting(
      root, "--run-id", line.topic.run_id,
      "over Kafka: the run, 32 hexadecimal digits (default: the newest, then any newer one)");
  AddSetting(root, "--from", line.topic.from,
             "over Kafka: beginning, end, or how long ago: -90s, -10m, -1h (default: the beginning "
             "of the run)");
  AddSetting(root, "--model", line.model, "model file (default: the built-in movies model)");
  AddSetting(root, "--rate", line.run.rate, "of a run here: rows a second; 0 = at once")
      ->check(CLI::Range(0.0, 1e9));
  AddSetting(root, "--repeat", line.run.repeat, "of a run here: read the file so often")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{900'000'000}));
  AddSetting(root, "--threads", line.run.threads, "of a run here; 0 = all that are allowed");
  AddSetting(root, "--speed", line.recording.speed, "of a recording: 1 = as it was recorded")
      ->check(CLI::Range(0.01, 1e6));
  AddSwitch(root, "--headless", line.headless, "no window: print a JSON object a second");
  root.add_flag("--json", line.json, "with --headless, which prints nothing else");
  root.add_flag("--once", line.once,
                "with --headless: print one object, of all that is there, and end");
  AddSetting(root, "--serve", line.serve,
             "no window: a page for browsers at this port of 127.0.0.1, or at IP:PORT");
  root.add_option("--serve-name", line.serve_names,
                  "with --serve: a name that browsers call this server by, beside localhost and "
                  "addresses in numbers; may be repeated")
      ->envname(EnvironmentName("--serve-name"))
      ->delimiter(',');
  AddSetting(root, "--page", line.page,
             "with --serve: the page's folder, as ./run viewer-web makes it");
  AddSetting(root, "--theme", line.theme, "dark or light (default: as it was)")
      ->check(CLI::IsMember({"dark", "light"}));
  AddSetting(root, "--scale", line.scale,
             "size of everything (default: as it was, or the screen's)")
      ->check(CLI::Range(0.5, 4.0));
  root.add_option("--size", line.size, "of the window, WIDTHxHEIGHT (default: as it was)");
  root.add_option("--shot", line.shots,
                  "PANEL:FILE.png: wait for data, take this picture of a hidden window, and end; "
                  "may be repeated");
  root.add_option("--shot-after", line.shots_after_s, "seconds from the first data to the pictures")
      ->check(CLI::Range(0.0, 86'400.0));
  root.add_option("--measure", line.measure_s,
                  "measure for so many seconds, print frame times, CPU and memory as JSON, and end")
      ->check(CLI::Range(0.0, 86'400.0));
}

Status Run(const CLI::App& root, const CommandLine& line) {
  if (!line.headless && (line.json || line.once)) {
    return Status::Usage("--json and --once go with --headless");
  }
  AppOptions options{.opener = OpenerOf(line),
                     .source = SourceOf(root, line),
                     .scale = line.scale,
                     .shots_after_s = line.shots_after_s,
                     .measure_s = line.measure_s};
  if (line.headless && !line.serve.empty()) {
    return Status::Usage("--headless and --serve exclude each other");
  }
  if (!line.serve.empty()) {
    return RunServe(
        [&](OnPublish on_publish) {
          return options.opener(*options.source, std::move(on_publish));
        },
        {.server = {.address = ServeAddress(line.serve), .names = line.serve_names},
         .page = line.page});
  }
  if (line.headless) {
    const auto feed = options.opener(*options.source, [] {});
    return RunHeadless(*feed, {.once = line.once});
  }
  if (!line.theme.empty()) {
    options.theme = line.theme == "light" ? ThemeKind::kLight : ThemeKind::kDark;
  }
  if (root.count("--brokers") > 0) options.brokers = line.topic.connection.brokers;
  options.topic_prefix = line.topic.connection.topic_prefix;
  MARQUEE_RETURN_IF_ERROR(ParseSize(line.size, options.width, options.height));
  for (const std::string& text : line.shots) {
    MARQUEE_ASSIGN_OR_RETURN(Shot shot, ParseShot(text));
    options.shots.push_back(std::move(shot));
  }
  return RunApp(options);
}

}  // namespace marquee::viewer
