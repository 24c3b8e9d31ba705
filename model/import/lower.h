// model/import/lower.h — from a forest to the trees of a model file.
#pragma once

#include "model/import/forest.h"
#include "model/import/import.h"
#include "schemas/status.h"

namespace marquee::model {

/// Write a forest's trees into attached.parts, and set its bound.
///
/// attached.columns and attached.scores say whose column each feature is, and which score of the model
/// each of the forest. Symmetric trees become symmetric ones where these can say the same, for they
/// are scored fastest; all others become binary trees, in the type in which the library sums.
/// Errors: kConfig: more trees or sets of categories than a model file holds.
Status LowerForest(const Forest& forest, AttachedModel& attached);

}  // namespace marquee::model
