// model/engine_general.h — binary trees of any shape scored over bins, with SIMD.
#pragma once

#include <memory>

#include "model/engine.h"
#include "model/trees.h"

namespace marquee::model {

/// Make the engine "general" with the kernels of kernels::ActiveIsa(): blocks of rows tree by tree,
/// few rows and trees of many leaves by walking. Null if the splits do not fit into bins
/// (BinnedSplits::fits).
std::unique_ptr<const Engine> MakeGeneralEngine(const BinaryTrees& trees);

}  // namespace marquee::model
