// model/engine_oblivious.h — symmetric trees scored with SIMD.
#pragma once

#include <memory>

#include "model/engine.h"
#include "model/trees.h"

namespace marquee::model {

/// Make the engine "oblivious", which takes any model and scores with the kernels of
/// kernels::ActiveIsa(): blocks of rows tree by tree, few rows one by one.
std::unique_ptr<const Engine> MakeObliviousEngine(const SymmetricTrees& trees);

}  // namespace marquee::model
