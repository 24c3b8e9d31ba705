"""Other libraries' trees, all of one size: 600 of depth 6 with up to 64 leaves over the same 60 columns; and each library's way to ask them."""
import dataclasses
import importlib.metadata
import itertools
import pathlib
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np

import binary
from rounds import PeersError
from scored_by_marquee import Scored
from workload import COLUMNS, SEED, Workload

DEPTH, LEAVES = 6, 64
RATE, COLUMNS_A_TREE = 0.08, 0.3
# Training sees this many thresholds a column, for speed; scoring compares with thresholds, however many there are.
TRAINING_BINS = 64
# Others sum the same leaves in another order, or type.
TOLERANCE = 5e-5
# One that learnt nothing, or reads columns in another order, is near 0.
LEAST_CORRELATION = 0.5
# More would not fit into caches where a user's next rows do.
MOST_BATCHES = 256

Layout = Callable[[np.ndarray], object]
ROWS_F32: dict[str, Layout] = {"f32 by rows": lambda rows: rows}


@dataclasses.dataclass(frozen=True)
class Predictor:
    """One library's scoring: the same numbers from each layout of its input."""

    name: str
    package: str
    layouts: Mapping[str, Layout]
    predict: Callable[[object], np.ndarray]
    expected: np.ndarray  # of all rows
    trees: int
    leaves: float  # of a tree, on average

    @property
    def version(self) -> str:
        return importlib.metadata.version(self.package)


class Timed:
    """A predictor on batches of one size, in the layout that is fastest for it. Raises PeersError if its answers are not as expected."""

    def __init__(self, predictor: Predictor, rows: np.ndarray, size: int, seconds: float):
        self.predictor, self.size = predictor, size
        count = min(len(rows) // size, MOST_BATCHES)
        batches = {name: [lay_out(np.ascontiguousarray(rows[i * size:(i + 1) * size])) for i in range(count)]
                   for name, lay_out in predictor.layouts.items()}
        for name, laid_out in batches.items():
            self._check(name, laid_out)
        self.layout = min(batches, key=lambda name: self._ns_per_row(batches[name], seconds)) if len(batches) > 1 else next(iter(batches))
        self.batches = batches[self.layout]

    def _check(self, layout: str, batches: Sequence) -> None:
        scores = np.concatenate([np.asarray(self.predictor.predict(batch)).ravel() for batch in batches])
        difference = np.abs(scores - self.predictor.expected[:len(scores)]).max()
        if not difference <= TOLERANCE:
            raise PeersError(f"{self.predictor.name}, {layout}, batches of {self.size}: {difference:.2g} off what it should say")

    def _ns_per_row(self, batches: Sequence, seconds: float) -> float:
        predict, calls = self.predictor.predict, 0
        begin = time.process_time_ns()
        for batch in itertools.cycle(batches):
            predict(batch)
            calls += 1
            if (elapsed := time.process_time_ns() - begin) >= seconds * 1e9:
                return elapsed / (calls * self.size)

    def ns_per_row(self, seconds: float) -> float:
        """Nanoseconds of processor time a row, of batch after batch for so long."""
        return self._ns_per_row(self.batches, seconds)


def plausible(name: str, scores: np.ndarray, work: Workload) -> np.ndarray:
    """The scores, if they have to do with the targets; else PeersError."""
    correlation = np.corrcoef(scores, work.rows_target)[0, 1]
    if not correlation >= LEAST_CORRELATION:
        raise PeersError(f"{name}: scores and targets correlate by {correlation:.2f} only")
    return scores


@dataclasses.dataclass(frozen=True)
class Forest:
    """A library's trees, which it scores, and Marquee, and maybe others."""

    model: object
    expected: np.ndarray
    trees: int
    leaves: float


def fit_xgboost(work: Workload, trees: int) -> Forest:
    import xgboost
    booster = xgboost.train({"max_depth": DEPTH, "eta": RATE, "min_child_weight": 0, "colsample_bytree": COLUMNS_A_TREE,
                             "max_bin": TRAINING_BINS, "tree_method": "hist", "seed": SEED % 2**31},
                            xgboost.DMatrix(work.training, work.target), trees)
    # Of a DMatrix it keeps the answer, and asked again only looks that up: no way to time it, but one to check.
    expected = plausible("XGBoost", booster.predict(xgboost.DMatrix(work.rows)), work)
    booster.set_param({"nthread": 1})
    return Forest(booster, expected, trees, np.mean([tree.count("leaf=") for tree in booster.get_dump()]))


def xgboost(forest: Forest) -> Predictor:
    return Predictor("XGBoost, inplace_predict", "xgboost-cpu", ROWS_F32 | {"f32 by columns": np.asfortranarray},
                     forest.model.inplace_predict, forest.expected, forest.trees, forest.leaves)


def onnx_runtime(forest: Forest) -> Predictor:
    import onnxmltools
    import onnxruntime
    from onnxmltools.convert.common.data_types import FloatTensorType
    model = onnxmltools.convert_xgboost(forest.model, initial_types=[("rows", FloatTensorType([None, COLUMNS]))])
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    return Predictor("ONNX Runtime", "onnxruntime", ROWS_F32, lambda rows: session.run(None, {"rows": rows})[0],
                     forest.expected, forest.trees, forest.leaves)


def treelite_gtil(forest: Forest) -> Predictor:
    import treelite
    model = treelite.frontend.from_xgboost(forest.model)
    return Predictor("Treelite GTIL", "treelite", ROWS_F32, lambda rows: treelite.gtil.predict(model, rows, nthread=1),
                     forest.expected, forest.trees, forest.leaves)


def part_of(forest: Forest, trees: int) -> str:
    return "" if trees == forest.trees else f" ({trees} of the trees, ratio as if all)"


def tl2cgen_compiled(forest: Forest, work: Workload, trees: int, folder: pathlib.Path) -> Predictor:
    """C made of the first so many trees, for a compiler takes long over all."""
    import tl2cgen
    import treelite
    import xgboost
    booster = forest.model[:trees]
    library = folder / "forest.so"
    tl2cgen.export_lib(treelite.frontend.from_xgboost(booster), toolchain="gcc", libpath=library, params={"parallel_comp": 8})
    compiled = tl2cgen.Predictor(str(library), nthread=1)
    return Predictor("tl2cgen" + part_of(forest, trees), "tl2cgen", {"its DMatrix": tl2cgen.DMatrix}, compiled.predict,
                     booster.predict(xgboost.DMatrix(work.rows)), trees, forest.leaves)


def fit_lightgbm(work: Workload, trees: int) -> Forest:
    import lightgbm as lgb
    booster = lgb.train({"objective": "regression", "num_leaves": LEAVES, "max_depth": DEPTH, "learning_rate": RATE, "min_data_in_leaf": 1,
                         "min_sum_hessian_in_leaf": 0, "feature_fraction": COLUMNS_A_TREE, "max_bin": TRAINING_BINS, "verbose": -1,
                         "seed": SEED % 2**31}, lgb.Dataset(work.training, work.target), trees)
    leaves = np.mean([tree["num_leaves"] for tree in booster.dump_model()["tree_info"]])
    return Forest(booster, plausible("LightGBM", booster.predict(work.rows), work), trees, leaves)


def lightgbm(forest: Forest) -> Predictor:
    return Predictor("LightGBM", "lightgbm", ROWS_F32 | {"f64 by rows": lambda rows: rows.astype(np.float64)},
                     lambda rows: forest.model.predict(rows, num_threads=1), forest.expected, forest.trees, forest.leaves)


def lleaves_compiled(forest: Forest, work: Workload, trees: int, folder: pathlib.Path) -> Predictor:
    """Machine code made of the first so many trees, for LLVM takes long over all."""
    import lleaves
    path = folder / "lightgbm.txt"
    forest.model.save_model(path, num_iteration=trees)
    compiled = lleaves.Model(model_file=str(path))
    compiled.compile()
    return Predictor("lleaves" + part_of(forest, trees), "lleaves", {"f64 by rows": lambda rows: rows.astype(np.float64)},
                     lambda rows: compiled.predict(rows, n_jobs=1), forest.model.predict(work.rows, num_iteration=trees), trees, forest.leaves)


def fit_scikit_learn(work: Workload, trees: int) -> Forest:
    from sklearn.ensemble import HistGradientBoostingRegressor
    model = HistGradientBoostingRegressor(max_iter=trees, max_leaf_nodes=LEAVES, max_depth=DEPTH, learning_rate=RATE, min_samples_leaf=1,
                                          max_features=COLUMNS_A_TREE, max_bins=TRAINING_BINS, early_stopping=False,
                                          random_state=SEED % 2**31).fit(work.training, work.target)
    leaves = np.mean([tree.get_n_leaf_nodes() for (tree,) in model._predictors])
    return Forest(model, plausible("scikit-learn", model.predict(work.rows), work), trees, leaves)


def scikit_learn(forest: Forest) -> Predictor:
    return Predictor("scikit-learn HistGradientBoosting", "scikit-learn", ROWS_F32 | {"f64 by rows": lambda rows: rows.astype(np.float64)},
                     forest.model.predict, forest.expected, forest.trees, forest.leaves)


def ydf_columns(rows: np.ndarray, target: np.ndarray) -> dict[str, np.ndarray]:
    return {f"x{i}": np.ascontiguousarray(rows[:, i]) for i in range(COLUMNS)} | {"target": target}


def ydf_dataset(model, rows: np.ndarray):
    import ydf as yggdrasil
    return yggdrasil.create_vertical_dataset(ydf_columns(rows, np.zeros(len(rows), np.float32)), data_spec=model.data_spec())


def fit_ydf(work: Workload, trees: int) -> Forest:
    import ydf as yggdrasil
    # Its depth counts nodes, not splits.
    learner = yggdrasil.GradientBoostedTreesLearner(
        label="target", task=yggdrasil.Task.REGRESSION, num_trees=trees, max_depth=DEPTH + 1, shrinkage=RATE, min_examples=1, validation_ratio=0.0,
        early_stopping="NONE", num_candidate_attributes_ratio=COLUMNS_A_TREE, random_seed=SEED % 2**31)
    model = learner.train(ydf_columns(work.training, work.target), verbose=0)
    expected = plausible("YDF", model.predict(ydf_dataset(model, work.rows), num_threads=1), work)
    return Forest(model, expected, trees, (model.num_nodes() / trees + 1) / 2)


def ydf(forest: Forest) -> Predictor:
    return Predictor("YDF", "ydf", {"its VerticalDataset": lambda rows: ydf_dataset(forest.model, rows)},
                     lambda rows: forest.model.predict(rows, num_threads=1), forest.expected, forest.trees, forest.leaves)


@dataclasses.dataclass(frozen=True)
class Made:
    """All that can be made here, and of the others why not."""

    predictors: dict[str, list[Predictor]]  # by the library whose trees they score
    scored: dict[str, Scored]  # the same trees for Marquee
    missing: dict[str, str]


def make_all(work: Workload, trees: int, compiled_trees: int, folder: pathlib.Path) -> Made:
    """Fit and convert all models. Raises PeersError if one's scores are not plausible."""
    made = Made({}, {}, {})

    def attempt(name: str, make: Callable, *arguments):
        try:
            return make(*arguments)
        except PeersError:
            raise
        except Exception as error:  # whatever goes wrong in another's library: the table is to say so, and go on
            made.missing[name] = f"{type(error).__name__}: {str(error).strip().splitlines()[0]}"

    def share(library: str, fit: Callable, flatten: Callable, *others: tuple) -> None:
        if not (forest := attempt(library, fit, work, trees)):
            made.missing.update(dict.fromkeys((name for name, *_ in others if name != library), f"needs the {library} model"))
            return
        # Marquee's scores are the library's, bit by bit, as far as f32 has them.
        made.scored[library] = Scored(flatten(forest.model), forest.expected.astype(np.float32), 0.0)
        tried = [attempt(name, make, forest, *arguments) for name, make, *arguments in others]
        made.predictors[library] = [predictor for predictor in tried if predictor]

    share("XGBoost", fit_xgboost, binary.from_xgboost, ("XGBoost", xgboost), ("ONNX Runtime", onnx_runtime), ("Treelite GTIL", treelite_gtil),
          ("tl2cgen", tl2cgen_compiled, work, compiled_trees, folder))
    share("LightGBM", fit_lightgbm, binary.from_lightgbm, ("LightGBM", lightgbm), ("lleaves", lleaves_compiled, work, compiled_trees, folder))
    share("scikit-learn", fit_scikit_learn, binary.from_scikit_learn, ("scikit-learn", scikit_learn))
    share("YDF", fit_ydf, binary.from_ydf, ("YDF", ydf))
    return made
