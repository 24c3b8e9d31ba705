#include "model/binned_trees_layout.h"

#include <bit>
#include <span>

#include "model/tree_slicer.h"

namespace marquee::model {
namespace {

using kernels::BinaryTree;
using kernels::kBlockRows;

/// How many values each leaf of a tree has.
std::size_t LeafWidth(const BinaryTrees& trees, const BinaryTree& tree) {
  return tree.target < trees.num_scores ? 1 : trees.num_scores;
}

/// Where a tree's answers are written: those to compares, then those to tests.
std::vector<kernels::BitRow> AnswersOf(std::span<const BinnedSplit> splits) {
  std::vector<kernels::BitRow> answers(splits.size());
  std::size_t row = 2;
  for (const bool categorical : {false, true}) {
    for (std::size_t i = 0; i < splits.size(); ++i) {
      if (splits[i].categorical != categorical) continue;
      answers[i] = static_cast<kernels::BitRow>(row++ * kernels::kBitRowBytes);
    }
  }
  return answers;
}

/// Append words to tables as they lie in memory, and once more by their bytes.
void AppendTable(std::span<const std::uint32_t> words, std::vector<float>& tables,
                 std::vector<std::uint8_t>& planes) {
  for (const std::uint32_t word : words) tables.push_back(std::bit_cast<float>(word));
  for (unsigned shift = 0; shift < 32; shift += 8) {
    for (const std::uint32_t word : words) {
      planes.push_back(static_cast<std::uint8_t>(word >> shift));
    }
  }
}

/// The leaf values of one score, by leaves' numbers; doubles by halves.
void AppendLeaves(std::span<const float> leaves, std::size_t width,
                  std::span<const std::uint8_t> numbers, std::size_t table_size,
                  std::vector<float>& tables, std::vector<std::uint8_t>& planes) {
  std::vector<std::uint32_t> words(table_size);
  for (std::size_t leaf = 0; leaf < numbers.size(); ++leaf) {
    words[numbers[leaf]] = std::bit_cast<std::uint32_t>(leaves[leaf * width]);
  }
  AppendTable(words, tables, planes);
}

void AppendLeaves(std::span<const double> leaves, std::size_t width,
                  std::span<const std::uint8_t> numbers, std::size_t table_size,
                  std::vector<float>& tables, std::vector<std::uint8_t>& planes) {
  for (const unsigned shift : {0u, 32u}) {
    std::vector<std::uint32_t> words(table_size);
    for (std::size_t leaf = 0; leaf < numbers.size(); ++leaf) {
      const auto bits = std::bit_cast<std::uint64_t>(leaves[leaf * width]);
      words[numbers[leaf]] = static_cast<std::uint32_t>(bits >> shift);
    }
    AppendTable(words, tables, planes);
  }
}

/// Copy leaves to where their nodes are.
template <class Number>
void AppendValues(std::span<const Number> leaves, std::size_t width,
                  std::span<const std::uint32_t> leaf_nodes, std::vector<Number>& values) {
  const std::size_t first = values.size();
  values.resize(first + (2 * leaf_nodes.size() - 1) * width);
  for (std::size_t leaf = 0; leaf < leaf_nodes.size(); ++leaf) {
    for (std::size_t s = 0; s < width; ++s) {
      values[first + leaf_nodes[leaf] * width + s] = leaves[leaf * width + s];
    }
  }
}

}  // namespace

BinnedTreesLayout::BinnedTreesLayout(const BinaryTrees& trees, const BinnedSplits& splits)
    : sets_(splits.sets().begin(), splits.sets().end()) {
  for (std::size_t i = 0; i < trees.trees.size(); ++i) {
    const BinaryTree& tree = trees.trees[i];
    const auto of_tree = splits.splits().subspan(tree.first_split, tree.num_splits);
    AddWalked(trees, tree, of_tree);
    if (Slice(trees, tree, of_tree)) {
      AddRun(true, sliced_trees_.size() - 1);
    } else {
      AddRun(false, i);
    }
  }
  sliced_ = {.num_scores = trees.num_scores,
             .trees = sliced_trees_,
             .compares = compares_,
             .tests = tests_,
             .selects = selects_,
             .sets = sets_,
             .tables = tables_,
             .planes = planes_};
  walked_ = {.num_scores = trees.num_scores,
             .trees = walked_trees_,
             .nodes = nodes_,
             .node_sets = node_sets_,
             .sets = sets_};
}

void BinnedTreesLayout::AddRun(bool sliced, std::size_t number) {
  if (runs_.empty() || runs_.back().sliced != sliced) runs_.push_back({sliced, number, 0});
  ++runs_.back().count;
}

bool BinnedTreesLayout::Slice(const BinaryTrees& trees, const BinaryTree& tree,
                              std::span<const BinnedSplit> splits) {
  if (tree.num_splits >= kernels::kMaxSlicedLeaves) return false;
  const auto shape = SliceTree(std::span(trees.splits).subspan(tree.first_split, tree.num_splits),
                               AnswersOf(splits));
  if (!shape) return false;
  kernels::SlicedTree sliced;
  sliced.first_compare = static_cast<std::uint32_t>(compares_.size());
  sliced.first_test = static_cast<std::uint32_t>(tests_.size());
  sliced.first_select = static_cast<std::uint32_t>(selects_.size());
  sliced.first_float = static_cast<std::uint32_t>(tables_.size());
  sliced.target = tree.target;
  for (const BinnedSplit& split : splits) {
    const auto offset = static_cast<std::uint32_t>(split.column * kBlockRows);
    if (split.categorical) {
      tests_.push_back({split.set, offset});
      ++sliced.num_tests;
    } else {
      compares_.push_back({static_cast<std::uint8_t>(split.border) * 0x01010101u, offset});
      ++sliced.num_compares;
    }
  }
  selects_.insert(selects_.end(), shape->selects.begin(), shape->selects.end());
  sliced.num_selects = static_cast<std::uint16_t>(shape->selects.size());
  sliced.num_bits = static_cast<std::uint16_t>(shape->bits.size());
  std::copy(shape->bits.begin(), shape->bits.end(), sliced.bits.begin());
  num_bit_rows_ = std::max(num_bit_rows_, shape->num_rows);
  const std::size_t width = LeafWidth(trees, tree);
  const std::size_t table_size = kernels::TableSize(shape->bits.size());
  for (std::size_t s = 0; s < width; ++s) {
    const std::size_t first = tree.first_leaf + s;
    if (trees.leaves_f64.empty()) {
      AppendLeaves(std::span(trees.leaves).subspan(first), width, shape->numbers, table_size,
                   tables_, planes_);
    } else {
      AppendLeaves(std::span(trees.leaves_f64).subspan(first), width, shape->numbers, table_size,
                   tables_, planes_);
    }
  }
  sliced_trees_.push_back(sliced);
  return true;
}

void BinnedTreesLayout::AddWalked(const BinaryTrees& trees, const BinaryTree& tree,
                                  std::span<const BinnedSplit> splits) {
  const std::size_t width = LeafWidth(trees, tree);
  kernels::WalkedTree walked;
  walked.root = static_cast<std::uint32_t>(nodes_.size());
  walked.first_value = values_.size() + values_f64_.size();
  walked.target = tree.target;
  const std::size_t num_nodes = 2 * tree.num_splits + 1;
  nodes_.resize(nodes_.size() + num_nodes);
  node_sets_.resize(nodes_.size());
  // The children of split i, in the order of splits, are nodes 2i + 1 and 2i + 2.
  std::vector<std::uint32_t> leaf_nodes(tree.num_splits + 1);
  std::vector<std::uint32_t> split_nodes(tree.num_splits);
  for (std::uint32_t i = 0; i < tree.num_splits; ++i) {
    const kernels::BinarySplit& split = trees.splits[tree.first_split + i];
    std::uint32_t child_node = 2 * i + 1;
    for (const std::int32_t child : {split.left, split.right}) {
      if (child < 0) {
        leaf_nodes[static_cast<std::size_t>(-1 - child)] = child_node;
      } else {
        split_nodes[static_cast<std::size_t>(child)] = child_node;
      }
      ++child_node;
    }
    kernels::WalkedNode& node = nodes_[walked.root + split_nodes[i]];
    node.first = walked.root + 2 * i + 1;
    node.column = splits[i].column;
    node.border = splits[i].border;
    node.categorical = splits[i].categorical;
    node_sets_[walked.root + split_nodes[i]] = splits[i].set;
    walked.categorical |= splits[i].categorical;
  }
  for (const std::uint32_t leaf : leaf_nodes) nodes_[walked.root + leaf].first = walked.root + leaf;
  if (trees.leaves_f64.empty()) {
    AppendValues(std::span(trees.leaves).subspan(tree.first_leaf), width, leaf_nodes, values_);
  } else {
    AppendValues(std::span(trees.leaves_f64).subspan(tree.first_leaf), width, leaf_nodes,
                 values_f64_);
  }
  walked_trees_.push_back(walked);
}

}  // namespace marquee::model
