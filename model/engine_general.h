// model/engine_general.h — binary trees of any shape scored over bins, with SIMD.
#pragma once

#include <memory>

#include "model/engine.h"
#include "model/trees.h"

namespace marquee::model {

/// Whether the engine "general" scores these trees: their splits have to fit into bins
/// (BinnedSplits::fits).
bool GeneralEngineTakes(const BinaryTrees& trees);

/// Make the engine "general", of trees that it takes, with the kernels of kernels::ActiveIsa():
/// blocks of rows tree by tree, few rows and trees of many leaves by walking.
std::unique_ptr<const Engine> MakeGeneralEngine(const BinaryTrees& trees);

}  // namespace marquee::model
