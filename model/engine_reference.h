// model/engine_reference.h — the engine "reference": scalar, readable, what all others must equal.
// must equal.
#pragma once

#include <memory>

#include "model/engine.h"
#include "model/trees.h"

namespace marquee::model {

/// Make the reference engine of these trees, which it copies.
std::unique_ptr<const Engine> MakeReferenceEngine(const ModelTrees& model_trees);

}  // namespace marquee::model
