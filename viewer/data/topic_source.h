// viewer/data/topic_source.h — the topics results, status and dead-letter, for FollowTopic and tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "pipeline/app/results_reader.h"
#include "viewer/data/open.h"

namespace marquee::viewer {

/// Where to begin: "beginning", "end", or so long before `now_ms` (Unix time): "-90s", "-10m",
/// "-1h", "-2d". Errors: kUsage.
Result<StartAt> ParseFrom(std::string_view text, std::int64_t now_ms);

/// Follows what `options` ask for through topics that `open` opens. A topic that cannot be opened is
/// tried again each second.
std::unique_ptr<FeedSource> MakeTopicSource(TopicOptions options, OpenTopic open);

}  // namespace marquee::viewer
