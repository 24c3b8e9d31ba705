"""Columns that may tell a model what it will not know, or what only says where a row was collected.

Nothing here knows a column by name. Three things are looked for:

- breaks: the share of rows that have a column jumps at one place of the file, among rows of equal
  weight (votes). Movies do not change from one row to the next; a way of collecting them does.
- presence that tells the class, though rows of equal weight are compared: missing for a reason.
- columns that alone tell the class almost entirely.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# A jump is one if it is surely none by chance, and large enough to matter.
LEAST_Z, LEAST_JUMP = 8.0, 0.10
LEAST_DIFFERENCE = 0.05
ALMOST_ALL = 0.5  # of the classes' entropy


@dataclass(frozen=True)
class Break:
    """The share of rows with a column, before and after a place of the file."""

    row: int
    before: float
    after: float
    difference: float  # after - before among rows of equal weight
    z: float  # how many standard errors that is


@dataclass(frozen=True)
class PresenceEffect:
    """How much more often rows with a column are of the last class, among rows of equal weight."""

    difference: float
    z: float


def strata(weight: np.ndarray) -> np.ndarray:
    """Rows of like weight (votes): powers of two. [rows] int"""
    return np.floor(np.log2(1 + np.nan_to_num(weight, nan=0.0).clip(min=0))).astype(np.int64)


def _stratified_difference(
    first: np.ndarray, second: np.ndarray, first_stratum: np.ndarray, second_stratum: np.ndarray
) -> tuple[float, float]:
    """Mean difference of shares, second less first, within strata; and its standard errors.

    Strata count by their harmonic size, as Mantel and Haenszel weigh tables.
    """
    difference = variance = weights = 0.0
    for stratum in np.intersect1d(first_stratum, second_stratum):
        a, b = first[first_stratum == stratum], second[second_stratum == stratum]
        weight = len(a) * len(b) / (len(a) + len(b))
        pooled = (a.sum() + b.sum()) / (len(a) + len(b))
        difference += weight * (b.mean() - a.mean())
        # The variance under "no difference" times the weight's square.
        variance += weight * pooled * (1 - pooled)
        weights += weight
    if not weights or not variance:
        return 0.0, 0.0
    return difference / weights, difference / np.sqrt(variance)


def find_break(present: np.ndarray, weight: np.ndarray) -> Break | None:
    """The place at which a column's share jumps most; None if no jump is sure and large.

    present: [rows] bool in the file's order; weight: [rows], e.g. votes.
    """
    rows = len(present)
    window = min(2000, rows // 8)
    if window < 100:
        return None
    stratum = strata(weight)
    sums = np.concatenate([[0], np.cumsum(present)])
    places = np.arange(window, rows - window + 1)
    # First the plain difference finds the place, then strata judge it: one look, not thousands.
    jumps = sums[places + window] - 2 * sums[places] + sums[places - window]
    place = int(places[np.abs(jumps).argmax()])
    before, after = slice(place - window, place), slice(place, place + window)
    difference, z = _stratified_difference(
        present[before], present[after], stratum[before], stratum[after]
    )
    if abs(z) < LEAST_Z or abs(difference) < LEAST_JUMP:
        return None
    return Break(place, float(present[:place].mean()), float(present[place:].mean()), difference, z)


def presence_effect(
    present: np.ndarray, is_last_class: np.ndarray, weight: np.ndarray
) -> PresenceEffect | None:
    """Whether rows with a column are of the last class more or less often; None if not surely."""
    stratum = strata(weight)
    absent = ~present
    difference, z = _stratified_difference(
        is_last_class[absent], is_last_class[present], stratum[absent], stratum[present]
    )
    if abs(z) < LEAST_Z / 2 or abs(difference) < LEAST_DIFFERENCE:
        return None
    return PresenceEffect(difference, z)


def information(values: np.ndarray, classes: np.ndarray, bins: int = 20) -> float:
    """The share of the classes' entropy that a column alone takes away, 0 to 1.

    values: [rows] float, NaN = absent, cut into `bins` of like size. What as many random bins would
    seem to tell is taken off (Miller and Madow's correction).
    """
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0
    cuts = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1]))
    binned = np.where(np.isnan(values), -1, np.searchsorted(cuts, values, side="right"))
    _, binned = np.unique(binned, return_inverse=True)
    table = np.zeros((binned.max() + 1, int(classes.max()) + 1))
    np.add.at(table, (binned, classes), 1)
    joint = table / table.sum()
    rows, columns = joint.sum(axis=1, keepdims=True), joint.sum(axis=0, keepdims=True)
    filled = joint > 0
    mutual = (joint[filled] * np.log(joint[filled] / (rows @ columns)[filled])).sum()
    mutual -= (table.shape[0] - 1) * (table.shape[1] - 1) / (2 * table.sum())
    entropy = -(columns[columns > 0] * np.log(columns[columns > 0])).sum()
    return float(max(0.0, mutual) / entropy) if entropy else 0.0
