// viewer/data/open.h — a feed of each kind of source.
//
// None of these can fail: what is wrong (no such file, no broker, a bad model) is the first thing
// that the feed's snapshots say.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "pipeline/transport/kafka/connection.h"
#include "viewer/data/feed.h"

namespace marquee::viewer {

/// The results of a run over Kafka, with what its services and its dead letters tell.
struct TopicOptions {
  KafkaConnection connection;
  /// 32 hexadecimal digits; empty = the newest run, then any newer one.
  std::string run_id;
  /// "beginning" or "end" of the topic, or how long ago: "-90s", "-10m", "-1h", "-2d".
  /// Empty = the beginning of the run.
  std::string from;
  /// A model file, for the names of classes; empty = the built-in model.
  std::string model;
};

/// A file of results, replayed at the pace at which they once came.
struct RecordingOptions {
  std::string path;
  std::string model;  ///< as above
  double speed = 1;   ///< see Commands
};

/// A run of all stages in this process.
struct EmbeddedRunOptions {
  /// A CSV file; empty = rows are generated.
  std::string data;
  std::uint64_t generated_rows = 1'000'000;
  std::uint64_t seed = 1;
  std::string model;         ///< as above
  std::size_t threads = 0;   ///< 0 = as many as are allowed
  double rate = 0;           ///< rows a second; 0 = as fast as can be
  std::uint64_t repeat = 1;  ///< how often the file is read
  std::string dead_letters;  ///< their file; empty = one named after the run, if there are any
};

/// One or two records of benchmarks.
struct BenchOptions {
  std::string left;
  std::string right;  ///< empty = one record alone
};

using OnPublish = std::function<void()>;

std::unique_ptr<Feed> FollowTopic(TopicOptions options, OnPublish on_publish);
std::unique_ptr<Feed> ReplayRecording(RecordingOptions options, OnPublish on_publish);
std::unique_ptr<Feed> StartRun(EmbeddedRunOptions options, OnPublish on_publish);
std::unique_ptr<Feed> ShowBench(BenchOptions options, OnPublish on_publish);

}  // namespace marquee::viewer
