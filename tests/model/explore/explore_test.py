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
from spec import Spec  # noqa: E402
from table import Table, read_table  # noqa: E402

ROWS = 20_000
SPEC = """id id
numeric runtime capped_number runtime 300
numeric overview_bytes text_bytes overview 0
list title_words words title 16
target vote_average 0 8
class low
class high from 7
labelled vote_count from 15
"""


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


def test_dirt_is_counted_by_kind_and_what_becomes_of_it_is_the_specs():
    table = Table(
        {
            "id": ["1", "2", "2", "x", "3", "4"],
            "vote_count": ["3", "20", "21", "", "15", "14"],
            "vote_average": ["8", "0", "5", "", "8", "10"],
            "runtime": ["0", "301", "90", "90", "300", ""],
            "release_date": ["1999-12-31", "soon", "", "2001-02-30", "", ""],
            "overview": ["two\nlines", *["none"] * 5],
            "tagline": ["-"] * 6,
        },
        bad_records=2,
    )
    found = {one.what: (one.rows, one.treatment) for one in dirt.find(table, Spec.read(SPEC))}
    assert {what: rows for what, (rows, _) in found.items()} == {
        "records of another number of fields than the header": 2,
        "rows whose id another row has too": 2,
        "ids whose rows differ": 1,
        "ids that are no number": 1,
        "a vote_count below 15": 2,
        "a vote_average of 0": 1,
        "a vote_average of 8": 2,
        "a runtime of 0": 1,
        "a runtime over 300": 1,
        "release dates that are none": 2,
        "placeholders in overview: “none” (5)": 5,
        "placeholders in tagline: “-” (6)": 6,
        "line ends inside overview": 1,
    }
    assert found["a runtime over 300"][1] == "counts as 300"
    assert found["a vote_average of 8"][1] == "a target only with a vote_count of 15 or more"
    assert found["placeholders in overview: “none” (5)"][1] == "only the text's length is a feature"
    assert found["placeholders in tagline: “-” (6)"][1] == "not used"


def test_a_file_without_records_or_with_a_column_twice_is_refused(tmp_path):
    path = tmp_path / "movies.csv"
    for text, reason in (("", "must name columns"), ("id,id\n1,2\n", "each once"), ("id,title\n", "no records")):
        path.write_text(text)
        with pytest.raises(ValueError, match=reason):
            read_table(path)


def explore(data: Path, folder: Path) -> dict:
    """Make the page of a file, in folder/out, and give its findings."""
    marquee, out = os.environ["MARQUEE_FEATURES_BIN"], folder / "out"
    # One thread: under ThreadSanitizer, oneTBB from a package gives false reports.
    subprocess.run([marquee, "features", "--data", data, "-o", folder / "f", "--items", folder / "i", "--runner", "serial"], check=True)
    spec = subprocess.run([marquee, "features", "--print-spec"], check=True, capture_output=True).stdout
    (folder / "spec").write_bytes(spec)
    subprocess.run([sys.executable, ROOT / "model/explore/explore.py", "--data", data, "--features", folder / "f", "--items",
                    folder / "i", "--spec", folder / "spec", "--output", out], check=True)
    return json.loads((out / "findings.json").read_text())


def test_the_page_of_generated_movies_is_whole_and_needs_no_net(tmp_path):
    data, out = tmp_path / "movies.csv", tmp_path / "out"
    subprocess.run([os.environ["MARQUEE_FEATURES_BIN"], "generate", "--rows", "5000", "-o", data], check=True)
    assert explore(data, tmp_path)["rows"] == 5000
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count("<svg") >= 12 and page.count("<svg") == page.count("</svg>")
    assert not re.findall(r'(?:src|href)="https?:', page.replace('xlink:href="#', ""))
    assert (out / "years.png").stat().st_size > 1000 and (out / "filled.png").stat().st_size > 1000


def test_in_the_real_file_the_tagline_is_found_and_no_column_that_is_fine(tmp_path):
    data = Path(os.environ.get("MARQUEE_DATA", "nowhere"))
    if not data.is_file():
        pytest.skip("needs the real data (MARQUEE_DATA), which is not in the repository")
    found = {(leak["column"], leak["kind"]) for leak in explore(data, tmp_path)["leaks"]}
    # Those without a spoken language are silent, or of languages whose names the source lacks.
    assert found == {("tagline", "break"), ("spoken_languages", "presence"), ("id", "repeated")}
