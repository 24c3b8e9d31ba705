"""Lets the tests import what `./run perf-check` is made of."""
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "bench" / "perf_check"), str(ROOT / "bench")]
