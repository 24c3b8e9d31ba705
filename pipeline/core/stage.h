// pipeline/core/stage.h — what a stage is.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>

#include "pipeline/core/rejects.h"
#include "schemas/batch_info.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

/// How an input came to a stage; part of the stage's Scratch. As it is by default, the input comes
/// straight from the stage before.
struct Arrival {
  /// Unix time; 0 = when the stage before had finished.
  std::int64_t received_ns = 0;
  std::optional<MessagePlace> place;

  /// Note a stage's pass in `info`: its hop, and where its input was.
  void AddTo(BatchInfo& info, wire::StageId stage, std::int64_t started_ns,
             std::int64_t finished_ns) const {
    const std::int64_t received =
        received_ns != 0 ? received_ns : info.last_finished_ns(started_ns);
    info.AddHop(stage, received, started_ns, finished_ns);
    info.parent = place;
  }
};

/// A stage turns one input batch into one output message.
///
/// It is passive: it never waits, starts a thread, logs or calls its neighbour. What it shares
/// between threads is immutable; what it changes lies in a Scratch, which belongs to one worker and
/// keeps its memory from batch to batch. Rows it cannot use go to `rejects` and are counted in the
/// output's BatchInfo; a failed Status means that the run cannot go on.
template <class S>
concept Stage = requires(const S& stage, const typename S::Input& input,
                         typename S::Scratch& scratch, Message& output, Rejects& rejects) {
  { S::kId } -> std::convertible_to<wire::StageId>;
  { stage.Process(input, scratch, output, rejects) } -> std::same_as<Status>;
};

}  // namespace marquee
