"""One library as a reader of the movies' CSV, in a process of its own: it measures once for each line that it reads (see rounds.Child).

    csv_worker.py LIBRARY THREADS FILE      LIBRARY: polars, pandas-c or pandas-pyarrow

Orders: `read` reads every column as text; `features` reads the columns needed and makes FEATURES of them, as Marquee does;
`bytes` answers the bytes of each column, and `save PATH` writes the features, by which one knows that the answers are right.
"""
import json
import sys
import time

import numpy as np

# Marquee's numeric features, all 14 of its spec; it also hashes the items of 8 lists, which the others are spared.
NUMBERS = ("budget", "revenue", "vote_count", "popularity", "runtime")
LISTS = ("genres", "production_companies", "production_countries", "spoken_languages", "keywords")
TEXTS = ("title", "overview")
FEATURES = (*NUMBERS, "year", "month", *(f"items of {name}" for name in LISTS), *(f"bytes of {name}" for name in TEXTS))
NEEDED = (*NUMBERS, "release_date", *LISTS, *TEXTS)
LONGEST_RUNTIME = 400
LARGEST = float(np.finfo(np.float32).max)
FIRST_YEAR, LAST_YEAR = 1800, 2100


class Polars:
    """Its number of threads is that of POLARS_MAX_THREADS."""

    def __init__(self, _threads: int, path: str):
        import polars
        self.pl, self.path = polars, path

    def read(self):
        return self.pl.read_csv(self.path, infer_schema=False, empty_string_is_null=False)

    def bytes(self) -> dict[str, int]:
        return self.read().select(self.pl.all().str.len_bytes().sum()).row(0, named=True)

    def features(self):
        pl = self.pl

        def number(name: str):
            value = pl.col(name).cast(pl.Float64, strict=False)
            value = pl.when(value.is_between(0, LARGEST)).then(value)
            return value.clip(upper_bound=LONGEST_RUNTIME) if name == "runtime" else value

        date = pl.col("release_date").str.to_date("%Y-%m-%d", strict=False)
        valid = date.dt.year().is_between(FIRST_YEAR, LAST_YEAR)
        columns = [*map(number, NUMBERS), pl.when(valid).then(date.dt.year()), pl.when(valid).then(date.dt.month())]
        columns += [pl.when(pl.col(name) == "").then(0).otherwise(pl.col(name).str.count_matches(", ", literal=True) + 1) for name in LISTS]
        columns += [pl.col(name).str.len_bytes() for name in TEXTS]
        named = [column.cast(pl.Float32).alias(name) for name, column in zip(FEATURES, columns, strict=True)]
        return pl.scan_csv(self.path, infer_schema=False, empty_string_is_null=False).select(named).collect()


class Pandas:
    """With its parser in C, which has one thread, or pyarrow's."""

    def __init__(self, threads: int, path: str, engine: str):
        import pandas
        import pyarrow
        import pyarrow.compute
        pyarrow.set_cpu_count(threads)
        self.pd, self.pc, self.path, self.engine = pandas, pyarrow.compute, path, engine

    def read(self, columns=None):
        options = {} if self.engine == "pyarrow" else {"na_filter": False}
        return self.pd.read_csv(self.path, engine=self.engine, dtype=str, keep_default_na=False, usecols=columns, **options)

    def bytes(self) -> dict[str, int]:
        frame = self.read()
        return {name: int(self.pc.sum(self._lengths(frame[name])).as_py()) for name in frame}

    def _lengths(self, column):
        return self.pc.fill_null(self.pc.binary_length(column.array.__arrow_array__()), 0)

    def features(self):
        pd, frame = self.pd, self.read(list(NEEDED))

        def number(name: str):
            value = pd.to_numeric(frame[name], errors="coerce").astype("float64")
            value = value.where(value.between(0, LARGEST))
            return value.clip(upper=LONGEST_RUNTIME) if name == "runtime" else value

        date = pd.to_datetime(frame["release_date"], format="%Y-%m-%d", errors="coerce")
        date = date.where(date.dt.year.between(FIRST_YEAR, LAST_YEAR))
        columns = [*map(number, NUMBERS), date.dt.year, date.dt.month]
        columns += [frame[name].str.count(", ").add(1).where(frame[name] != "", 0) for name in LISTS]
        columns += [self._lengths(frame[name]).to_numpy() for name in TEXTS]
        return pd.DataFrame({name: np.asarray(column, np.float32) for name, column in zip(FEATURES, columns, strict=True)})


def make(library: str, threads: int, path: str):
    """The reader that is called so."""
    if library == "polars":
        return Polars(threads, path)
    return Pandas(threads, path, library.removeprefix("pandas-"))


def answer(reader, order: str) -> dict:
    """Do as the order says."""
    what, _, path = order.partition(" ")
    if what == "bytes":
        return {"bytes": reader.bytes()}
    if what == "save":
        np.save(path, reader.features().to_numpy())
        return {}
    begin = time.perf_counter()
    rows = len({"read": reader.read, "features": reader.features}[what]())
    return {"seconds": time.perf_counter() - begin, "rows": rows}


def main() -> None:
    library, threads, path = sys.argv[1:]
    reader = make(library, int(threads), path)
    print(json.dumps({"ready": True}), flush=True)
    for line in sys.stdin:
        print(json.dumps(answer(reader, line.strip())), flush=True)


if __name__ == "__main__":
    main()
