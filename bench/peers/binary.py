"""Other libraries' trees, in one form: as Marquee scores them."""
import dataclasses
import json
from collections.abc import Iterable

import numpy as np

import scored_by_marquee as marquee
from workload import COLUMNS

MISSING_RIGHT = 1  # of SplitFlag in schemas/model.fbs


@dataclasses.dataclass(frozen=True)
class Split:
    column: int
    threshold: np.float32  # right is what is above
    missing_right: bool
    left: object  # a split, or a leaf's value
    right: object


def flat(roots: Iterable[object], dtype: type, start: float) -> marquee.BinaryTrees:
    """The trees end to end, each one's splits by levels, so that children come after their parents."""
    counts, leaves = [], []
    columns, thresholds, flags, lefts, rights = [], [], [], [], []
    for root in roots:
        splits, first_leaf = [root] if isinstance(root, Split) else [], len(leaves)
        if not splits:
            leaves.append(root)
        for split in splits:  # which grows
            columns.append(split.column)
            thresholds.append(split.threshold)
            flags.append(MISSING_RIGHT if split.missing_right else 0)
            for child, side in ((split.left, lefts), (split.right, rights)):
                if isinstance(child, Split):
                    side.append(len(splits))
                    splits.append(child)
                else:
                    side.append(-1 - (len(leaves) - first_leaf))
                    leaves.append(child)
        counts.append(len(splits))
    return marquee.BinaryTrees(np.array(counts), np.array(columns), np.array(thresholds, np.float32), np.array(flags), np.array(lefts),
                               np.array(rights), np.array(leaves, dtype), start)


def below(threshold: float) -> np.float32:
    """The greatest number below a threshold: right of it is what reaches the threshold."""
    return np.nextafter(np.float32(threshold), np.float32(-np.inf))


def floor(threshold: float) -> np.float32:
    """An f64 threshold, as f32 rows can tell it."""
    with np.errstate(over="ignore"):  # 1e300 stands for any number
        nearest = np.float32(threshold)
    # As an f32 and a Python float they would be compared in f32, where they are equal.
    return nearest if float(nearest) <= threshold else np.nextafter(nearest, np.float32(-np.inf))


def from_xgboost(booster) -> marquee.BinaryTrees:
    """It sums f32 in the order of the trees, from the base score on; left is what is below a threshold."""
    learner = json.loads(booster.save_raw("json"))["learner"]

    def node(tree: dict, i: int):
        if tree["left_children"][i] < 0:
            return np.float32(tree["split_conditions"][i])
        return Split(tree["split_indices"][i], below(tree["split_conditions"][i]), not tree["default_left"][i], node(tree, tree["left_children"][i]),
                     node(tree, tree["right_children"][i]))

    base_score = float(np.float32(json.loads(learner["learner_model_param"]["base_score"])[0]))
    return flat((node(tree, 0) for tree in learner["gradient_booster"]["model"]["trees"]), np.float32, base_score)


def from_lightgbm(booster) -> marquee.BinaryTrees:
    """It sums f64 in the order of the trees, from 0 on; left is what is at most a threshold, which is an f64 and compares f32 rows."""
    def node(of: dict):
        if "leaf_value" in of:
            return of["leaf_value"]
        # Without missing values in training, NaN counts as 0.
        missing_left = of["default_left"] if of["missing_type"] == "NaN" else 0.0 <= of["threshold"]
        return Split(of["split_feature"], floor(of["threshold"]), not missing_left, node(of["left_child"]), node(of["right_child"]))

    return flat((node(tree["tree_structure"]) for tree in booster.dump_model()["tree_info"]), np.float64, 0.0)


def from_scikit_learn(model) -> marquee.BinaryTrees:
    """It sums f64 in the order of the trees, from the mean on; left is what is at most a threshold, which is an f64."""
    def node(nodes: np.ndarray, i: int):
        of = nodes[i]
        if of["is_leaf"]:
            return of["value"]
        return Split(of["feature_idx"], floor(of["num_threshold"]), not of["missing_go_to_left"], node(nodes, of["left"]), node(nodes, of["right"]))

    return flat((node(tree.nodes, 0) for (tree,) in model._predictors), np.float64, model._baseline_prediction.item())


def from_ydf(model) -> marquee.BinaryTrees:
    """It sums f32 in the order of the trees, from the mean on; right is what reaches a threshold."""
    column_of = {f"x{i}": i for i in range(COLUMNS)}
    columns = [column_of.get(column.name) for column in model.data_spec().columns]

    def node(of):
        if of.is_leaf:
            return np.float32(of.value.value)
        condition = of.condition
        return Split(columns[condition.attribute], below(condition.threshold), condition.missing, node(of.neg_child), node(of.pos_child))

    return flat((node(tree.root) for tree in model.iter_trees()), np.float32, float(model.initial_predictions()[0]))
