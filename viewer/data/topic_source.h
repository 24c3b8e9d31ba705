// viewer/data/topic_source.h — the topics results, status and dead-letter, for FollowTopic and tests.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/app/results_reader.h"
#include "viewer/data/open.h"

namespace marquee::viewer {

/// Where to begin: "beginning", "end", or so long before `now_ms` (Unix time): "-90s", "-10m",
/// "-1h", "-2d". Errors: kUsage.
Result<StartAt> ParseFrom(std::string_view text, std::int64_t now_ms);

/// Opens a topic as OpenTopic does; waits for the brokers for `patience`, unless `stopped` says that
/// nobody waits any more.
using OpenTopicPatiently = std::function<Result<std::unique_ptr<TopicReader>>(
    const std::string& topic, const StartAt& start, std::chrono::milliseconds patience,
    const std::function<bool()>& stopped)>;

/// Follows what `options` ask for through topics that `open` opens. A topic that cannot be opened, or
/// read any more, is tried again each second; only what options name wrongly is a failure.
std::unique_ptr<FeedSource> MakeTopicSource(TopicOptions options, OpenTopicPatiently open);

}  // namespace marquee::viewer
