"""Write a fitted model as one frame (schemas/model.fbs). The same model gives the same bytes."""

from __future__ import annotations

from dataclasses import dataclass

import flatbuffers
import numpy as np

import encoders
import frame
import wire
from encoders import Encoding
from golden import Golden
from profiles import ListProfile, NumericProfile
from recipe import Fitted
from trees import BinaryTrees, Trees

FORMAT_VERSION = 1
FILE_IDENTIFIER = b"MQMD"
CLASSIFIER_ORDINAL = 0
CLASS_NAMES = ("low", "mid", "high")


@dataclass(frozen=True)
class Figure:
    """A measured figure: mean and standard deviation over repetitions."""

    name: str
    mean: float
    std: float
    repetitions: int


@dataclass(frozen=True)
class Header:
    """What a model file says beside what was fitted."""

    name: str
    version: str
    feature_spec: int
    feature_spec_text: str
    training_sha256: str
    training_ids: np.ndarray
    quality: list[Figure]


class _Writer:
    """A builder with what a flat model needs: vectors of numbers, of texts, of tables; tables."""

    def __init__(self) -> None:
        self.builder = flatbuffers.Builder(1 << 20)

    def numbers(self, values: np.ndarray, dtype: type) -> int:
        """A vector of numbers. Errors: ValueError if a value does not fit into the type."""
        converted = np.ascontiguousarray(values, dtype)
        if not np.issubdtype(dtype, np.floating) and not np.array_equal(converted, values):
            raise ValueError(f"values do not fit into {dtype.__name__}")
        return self.builder.CreateNumpyVector(converted)

    def offsets(self, offsets: list[int]) -> int:
        """A vector of tables or texts."""
        self.builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            self.builder.PrependUOffsetTRelative(offset)
        return self.builder.EndVector()

    def texts(self, texts: list[str]) -> int:
        """A vector of texts."""
        return self.offsets([self.builder.CreateString(text) for text in texts])

    def table(self, name: str, **fields: object) -> int:
        """A table of the schema with the fields given."""
        module = wire.load(name)
        getattr(module, f"{name}Start")(self.builder)
        for field, value in fields.items():
            getattr(module, f"{name}Add{field}")(self.builder, value)
        return getattr(module, f"{name}End")(self.builder)


def _encoding(w: _Writer, encoding: Encoding) -> int:
    fields: dict[str, object] = {
        "Name": w.builder.CreateString(encoding.name),
        "Kind": encoders.KINDS[encoding.kind],
        "Lists": w.numbers(np.array(encoding.lists), np.uint8),
        "Codes": w.numbers(encoding.codes, np.uint32),
        "Unknown": encoding.unknown,
        "Base": encoding.base,
        "Other": encoding.other,
    }
    if encoding.kind != "Hot":
        fields["Values"] = w.numbers(encoding.values, np.float32)
    return w.table("Encoding", **fields)


def _symmetric(w: _Writer, trees: Trees) -> int:
    return w.table(
        "Trees",
        NumScores=1,
        BorderCounts=w.numbers(trees.border_counts, np.uint8),
        NanAbove=w.numbers(trees.nan_above, np.uint8),
        Borders=w.numbers(trees.borders, np.float32),
        Depths=w.numbers(trees.depths, np.uint8),
        SplitFeatures=w.numbers(trees.split_features, np.uint8),
        SplitBorders=w.numbers(trees.split_borders, np.uint8),
        Leaves=w.numbers(trees.leaves, np.float32),
        Scale=float(trees.scale),
        Bias=w.numbers(np.array([trees.bias]), np.float32),
    )


def _binary(w: _Writer, trees: BinaryTrees) -> int:
    leaves = w.numbers(trees.leaves, trees.leaves.dtype.type)
    return w.table(
        "BinaryTrees",
        NumScores=1,
        SplitCounts=w.numbers(trees.split_counts, np.uint32),
        Targets=w.numbers(np.zeros(len(trees.split_counts)), np.uint16),
        SplitColumns=w.numbers(trees.split_columns, np.uint16),
        SplitThresholds=w.numbers(trees.split_thresholds, np.float32),
        SplitFlags=w.numbers(trees.split_flags, np.uint8),
        SplitLefts=w.numbers(trees.split_lefts, np.int32),
        SplitRights=w.numbers(trees.split_rights, np.int32),
        Start=w.numbers(np.array([trees.start]), np.float64),
        Bias=w.numbers(np.array([trees.bias]), np.float64),
        **{"LeavesF64" if trees.leaves.dtype == np.float64 else "Leaves": leaves},
    )


def _classifier(w: _Writer, fitted: Fitted, trees: Trees | BinaryTrees) -> int:
    if isinstance(trees, BinaryTrees):
        flat = {"BinaryTrees": _binary(w, trees)}
    else:
        flat = {"Trees": _symmetric(w, trees)}
    return w.table(
        "Classifier",
        Kind=CLASSIFIER_ORDINAL,
        **flat,
        Cutpoints=w.numbers(fitted.cutpoints, np.float32),
        LogisticSlope=fitted.logistic_slope,
        LogisticOffsets=w.numbers(fitted.logistic_offsets, np.float32),
    )


def _golden(w: _Writer, golden: Golden) -> int:
    lists = [
        w.table(
            "GoldenList",
            Lengths=w.numbers(one.lengths, np.uint16),
            Codes=w.numbers(one.codes, np.uint32),
        )
        for one in golden.rows.lists
    ]
    return w.table(
        "Golden",
        NumRows=len(golden.rows),
        Numeric=w.numbers(golden.rows.numeric.T.ravel(), np.float32),
        Lists=w.offsets(lists),
        Scores=w.numbers(golden.scores, np.float32),
        Bound=golden.bound,
    )


def encode(
    header: Header,
    fitted: Fitted,
    trees: Trees | BinaryTrees,
    golden: Golden,
    numeric: list[NumericProfile],
    lists: list[ListProfile],
) -> bytes:
    """Encode the model file."""
    w = _Writer()
    scaler = w.table(
        "Scaler",
        Mean=w.numbers(fitted.scaler.mean, np.float32),
        InvStd=w.numbers(fitted.scaler.inv_std, np.float32),
    )
    figures = [
        w.table(
            "Figure",
            Name=w.builder.CreateString(figure.name),
            Mean=figure.mean,
            Std=figure.std,
            Repetitions=figure.repetitions,
        )
        for figure in header.quality
    ]
    numeric_profiles = [
        w.table(
            "NumericProfile",
            Quantiles=w.numbers(one.quantiles, np.float32),
            MissingShare=one.missing_share,
        )
        for one in numeric
    ]
    list_profiles = [
        w.table(
            "ListProfile",
            LengthShares=w.numbers(one.length_shares, np.float32),
            Items=w.texts(one.items),
            ItemShares=w.numbers(one.item_shares, np.float32),
        )
        for one in lists
    ]
    root = w.table(
        "Model",
        FormatVersion=FORMAT_VERSION,
        Name=w.builder.CreateString(header.name),
        Version=w.builder.CreateString(header.version),
        FeatureSpec=header.feature_spec,
        FeatureSpecText=w.builder.CreateString(header.feature_spec_text),
        ClassNames=w.texts(list(CLASS_NAMES)),
        ColumnNames=w.texts(fitted.column_names),
        Scaler=scaler,
        Encodings=w.offsets([_encoding(w, encoding) for encoding in fitted.encodings]),
        Classifier=_classifier(w, fitted, trees),
        TrainingSha256=w.builder.CreateString(header.training_sha256),
        TrainingIds=w.numbers(header.training_ids, np.uint64),
        Quality=w.offsets(figures),
        Golden=_golden(w, golden),
        NumericProfiles=w.offsets(numeric_profiles),
        ListProfiles=w.offsets(list_profiles),
    )
    w.builder.Finish(root, file_identifier=FILE_IDENTIFIER)
    return frame.encode(bytes(w.builder.Output()))
