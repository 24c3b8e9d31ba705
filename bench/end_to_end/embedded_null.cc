// embedded_null.cc — `marquee run` without its work: a file's records are read, cut, handed to the
// runner's threads and dropped there, in the same blocks and at the same times. A ceiling.
#include <fmt/core.h>

#include <nlohmann/json.hpp>

#include "pipeline/app/command.h"
#include "pipeline/app/record_feed.h"
#include "pipeline/core/clock.h"
#include "pipeline/observe/histogram.h"

namespace marquee::bench {
namespace {

struct NullOptions {
  PipelineOptions pipeline;
  FeedPlan feed;
};

/// Latency counts as in an Evaluation: from a block's receipt to its writing, each row once.
class NullEpoch final : public Epoch {
 public:
  NullEpoch(RecordFeed& feed, std::size_t num_slots) : feed_(feed), slots_(num_slots) {}

  Result<bool> Read(std::size_t slot) override {
    MARQUEE_ASSIGN_OR_RETURN(const bool more, feed_.Next(slots_[slot].block));
    if (!more) return false;
    const bool due = feed_.WaitUntilDue(slots_[slot].block, [] { return false; });
    slots_[slot].received_ns = feed_.received_ns();
    return due;
  }

  Status Process(std::size_t, std::size_t) override { return {}; }

  Status Write(std::size_t slot) override {
    latency_.Add(WallClockNs() - slots_[slot].received_ns, slots_[slot].block.records.size());
    slots_[slot].block.Clear();
    return {};
  }

  const Histogram& latency() const noexcept { return latency_; }

 private:
  struct Slot {
    RecordBlock block;
    std::int64_t received_ns = 0;
  };

  RecordFeed& feed_;
  std::vector<Slot> slots_;
  Histogram latency_;
};

Status Run(const NullOptions& options) {
  MARQUEE_ASSIGN_OR_RETURN(const auto model, LoadModel(""));
  MARQUEE_ASSIGN_OR_RETURN(auto runner,
                           MakeRunner(options.pipeline.runner, options.pipeline.threads));
  MARQUEE_ASSIGN_OR_RETURN(OpenedData data, OpenData(options.pipeline.data,
                                                     options.feed.Paced(options.pipeline.limits()),
                                                     MoviesSpec(), *model));
  RecordFeed feed(std::move(data.source), std::move(data.reopen), options.feed);
  NullEpoch epoch(feed, runner->num_slots());
  const std::int64_t start_ns = SteadyClockNs();
  MARQUEE_RETURN_IF_ERROR(runner->Run(epoch));
  const double seconds = static_cast<double>(SteadyClockNs() - start_ns) * 1e-9;
  fmt::print("{}\n", nlohmann::ordered_json{{"rows", feed.num_records()},
                                            {"seconds", seconds},
                                            {"rows_per_s",
                                             static_cast<double>(feed.num_records()) / seconds},
                                            {"latency",
                                             {{"p50_ns", epoch.latency().Percentile(0.5)},
                                              {"p99_ns", epoch.latency().Percentile(0.99)}}}}
                         .dump());
  return {};
}

}  // namespace
}  // namespace marquee::bench

int main(int argc, char** argv) {
  CLI::App app("What `marquee run` would do if its stages did nothing");
  marquee::bench::NullOptions options;
  marquee::AddSourceOptions(app, options.pipeline);
  marquee::AddFeedOptions(app, options.feed);
  CLI11_PARSE(app, argc, argv);
  const marquee::Status status = marquee::bench::Run(options);
  if (status.ok()) return 0;
  fmt::print(stderr, "embedded_null: {}\n", status.message());
  return 1;
}
