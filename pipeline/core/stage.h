// pipeline/core/stage.h — what a stage is.
#pragma once

#include <concepts>

#include "pipeline/core/rejects.h"
#include "schemas/batch_info_generated.h"
#include "schemas/message.h"
#include "schemas/status.h"

namespace marquee {

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
