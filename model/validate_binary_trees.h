// model/validate_binary_trees.h — the checks of trees of any shape; validate.h calls them.
#pragma once

#include <cstddef>

#include "schemas/status.h"

namespace marquee::wire {
struct BinaryTrees;
}

namespace marquee::model {

/// Check every length, index, flag and number. Errors: kConfig, naming field and index.
Status CheckBinaryTrees(const wire::BinaryTrees& trees, std::size_t num_columns);

/// Say how many splits and leaves scoring a row may look at; of checked trees.
std::size_t BinaryTreesWork(const wire::BinaryTrees& trees);

}  // namespace marquee::model
