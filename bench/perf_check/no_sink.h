// bench/perf_check/no_sink.h — where results end that nobody looks at.
#pragma once

#include "pipeline/app/embedded.h"

namespace marquee::bench {

class NoSink final : public ResultSink {
 public:
  void Process(const ResultBatchView&, std::size_t) override {}
  Status Write(const ResultBatchView&, std::size_t) override { return {}; }
};

}  // namespace marquee::bench
