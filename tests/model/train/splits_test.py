"""splits.py: folds by the hash of the id, as the C++ side computes them."""

import struct

import numpy as np
import splits
import xxhash


def test_hash_is_of_eight_little_endian_bytes():
    ids = np.array([862, -1, 2**62, 862])
    expected = [xxhash.xxh3_64_intdigest(struct.pack("<q", i), seed=3) for i in ids.tolist()]
    assert splits.hash_ids(ids, 3).tolist() == expected


def test_folds_follow_the_id_not_the_row():
    ids = np.random.default_rng(0).integers(0, 2000, 10_000)
    fold = splits.folds(ids, 0)
    assert all(len(set(fold[ids == i].tolist())) == 1 for i in range(50))
    assert np.bincount(fold, minlength=5).min() > 1600
    assert (splits.folds(ids, 1) != fold).any()


def test_inner_folds_cut_across_outer_ones():
    ids = np.arange(20_000)
    outer, inner = splits.folds(ids, 0), splits.folds(ids, splits.INNER_SEED)
    table = np.bincount(outer * 5 + inner, minlength=25)
    assert table.min() > 650 and table.max() < 950


def test_training_ids_are_those_of_four_folds():
    ids = np.arange(1000)
    mask = splits.shipped_training_rows(ids)
    hashes = splits.training_id_hashes(np.repeat(ids[mask], 2))
    assert len(hashes) == mask.sum() and (np.diff(hashes.astype(object)) > 0).all()
    assert not (hashes % np.uint64(5) == 0).any()
