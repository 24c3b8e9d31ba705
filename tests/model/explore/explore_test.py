"""What the exploration finds, where it was planted, and what it must not find, where nothing was."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path += [str(ROOT / "model" / "explore"), str(ROOT / "model" / "train")]

import dirt  # noqa: E402
import leaks  # noqa: E402
from table import Table, read_table  # noqa: E402

ROWS = 20_000


@pytest.fixture
def votes() -> np.ndarray:
    """Votes that fall along the file, as when the better known come first."""
    rng = np.random.default_rng(3)
    return np.floor(np.exp(rng.normal(4, 1.5, ROWS)) * np.linspace(4, 0.2, ROWS))


def test_a_column_that_was_collected_otherwise_from_a_row_on_is_found(votes):
    rng = np.random.default_rng(4)
    present = rng.random(ROWS) < np.where(np.arange(ROWS) < 6_000, 0.45, 0.1)
    found = leaks.find_break(present, votes)
    assert abs(found.row - 6_000) < 100
    assert found.difference == pytest.approx(-0.35, abs=0.06)


def test_a_column_that_better_known_movies_have_more_often_is_no_break(votes):
    rng = np.random.default_rng(5)
    present = rng.random(ROWS) < 1 / (1 + np.exp(-(np.log1p(votes) - 4)))
    assert leaks.find_break(present, votes) is None


def test_votes_that_jump_do_not_pass_for_a_break(votes):
    rng = np.random.default_rng(6)
    votes[9_000:] /= 100
    present = rng.random(ROWS) < np.clip(leaks.strata(votes) / 12, 0, 1)
    assert leaks.find_break(present, votes) is None


def test_few_rows_tell_of_no_break():
    assert leaks.find_break(np.arange(500) < 250, np.ones(500)) is None


def test_presence_that_tells_the_class_is_found_only_at_equal_votes(votes):
    rng = np.random.default_rng(7)
    is_high = rng.random(ROWS) < np.clip(leaks.strata(votes) / 16, 0, 1)
    by_votes = rng.random(ROWS) < np.clip(leaks.strata(votes) / 12, 0, 1)
    assert leaks.presence_effect(by_votes, is_high, votes) is None
    by_class = rng.random(ROWS) < np.where(is_high, 0.7, 0.3)
    assert leaks.presence_effect(by_class, is_high, votes).difference > 0.2


def test_information_is_none_of_noise_and_all_of_the_class_itself():
    rng = np.random.default_rng(8)
    classes = rng.integers(0, 3, ROWS)
    assert leaks.information(rng.normal(size=ROWS), classes) < 0.002
    assert leaks.information(classes + 0.0, classes) > 0.99
    assert leaks.information(np.full(ROWS, np.nan), classes) == 0


def test_dirt_is_counted_by_kind():
    table = Table(
        {
            "id": ["1", "2", "2", "x"],
            "vote_count": ["3", "20", "21", ""],
            "runtime": ["0", "401", "90", "90"],
            "release_date": ["1999-12-31", "soon", "", "2001-02-30"],
            "overview": ["two\nlines", "", "", ""],
        },
        bad_records=2,
    )
    found = {one.what: one.rows for one in dirt.find(table, labelled_from=10)}
    assert found == {
        "records of another number of fields than the header": 2,
        "rows whose id another row has too": 2,
        "ids whose rows differ": 1,
        "ids that are no number": 1,
        "fewer than 10 votes": 1,
        "a running time of 0": 1,
        "a running time over 400 minutes": 1,
        "release dates that are none": 2,
        "line ends inside overview": 1,
    }


def test_a_file_without_records_or_with_a_column_twice_is_refused(tmp_path):
    path = tmp_path / "movies.csv"
    for text, reason in (("", "must name columns"), ("id,id\n1,2\n", "each once"), ("id,title\n", "no records")):
        path.write_text(text)
        with pytest.raises(ValueError, match=reason):
            read_table(path)


def test_the_page_of_generated_movies_is_whole_and_needs_no_net(tmp_path):
    marquee = os.environ["MARQUEE_FEATURES_BIN"]
    data, out = tmp_path / "movies.csv", tmp_path / "out"
    subprocess.run([marquee, "generate", "--rows", "5000", "-o", data], check=True)
    subprocess.run([marquee, "features", "--data", data, "-o", tmp_path / "f", "--items", tmp_path / "i"], check=True)
    spec = subprocess.run([marquee, "features", "--print-spec"], check=True, capture_output=True).stdout
    (tmp_path / "spec").write_bytes(spec)
    subprocess.run([sys.executable, ROOT / "model/explore/explore.py", "--data", data, "--features", tmp_path / "f", "--items",
                    tmp_path / "i", "--spec", tmp_path / "spec", "--output", out], check=True)
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 12 and page.count("<svg") == page.count("</svg>")
    assert not re.findall(r'(?:src|href)="https?:', page.replace('xlink:href="#', ""))
    assert json.loads((out / "findings.json").read_text())["rows"] == 5000
    assert (out / "years.png").stat().st_size > 1000 and (out / "filled.png").stat().st_size > 1000
