// schemas/stage_name.h — what stages are called, for all who print one; a header alone, so that the
// viewer's drawing needs no library of messages.
#pragma once

#include <string_view>

#include "schemas/batch_info_generated.h"

namespace marquee {

/// Name of a stage as programs print it, e.g. "preprocess".
constexpr std::string_view StageName(wire::StageId stage) noexcept {
  switch (stage) {
    case wire::StageId::None:
      return "none";
    case wire::StageId::Produce:
      return "produce";
    case wire::StageId::Preprocess:
      return "preprocess";
    case wire::StageId::Infer:
      return "infer";
    case wire::StageId::Evaluate:
      return "evaluate";
  }
  return "unknown";
}

}  // namespace marquee
