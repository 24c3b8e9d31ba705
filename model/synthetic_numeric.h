// model/synthetic_numeric.h — the smallest model of given columns and classes.
#pragma once

#include <string>
#include <vector>

#include "model/parts.h"

namespace marquee::model {

/// Make a valid model of numeric columns, which the scaler leaves as they are, and one tree that says
/// 0; its cutpoints are 1, 2, ….
ModelParts MakeNumericModel(const std::vector<std::string>& columns,
                            const std::vector<std::string>& classes);

}  // namespace marquee::model
