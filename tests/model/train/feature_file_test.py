"""feature_file.py: messages as `marquee features` writes them, selection of rows, items."""

import json

import feature_file
import flatbuffers
import frame
import numpy as np
import pytest
import wire
from conftest import make_features


def encode(features: feature_file.Features) -> bytes:
    """Write one FeatureBatch frame."""
    builder = flatbuffers.Builder(1024)

    def table(name: str, **fields: object) -> int:
        module = wire.load(name)
        getattr(module, f"{name}Start")(builder)
        for field, value in fields.items():
            getattr(module, f"{name}Add{field}")(builder, value)
        return getattr(module, f"{name}End")(builder)

    def tables(offsets: list[int]) -> int:
        builder.StartVector(4, len(offsets), 4)
        for offset in reversed(offsets):
            builder.PrependUOffsetTRelative(offset)
        return builder.EndVector()

    def vector(values: np.ndarray, dtype: type) -> int:
        return builder.CreateNumpyVector(np.ascontiguousarray(values, dtype))

    numeric = tables(
        [table("NumericColumn", Values=vector(column, np.float32)) for column in features.numeric.T]
    )
    lists = tables(
        [
            table(
                "ListColumn", Lengths=vector(c.lengths, np.uint16), Codes=vector(c.codes, np.uint32)
            )
            for c in features.lists
        ]
    )
    empty = vector(np.zeros(0), np.uint8)
    titles = vector(np.zeros(len(features)), np.uint16)
    columns = {
        "Ids": vector(features.ids, np.int64),
        "Target": vector(features.target, np.float32),
        "TargetClass": vector(features.target_class, np.uint8),
        "Labelled": vector(features.labelled, np.uint8),
    }
    info = table("BatchInfo")
    root = table(
        "FeatureBatch",
        Info=info,
        FeatureSpec=features.feature_spec,
        NumRows=len(features),
        TitleLengths=titles,
        TitleBytes=empty,
        Numeric=numeric,
        Lists=lists,
        **columns,
    )
    builder.Finish(root, file_identifier=b"MQFB")
    return frame.encode(bytes(builder.Output()))


def same(a: feature_file.Features, b: feature_file.Features) -> bool:
    pairs = [(getattr(a, n), getattr(b, n)) for n in ("ids", "target", "target_class", "labelled")]
    pairs += [(x.lengths, y.lengths) for x, y in zip(a.lists, b.lists, strict=True)]
    pairs += [(x.codes, y.codes) for x, y in zip(a.lists, b.lists, strict=True)]
    return all(np.array_equal(x, y) for x, y in pairs) and np.array_equal(
        a.numeric, b.numeric, equal_nan=True
    )


def test_batches_are_joined_in_file_order(tmp_path):
    features = make_features(90)
    cuts = [np.arange(0, 40), np.arange(0), np.arange(40, 41), np.arange(41, 90)]
    path = tmp_path / "features.marquee"
    path.write_bytes(b"".join(encode(features.take(rows)) for rows in cuts))
    assert same(feature_file.read_features(path), features)


def test_rows_without_any_item(tmp_path):
    features = make_features(50)
    bare = features.take(features.lists[3].lengths == 0)
    path = tmp_path / "features.marquee"
    path.write_bytes(encode(bare))
    assert same(feature_file.read_features(path), bare)


def test_batches_of_two_specs_are_refused(tmp_path):
    features = make_features(5)
    other = feature_file.Features(
        8, *[getattr(features, n) for n in list(features.__dataclass_fields__)[1:]]
    )
    path = tmp_path / "features.marquee"
    path.write_bytes(encode(features) + encode(other))
    with pytest.raises(ValueError, match="different feature specs"):
        feature_file.read_features(path)


def test_take_repeats_and_reorders_list_items():
    lists = feature_file.Lists(np.array([2, 0, 3]), np.array([10, 11, 20, 21, 22], np.uint32))
    taken = lists.take(np.array([2, 1, 0, 0]))
    assert taken.lengths.tolist() == [3, 0, 2, 2]
    assert taken.codes.tolist() == [20, 21, 22, 10, 11, 10, 11]
    assert taken.row_of_item.tolist() == [0, 0, 0, 2, 2, 3, 3]


def test_items_come_most_frequent_first_whatever_the_order_of_lines(tmp_path):
    records = [(1, 5, 3, "b"), (0, 6, 1, "z"), (1, 7, 3, "a"), (1, 8, 9, "c")]
    path = tmp_path / "items.jsonl"
    keys = ("list", "code", "rows", "item")
    path.write_text(
        "\n".join(json.dumps(dict(zip(keys, record, strict=True))) for record in records)
    )
    assert [item.text for item in feature_file.read_items(path)] == ["z", "c", "a", "b"]
