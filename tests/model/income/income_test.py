"""A table that is not the movies', from its description to its scores, with a library's model."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "model" / "income"))

import people  # noqa: E402
import walk_through  # noqa: E402

MARQUEE = Path(os.environ["MARQUEE_FEATURES_BIN"])


@pytest.fixture(scope="module")
def walked(tmp_path_factory) -> tuple[Path, dict[str, float]]:
    folder = tmp_path_factory.mktemp("income")
    (folder / "bad.toml").write_text("colour = 'red'\n" + walk_through.SCHEMA.read_text(encoding="utf-8"), encoding="utf-8")
    marquee(folder, "generate", "--rows", 100, "-o", "movies.csv")
    marquee(folder, "features", "--data", "movies.csv", "-o", "movies.marquee")
    return folder, walk_through.walk(MARQUEE, folder, 4000, quiet=True)


def marquee(folder: Path, *arguments: object) -> subprocess.CompletedProcess:
    """Run the program in the folder, with nothing of ours in its environment."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("MARQUEE_")}
    words = [str(MARQUEE), *map(str, arguments)]
    return subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_scores_are_the_librarys(walked):
    figures = walked[1]
    assert figures["rows"] == 4000
    assert figures["seen"] == 0
    assert figures["other_classes"] == 0
    assert figures["largest_difference"] == 0
    assert figures["marquee_macro_f1"] == pytest.approx(figures["macro_f1"], abs=1e-9)
    assert figures["macro_f1"] > 0.7  # of two classes; it has learned something
    assert figures["unknown_values"] > 0  # the question marks


def test_rows_it_was_trained_on_count_as_seen(walked):
    folder = walked[0]
    done = marquee(folder, "score", "train.csv", "--model", "income.model")
    rows = done.stdout.splitlines()
    assert rows[0] == "id,title,target,class,score,p_low,p_high,seen"
    assert len(rows) == 4001
    assert all(row.endswith(",1") for row in rows[1:])


def test_a_table_without_its_target_is_scored_too(walked):
    folder = walked[0]
    lines = (folder / "test.csv").read_text(encoding="utf-8").splitlines()
    (folder / "new.csv").write_text("".join(line.rsplit(",", 1)[0] + "\n" for line in lines), encoding="utf-8")
    done = marquee(folder, "score", "new.csv", "--model", "income.model")
    assert done.returncode == 0, done.stderr
    assert "there is no column 'income', so no row is labelled" in done.stderr
    scored = [line.split(",") for line in done.stdout.splitlines()[1:]]
    before = [line.split(",") for line in (folder / "predictions.csv").read_text(encoding="utf-8").splitlines()[1:]]
    assert [row[3:] for row in scored] == [row[3:] for row in before]
    assert {row[2] for row in scored} == {""}


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["score", "test.csv", "--schema", walk_through.SCHEMA], 3, "the model was fitted on feature spec 33b6e4f8cafa9f24"),
        (["score", "test.csv"], 4, "columns \"title\""),
        (["run", "--model", "income.model"], 2, "only movies can be generated: name the table's file with --data"),
        (["features", "--schema", "bad.toml", "-o", "x"], 3, "bad.toml, line 1: 'colour' is not known here"),
        (["generate", "--model", "income.model"], 3, "the generator needs a model of the movies"),
        (["model", "import", "--from", "booster.txt", "-o", "x.model"], 3, "are no columns of the base model"),
        (
            ["model", "import", "--from", "booster.txt", "--schema", walk_through.SCHEMA, "--trained-on", "movies.marquee", "-o", "x.model"],
            3,
            "features of spec 33b6e4f8cafa9f24",
        ),
        (
            ["model", "import", "--from", "booster.txt", "--schema", walk_through.SCHEMA, "--trained-on", "test.csv", "-o", "x.model"],
            4,
            "test.csv",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(walked, arguments, code, message):
    folder = walked[0]
    done = marquee(folder, *arguments)
    assert done.returncode == code, done.stderr
    assert message in done.stderr
    assert not (folder / "x.model").exists()


def test_the_same_seed_gives_the_same_people(tmp_path):
    for name in ("one", "two"):
        people.generate(50, 7, 100, tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()
    lines = (tmp_path / "one").read_text(encoding="utf-8").splitlines()
    assert len(lines) == 51
    assert lines[1].startswith("100,")
